"""Encoding a job of the queue otherwise, before it has begun: the job that takes its place."""

from __future__ import annotations

import asyncio
from pathlib import Path

from attrs import evolve

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.planning import Planned
from ffx.cli.trials import plan_one
from ffx.client.commit import check_output
from ffx.client.queue.records import JobRecord
from ffx.client.queue.store import JobQueue
from ffx.core.errors import UsageError
from ffx.core.model import JobState
from ffx.core.recipe import Recipe


def replacement(assembly: Assembly, queue: JobQueue, record: JobRecord, recipe: Recipe) -> Planned:
    """The job of the same file with another recipe. Its output has the same name; only another container has
    another suffix.

    Raises:
        UsageError: the job has begun or ended, is a merge, or its output would take the place of a file.
        FfxError: what would keep such a job from being sent.
    """
    job = record.job
    if record.state is not JobState.PENDING:
        raise UsageError(f"job {record.number} {record.state.value} already: only what waits can be changed")
    if job.recipe.joins:
        raise UsageError(f"job {record.number} puts files behind each other: cancel it, and merge them anew")
    wish = Wish.from_options([job.input_file], recipe, output=None, out_dir=".", priority=str(job.priority))
    planned = asyncio.run(plan_one(assembly, wish))
    output = Path(job.output_file)
    if planned.job.recipe.container != job.recipe.container:
        output = output.with_suffix(Path(planned.job.output_file).suffix)
    check_output(output, overwrite=record.handling.overwrite)
    other = queue.open_job_for(str(output))
    if other is not None and other.job_id != record.job_id:
        raise UsageError(f"{output} is what job {other.number} makes")
    return evolve(planned, job=evolve(planned.job, output_file=str(output)))
