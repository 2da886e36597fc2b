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
from ffx.cli.finding import Input
from ffx.cli.naming import NameParts, name_of
from ffx.client.commit import check_output
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError, ProbeError, UsageError
from ffx.core.folders import Folders
from ffx.core.model import JobConfiguration, OtherFile
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.core.tracks import SubtitleChoice
from ffx.media.charsets import charset_of, write_mended
from ffx.media.other_files import PlacedFile, check_uses, named_files
from ffx.media.plan import Request, default_output_name, output_codec, output_size, plan_job
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
class Skipped:
    """A request whose output is there already, and which was to be left alone then."""

    request: Request


@frozen
class Refused:
    """A request that cannot be a job, and why."""

    request: Request
    error: FfxError
    job_id: str

    @property
    def job(self) -> JobConfiguration:
        """As much of a job as there is, for reports."""
        return JobConfiguration(self.job_id, str(self.request.input), str(self.request.output), self.request.recipe)


async def plan_all(
    wish: Wish,
    specs: Mapping[str, EncoderSpec],
    *,
    policy: ArgumentPolicy,
    folders: Folders,
    overwrite: bool,
    dry_run: bool,
) -> tuple[Planned | Refused | Skipped, ...]:
    """Plan every input, in their order. The folders of the outputs are made, unless it is a dry run. Subtitles that
    have to be mended first go into one of ``folders``.

    Raises:
        UsageError: a folder cannot be made, or two inputs would go to one output; nothing may be started then.
    """
    if wish.output is None and not dry_run:
        for folder in dict.fromkeys((Path(), *(one.under for one in wish.inputs))):
            _make_folder(wish.out_dir / folder)
    planner = _Planner(wish, specs, policy, folders.subtitles_folder, overwrite, dry_run)
    places = asyncio.Semaphore(PROBES_AT_A_TIME)

    async def plan_one(number: int, one: Input) -> Planned | Refused | Skipped:
        async with places:
            return await asyncio.to_thread(planner.plan, number, one)

    plans = tuple(await asyncio.gather(*(plan_one(number, one) for number, one in enumerate(wish.inputs, 1))))
    _check_outputs_differ([plan for plan in plans if isinstance(plan, Planned)])
    return plans


@frozen
class _Planner:
    wish: Wish
    specs: Mapping[str, EncoderSpec]
    policy: ArgumentPolicy
    mended_folder: Path
    overwrite: bool
    dry_run: bool

    def plan(self, number: int, one: Input) -> Planned | Refused | Skipped:
        path = one.path
        job_id = str(uuid.uuid4())
        request = evolve(self.wish.pattern, input=path, output=self.wish.output or self.wish.out_dir)
        try:
            _check_input(path)
            modified = path.stat().st_mtime
            media = probe(path, first_frame=request.recipe.edits_picture)
            request = evolve(request, output=self._output(request, media, number, one.under))
            if self.wish.skip_existing and request.output.exists():
                return Skipped(request)
            request = evolve(request, other_files=self._other_files(request))
            request = evolve(request, recipe=_with_charsets(request))
            self._check_output(request)
            placed = _looked_at(request)
            check_uses(request.recipe, placed)
            job = plan_job(_absolute(request), media, self.specs, job_id=job_id, policy=self.policy)
        except FfxError as error:
            return Refused(request, error, job_id)
        return Planned(job, media, modified, placed)

    def _output(self, request: Request, media: MediaInfo, number: int, under: Path) -> Path:
        wish = self.wish
        if wish.output is not None:
            return wish.output
        name = Path(default_output_name(request, media, self.specs))
        if not wish.name:
            return wish.out_dir / under / name
        width, height = output_size(request.recipe, media)
        parts = NameParts(
            stem=request.input.stem,
            parent=request.input.absolute().parent.name,
            ext=name.suffix.removeprefix("."),
            width=width,
            height=height,
            codec=output_codec(request.recipe, media, self.specs),
            profile=wish.profile,
            number=number,
        )
        output = wish.out_dir / under / name_of(wish.name, parts)
        if not self.dry_run:
            _make_folder(output.parent)
        return output

    def _other_files(self, request: Request) -> tuple[OtherFile, ...]:
        """The files that a request names besides its input, as they are now."""
        subtitles = {choice.file for choice in request.recipe.subtitles or () if choice.file}
        names = dict.fromkeys(named.name for named in named_files(request.recipe))
        files = (_other_file(name) for name in names)
        return tuple(self._readable(file) if file.name in subtitles else file for file in files)

    def _readable(self, subtitles: OtherFile) -> OtherFile:
        """The file itself where FFmpeg reads it, else one with the same lines that it reads."""
        path = Path(subtitles.path)
        try:
            probe(path, subtitles=True)
        except ProbeError:
            mended = write_mended(path, self.mended_folder)
            if mended is None:
                raise
            facts = mended.stat()
            return evolve(subtitles, path=str(mended), size=facts.st_size, modified=facts.st_mtime)
        return subtitles

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
        raise UsageError(f"{path} is a folder; name the files in it, or give --recursive")
    if not exists:
        raise UsageError(f"{path}: there is no such file")


def _other_file(name: str) -> OtherFile:
    path = Path(name)
    _check_input(path)
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise UsageError(f"{path} is not a regular file; copy its content into one first")
    if not os.access(path, os.R_OK):
        raise UsageError(f"{path}: permission denied; it is not readable for this user")
    return OtherFile(name, str(path.absolute()), facts.st_size, facts.st_mtime)


def _with_charsets(request: Request) -> Recipe:
    """The recipe with the encodings of its files of subtitles, where a person did not name them."""
    recipe, places = request.recipe, {other.name: Path(other.path) for other in request.other_files}
    if not recipe.subtitles:
        return recipe
    return evolve(recipe, subtitles=tuple(_with_charset(choice, places) for choice in recipe.subtitles))


def _with_charset(choice: SubtitleChoice, places: Mapping[str, Path]) -> SubtitleChoice:
    if not choice.file or choice.charset:
        return choice
    return evolve(choice, charset=charset_of(places[choice.file]))


def _looked_at(request: Request) -> tuple[PlacedFile, ...]:
    """The other files under their own names; what FFmpeg would open by its content, the servers look at too."""
    looked_at = {named.name for named in named_files(request.recipe) if named.is_looked_at}
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
