"""Queues for tests: jobs as they are after a night, written as the one who works a queue writes them."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from ffx.client.queue.records import AttemptEnd, AttemptRecord, Handling, JobRecord, Live
from ffx.client.queue.store import JobQueue
from ffx.core.events import Phase
from ffx.core.model import Evidence, JobConfiguration, JobResult, JobState
from ffx.core.recipe import Recipe
from tests.cli.conftest import Ffx

RECIPE = Recipe(encoder="libx265", preset="fast", container="mp4")
EVIDENCE = Evidence(("ffmpeg",), exit_status=187, stderr_tail=("one", "Conversion failed!"), server="studio", attempt=1)


def queue_file(ffx: Ffx) -> Path:
    return ffx.home / "state" / "queue.db"


def job(number: int, folder: Path, *, encoder: str = "libx265") -> JobConfiguration:
    return JobConfiguration(
        f"{number:08d}-aaaa",
        str(folder / f"in{number}.mkv"),
        str(folder / "out" / f"in{number}.mp4"),
        evolve(RECIPE, encoder=encoder),
        file_size=1_000_000,
        resolution="1920x1080",
        codec="h264",
        duration=60.0,
    )


def write_jobs(ffx: Ffx, *states: JobState, now: float = 1_700_000_000.0) -> tuple[JobRecord, ...]:
    """A queue with a job in each of these states, numbered from 1."""
    with JobQueue.open(queue_file(ffx)) as queue:
        jobs = [(job(number, ffx.folder), Handling()) for number, _ in enumerate(states, 1)]
        added = queue.add(jobs, now)
        records = tuple(_in_state(record, state, now) for record, state in zip(added, states, strict=True))
        queue.save(records=records, attempts=[_attempt(record, now) for record in records if record.attempt])
        queue.save(live=[Live(r.job_id, Phase.ENCODE, 0.43, 24.0, 0.5, 12.0) for r in records if r.server_id])
    return records


def _in_state(record: JobRecord, state: JobState, now: float) -> JobRecord:
    if state is JobState.PENDING:
        return record
    begun = evolve(record, state=state, attempt=1, server="studio", encoder="libx265", began=now + 1)
    if not state.is_final:
        return evolve(begun, server_id="id-of-studio")
    ended = evolve(begun, ended=now + 11)
    if state is JobState.COMPLETED:
        result = JobResult(record.job_id, state, file_size=400_000, duration=8.0, frames=240, average_fps=30.0)
        return evolve(ended, result=result)
    return evolve(ended, reason="FFmpeg failed" if state is JobState.FAILED else "cancelled", failures=1)


def _attempt(record: JobRecord, now: float) -> AttemptRecord:
    began = AttemptRecord(record.job_id, 1, "id-of-studio", "studio", "epoch", "libx265", began=now + 1)
    if record.state is JobState.COMPLETED:
        return evolve(began, ended=now + 11, end=AttemptEnd.COMMITTED)
    if record.state is JobState.FAILED:
        return evolve(
            began,
            ended=now + 11,
            end=AttemptEnd.FAILED,
            code="encode_failed",
            message="FFmpeg failed",
            evidence=EVIDENCE,
        )
    return began if not record.state.is_final else evolve(began, ended=now + 11, end=AttemptEnd.CANCELLED)
