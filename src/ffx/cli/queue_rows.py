"""Jobs of the queue as plain values for programs, and in the words that people are shown."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from ffx.client.queue.records import JobRecord, Live
from ffx.core.events import Phase
from ffx.core.figures import LONGEST_ETA, duration_text, size_text
from ffx.core.model import JobState
from ffx.core.plain import to_plain
from ffx.core.text import one_line

_STEPS = {Phase.UPLOAD: "upload", Phase.ENCODE: "encode", Phase.DOWNLOAD: "download", Phase.CHECK: "check"}


def plain_job(record: JobRecord, live: Live | None = None) -> dict[str, Any]:
    """What a program wants to know of a job."""
    job, result = record.job, record.result
    completed = record.state is JobState.COMPLETED and result is not None
    return {
        "number": record.number,
        "job_id": record.job_id,
        "state": record.state.value,
        "paused": record.paused,
        "input": job.input_file,
        "output": job.output_file,
        "server": record.server,
        "encoder": record.encoder or job.recipe.encoder,
        "codec": job.recipe.codec,
        "attempts": record.attempt,
        "failures": record.failures,
        "losses": record.losses,
        "priority": job.priority,
        "only_on": record.handling.server,
        "local": record.handling.local,
        "overwrite": record.handling.overwrite,
        "verification": job.verification.value,
        "reason": record.reason,
        "no_server": record.no_server,
        "added": record.added,
        "began": record.began or None,
        "ended": record.ended or None,
        "progress": None if live is None or record.state.is_final else _plain_progress(live),
        "bytes_in": job.file_size,
        "bytes_out": result.file_size if completed and result else 0,
        "frames": result.frames if completed and result else 0,
        "fps": round(result.average_fps, 2) if completed and result else 0.0,
        "warnings": list(result.warnings) if result is not None else [],
        "evidence": to_plain(record.evidence) if record.evidence is not None else None,
    }


def state_text(record: JobRecord) -> str:
    """``running``, and ``paused`` for what stands still."""
    return "paused" if record.paused and not record.state.is_final else record.state.value


def progress_text(record: JobRecord, live: Live | None) -> str:
    """``encode 43 %, 24 fps, ETA 0:12``; for a job that completed what it took."""
    if record.state is JobState.COMPLETED and record.result is not None:
        return f"{size_text(record.job.file_size)} -> {size_text(record.result.file_size)}"
    if live is None or record.state not in (JobState.QUEUED, JobState.RUNNING) or live.phase not in _STEPS:
        return ""
    words = [f"{_STEPS[live.phase]} {live.progress:.0%}".replace("%", " %")]
    if live.fps > 0:
        words.append(f"{live.fps:.4g} fps")
    if live.eta is not None and 0 <= live.eta < LONGEST_ETA:
        words.append(f"ETA {duration_text(live.eta)}")
    return ", ".join(words)


def reason_text(record: JobRecord) -> str:
    """Why it waits or did not complete; empty where its state says so already."""
    reason = "" if record.state is JobState.COMPLETED else one_line(record.reason)
    return "" if reason == record.state.value else reason


def when_last_heard(live: Live) -> Live:
    """How far a job was when somebody last worked the queue: what it is now, and how fast, is not known."""
    return evolve(live, fps=0.0, speed=0.0, eta=None)


def _plain_progress(live: Live) -> dict[str, Any]:
    return {
        "phase": live.phase.value,
        "progress": round(live.progress, 4),
        "fps": round(live.fps, 2),
        "speed": round(live.speed, 3),
        "eta": None if live.eta is None else round(live.eta, 1),
    }
