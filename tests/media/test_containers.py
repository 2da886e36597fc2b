"""What is known of containers agrees with itself and with the FFmpegs of this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ffx.core.errors import RecipeError
from ffx.media.containers import (
    CONTAINERS,
    PICTURE_SUBTITLES,
    TEXT_SUBTITLES,
    ContainerSpec,
    container_by_name,
    container_by_suffix,
    container_of,
    fitting,
    listed,
)
from ffx.media.probe import MediaInfo
from tests.media.jobs import SPECS

EACH = pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)


def test_every_muxer_exists(ffmpeg: Path) -> None:
    listing = subprocess.run([ffmpeg, "-v", "error", "-muxers"], capture_output=True, text=True, check=True).stdout
    muxers = {name for line in listing.splitlines() if len(line.split()) > 1 for name in line.split()[1].split(",")}
    assert {container.name for container in CONTAINERS} <= muxers


def test_a_suffix_names_one_container() -> None:
    suffixes = [suffix for container in CONTAINERS for suffix in container.suffixes]
    assert len(suffixes) == len(set(suffixes))


@EACH
def test_its_own_choices_fit_into_it(container: ContainerSpec) -> None:
    assert not container.default_video or container.takes("video", container.default_video)
    assert bool(container.default_video) is bool(container.video)
    if container.audio:
        assert container.takes("audio", SPECS[container.default_audio].codec)
    if container.text_encoder:
        assert container.text_encoder in container.subtitles
    assert container.subtitles <= PICTURE_SUBTITLES | TEXT_SUBTITLES | {"dvb_teletext"}


@pytest.mark.parametrize(
    ("name", "demuxer", "expected"),
    [
        ("a.mov", "mov,mp4,m4a,3gp,3g2,mj2", "mov"),
        ("a.M4A", "mov,mp4,m4a,3gp,3g2,mj2", "ipod"),
        ("a", "mov,mp4,m4a,3gp,3g2,mj2", "mp4"),
        ("a.webm", "matroska,webm", "webm"),
        ("a.bin", "matroska,webm", "matroska"),
        ("a.flic", "flic", None),
    ],
)
def test_the_container_of_a_source(name: str, demuxer: str, expected: str | None) -> None:
    found = container_of(MediaInfo(Path(name), 1, demuxer))
    assert (found.name if found else None) == expected


def test_a_muxer_that_is_not_known_takes_what_ffmpeg_lets_it() -> None:
    container = container_by_name("mxf")
    assert container.takes("video", "mpeg2video")
    assert container.suffixes == (".mxf",)


def test_an_output_without_suffix() -> None:
    with pytest.raises(RecipeError, match="the output has no suffix"):
        container_by_suffix(Path("out"))


def test_fitting_and_listed() -> None:
    assert "webm" in fitting("video", "vp9")
    assert (listed(["b", "a", "c"]), listed(["a"]), listed([])) == ("a, b and c", "a", "")
