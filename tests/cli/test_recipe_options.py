"""The options that say how it encodes: what is written how, what a profile keeps, and which are refused."""

from __future__ import annotations

import shlex
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.cli.recipe_options import recipe_named
from ffx.cli.track_options import seconds, sounds_named, subtitles_named
from ffx.core.edits import Corner, Crop, Deinterlace, Denoise, PictureEdits, Scale, Watermark
from ffx.core.errors import UsageError
from ffx.core.recipe import QualityMode, Recipe, Trim
from ffx.core.targets import Metric, Target
from ffx.core.tracks import EBU_R128, Downmix, SoundChoice, SubtitleChoice
from tests.cli.test_asking import NOTHING
from tests.media.jobs import SPECS

NOTHING_SAID = Recipe()


def recipe(base: Recipe = NOTHING_SAID, /, **options: object) -> Recipe:
    return recipe_named(base, NOTHING | options, SPECS)


@pytest.mark.parametrize(
    ("option", "text", "edits"),
    [
        ("crop", "auto", PictureEdits(crop=Crop(auto=True))),
        ("crop", "1920:800:0:140", PictureEdits(crop=Crop(width=1920, height=800, top=140))),
        ("crop", "640:480", PictureEdits(crop=Crop(width=640, height=480))),
        ("scale", "1280:", PictureEdits(scale=Scale(width=1280))),
        ("scale", "-2:720", PictureEdits(scale=Scale(height=720))),
        ("scale", "1280x720", PictureEdits(scale=Scale(1280, 720))),
        ("scale", "<1920:1080", PictureEdits(scale=Scale(1920, 1080, enlarge=False))),
        ("deinterlace", "Auto", PictureEdits(deinterlace=Deinterlace.AUTO)),
        ("denoise", "light", PictureEdits(denoise=Denoise.LIGHT)),
        ("fps", "25", PictureEdits(frame_rate=Fraction(25))),
        ("fps", "23.976", PictureEdits(frame_rate=Fraction(24000, 1001))),
        ("fps", "12.5", PictureEdits(frame_rate=Fraction(25, 2))),
        ("rotate", "90", PictureEdits(rotate=90)),
        ("rotate", "360", PictureEdits()),
        ("tonemap", "auto", PictureEdits(tone_map=True)),
        ("watermark", "logo.png@bottom-right", PictureEdits(watermark=Watermark("logo.png"))),
        ("watermark", "me@home.png", PictureEdits(watermark=Watermark("me@home.png"))),
        ("watermark", "a/b.png@centre", PictureEdits(watermark=Watermark("a/b.png", Corner.CENTRE))),
    ],
)
def test_what_changes_the_picture(option: str, text: str, edits: PictureEdits) -> None:
    assert recipe(**{option: text}).picture == edits


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("crop", "1920", "--crop: '1920' is not understood; write auto, off, or WIDTH:HEIGHT:LEFT:TOP"),
        ("crop", "0:0:0:0", "--crop: a crop has a width and a height, or is automatic"),
        ("scale", "y", "--scale: 'y' is not understood; write 1280:, :720, 1280:720, or <1280:720 for at most that"),
        ("scale", ":", "--scale: a size has a width, a height, or both"),
        ("deinterlace", "yes", "--deinterlace: 'yes' is not one of auto, always, telecine, off"),
        ("denoise", "much", "--denoise: 'much' is not one of light, medium, strong, off"),
        ("fps", "fast", "--fps: 'fast' is no frame rate; write it like 25, 23.976 or 24000/1001"),
        ("fps", "25/0", "--fps: write it like 25, 23.976 or 24000/1001"),
        ("rotate", "45", "picture: a rotation is 0, 90, 180 or 270 degrees, not 45"),
        ("tonemap", "on", "--tonemap: it is auto or off"),
        ("watermark", "logo.png@middle", "--watermark: 'middle' is no place in the picture; there is top-left, "
         "top-right, bottom-left, bottom-right, centre"),
        ("speed", "9", "--speed: a speed is 0.25 to 4, not 9"),
        ("speed", "fast", "--speed: 'fast' is not a number"),
        ("gop", "0", "--gop: key frames are at most 600 s apart, and more than 0, not 0"),
        ("start", "tomorrow", "--from: 'tomorrow' is no time; write it in seconds, or like 00:01:30"),
        ("chapters", "some", "--chapters: 'some' is not one of keep, drop"),
        ("loudness", "loud", "--loudness: 'loud' is no loudness; write ebu-r128, or LUFS such as -16"),
        ("loudness", "3", "--loudness: a loudness is -70 to -5 LUFS, not 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_option(option: str, text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        recipe(**{option: text})
    assert str(caught.value) == told


def test_a_part_and_a_speed() -> None:
    found = recipe(start="00:01:00", end="00:02:30", speed="1.25x", gop="2s")
    assert (found.trim, found.speed, found.gop) == (Trim(60, 150), 1.25, 2)
    with pytest.raises(UsageError, match="--from and --to: a part ends after it begins: 60 s is not after 150 s"):
        recipe(start="150", end="60")


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_a_time_is_read_as_it_is_meant(hours: int, minutes: int, whole: int, thousandths: int) -> None:
    exact = hours * 3600 + minutes * 60 + whole + thousandths / 1000
    assert seconds("--from", f"{hours:02}:{minutes:02}:{whole:02}.{thousandths:03}") == pytest.approx(exact)


# -- Tracks -----------------------------------------------------------------------------------------------------


def test_the_examples_of_sounds() -> None:
    assert sounds_named(("lang=fra,eng codec=opus bitrate=128k downmix=stereo", "index=2 copy")) == (
        SoundChoice(languages=("fra", "eng"), encoder="opus", bitrate=128_000, downmix=Downmix.STEREO),
        SoundChoice(index=2, encoder="copy"),
    )
    assert sounds_named(("channels=6 title='The whole theatre' default delay=-0.25 loudness=ebu-r128",)) == (
        SoundChoice(channels=6, title="The whole theatre", default=True, delay=-0.25, loudness=EBU_R128),
    )
    assert sounds_named(("libopus",)) == (SoundChoice(encoder="libopus"),)
    assert sounds_named(("none",)) == ()
    assert sounds_named(()) is None


def test_the_examples_of_subtitles() -> None:
    assert subtitles_named(("lang=fra burn", "file=en.srt lang=eng default")) == (
        SubtitleChoice(languages=("fra",), burn=True),
        SubtitleChoice(file="en.srt", language="eng", default=True),
    )
    assert subtitles_named(("none",)) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "--audio is empty; write it like lang=eng codec=aac, or copy, or none"),
        ("lang=", "--audio: lang= lacks its value"),
        ("lang=klingonese1! copy", "--audio: 'klingonese1!' is no language; write it like fra or eng"),
        ("bitrat=3k copy", "--audio: 'bitrat=3k' is not understood; did you mean 'bitrate='?; there is index= lang="),
        ("downmix=2", "--audio: downmix is one of mono, stereo, 5.1, not '2'"),
        ("index=-1", "--audio: '-1' is no number"),
        ("title='open", '--audio: "title=\'open" has a quotation mark that is not closed'),
        ("delay=4000", "--audio: a delay is at most 3600 s"),
    ],
)
def test_a_choice_that_cannot_be_read(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        sounds_named((text,))
    assert str(caught.value).startswith(told)


def test_none_stands_alone() -> None:
    with pytest.raises(UsageError, match="--audio none leaves no room for another --audio"):
        sounds_named(("none", "copy"))


@given(st.text(max_size=40))
def test_any_text_is_a_choice_or_refused_in_one_line(text: str) -> None:
    for option, read in (("--audio", sounds_named), ("--subtitles", subtitles_named)):
        try:
            read((text,))
        except UsageError as error:
            assert str(error).startswith(option)


@given(st.sampled_from(["fra", "en"]), st.integers(0, 99), st.text("abc d", min_size=1, max_size=9))
def test_a_choice_is_what_is_written(language: str, index: int, title: str) -> None:
    (choice,) = sounds_named((f"lang={language} index={index} title={shlex.quote(title)}",)) or ()
    assert (choice.languages, choice.index, choice.title) == ((language,), index, title)


# -- What a profile says, and what is said besides ------------------------------------------------------------------


BASE = Recipe(
    codec="hevc",
    preset="slow",
    quality_mode=QualityMode.QUALITY,
    quality_value=70,
    picture=PictureEdits(scale=Scale(height=1080, enlarge=False), denoise=Denoise.LIGHT),
    sounds=(SoundChoice(encoder="libopus", bitrate=96_000),),
    container="matroska",
)


def test_a_profile_stays_as_it_is_where_nothing_is_said() -> None:
    assert recipe(BASE) == BASE


def test_what_is_said_wins_over_the_profile() -> None:
    found = recipe(BASE, quality="20", denoise="off", container="mp4", audio=("copy",))
    assert (found.quality_mode, found.quality_value, found.container) == (QualityMode.CRF, 20, "mp4")
    assert found.picture == PictureEdits(scale=Scale(height=1080, enlarge=False))
    assert found.sounds == (SoundChoice(encoder="copy"),)
    assert found.preset == "slow"


def test_an_encoder_without_a_tune_has_none_of_the_profiles() -> None:
    base = Recipe(encoder="libx265", preset="slow", tune="grain")
    found = recipe(base, encoder="libsvtav1")
    assert (found.encoder, found.codec, found.preset, found.tune) == ("libsvtav1", "", "4", "")
    unknown = recipe(base, encoder="libsomething")
    assert (unknown.encoder, unknown.preset, unknown.tune) == ("libsomething", "", "")


def test_a_loudness_is_for_every_sound_that_is_encoded() -> None:
    assert recipe(loudness="-16").sounds == (SoundChoice(loudness=-16),)
    found = recipe(audio=("index=1 copy", "index=1 codec=aac"), loudness="ebu-r128").sounds
    assert found == (SoundChoice(index=1, encoder="copy"), SoundChoice(index=1, encoder="aac", loudness=-23))
    assert recipe(audio=("none",), loudness="-16").sounds == ()


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ({"target": "vmaf=95"}, Target(Metric.VMAF, 95)),
        ({"target": "VMAF = 92.5"}, Target(Metric.VMAF, 92.5)),
        ({"target": "ssim=0.98"}, Target(Metric.SSIM, 0.98)),
        ({"target": "xpsnr=40"}, Target(Metric.XPSNR, 40)),
        ({"target": "vmaf"}, Target(Metric.VMAF)),
        ({"target": "vmaf=95", "max_size": "700M"}, Target(Metric.VMAF, 95, max_size=700_000_000)),
        ({"target": "vmaf=95", "max_ratio": "0.8"}, Target(Metric.VMAF, 95, max_ratio=0.8)),
        ({"target": "vmaf=95", "max_ratio": "80%"}, Target(Metric.VMAF, 95, max_ratio=0.8)),
    ],
)
def test_a_target(options: dict[str, str], target: Target) -> None:
    assert recipe(**options).target == target


