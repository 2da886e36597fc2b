"""The software encoders: what is said of them holds for the FFmpegs of this machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ffx.core.detector import Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup
from ffx.media.build import read_build, read_pixel_formats
from ffx.media.tool import run_tool
from ffx.media.trial import try_encoder
from ffx.plugins.software import SoftwareDetector, ffx_register_encoders

SPECS: dict[str, EncoderSpec] = {spec.name: spec for spec in ffx_register_encoders()}
DETECTOR = SoftwareDetector()
QUALITY = sorted(name for name, spec in SPECS.items() if spec.quality)
EVERYWHERE = ["libx264", "libx265", "libvpx-vp9", "libsvtav1", "mpeg4"]
PRESETS = sorted(name for name, spec in SPECS.items() if spec.presets)


def test_the_least_there_must_be() -> None:
    video = {"libx264", "libx265", "libvpx", "libvpx-vp9", "libaom-av1", "libsvtav1"}
    audio = {"aac", "libfdk_aac", "libmp3lame", "libopus", "libvorbis", "flac"}
    assert video <= {spec.name for spec in SPECS.values() if spec.kind == "video"}
    assert audio <= {spec.name for spec in SPECS.values() if spec.kind == "audio"}
    assert audio <= {spec.name for spec in SPECS.values() if spec.common}


@pytest.mark.parametrize(
    ("name", "preference"),
    [("libx264", 0.7), ("libx265", 0.6), ("libvpx", 0.5), ("libvpx-vp9", 0.45), ("libsvtav1", 0.5), ("ffv1", 0.5)],
)
def test_preferences(name: str, preference: float) -> None:
    assert SPECS[name].preference == preference


def test_alternatives() -> None:
    assert SPECS["libx264"].alternatives == ("h264_nvenc", "h264_qsv", "h264_videotoolbox")
    assert SPECS["libx265"].alternatives == ("hevc_nvenc", "hevc_qsv")


@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("libx264", 23, "-crf 23"),
        ("libx265", 0, "-crf 0"),
        ("libsvtav1", 63, "-crf 63"),
        ("libaom-av1", 30, "-crf 30 -b:v 0"),
        ("libvpx-vp9", 31, "-crf 31 -b:v 0"),
        ("mpeg4", 4, "-q:v 4"),
    ],
)
def test_quality_knobs(name: str, value: float, options: str) -> None:
    quality = SPECS[name].quality
    assert quality is not None
    assert " ".join(quality.render(value)) == options


async def test_what_is_listed_is_as_we_know_it(ffmpeg: Path) -> None:
    build = await read_build(ffmpeg)
    for listed in build.encoders:
        spec = SPECS.get(listed.name)
        if spec:
            assert (spec.codec, spec.kind) == (listed.codec, listed.kind), listed.name


@pytest.mark.parametrize(
    "name", ["libx264", "libx265", "libvpx-vp9", "ffv1", "prores_ks", "dnxhd", "mpeg4", "mpeg2video"]
)
async def test_pixel_formats_are_the_encoders_own(ffmpeg: Path, name: str) -> None:
    spec = SPECS[name]
    taken = await read_pixel_formats(ffmpeg, name)
    ours = {*spec.pixel_formats, *([spec.ten_bit_pixel_format] if spec.ten_bit_pixel_format else [])}
    assert ours <= set(taken)


async def works(ffmpeg: Path, spec: EncoderSpec, options: tuple[str, ...]) -> bool:
    first = DETECTOR.trials(spec, (), ten_bit=False)[0]
    quick = Trial(EncoderSetup(), first.pixel_format, options=(*first.options, *options))
    return (await try_encoder(ffmpeg, spec, quick, size=(320, 240), frames=1, time_limit=60)).works


async def test_the_wheels_build_has_what_these_tests_are_about(ffmpeg9: Path) -> None:
    listed = {encoder.name for encoder in (await read_build(ffmpeg9)).encoders}
    assert listed >= {*QUALITY, *PRESETS}


@pytest.mark.parametrize("name", QUALITY)
async def test_both_ends_of_every_scale_are_taken(ffmpeg9: Path, name: str) -> None:
    await check_ends(ffmpeg9, SPECS[name])


@pytest.mark.parametrize("name", EVERYWHERE)
async def test_both_ends_of_the_usual_scales_are_taken_by_every_build(ffmpeg: Path, name: str) -> None:
    await check_ends(ffmpeg, SPECS[name])


async def check_ends(ffmpeg: Path, spec: EncoderSpec) -> None:
    assert spec.quality is not None
    for value in (spec.quality.best, spec.quality.worst):
        assert await works(ffmpeg, spec, spec.quality.render(value)), value


@pytest.mark.parametrize("name", PRESETS)
async def test_the_fastest_and_the_default_preset_are_taken(ffmpeg9: Path, name: str) -> None:
    await check_presets(ffmpeg9, SPECS[name])


@pytest.mark.parametrize("name", ["libx264", "libx265", "libvpx-vp9"])
async def test_the_usual_presets_are_taken_by_every_build(ffmpeg: Path, name: str) -> None:
    await check_presets(ffmpeg, SPECS[name])


async def check_presets(ffmpeg: Path, spec: EncoderSpec) -> None:
    assert not spec.default_preset or spec.default_preset in spec.presets
    for preset in {spec.presets[0], spec.default_preset} - {""}:
        assert await works(ffmpeg, spec, (spec.preset_option, preset)), preset


async def test_presets_run_from_fast_to_slow(ffmpeg: Path) -> None:
    finished = await run_tool((str(ffmpeg), "-hide_banner", "-h", "encoder=libx264"), time_limit=30)
    assert re.search(r"-preset", finished.stdout)
    presets = SPECS["libx264"].presets
    assert (presets[0], presets[-1]) == ("ultrafast", "placebo")
    assert SPECS["libsvtav1"].presets[0] == "13"
    assert SPECS["libsvtav1"].presets[-1] == "0"


@pytest.mark.parametrize(
    ("name", "kind", "pixel_format"),
    [("h261", "video", "yuv420p"), ("dvvideo", "video", "yuv420p"), ("xface", "video", "monow"),
     ("g723_1", "audio", ""), ("roq_dpcm", "audio", ""), ("nellymoser", "audio", "")],
)  # fmt: skip
async def test_encoders_with_needs_of_their_own_get_what_they_need(
    ffmpeg: Path, name: str, kind: str, pixel_format: str
) -> None:
    spec = EncoderSpec(name, name, kind, pixel_formats=(pixel_format,) if pixel_format else ())
    outcomes = [await try_encoder(ffmpeg, spec, trial) for trial in DETECTOR.trials(spec, (), ten_bit=False)]
    assert not outcomes[0].works
    assert any(outcome.works for outcome in outcomes)


def test_ten_bit_only_where_it_is_known() -> None:
    assert DETECTOR.trials(SPECS["libx265"], (), ten_bit=True)[0].pixel_format == "yuv420p10le"
    assert DETECTOR.trials(SPECS["mpeg4"], (), ten_bit=True) == ()
    assert DETECTOR.trials(SPECS["aac"], (), ten_bit=True) == ()
