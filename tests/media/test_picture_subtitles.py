"""Subtitles that are pictures: drawn into the film at their time and place, kept where the container takes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ffx.core.edits import PictureEdits, Scale
from ffx.core.errors import RecipeError
from ffx.core.recipe import Trim
from ffx.core.tracks import SubtitleChoice
from tests.media.jobs import encode, make, request_for
from tests.media.pgs import write_sup

BURN = {"encoder": "libx264", "preset": "ultrafast", "subtitles": (SubtitleChoice(index=1, burn=True),)}


@pytest.fixture
def film(tmp_path: Path, ffmpeg9: Path) -> Path:
    """Six seconds of black with a white box from 2 s to 4 s, as a track of pictures."""
    write_sup(tmp_path / "box.sup", (320, 240), (100, 180, 120, 40), 2.0, 4.0)
    black = ("-f", "lavfi", "-i", "color=black:size=320x240:rate=25:duration=6")
    made = tmp_path / "film.mkv"
    make(ffmpeg9, *black, "-i", tmp_path / "box.sup", "-map", "0", "-map", "1", "-c:v", "libx264", "-c:s", "copy", made)
    return made


def grey(ffmpeg: Path, media: Path, moment: float, x: int, y: int) -> int:
    cut = f"crop=2:2:{x}:{y},format=gray"
    argv = [str(ffmpeg), "-v", "error", "-ss", str(moment), "-i", str(media), "-vf", cut, "-frames:v", "1"]
    return subprocess.run([*argv, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout[0]


@pytest.mark.parametrize("kind", ["hdmv_pgs_subtitle", "dvd_subtitle"])
async def test_they_are_drawn_at_their_time_and_place(
    ffmpeg: Path, ffmpeg9: Path, film: Path, tmp_path: Path, kind: str
) -> None:
    dark = [(1.0, 160, 200), (3.0, 20, 200), (3.0, 160, 100)]
    if kind == "hdmv_pgs_subtitle":
        dark.append((5.0, 160, 200))
    else:  # FFmpeg writes these from it, without the end of the last one
        other = tmp_path / "other.mkv"
        encoder = kind.replace("_subtitle", "sub")
        make(ffmpeg9, "-i", film, "-map", "0", "-c:v", "copy", "-c:s", encoder, other)
        film = other
    done = await encode(ffmpeg, request_for(film, Path("out.mp4"), **BURN), tmp_path)
    assert done.media.subtitles == ()
    assert grey(ffmpeg, done.output, 3.0, 160, 200) > 200
    for moment, x, y in dark:
        assert grey(ffmpeg, done.output, moment, x, y) < 40, (moment, x, y)
    assert done.packets.streams[0].packets == 150


async def test_a_part_and_another_size_have_them_too(ffmpeg: Path, film: Path, tmp_path: Path) -> None:
    half = PictureEdits(scale=Scale(width=160))
    request = request_for(film, Path("out.mkv"), **BURN, picture=half, trim=Trim(2.5, 5.5))
    done = await encode(ffmpeg, request, tmp_path)
    assert grey(ffmpeg, done.output, 0.5, 80, 100) > 200
    assert grey(ffmpeg, done.output, 2.5, 80, 100) < 40


async def test_they_are_kept_where_they_fit(ffmpeg: Path, film: Path, tmp_path: Path) -> None:
    done = await encode(ffmpeg, request_for(film, Path("out.mkv"), "libx264", preset="ultrafast"), tmp_path)
    assert [stream.codec for stream in done.media.subtitles] == ["hdmv_pgs_subtitle"]
    with pytest.raises(RecipeError, match=r"burn them in, or write a \.mkv"):
        await encode(
            ffmpeg,
            request_for(film, Path("out.mp4"), "libx264", subtitles=(SubtitleChoice(index=1),)),
            tmp_path,
        )
