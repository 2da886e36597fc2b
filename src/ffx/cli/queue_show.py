"""What ``ffx queue show`` tells of a job: everything a person needs to know after a bad night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ffx.cli.assembly import Assembly
from ffx.cli.queue_rows import plain_job, progress_text, reason_text, state_text, when_last_heard
from ffx.cli.recipe_text import recipe_text
from ffx.cli.text import clock_text, print_json, print_line
from ffx.cli.worker import working_process
from ffx.client.queue.records import AttemptRecord, Farewell, JobRecord, Live
from ffx.client.queue.store import JobQueue
from ffx.core.figures import duration_text, size_text
from ffx.core.model import Evidence, JobConfiguration, JobState
from ffx.core.plain import to_plain
from ffx.core.text import one_line

TAIL_LINES = 5
"""Last words of an FFmpeg that people are shown; JSON has all that are kept."""


def show_job(assembly: Assembly, name: str, *, as_json: bool) -> int:
    """Print one job with all its attempts.

    Raises:
        UsageError: there is no such job.
    """
    with JobQueue.open(assembly.folders.queue_file) as queue:
        record = queue.find(name)
        attempts = queue.attempts(record.job_id)
        live = next((one for one in queue.live() if one.job_id == record.job_id), None)
        unheard = [farewell for farewell in queue.farewells() if farewell.job_id == record.job_id]
    if live is not None and working_process(assembly.folders.queue_file) is None:
        live = when_last_heard(live)
    if as_json:
        print_json(plain_job(record, live) | {"attempt_list": [_plain_attempt(one) for one in attempts]})
        return 0
    for line in _page(record, live, attempts, unheard):
        print_line(line)
    return 0


def _page(
    record: JobRecord, live: Live | None, attempts: Sequence[AttemptRecord], unheard: Sequence[Farewell]
) -> Iterator[str]:
    yield f"job {record.number}: {_state(record, live)}"
    for name, value in _facts(record):
        if value:
            yield f"  {name:<9} {value}"
    if attempts:
        yield f"attempts ({record.failures} counted against the job, {record.losses} lost through no fault of it)"
    for attempt in attempts:
        yield from _attempt(attempt, attempt.attempt == record.attempt)
    names = {attempt.server_id: attempt.server for attempt in attempts}
    for farewell in unheard:
        server = names.get(farewell.server_id, farewell.server_id)
        yield f"  {server} has not heard yet that attempt {farewell.attempt} is over; it is told when it is back"


def _state(record: JobRecord, live: Live | None) -> str:
    words = state_text(record)
    if record.server_id:
        words += f" on {record.server}"
    progress = progress_text(record, live)
    if progress:
        words += f", {progress}"
    reason = reason_text(record)
    return f"{words}: {reason}" if reason else words


def _facts(record: JobRecord) -> Iterator[tuple[str, str]]:
    job, handling = record.job, record.handling
    picture = ", ".join(word for word in (job.resolution, job.codec) if word)
    length = duration_text(job.duration) if job.duration else ""
    yield "id", record.job_id
    yield "input", f"{job.input_file} ({', '.join(filter(None, (size_text(job.file_size), picture, length)))})"
    others = ", ".join(f"{one_line(other.name)} ({size_text(other.size)})" for other in job.other_files)
    yield "with", others
    yield "output", job.output_file + (" (may be replaced)" if handling.overwrite else "")
    yield "recipe", recipe_text(job.recipe)
    yield "priority", str(job.priority)
    yield "where", _where(record)
    yield "verified", "by packets, durations and streams" + _full(job)
    yield "added", clock_text(record.added)
    yield "began", clock_text(record.began)
    yield "ended", clock_text(record.ended)
    yield "result", _result(record)
    for server, reason in record.avoids.items():
        yield "avoids", f"{server}: {one_line(reason)}"


def _full(job: JobConfiguration) -> str:
    return ", and by decoding every frame" if job.verification.value == "full" else ""


def _where(record: JobRecord) -> str:
    handling = record.handling
    if handling.server:
        return f"only on {handling.server}"
    return {"never": "never on this machine", "only": "only on this machine"}.get(handling.local, "")


def _result(record: JobRecord) -> str:
    result = record.result
    if record.state is not JobState.COMPLETED or result is None:
        return ""
    took = f"{result.frames} frames in {duration_text(result.duration)}, {result.average_fps:.4g} fps"
    warnings = "".join(f"; {one_line(warning)}" for warning in result.warnings)
    likeness = f", {result.likeness}" if result.likeness is not None else ""
    return f"{size_text(result.file_size)}, {took}{likeness}{warnings}"


def _attempt(attempt: AttemptRecord, is_last: bool) -> Iterator[str]:
    if attempt.end is not None:
        how = f"{attempt.end.value} after {duration_text(max(0.0, attempt.ended - attempt.began))}"
    else:
        how = "under way" if is_last else "never heard of again"
    code = f" ({attempt.code})" if attempt.code else ""
    message = f": {one_line(attempt.message)}" if attempt.message not in ("", attempt.end) else ""
    where = f"{attempt.server} with {attempt.encoder}" if attempt.encoder else attempt.server
    yield f"  {attempt.attempt}. {clock_text(attempt.began)} {where}: {how}{code}{message}"
    if attempt.evidence is not None:
        yield from _evidence(attempt.evidence)


def _evidence(evidence: Evidence) -> Iterator[str]:
    if evidence.exit_status is not None:
        yield f"     FFmpeg ended with {evidence.exit_status}; its last words:"
    for line in evidence.stderr_tail[-TAIL_LINES:]:
        yield f"     | {one_line(line)}"


def _plain_attempt(attempt: AttemptRecord) -> dict[str, Any]:
    return {
        "attempt": attempt.attempt,
        "server": attempt.server,
        "server_id": attempt.server_id,
        "encoder": attempt.encoder,
        "began": attempt.began,
        "ended": attempt.ended or None,
        "end": None if attempt.end is None else attempt.end.value,
        "code": attempt.code,
        "message": attempt.message,
        "evidence": to_plain(attempt.evidence) if attempt.evidence is not None else None,
    }
