"""Jobs for the tests of the queue."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from attrs import evolve

from ffx.client.queue.records import Handling, JobRecord
from ffx.core.model import JobConfiguration, JobResult, JobState
from ffx.core.recipe import QualityMode, Recipe

RECIPE = Recipe("libx265", preset="slow", quality_mode=QualityMode.CRF, quality_value=22.0, container="mp4")

_count = itertools.count()


def job(name: str | None = None, **fields: Any) -> JobConfiguration:
    """A job like those of a large submission; without a name every one has an output of its own."""
    clip = f"clip-{next(_count):06}" if name is None else name
    given: dict[str, Any] = {
        "job_id": str(uuid.uuid4()),
        "input_file": f"/home/anna/films/holiday/{clip}.mkv",
        "output_file": f"/home/anna/films/encoded/{clip}.mp4",
        "recipe": RECIPE,
        "file_size": 34_567_890,
        "resolution": "1920x1080",
        "codec": "h264",
        "container": "matroska",
        "frames": 1234,
        "duration": 41.125,
    }
    return JobConfiguration(**(given | fields))


def jobs(count: int) -> list[tuple[JobConfiguration, Handling]]:
    return [(job(), Handling()) for _ in range(count)]


def completed(record: JobRecord, ended: float = 100.0, **fields: Any) -> JobRecord:
    """The record when the job has completed: 1,234 frames in 20 seconds, 10 MB."""
    result = JobResult(
        record.job_id,
        JobState.COMPLETED,
        output_file=record.job.output_file,
        file_size=10_000_000,
        duration=20.0,
        average_fps=61.7,
        frames=1234,
    )
    given = {"state": JobState.COMPLETED, "ended": ended, "server": "attic", "encoder": "libx265", "result": result}
    return evolve(record, **(given | fields))
