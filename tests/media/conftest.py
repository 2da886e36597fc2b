"""Sources with everything in them, made once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.media.jobs import make

Shim = Callable[[str], Path]

CLIP = Path(__file__).parents[1] / "data" / "rabbit-320x240-8s.mp4"


@pytest.fixture(scope="session")
def rich_matroska(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """H.264, two languages of sound (AAC and FLAC 5.1), SubRip and ASS, chapters, a title and a font; one second."""
    folder = tmp_path_factory.mktemp("rich")
    ffmpeg = Path(imageio_ffmpeg.get_ffmpeg_exe())
    (folder / "text.srt").write_text(
        "1\n00:00:00,100 --> 00:00:00,400\nHello <i>there</i>\n\n2\n00:00:00,500 --> 00:00:00,900\nBye\n"
    )
    (folder / "chapters.txt").write_text(
        ";FFMETADATA1\ntitle=A title\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=one\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=two\n"
    )
    (folder / "font.ttf").write_bytes(bytes(range(256)) * 8)
    make(
        *(ffmpeg, "-i", CLIP, "-i", folder / "text.srt", "-i", folder / "chapters.txt", "-t", "1"),
        *("-map", "0:v", "-map", "0:a", "-map", "0:a", "-map", "1", "-map", "1", "-map_metadata", "2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a:0", "aac", "-c:a:1", "flac", "-ac:a:1", "6"),
        *("-c:s:0", "subrip", "-c:s:1", "ass", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"),
        *("-metadata:s:s:0", "language=fre", "-disposition:s:1", "forced", "-attach", folder / "font.ttf"),
        *("-metadata:s:t", "mimetype=application/x-truetype-font", folder / "rich.mkv"),
    )
    return folder / "rich.mkv"


@pytest.fixture(scope="session")
def rich_mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second with H.264, AAC, timed text, chapters, a title, a cover and a time code."""
    folder = tmp_path_factory.mktemp("rich")
    ffmpeg = Path(imageio_ffmpeg.get_ffmpeg_exe())
    (folder / "text.srt").write_text("1\n00:00:00,200 --> 00:00:00,800\nHello\n")
    (folder / "chapters.txt").write_text(
        ";FFMETADATA1\ntitle=A title\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=one\n"
    )
    make(ffmpeg, "-i", CLIP, "-frames:v", "1", folder / "cover.png")
    make(
        *(ffmpeg, "-i", CLIP, "-i", folder / "text.srt", "-i", folder / "chapters.txt", "-i", folder / "cover.png"),
        *("-t", "1", "-map", "0:v", "-map", "0:a", "-map", "1", "-map", "3", "-map_metadata", "2"),
        *("-c", "copy", "-c:s", "mov_text", "-metadata:s:s", "language=fre", "-disposition:v:1", "attached_pic"),
        *("-timecode", "01:00:00:00", folder / "rich.mp4"),
    )
    return folder / "rich.mp4"


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    """Make an FFmpeg out of a few lines of Python; ``out`` is the file it was told to write."""

    def make(body: str) -> Path:
        script = tmp_path / "ffmpeg-shim"
        script.write_text(
            f"#!{sys.executable} -SE\n"
            "import os, signal, subprocess, sys, time\n"
            "out = sys.argv[-1].removeprefix('file:')\n"
            "def tell(text): print(text, flush=True)\n"
            f"{body}\n"
        )
        script.chmod(0o755)
        return script

    return make


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of a real clip, 30 frames and sound, in Matroska."""
    made = tmp_path_factory.mktemp("short") / "short.mkv"
    make(Path(imageio_ffmpeg.get_ffmpeg_exe()), "-i", CLIP, "-t", "1", "-c:v", "ffv1", "-c:a", "copy", made)
    return made
