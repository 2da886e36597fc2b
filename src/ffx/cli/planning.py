"""From requests to jobs: each input is probed and each output looked at before anything is sent."""

from __future__ import annotations

import asyncio
import os
import stat
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import evolve, frozen

from ffx.cli.asking import Wish
from ffx.client.commit import check_output
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError, UsageError
from ffx.core.model import JobConfiguration, OtherFile
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.media.arguments import read_arguments
from ffx.media.other_files import Named, PlacedFile, named_files
from ffx.media.plan import Request, default_output_name, plan_job
from ffx.media.probe import MediaInfo, probe

PROBES_AT_A_TIME = 4


@frozen
class Planned:
    """A job that can be sent."""

    job: JobConfiguration
    media: MediaInfo
    modified: float = 0.0
    """When the input was changed last, before it was looked at; seconds since the epoch."""
    other_files: tuple[PlacedFile, ...] = ()
    """What the job names besides its input, as it is here."""


@frozen
class Refused:
    """A request that cannot be a job, and why."""

    request: Request
    error: FfxError
    job_id: str

    @property
    def job(self) -> JobConfiguration:
        """As much of a job as there is, for reports."""
        recipe = Recipe(encoder=self.request.encoder, codec=self.request.codec)
        return JobConfiguration(self.job_id, str(self.request.input), str(self.request.output), recipe)


async def plan_all(
    wish: Wish, specs: Mapping[str, EncoderSpec], *, policy: ArgumentPolicy, overwrite: bool, dry_run: bool
) -> tuple[Planned | Refused, ...]:
    """Plan every input, in their order. The folder of the outputs is made, unless it is a dry run.

    Raises:
        UsageError: the folder cannot be made, or two inputs would go to one output; nothing may be started then.
    """
    if wish.output is None and not dry_run:
        _make_folder(wish.out_dir)
    planner = _Planner(wish, specs, policy, overwrite, dry_run)
    places = asyncio.Semaphore(PROBES_AT_A_TIME)

    async def plan_one(path: Path) -> Planned | Refused:
        async with places:
            return await asyncio.to_thread(planner.plan, path)

    plans = tuple(await asyncio.gather(*(plan_one(path) for path in wish.inputs)))
    _check_outputs_differ([plan for plan in plans if isinstance(plan, Planned)])
    return plans


@frozen
class _Planner:
    wish: Wish
    specs: Mapping[str, EncoderSpec]
    policy: ArgumentPolicy
    overwrite: bool
    dry_run: bool

    def plan(self, path: Path) -> Planned | Refused:
        job_id = str(uuid.uuid4())
        request = evolve(self.wish.pattern, input=path, output=self.wish.output or self.wish.out_dir)
        try:
            _check_input(path)
            modified = path.stat().st_mtime
            media = probe(path)
            request = evolve(request, output=self._output(request, media), other_files=_other_files(request))
            self._check_output(request)
            placed = _looked_at(request)
            job = plan_job(_absolute(request), media, self.specs, job_id=job_id, policy=self.policy)
        except FfxError as error:
            return Refused(request, error, job_id)
        return Planned(job, media, modified, placed)

    def _output(self, request: Request, media: MediaInfo) -> Path:
        if self.wish.output is not None:
            return self.wish.output
        return self.wish.out_dir / default_output_name(request, media, self.specs)

    def _check_output(self, request: Request) -> None:
        if request.output.exists() and request.output.samefile(request.input):
            raise UsageError(f"{request.output} is the input itself; a source is never touched: choose another output")
        if not self.dry_run:
            check_output(request.output, overwrite=self.overwrite)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"--out-dir: {folder} is a file") from None
    except OSError as error:
        raise UsageError(f"--out-dir: {folder} cannot be made: {error.strerror or error}") from None


def _check_input(path: Path) -> None:
    try:
        is_folder = path.is_dir()
        exists = path.exists()
    except OSError as error:  # such as a name that is too long
        raise UsageError(f"{path}: {error.strerror or error}") from None
    if is_folder:
        raise UsageError(f"{path} is a folder; name the files in it")
    if not exists:
        raise UsageError(f"{path}: there is no such file")


def _named(request: Request) -> tuple[Named, ...]:
    return named_files(request.filters, read_arguments(request.ffmpeg_args))


def _other_files(request: Request) -> tuple[OtherFile, ...]:
    """The files that a request names besides its input, as they are now."""
    return tuple(_other_file(name) for name in dict.fromkeys(named.name for named in _named(request)))


def _other_file(name: str) -> OtherFile:
    path = Path(name)
    _check_input(path)
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise UsageError(f"{path} is not a regular file; copy its content into one first")
    if not os.access(path, os.R_OK):
        raise UsageError(f"{path}: permission denied; it is not readable for this user")
    return OtherFile(name, str(path.absolute()), facts.st_size, facts.st_mtime)


def _looked_at(request: Request) -> tuple[PlacedFile, ...]:
    """The other files under their own names; what FFmpeg would open by its content, the servers look at too."""
    looked_at = {named.name for named in _named(request) if named.is_looked_at}
    return tuple(
        PlacedFile(other.name, other.path, probe(Path(other.path), subtitles=True) if other.name in looked_at else None)
        for other in request.other_files
    )


def _absolute(request: Request) -> Request:
    return evolve(request, input=request.input.absolute(), output=request.output.absolute())


def _check_outputs_differ(planned: Sequence[Planned]) -> None:
    inputs: dict[str, str] = {}
    for one in planned:
        place = os.path.normcase(Path(one.job.output_file).resolve())
        if place in inputs:
            raise UsageError(
                f"{inputs[place]} and {one.job.input_file} would both become {one.job.output_file}: "
                "give them different folders"
            )
        inputs[place] = one.job.input_file
