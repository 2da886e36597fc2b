"""Two frames in one picture: the right ones, at one height, upright and with square pixels."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ffx.core.errors import ProbeError
from ffx.media.probe import probe
from ffx.media.side_by_side import frame_at, side_by_side
from tests.media.jobs import make


@pytest.fixture
def picture(tmp_path: Path, ffmpeg9: Path) -> Path:
    """Ten frames a second, each of another grey."""
    made = tmp_path / "greys.mkv"
    greys = "color=size=64x48:rate=10:duration=3:color=black,geq=lum='16+6*N':cb=128:cr=128"
    make(ffmpeg9, "-f", "lavfi", "-i", greys, "-c:v", "ffv1", made)
    return made


def written(content: bytes, tmp_path: Path, ffmpeg: Path) -> tuple[int, int, bytes]:
    """Size and grey pixels of a picture."""
    file = tmp_path / "both.png"
    file.write_bytes(content)
    film = probe(file).video
    assert film is not None
    argv = [str(ffmpeg), "-v", "error", "-i", str(file), "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    return film.width, film.height, subprocess.run(argv, capture_output=True, check=True).stdout


@pytest.mark.parametrize(("moment", "number"), [(0.0, 0), (0.05, 0), (1.0, 10), (1.0999, 11), (2.95, 29), (99.0, 29)])
def test_the_frame_that_is_shown_at_a_moment(
    picture: Path, moment: float, number: int, tmp_path: Path, ffmpeg9: Path
) -> None:
    shown = frame_at(picture, moment)
    width, height, pixels = written(side_by_side(shown, frame_at(picture, 0.0)), tmp_path, ffmpeg9)
    assert (width, height) == (64 + 4 + 64, 48)
    assert abs(pixels[0] - 6 * number * 255 / 219) <= 2
    assert pixels[-1] <= 2


def test_sizes_shapes_and_turns_are_made_alike(tmp_path: Path, ffmpeg9: Path) -> None:
    wide, small = tmp_path / "wide.mkv", tmp_path / "small.mkv"
    make(ffmpeg9, "-f", "lavfi", "-i", "testsrc2=size=720x576:duration=1,setsar=64/45", "-c:v", "ffv1", wide)
    make(ffmpeg9, "-f", "lavfi", "-i", "testsrc2=size=512x288:duration=1", "-c:v", "ffv1", small)
    width, height, _ = written(side_by_side(frame_at(wide, 0), frame_at(small, 0)), tmp_path, ffmpeg9)
    assert (width, height) == (512 + 4 + 512, 288)
    turned = side_by_side(frame_at(small, 0, turned=90), frame_at(small, 0))
    assert written(turned, tmp_path, ffmpeg9)[:2] == (162 + 4 + 512, 288)


def test_a_file_without_a_picture(tmp_path: Path, ffmpeg9: Path) -> None:
    sound = tmp_path / "sound.wav"
    make(ffmpeg9, "-f", "lavfi", "-i", "sine=duration=1", sound)
    with pytest.raises(ProbeError, match="has no picture"):
        frame_at(sound, 0)
