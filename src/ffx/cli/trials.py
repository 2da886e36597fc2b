"""Trying a recipe on a sample of a file: jobs beside the queue, of which nothing stays."""

from __future__ import annotations

import contextlib
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from attrs import evolve, frozen

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.planning import Planned, Refused, Skipped, plan_all
from ffx.cli.settings import argument_policy
from ffx.cli.working import farm_of
from ffx.client.outcome import JobOutcome
from ffx.client.queue.records import Handling
from ffx.client.queue.store import JobQueue
from ffx.core.encoders import EncoderSpec
from ffx.core.model import JobConfiguration
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice
from ffx.media.cutting import Cut
from ffx.media.plan import Request, plan_job
from ffx.media.probe import probe


@frozen
class Bench:
    """Where samples are tried, in a folder that goes when they are done."""

    assembly: Assembly
    folder: Path
    specs: Mapping[str, EncoderSpec]

    def job(self, sample: Path, recipe: Recipe, planned: Planned) -> JobConfiguration:
        """The job that makes of a sample what a planned one makes of its file. Raises RecipeError."""
        job_id = str(uuid.uuid4())
        output = self.folder / f"{job_id}{Path(planned.job.output_file).suffix}"
        request = Request(sample, output, recipe, planned.job.other_files)
        policy = argument_policy(self.assembly.source)
        return plan_job(request, probe(sample, first_frame=True), self.specs, job_id=job_id, policy=policy)

    async def run(self, jobs: Sequence[tuple[JobConfiguration, Handling]]) -> tuple[JobOutcome, ...]:
        """Have them done, each in one attempt at a time; a job that fails is an outcome."""
        with JobQueue.open(self.folder / "queue.sqlite") as queue:
            records = queue.add(jobs, time.time())
            return await farm_of(self.assembly, note_local=False, apart=True).run(queue, records)


@contextlib.asynccontextmanager
async def bench(assembly: Assembly) -> AsyncIterator[Bench]:
    """A bench while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="ffx-trial-") as folder:
        yield Bench(assembly, Path(folder), assembly.specs())


async def plan_one(assembly: Assembly, wish: Wish) -> Planned:
    """The job of the only input, as ``ffx submit`` would send it; its output may exist.

    Raises:
        FfxError: what would keep it from being sent.
    """
    policy = argument_policy(assembly.source)
    with tempfile.TemporaryDirectory(prefix="ffx-trial-") as folder:  # where no output can be the input itself
        wish = evolve(wish, output=None, out_dir=Path(folder))
        specs, folders = assembly.specs(), assembly.folders
        (plan,) = await plan_all(wish, specs, policy=policy, folders=folders, overwrite=True, dry_run=True)
    if isinstance(plan, Refused):
        raise plan.error
    assert not isinstance(plan, Skipped)  # nobody asked for that
    return plan


def for_sample(recipe: Recipe, cut: Cut) -> Recipe:
    """The recipe as it can be followed with a sample: streams have other numbers there, and subtitles, chapters and
    attachments are not in it. Subtitles from a file are drawn as always.
    """
    sounds = recipe.sounds and tuple(_renumbered(choice, cut) for choice in recipe.sounds)
    subtitles = tuple(choice for choice in recipe.subtitles or () if choice.file and choice.burn)
    return evolve(recipe, sounds=sounds, subtitles=subtitles, chapters=False, attachments=False)


def _renumbered(choice: SoundChoice, cut: Cut) -> SoundChoice:
    return choice if choice.index is None else evolve(choice, index=cut.numbers.get(choice.index, choice.index))