def test_a_target_takes_the_place_of_a_profiles_quality_and_a_quality_that_of_its_target() -> None:
    of_profile = Recipe(encoder="libx264", quality_mode=QualityMode.CRF, quality_value=20)
    aimed = recipe(of_profile, target="vmaf=95")
    assert (aimed.quality_mode, aimed.quality_value, aimed.target) == (None, None, Target(Metric.VMAF, 95))
    assert recipe(aimed, quality="22").target is None
    assert recipe(of_profile, target="vmaf").quality_value == 20


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"target": "psnr=40"}, "--target: 'psnr' is not one of vmaf, ssim, xpsnr"),
        ({"target": "vmaf=120"}, "--target: vmaf is more than 0 and at most 100, not 120"),
        ({"target": "vmaf=nan"}, "--target: vmaf is more than 0 and at most 100, not nan"),
        ({"target": "vmaf=good"}, "--target: 'good' is not a number"),
        ({"target": "vmaf=95", "max_ratio": "-1"}, "--target: a largest share of the input's size is more than 0"),
        ({"target": "vmaf=95", "max_size": "many"}, "--max-size: "),
        ({"max_size": "700M"}, "--max-size and --max-ratio go with a --target, such as vmaf=95"),
    ],
)
def test_targets_that_cannot_be(options: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        recipe(**options)
    assert str(caught.value).startswith(told)


def test_what_a_profile_says_of_one_encoder_is_brought_to_another() -> None:
    fast = Recipe(codec="h264", preset="veryfast", quality_mode=QualityMode.CRF, quality_value=23.0, tune="film")
    same = recipe(fast, encoder="libx264")
    assert (same.preset, same.quality_value, same.tune) == ("veryfast", 23, "film")
    nvidia = recipe(fast, encoder="hevc_nvenc")
    assert nvidia.preset.startswith("p")
    assert (nvidia.encoder, nvidia.codec, nvidia.tune) == ("hevc_nvenc", "", "")
    assert nvidia.quality_value == SPECS["hevc_nvenc"].quality.default  # type: ignore[union-attr]
    hevc = recipe(fast, codec="h265")
    assert (hevc.codec, hevc.encoder, hevc.preset, hevc.quality_value) == ("h265", "", "veryfast", 22)
    assert recipe(fast, codec="hevc", quality="30", preset="slow").quality_value == 30
    assert recipe(fast, encoder="copy").quality_mode is None
