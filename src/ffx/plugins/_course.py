"""The course of a job as its events tell it, and how that reads: sentences for people, plain values for programs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import define, field

from ffx.core.events import JobEvent, Phase
from ffx.core.figures import LONGEST_ETA, duration_text, size_text
from ffx.core.model import JobConfiguration, JobState
from ffx.core.plain import to_plain
from ffx.core.text import one_line, printable

STEPS = {
    Phase.WAITING: "waiting",
    Phase.UPLOAD: "upload",
    Phase.ENCODE: "encode",
    Phase.DOWNLOAD: "download",
    Phase.CHECK: "check",
    Phase.DONE: "done",
}


@define
class Course:
    """What is known of one job from its events."""

    event: JobEvent
    encoder: str = ""
    """Of the last attempt; a job that names only a codec gets it with its server."""
    began: float | None = None
    """When its first attempt began, in seconds since the epoch."""

    def take(self, event: JobEvent) -> None:
        if event.attempt and self.began is None:
            self.began = event.time
        if event.state in (JobState.QUEUED, JobState.RUNNING):
            self.encoder = event.job.recipe.encoder
        self.event = event

    @property
    def seconds(self) -> float:
        """From the first attempt to now."""
        return 0.0 if self.began is None else max(0.0, self.event.time - self.began)


@define
class Courses:
    """The courses of all jobs."""

    by_job: dict[str, Course] = field(factory=dict)

    def take(self, event: JobEvent) -> Course:
        """Add an event; returns the course of its job."""
        course = self.by_job.setdefault(event.job.job_id, Course(event))
        course.take(event)
        return course


def summary(course: Course) -> dict[str, Any]:
    """How a job ended, with plain values."""
    event, result = course.event, course.event.result
    completed = event.state is JobState.COMPLETED and result is not None
    plain: dict[str, Any] = {
        "job_id": event.job.job_id,
        "state": event.state.value,
        "input": event.job.input_file,
        "output": event.job.output_file,
        "server": event.server,
        "encoder": course.encoder or event.job.recipe.encoder,
        "attempts": event.attempt,
        "seconds": round(course.seconds, 3),
        "bytes_in": event.job.file_size,
        "bytes_out": result.file_size if result is not None else 0,
        "frames": result.frames if result is not None else 0,
        "fps": round(result.average_fps, 2) if result is not None else 0.0,
        "likeness": to_plain(result.likeness) if result is not None and result.likeness is not None else None,
        "verified": completed,
        "error": "" if completed else event.message,
        "warnings": list(result.warnings) if result is not None else [],
    }
    if event.evidence is not None:
        plain["evidence"] = to_plain(event.evidence)
    return plain


# -- Sentences ----------------------------------------------------------------------------------------------------


def lines_of(course: Course) -> Iterable[str]:
    """What there is to say now, each line beginning with the input's name."""
    event, result = course.event, course.event.result
    name = name_of(event.job)
    if event.state.is_final:
        yield f"{name}: {_ending(course)}"
        for warning in result.warnings if result is not None else ():
            yield f"{name}: {one_line(warning)}"
    elif event.message:
        yield f"{name}: {one_line(event.message)}"
    else:
        percent = (f"{share_done(event):.0%}",) if event.progress is not None else ()
        yield f"{name}: {', '.join((where(course), *percent, *figures(event)))}"


def _ending(course: Course) -> str:
    event, result = course.event, course.event.result
    if event.state is JobState.CANCELLED:
        return "cancelled"
    place = f" on {printable(event.server)}" if event.server else ""
    if event.state is JobState.COMPLETED and result is not None:
        sizes = f"{size_text(event.job.file_size)} -> {size_text(result.file_size)}"
        frames = f", {result.frames} frames" if result.frames else ""
        output, likeness = printable(event.job.output_file), f", {result.likeness}" if result.likeness else ""
        return f"done{place} in {duration_text(course.seconds)}: {output} ({sizes}{frames}{likeness}, verified)"
    return f"failed{place}: {_with_last_words(event)}"


def _with_last_words(event: JobEvent) -> str:
    """Why it failed, and FFmpeg's last line where the message does not have it already."""
    message = one_line(event.message) or "no reason was given"
    tail = event.evidence.stderr_tail if event.evidence is not None else ()
    last = one_line(tail[-1]) if tail else ""
    return message if not last or last in message else f"{message}; FFmpeg's last words: {last}"


def where(course: Course) -> str:
    """The step and its server: ``encode on studio with libx265``."""
    event = course.event
    preposition = {Phase.UPLOAD: "to", Phase.DOWNLOAD: "from"}.get(event.phase, "on")
    server = f" {preposition} {printable(event.server)}" if event.server else ""
    encoder = f" with {printable(course.encoder)}" if event.phase is Phase.ENCODE and course.encoder else ""
    return f"{STEPS[event.phase]}{server}{encoder}"


def share_done(event: JobEvent) -> float:
    """How much of the present step is done, 0 to 1, whatever the other side claims."""
    if event.progress is not None:
        return min(1.0, max(0.0, event.progress.progress))
    return min(1.0, max(0.0, event.bytes_done / event.bytes_total)) if event.bytes_total > 0 else 0.0


def figures(event: JobEvent) -> tuple[str, ...]:
    """Speeds and the time that is left of an encode, bytes of a transfer."""
    progress = event.progress
    if progress is None:
        return (f"{size_text(event.bytes_done)} of {size_text(event.bytes_total)}",) if event.bytes_total > 0 else ()
    found = []
    if progress.fps > 0:
        found.append(f"{progress.fps:.4g} fps")
    if progress.speed > 0:
        found.append(f"{progress.speed:.3g}x")
    if progress.eta is not None and 0 <= progress.eta < LONGEST_ETA:
        found.append(f"ETA {duration_text(progress.eta)}")
    return tuple(found)


# -- Words ------------------------------------------------------------------------------------------------------


def name_of(job: JobConfiguration) -> str:
    """The input's file name."""
    return printable(Path(job.input_file).name or job.input_file)


def shortened(name: str, width: int) -> str:
    """The name with its middle left out when it is long: beginnings and ends tell files apart."""
    if len(name) <= width:
        return name
    kept = width - 1
    return f"{name[: kept - kept // 2]}…{name[-(kept // 2) :]}"
