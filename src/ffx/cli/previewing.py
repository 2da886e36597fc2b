"""What ``ffx preview`` makes: a frame of the source beside the same frame as the recipe leaves it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from attrs import evolve

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.estimating import only_on
from ffx.cli.planning import Planned
from ffx.cli.settings import submit_settings
from ffx.cli.text import print_line
from ffx.cli.trials import Bench, bench, for_sample, plan_one
from ffx.client.queue.records import Handling
from ffx.core.errors import EncodeError, NoServerError, UsageError
from ffx.core.model import Evidence, JobConfiguration
from ffx.core.recipe import Recipe, Trim
from ffx.media.cutting import cut
from ffx.media.probe import MediaInfo, StreamInfo
from ffx.media.side_by_side import frame_at, side_by_side

AROUND = 1.0
"""Seconds before and behind the frame that are encoded with it: the first frame of an encode is better than most."""


def preview(assembly: Assembly, wish: Wish, *, at: float, output: Path, server: str) -> int:
    """Write the picture; returns the exit status.

    Raises:
        FfxError: the file, the recipe or the moment cannot be; no server could do it; the encode failed.
    """
    if output.suffix.lower() != ".png":
        raise UsageError(f"{output}: a preview is a picture; name it like preview.png")
    if not output.parent.is_dir():
        raise UsageError(f"{output.parent}: there is no such folder")
    picture = asyncio.run(preview_picture(assembly, wish, at, server))
    try:
        output.write_bytes(picture)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}") from None
    print_line(f"{output}: the source to the left, encoded to the right")
    return 0


async def preview_picture(assembly: Assembly, wish: Wish, at: float, server: str) -> bytes:
    """The picture of both frames, a PNG. Raises as ``preview`` does."""
    planned = await plan_one(assembly, wish)
    film = _film(planned, at)
    async with bench(assembly) as place:
        sample, before = await asyncio.to_thread(_sample, place, planned, at)
        local = submit_settings(assembly.source).local
        (outcome,) = await place.run([(sample, only_on(server) if server else Handling(local=local))])
        if outcome.result is None:
            if outcome.no_server:
                raise NoServerError(outcome.error)
            raise EncodeError(outcome.error, evidence=outcome.evidence or Evidence())
        return await asyncio.to_thread(_compared, sample, before, film)


def _film(planned: Planned, at: float) -> StreamInfo:
    media, recipe = planned.media, planned.job.recipe
    film = media.video
    if film is None:
        raise UsageError(f"{media.path}: there is no picture to compare")
    if recipe.encoder == "copy":
        raise UsageError("the picture is copied: there is nothing to compare")
    _check_moment(media, recipe, at)
    return film


def _check_moment(media: MediaInfo, recipe: Recipe, at: float) -> None:
    end = media.duration if recipe.trim.end is None else recipe.trim.end
    if not recipe.trim.start <= at or (end and at >= end):
        raise UsageError(f"--at: {at:g} s is not within {recipe.trim.start:g} s to {end:g} s")


def _sample(place: Bench, planned: Planned, at: float) -> tuple[JobConfiguration, float]:
    """The job of the seconds around the frame, and how many of them are before it."""
    file = place.folder / "sample.mkv"
    pieces = cut(planned.media, (Trim(max(0.0, at - AROUND), at + AROUND),), file, whole=True)
    inside = max(0.0, at - pieces.start)
    before = min(AROUND, inside)
    recipe = for_sample(planned.job.recipe, pieces)
    recipe = evolve(recipe, sounds=(), target=None, trim=Trim(inside - before))
    return place.job(file, recipe, planned), before


def _compared(sample: JobConfiguration, before: float, film: StreamInfo) -> bytes:
    recipe = sample.recipe
    source = frame_at(Path(sample.input_file), recipe.trim.start + before, turned=film.rotation)
    return side_by_side(source, frame_at(Path(sample.output_file), before / recipe.speed))
