"""Reading what a person asks for: numbers, rates, and one status for what came of it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.cli.asking import Wish
from ffx.cli.finding import Input
from ffx.cli.recipe_options import recipe_named
from ffx.cli.submitting import exit_status
from ffx.core.errors import UsageError
from ffx.core.recipe import QualityMode, Recipe
from ffx.core.tracks import SoundChoice
from ffx.media.plan import Request
from tests.media.jobs import SPECS

NOTHING: dict[str, Any] = dict.fromkeys(
    (
        *(
            "encoder",
            "codec",
            "quality",
            "bitrate",
            "target",
            "max_size",
            "max_ratio",
            "preset",
            "tune",
            "codec_profile",
            "level",
            "gop",
            "pixel_format",
        ),
        *("crop", "scale", "deinterlace", "denoise", "fps", "rotate", "tonemap", "watermark", "speed", "start", "end"),
        *("audio_bitrate", "loudness", "chapters", "metadata", "attachments", "container", "priority"),
    )
) | {"two_pass": False, "filters": (), "audio": (), "subtitles": (), "ffmpeg_args": ()}


def wish(**options: Any) -> Wish:
    options = NOTHING | options
    recipe = recipe_named(Recipe(), options, SPECS)
    priority, container = options["priority"], options["container"]
    return Wish.from_options(["in.mkv"], recipe, output="out.mp4", out_dir=None, priority=priority, container=container)


def test_nothing_asked_for_is_everything_kept() -> None:
    asked = wish()
    assert asked.inputs == (Input(Path("in.mkv")),)
    assert asked.output == Path("out.mp4")
    assert asked.pattern == Request(Path(), Path())


def test_everything_asked_for_is_in_the_request() -> None:
    asked = wish(
        encoder="libx265",
        bitrate="1.5M",
        preset="slow",
        two_pass=True,
        pixel_format="yuv420p10le",
        filters=("hflip", "scale=-2:720"),
        audio=("libopus",),
        audio_bitrate="96k",
        container="matroska",
        priority="10",
        ffmpeg_args=("-x265-params", "aq-mode=3"),
    ).pattern
    assert asked == Request(
        Path(),
        Path(),
        Recipe(
            encoder="libx265",
            preset="slow",
            quality_mode=QualityMode.BITRATE,
            quality_value=1_500_000,
            two_pass=True,
            pixel_format="yuv420p10le",
            filters=("hflip", "scale=-2:720"),
            sounds=(SoundChoice(encoder="libopus", bitrate=96_000),),
            container="matroska",
            ffmpeg_args=("-x265-params", "aq-mode=3"),
        ),
        priority=10,
    )


@pytest.mark.parametrize(
    ("text", "value", "mode"),
    [("26", 26, QualityMode.CRF), (" 18.5 ", 18.5, QualityMode.CRF), ("80%", 80, QualityMode.QUALITY)],
)
def test_a_quality_is_on_the_encoders_scale_or_a_percentage(text: str, value: float, mode: QualityMode) -> None:
    asked = wish(quality=text).pattern.recipe
    assert (asked.quality_value, asked.quality_mode) == (value, mode)


@pytest.mark.parametrize("text", ["", "%", "high", "nan", "inf", "26 %%"])
def test_a_quality_that_is_no_number(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--quality: "):
        wish(quality=text)


@pytest.mark.parametrize(("text", "rate"), [("4M", 4_000_000), ("800k", 800_000), ("0.5m", 500_000), ("64000", 64_000)])
def test_a_bitrate_has_ffmpegs_units(text: str, rate: int) -> None:
    assert wish(bitrate=text).pattern.recipe.quality_value == rate


@given(st.text())
def test_any_text_is_a_positive_bitrate_or_refused(text: str) -> None:
    try:
        rate = wish(bitrate=text).pattern.recipe.quality_value
    except UsageError as error:
        assert str(error).startswith("--bitrate: ")
    else:
        assert rate is not None
        assert rate > 0


@given(st.text())
def test_any_text_is_a_priority_from_1_to_10_or_refused(text: str) -> None:
    try:
        assert 1 <= wish(priority=text).pattern.priority <= 10
    except UsageError as error:
        assert str(error).startswith("--priority: ")


@pytest.mark.parametrize(
    ("of_jobs", "of_refused", "status"),
    [
        ((), (), 0),
        ((0, 0), (), 0),
        ((0, 1), (), 1),
        ((1,), (), 1),
        ((3,), (), 3),
        ((0, 3), (), 3),
        ((3, 1), (), 1),
        ((0,), (2,), 1),
        ((3,), (2,), 1),
        ((), (2,), 2),
        ((), (2, 2), 2),
        ((), (1,), 1),
        ((), (1, 2), 1),
    ],
)
def test_many_endings_are_one_status(of_jobs: tuple[int, ...], of_refused: tuple[int, ...], status: int) -> None:
    assert exit_status(of_jobs, of_refused) == status
