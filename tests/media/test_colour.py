"""Colour tags: every word is one that FFmpeg takes, and the number a file then holds is the one in the table."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from ffx.media.colour import MATRIX, PRIMARIES, RANGE, TRANSFER
from ffx.media.probe import probe
from tests.media.jobs import make

TABLES = {"primaries": PRIMARIES, "trc": TRANSFER, "space": MATRIX, "range": RANGE}


def words_of(ffmpeg: Path, option: str) -> dict[int, set[str]]:
    """The numbers and words that FFmpeg's help lists for an option of its encoders."""
    listing = subprocess.run([ffmpeg, "-hide_banner", "-h", "full"], capture_output=True, text=True, check=True).stdout
    start = re.search(rf"^  -{option} +<int>", listing, re.MULTILINE)
    assert start is not None
    words: dict[int, set[str]] = {}
    for line in listing[start.end() :].splitlines()[1:]:
        entry = re.match(r"^     ([\w.-]+) +(\d+) ", line)
        if entry is None:
            break
        words.setdefault(int(entry[2]), set()).add(entry[1])
    return words


@pytest.mark.parametrize(
    ("option", "table"),
    [("color_primaries", PRIMARIES), ("color_trc", TRANSFER), ("colorspace", MATRIX), ("color_range", RANGE)],
)
def test_ffmpeg_knows_each_word_by_its_number(ffmpeg: Path, option: str, table: Mapping[int, str]) -> None:
    known = words_of(ffmpeg, option)
    assert known
    for number, word in table.items():
        assert word in known.get(number, set()), f"{option} {word}"


@pytest.mark.parametrize(
    ("primaries", "transfer", "matrix", "scale"),
    [
        ("bt709", "bt709", "bt709", "tv"),
        ("bt2020", "smpte2084", "bt2020nc", "tv"),
        ("bt2020", "arib-std-b67", "bt2020nc", "pc"),
        ("smpte170m", "smpte170m", "smpte170m", "tv"),
        ("bt470bg", "iec61966-2-1", "bt470bg", "pc"),
        ("smpte432", "iec61966-2-1", "bt709", "tv"),
    ],
)
def test_tags_written_by_ffmpeg_are_read_back(
    ffmpeg: Path, tmp_path: Path, primaries: str, transfer: str, matrix: str, scale: str
) -> None:
    tagged = tmp_path / "tagged.mkv"
    tags = f"setparams=color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}:range={scale}"
    make(
        *(ffmpeg, "-f", "lavfi", "-i", "color=s=64x48:d=0.2:r=10", "-vf", f"format=yuv420p,{tags}"),
        *("-color_primaries", primaries, "-color_trc", transfer, "-colorspace", matrix, "-color_range", scale),
        *("-c:v", "libx264", "-preset", "ultrafast", tagged),
    )
    film = probe(tagged).video
    assert film is not None
    assert (film.color_primaries, film.color_transfer, film.color_matrix, film.color_range) == (
        primaries,
        transfer,
        matrix,
        scale,
    )


def test_no_tag_is_no_word(ffmpeg9: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.avi"
    make(ffmpeg9, "-f", "lavfi", "-i", "color=s=64x48:d=0.2:r=10", "-c:v", "ffv1", "-pix_fmt", "yuv420p", plain)
    film = probe(plain).video
    assert film is not None
    assert (film.color_primaries, film.color_transfer) == ("", "")
