"""What FFmpeg says of itself is read from every build whose words were kept, and from those on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import FfmpegNotFound
from ffx.media.build import (
    parse_encoders,
    parse_muxers,
    parse_pixel_formats,
    parse_version,
    read_build,
    read_identity,
    read_pixel_formats,
)
from tests.media.replay import HARDWARE, Replay, listing

LISTINGS = HARDWARE / "listings"
BUILDS = sorted(path.name.removesuffix(".encoders.txt") for path in LISTINGS.glob("*.encoders.txt"))
BANNERS = [
    line[line.index("ffmpeg version") :]
    for line in (LISTINGS / "version_banners.txt").read_text().splitlines()
    if "ffmpeg version" in line and not line.startswith("#")
]
DEVICES = {"alsa", "caca", "fbdev", "opengl", "oss", "pulse", "sdl", "sdl2", "sndio", "v4l2", "video4linux2", "xv"}


def text_of(build: str, kind: str) -> str:
    return (LISTINGS / f"{build}.{kind}.txt").read_bytes().decode()


@pytest.mark.parametrize("build", BUILDS)
def test_every_line_of_every_listing_is_an_encoder(build: str) -> None:
    text = text_of(build, "encoders")
    names = [line.split()[1] for line in text.split("------")[1].splitlines() if line.strip()]
    found = parse_encoders(text)
    assert [encoder.name for encoder in found] == names
    assert len(names) > 150
    by_name = {encoder.name: encoder for encoder in found}
    assert (by_name["libx264"].codec, by_name["libx264"].kind) == ("h264", "video")
    assert (by_name["libmp3lame"].codec, by_name["libmp3lame"].kind) == ("mp3", "audio")
    assert by_name["flac"].codec == "flac"
    assert by_name["mov_text"].kind == "subtitle"
    assert by_name["avui"].experimental
    assert not by_name["libx264"].experimental


@pytest.mark.parametrize("build", BUILDS)
def test_muxers_of_both_layouts_without_demuxers_and_devices(build: str) -> None:
    text = text_of(build, "formats")
    muxers = parse_muxers(text)
    lines = re.split(r"^ -+\s*$", text, flags=re.MULTILINE)[1].splitlines()
    names = {name for line in lines if line[2:3] == "E" for name in line[4:].split()[0].split(",")}
    assert set(muxers) == names - DEVICES
    assert {"mp4", "matroska", "webm", "mov", "null"} <= set(muxers)
    assert not {"3dostr", "aa", "matroska,webm", "dshow", "lavfi", "="} & set(muxers)


def test_several_names_on_one_line() -> None:
    assert parse_muxers(" --\n DE mov,mp4         MOV\n  Ed sdl,sdl2        Device\n D  aa   x\n") == ("mov", "mp4")


@pytest.mark.parametrize("banner", BANNERS)
def test_versions(banner: str) -> None:
    version = parse_version(f"{banner}\r\nbuilt with gcc\r\n")
    assert version == banner.split()[2]


@pytest.mark.parametrize("build", BUILDS)
def test_version_of_every_build(build: str) -> None:
    assert parse_version(text_of(build, "version")) in text_of(build, "version").splitlines()[0].split()


def test_a_line_before_the_banner_is_passed_over() -> None:
    assert parse_version("Error in GnuTLS initialization\nffmpeg version n8.1 Copyright") == "n8.1"
    assert parse_version("avconv version 11") == ""


def test_pixel_formats_of_a_help_text() -> None:
    assert parse_pixel_formats("Encoder x:\r\n    Supported pixel formats: yuv420p nv12\r\nx:\r\n") == (
        "yuv420p",
        "nv12",
    )
    assert parse_pixel_formats("Encoder g726:\n    Supported sample formats: s16\n") == ()


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    parse_encoders(text)
    parse_muxers(text)
    parse_version(text)
    parse_pixel_formats(text)


async def test_the_builds_of_this_machine(ffmpeg: Path) -> None:
    build = await read_build(ffmpeg)
    assert re.match(r"n?\d", build.version)
    libx264 = build.encoder("libx264")
    assert libx264 is not None
    assert libx264.codec == "h264"
    assert build.encoder("libx26") is None
    assert {"mp4", "matroska"} <= set(build.muxers)
    assert "yuv420p" in await read_pixel_formats(ffmpeg, "libx264")
    assert build.fingerprint == (await read_identity(ffmpeg)).fingerprint


async def test_a_windows_build_prints_carriage_returns(tmp_path: Path) -> None:
    replay = Replay(
        version=text_of("windows-gyan-7.1-essentials", "version"),
        encoders=text_of("windows-gyan-7.1-essentials", "encoders"),
        formats=text_of("windows-gyan-7.1-essentials", "formats"),
    )
    build = await read_build(replay.write(tmp_path))
    assert build.version == "7.1-essentials_build-www.gyan.dev"
    assert len(build.encoders) == 222
    assert "\r" not in "".join(build.muxers) + "".join(encoder.codec for encoder in build.encoders)


async def test_the_fingerprint_follows_program_and_libraries(tmp_path: Path) -> None:
    replay = Replay(encoders=listing("libx264:h264"))
    program = replay.write(tmp_path)
    first = (await read_identity(program)).fingerprint
    assert (await read_identity(program)).fingerprint == first
    Replay(version=replay.version + "libavcodec 61. 3.100\n").write(tmp_path / "other")
    (tmp_path / "answers.json").write_bytes((tmp_path / "other/answers.json").read_bytes())
    changed = (await read_identity(program)).fingerprint
    assert changed != first
    os.utime(program, (1, 1))
    assert (await read_identity(program)).fingerprint not in (first, changed)


async def test_what_is_no_ffmpeg_is_named(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    for content, said in (
        ("#!/bin/sh\necho hello\n", "does not answer -version"),
        ("#!/bin/sh\necho broken library >&2\nexit 127\n", "status 127: broken library"),
        ("\x7fELF", "does not run"),
    ):
        program.write_text(content)
        program.chmod(0o755)
        with pytest.raises(FfmpegNotFound, match=said) as caught:
            await read_build(program)
        assert str(program) in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_a_listing_that_fails_is_one_error(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text('#!/bin/sh\n[ "$2" = -version ] && echo ffmpeg version 7 || exit 3\n')
    program.chmod(0o755)
    with pytest.raises(FfmpegNotFound, match="status 3"):
        await read_build(program)
