"""Whether a server takes a job: every reason to refuse one, and how long it may take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError, RecipeError
from ffx.core.messages import RETRY_AFTER_FULL, JobRejected
from ffx.core.model import RESOLUTIONS, EncoderReport, JobConfiguration, OtherFile, ServerCapabilities
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.media.containers import container_by_name
from ffx.server.options import ServerOptions

OUTPUT_SHARE = 1.0
"""Room for the output, as a share of the input: a result is rarely larger than its source."""


class Rejection(FfxError):
    """A job is not taken; the fields are those of ``JobRejected``."""

    def __init__(
        self, code: str, message: str, *, retry_after: float | None = None, missing: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after
        self.missing = missing

    def answer(self, job_id: str, attempt: int) -> JobRejected:
        return JobRejected(job_id, attempt, self.code, str(self), self.retry_after, self.missing)


def check_size(size: int, options: ServerOptions) -> None:
    """Raises Rejection ``too_large``."""
    if size > options.max_file_size:
        raise Rejection(
            "too_large",
            f"the file has {size} bytes, this server takes {options.max_file_size}; "
            "raise its --max-file-size or use another server",
        )


def needed_space(size: int, *others: int) -> int:
    """Bytes of disk for an input of ``size`` bytes, for its output, and for the job's other files."""
    return size + round(size * OUTPUT_SHARE) + sum(others)


def check_disk(needed: int, *, free: int, promised: int, options: ServerOptions) -> None:
    """Whether a job finds room beside what is ``promised`` to others.

    Raises:
        Rejection: ``disk_full``; worth asking again when other jobs will give room back.
    """
    available = max(0, free - promised - options.disk_reserve)
    if needed > available:
        raise Rejection(
            "disk_full",
            f"the job needs {needed} bytes of disk, the server has {available} to give beside the "
            f"{options.disk_reserve} that it leaves free; free some or move its --temp-dir",
            retry_after=RETRY_AFTER_FULL if promised else None,
        )


def check_recipe(
    recipe: Recipe,
    specs: Mapping[str, EncoderSpec],
    policy: ArgumentPolicy,
    other_files: Sequence[OtherFile] = (),
) -> None:
    """What can be said about a recipe before its files are there, its arguments and filters among it; building the
    command says the rest.

    Raises:
        Rejection: ``invalid_recipe``.
    """
    # Imported with the first job: it needs PyAV, a third of the memory of a server at rest.
    from ffx.media.allowed.sink import check_texts
    from ffx.media.other_files import check_other_files
    from ffx.media.possible import check_recipe as check_encoding

    try:
        output_suffix(recipe)
        if recipe.codec and not recipe.encoder:
            raise RecipeError(f"the recipe asks for {recipe.codec} and names no encoder: the client chooses one")
        check_other_files(other_files)
        check_texts(recipe, policy, files={file.name: file.name for file in other_files}, encoders=specs)
        if recipe.encoder != "copy":
            check_encoding(recipe, specs)
    except RecipeError as error:
        raise Rejection("invalid_recipe", str(error)) from None


def output_suffix(recipe: Recipe) -> str:
    """The suffix of the output, with its dot: part of a path, so never anything but a plain word.

    Raises:
        RecipeError: the recipe names no container, or one that does not write one file.
    """
    if not re.fullmatch("[a-z0-9_]{1,40}", recipe.container):
        raise RecipeError(f"the recipe names no container that could be: {recipe.container[:40]!r}")
    return container_by_name(recipe.container).suffixes[0]


def needed_capabilities(job: JobConfiguration) -> tuple[str, ...]:
    """Every encoder and muxer that the job will use, by FFmpeg's names."""
    recipe = job.recipe
    audio = tuple(choice.encoder for choice in recipe.sounds or () if choice.encoder not in ("", "copy"))
    container = (recipe.container,) if recipe.container else ()
    return tuple(dict.fromkeys((*job.needs, *audio, *container)))


def check_capabilities(needed: tuple[str, ...], capabilities: ServerCapabilities) -> None:
    """Raises Rejection ``incompatible_encoder``: only what was seen to work counts."""
    missing = tuple(name for name in needed if not capabilities.supports(name))
    if missing:
        reasons = ", ".join(_with_reason(name, capabilities.encoder(name)) for name in missing)
        raise Rejection("incompatible_encoder", f"this server cannot do {reasons}", missing=missing)


def _with_reason(name: str, report: EncoderReport | None) -> str:
    return f"{name} ({report.reason})" if report is not None and report.reason else name


def check_places(encoding: int, waiting: int, options: ServerOptions) -> None:
    """Raises Rejection ``server_full``: as many jobs encode and wait as this server takes."""
    if encoding + waiting >= options.max_jobs + options.max_waiting:
        raise Rejection(
            "server_full",
            f"{encoding} jobs encode and {waiting} wait here; this server takes {options.max_jobs} and "
            f"{options.max_waiting} ahead, ask again later",
            retry_after=RETRY_AFTER_FULL,
        )


def check_share(jobs: int, size: int, needed: int, options: ServerOptions) -> None:
    """What one token may have here at a time: ``jobs`` of ``size`` bytes are here, results that nobody fetched among
    them, and a job of ``needed`` bytes is to come.

    Raises:
        Rejection: ``server_full``.
    """
    beyond = ""
    if jobs >= options.token_jobs:
        beyond = f"{jobs} jobs with your token are here, and it may have {options.token_jobs} at a time"
    elif options.token_size and size + needed > options.token_size:
        beyond = f"the jobs with your token would take {size + needed} bytes here, and may take {options.token_size}"
    if beyond:
        raise Rejection("server_full", f"{beyond}; ask again later", retry_after=RETRY_AFTER_FULL)


def estimated_duration(job: JobConfiguration, report: EncoderReport | None) -> float:
    """Seconds that the encode may take: the measured speed at 1080p, scaled by pixels; 0 when nothing is known."""
    width, separator, height = job.resolution.partition("x")
    if (
        report is None
        or not report.fps
        or not job.frames
        or not (separator and width.isdecimal() and height.isdecimal())
    ):
        return 0.0
    reference_width, reference_height = RESOLUTIONS["1080p"]
    return job.frames / report.fps * (int(width) * int(height)) / (reference_width * reference_height)
