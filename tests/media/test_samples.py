"""Pieces of a film: within it, spread over it, short enough for the disk; and the recipes that encode them."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.edits import Denoise, PictureEdits
from ffx.core.recipe import QualityMode, Recipe, Trim
from ffx.core.targets import Target
from ffx.core.tracks import SoundChoice, SubtitleChoice
from ffx.media.probe import MediaInfo, StreamInfo
from ffx.media.samples import FEWEST, MOST, MOST_BYTES, WHOLE_SECONDS, pieces, reference_recipe, sample_recipe


def film(duration: float, *, width: int = 1280, height: int = 720, bit_depth: int = 8) -> MediaInfo:
    stream = StreamInfo(
        0, "video", "h264", width=width, height=height, bit_depth=bit_depth, frame_rate=Fraction(24), duration=duration
    )
    return MediaInfo(Path("film.mkv"), 1000, "matroska,webm", duration, (stream,))


def test_a_short_film_is_taken_as_a_whole() -> None:
    assert pieces(Recipe(), film(WHOLE_SECONDS)) == (Trim(),)
    part = Trim(100, 130)
    assert pieces(Recipe(trim=part), film(7200)) == (part,)


@given(
    duration=st.floats(WHOLE_SECONDS + 1, 40_000),
    start=st.floats(0, 1000),
    speed=st.sampled_from([0.5, 1.0, 2.0]),
    large=st.booleans(),
)
def test_pieces_lie_within_the_part_that_is_taken_one_behind_the_other(
    duration: float, start: float, speed: float, large: bool
) -> None:
    media = film(duration + start, width=3840 if large else 1280, height=2160 if large else 720, bit_depth=10)
    found = pieces(Recipe(trim=Trim(start), speed=speed), media)
    assert FEWEST <= len(found) <= MOST
    assert found[0].start >= start
    for piece, following in itertools.pairwise(found):
        assert piece.end is not None
        assert piece.end <= following.start
    assert found[-1].end is not None
    assert found[-1].end <= duration + start + 1e-6
    seconds = sum((piece.end or 0) - piece.start for piece in found)
    frame_bytes = (3840 * 2160 if large else 1280 * 720) * 3
    assert seconds * 24 * frame_bytes * 0.5 <= MOST_BYTES * 1.001


RECIPE = Recipe(
    encoder="libx265",
    codec="hevc",
    preset="slow",
    tune="grain",
    profile="main10",
    pixel_format="yuv420p10le",
    gop=2.0,
    picture=PictureEdits(denoise=Denoise.LIGHT),
    target=Target(value=95.0),
    sounds=(SoundChoice(encoder="libopus"),),
    subtitles=(SubtitleChoice(index=3), SubtitleChoice(index=4, burn=True)),
    container="mp4",
)


def test_a_sample_is_the_picture_alone_as_the_recipe_makes_it() -> None:
    sample = sample_recipe(RECIPE, Trim(10, 13), 27.5)
    assert (sample.quality_mode, sample.quality_value) == (QualityMode.CRF, 27.5)
    assert (sample.trim, sample.target, sample.sounds, sample.container) == (Trim(10, 13), None, (), "matroska")
    assert sample.subtitles == (SubtitleChoice(index=4, burn=True),)
    kept = evolve(sample, quality_mode=None, quality_value=None, trim=RECIPE.trim)
    for name in ("encoder", "preset", "tune", "profile", "pixel_format", "gop", "picture", "speed", "filters"):
        assert getattr(kept, name) == getattr(RECIPE, name), name


def test_without_a_quality_a_sample_has_the_recipes_own() -> None:
    recipe = evolve(RECIPE, target=None, quality_mode=QualityMode.BITRATE, quality_value=4e6, two_pass=True)
    sample = sample_recipe(recipe, Trim(10, 13), None)
    assert (sample.quality_mode, sample.quality_value, sample.two_pass) == (QualityMode.BITRATE, 4e6, True)


@pytest.mark.parametrize("recipe", [RECIPE, evolve(RECIPE, target=None, quality_mode=QualityMode.BITRATE)])
def test_the_reference_has_the_same_edits_and_loses_nothing(recipe: Recipe) -> None:
    reference = reference_recipe(recipe, Trim(10, 13))
    assert reference.encoder == "ffv1"
    assert (reference.quality_mode, reference.two_pass, reference.preset, reference.tune) == (None, False, "", "")
    assert (reference.picture, reference.trim) == (recipe.picture, Trim(10, 13))
    assert reference.subtitles == (SubtitleChoice(index=4, burn=True),)
