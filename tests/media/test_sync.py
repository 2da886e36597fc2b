"""Picture and sound stay together to the end, within 40 ms, whatever the source is and whatever is done to it.

A film is black and silent until a moment near its end, then white and loud: FFmpeg's own detectors say when, in the
source and in what was made of it.
"""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import pytest

from ffx.core.edits import Deinterlace, PictureEdits
from ffx.core.recipe import Trim
from ffx.core.tracks import SoundChoice
from tests.media.jobs import encode, make, request_for

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())
WITHIN = 0.04
"""Seconds."""
FAST = {"encoder": "libx264", "preset": "ultrafast"}
PICTURE = "color=black:size=160x120:rate=25:duration=6,drawbox=color=white:t=fill:enable='gte(t,4.6)'"
SOUND = "sine=frequency=440:sample_rate=48000:duration=6,volume=0:enable='lt(t,4.6)'"
CODECS = ("-c:v", "libx264", "-g", "50", "-bf", "2", "-c:a", "aac")


def both_moments(ffmpeg: Path, media: Path) -> tuple[float, float]:
    """When it becomes white, and when it becomes loud, in seconds."""
    detect = ("-vf", "blackdetect=d=0.5:pix_th=0.3", "-af", "silencedetect=n=-30dB:d=0.5")
    argv = [str(ffmpeg), "-hide_banner", "-nostats", "-i", str(media), *detect, "-f", "null", "-"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stderr
    black, silent = re.search(r"black_end:([0-9.]+)", said), re.search(r"silence_end: ([0-9.]+)", said)
    assert black, said
    assert silent, said
    return float(black[1]), float(silent[1])


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same film as it comes from different places."""
    folder = tmp_path_factory.mktemp("sync")
    plain = folder / "plain.mkv"
    generated = ("-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND)
    make(FFMPEG, *generated, *CODECS, plain)
    films = {"plain": plain}

    def variant(name: str, suffix: str, *arguments: str | Path) -> None:
        films[name] = folder / f"{name}.{suffix}"
        make(FFMPEG, *arguments, films[name])

    changing = "select='gt(t,4)+not(mod(n,5))+not(mod(n,7))'"
    variant("changing rate", "mkv", "-i", plain, "-vf", changing, "-fps_mode", "vfr", "-c:v", "libx264", "-c:a", "copy")
    variant("edit list", "mp4", "-ss", "0.73", "-i", plain, "-c", "copy")
    variant("negative time stamps", "mkv", "-ss", "0.73", "-i", plain, "-c", "copy", "-avoid_negative_ts", "disabled")
    variant("clock that begins late", "ts", "-i", plain, "-c", "copy", "-output_ts_offset", "77")
    late = ("-itsoffset", "0.3", "-i", plain, "-map", "0:v", "-map", "1:a")
    variant("sound that begins late", "mkv", "-i", plain, *late, "-c", "copy")
    fields = ("-f", "lavfi", "-i", PICTURE.replace("rate=25", "rate=50"), *generated[4:])
    variant("interlaced", "mkv", *fields, "-vf", "tinterlace=interleave_top", "-flags", "+ilme+ildct", *CODECS)
    variant("telecined", "mkv", *generated, "-vf", "fps=24000/1001,telecine", *CODECS)
    variant("open GOP", "mkv", *generated, *CODECS, "-x264-params", "open-gop=1:keyint=30:bframes=3")
    variant("anamorphic", "mp4", *generated, "-vf", "setsar=16/11", *CODECS)
    rotated = folder / "rotated.mp4"
    make(FFMPEG, "-display_rotation", "90", "-i", plain, "-c", "copy", rotated)
    films["rotated"] = rotated
    piped = folder / "without a duration.mkv"
    argv = [str(FFMPEG), "-v", "error", "-i", str(plain), "-c", "copy", "-f", "matroska", "-"]
    piped.write_bytes(subprocess.run(argv, capture_output=True, check=True).stdout)
    films["without a duration"] = piped
    return films


KINDS = (
    *("plain", "changing rate", "edit list", "negative time stamps", "clock that begins late"),
    *("sound that begins late", "interlaced", "telecined", "open GOP", "anamorphic", "rotated", "without a duration"),
)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_awkward_source_stays_together(
    ffmpeg: Path, films: dict[str, Path], kind: str, tmp_path: Path
) -> None:
    edits = {
        "interlaced": PictureEdits(deinterlace=Deinterlace.ALWAYS),
        "telecined": PictureEdits(deinterlace=Deinterlace.TELECINE),
        "rotated": PictureEdits(rotate=0),
    }.get(kind, PictureEdits())
    source = films[kind]
    white, loud = both_moments(FFMPEG, source)
    for suffix in ("mp4", "mkv"):
        request = request_for(source, Path(f"out.{suffix}"), **FAST, picture=edits, audio="aac")
        (tmp_path / suffix).mkdir()
        done = await encode(ffmpeg, request, tmp_path / suffix)
        white_now, loud_now = both_moments(FFMPEG, done.output)
        assert abs((white_now - loud_now) - (white - loud)) <= WITHIN, suffix


@pytest.mark.parametrize(
    ("changes", "speed"),
    [
        ({"speed": 1.25}, 1.25),
        ({"trim": Trim(1.1, 5.5)}, 1.0),
        ({"trim": Trim(1.1, 5.5), "speed": 0.8}, 0.8),
        ({"picture": PictureEdits(frame_rate=Fraction(30000, 1001))}, 1.0),
        ({"sounds": (SoundChoice(encoder="aac", loudness=-23.0),)}, 1.0),
        ({"sounds": (SoundChoice(encoder="copy"),)}, 1.0),
        ({"sounds": (SoundChoice(encoder="copy"),), "trim": Trim(2.0)}, 1.0),
    ],
)
async def test_what_is_changed_stays_together(
    ffmpeg: Path, films: dict[str, Path], changes: dict[str, object], speed: float, tmp_path: Path
) -> None:
    white, loud = both_moments(FFMPEG, films["plain"])
    done = await encode(ffmpeg, request_for(films["plain"], Path("out.mkv"), **FAST, **changes), tmp_path)
    white_now, loud_now = both_moments(FFMPEG, done.output)
    assert abs((white_now - loud_now) - (white - loud) / speed) <= WITHIN


async def test_a_delay_that_was_asked_for_is_there(ffmpeg: Path, films: dict[str, Path], tmp_path: Path) -> None:
    white, loud = both_moments(FFMPEG, films["plain"])
    delayed = (SoundChoice(encoder="aac", delay=0.2),)
    done = await encode(ffmpeg, request_for(films["plain"], Path("out.mkv"), **FAST, sounds=delayed), tmp_path)
    white_now, loud_now = both_moments(FFMPEG, done.output)
    assert abs((loud_now - white_now) - (loud - white) - 0.2) <= WITHIN
