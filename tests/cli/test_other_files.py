"""``ffx submit`` with files besides the input: they travel too, and the result is that of FFmpeg on the spot."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import av
import pytest

from tests.cli.conftest import Ffx
from tests.media.jobs import frame_hashes, make

LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0")


@pytest.fixture
def folder(farm: Ffx, clip: Path, ffmpeg9: Path) -> Path:
    """The folder that commands are typed in, with files as people have them."""
    place = farm.folder
    shutil.copy(clip, place / "in.mp4")
    make(ffmpeg9, "-i", clip, "-frames:v", "1", "-vf", "scale=40:-2,hue=h=120", place / "logo.png")
    make(ffmpeg9, "-f", "lavfi", "-i", "sine=frequency=440:duration=3", place / "my sound.wav")
    (place / "it's.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nHello\n")
    corners = [f"{blue} {green} {1 - red}" for red in (0, 1) for green in (0, 1) for blue in (0, 1)]
    (place / "look.cube").write_text("\n".join(("LUT_3D_SIZE 2", *corners, "")))
    return place


@pytest.mark.parametrize("words", [
    '-i logo.png -filter_complex "[0:v][1:v]overlay=10:10"',
    "-i logo.png -i in.mp4 -filter_complex [2:v]hflip[x];[0:v][x]hstack[y];[y][1:v]overlay",
    "-vf lut3d=look.cube",
    "-loop 1 -i logo.png -filter_complex [0:v][1:v]overlay=shortest=1",
])  # fmt: skip
def test_the_pictures_are_those_of_ffmpeg_here(farm: Ffx, folder: Path, ffmpeg9: Path, words: str) -> None:
    arguments = (*shlex.split(words), "-an", *LOSSLESS)
    farm.ok("submit", "in.mp4", "-o", "out.mp4", "--", *arguments)
    command = [str(ffmpeg9), "-v", "error", "-nostdin", "-i", "in.mp4", *arguments, "-pix_fmt", "yuv420p", "here.mkv"]
    subprocess.run(command, cwd=folder, check=True)
    hashes = frame_hashes(ffmpeg9, folder / "out.mp4")
    assert hashes == frame_hashes(ffmpeg9, folder / "here.mkv")
    assert len(hashes) >= 230
    assert set(hashes).isdisjoint(frame_hashes(ffmpeg9, folder / "in.mp4"))


@pytest.mark.parametrize("filter_words", [
    r"subtitles=it\\\'s.srt",
    r"subtitles=filename=it\\\'s.srt:force_style='FontSize=40'",
])  # fmt: skip
def test_subtitles_are_seen_when_they_are_due(farm: Ffx, folder: Path, ffmpeg9: Path, filter_words: str) -> None:
    """From the first second to the third; how they look is up to the fonts of a machine."""
    farm.ok("submit", "in.mp4", "-o", "out.mp4", "--", "-vf", filter_words, "-an", *LOSSLESS)
    pairs = zip(*(frame_hashes(ffmpeg9, folder / name) for name in ("out.mp4", "in.mp4")), strict=True)
    changed = [number for number, (made, original) in enumerate(pairs) if made != original]
    assert changed == list(range(30, 90))


def test_the_sound_of_another_file(farm: Ffx, folder: Path) -> None:
    arguments = ("-i", "my sound.wav", "-map", "0:v", "-map", "1:a", "-shortest", "-c:v", "copy")
    farm.ok("submit", "in.mp4", "-o", "out.mp4", "--", *arguments)
    with av.open(str(folder / "out.mp4")) as out:
        (sound,) = out.streams.audio
        assert (sound.codec_context.name, sound.codec_context.layout.name) == ("aac", "mono")
        assert float(out.duration or 0) / av.time_base == pytest.approx(3.0, abs=0.3)


def test_it_is_known_where_it_was_typed(farm: Ffx, folder: Path) -> None:
    """A queue may be worked from another folder, later."""
    farm.ok("submit", "in.mp4", "-o", "out.mp4", "--detach", "--", "-vf", "lut3d=look.cube", *LOSSLESS)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (folder / "look.cube").touch()
    worker = Ffx(elsewhere, farm.home)
    worker.environment = farm.environment
    done = worker.run("queue", "run")
    assert done.returncode == 1, done.stdout
    assert "look.cube is not what it was when the job was submitted; submit it again" in done.stdout
    farm.ok("submit", "in.mp4", "-o", "out.mp4", "--detach", "--", "-vf", "lut3d=look.cube", *LOSSLESS)
    assert worker.run("queue", "run").returncode == 0
    assert (folder / "out.mp4").exists()


def test_a_dry_run_shows_a_command_that_can_be_run_here(farm: Ffx, folder: Path) -> None:
    shown = farm.ok("submit", "in.mp4", "-o", "out.mp4", "--dry-run", "--json", "--", "-i", "logo.png",
                    "-filter_complex", "overlay,lut3d=look.cube")  # fmt: skip
    (argv,) = json.loads(shown)["servers"][0]["command"]
    assert f"file:{folder / 'logo.png'}" in argv
    assert f"overlay,lut3d={folder / 'look.cube'}" in argv


@pytest.mark.parametrize(("words", "why"), [
    ("-i nothing.png -map 0:v", "nothing.png: there is no such file"),
    ("-i . -map 0:v", ". is a folder; name the files in it"),
    ("-i http://127.0.0.1/x.png -map 0:v", "there is no such file"),
    ("-i empty.png -map 0:v", "empty.png: is empty"),
    ("-i pipe -map 0:v", "pipe is not a regular file; copy its content into one first"),
    ("-i list.png -map 0:v", "list.png: is a list of other files, or text, and not one media file"),
    ("-vf subtitles=list.png", "list.png: is a list of other files, or text, and not one media file"),
    ("-vf lut3d=nothing.cube", "nothing.cube: there is no such file"),
    ("-i logo.png", "-i logo.png: nothing is taken from it; say what with -map 1:a, or with -filter_complex"),
    ("-f lavfi -i logo.png -map 1", "-f cannot stand before -i here"),
    ("-vf movie=logo.png", "the filter movie opens other files than the job's"),
])  # fmt: skip
def test_what_cannot_be(farm: Ffx, folder: Path, words: str, why: str) -> None:
    (folder / "empty.png").touch()
    (folder / "list.png").write_text("ffconcat version 1.0\nfile in.mp4\n")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
    status = 1 if "is empty" in why or "is a list" in why else 2  # as for inputs
    assert why in farm.refused(status, "submit", "in.mp4", "-o", "out.mp4", "--", *shlex.split(words))
    assert not (folder / "out.mp4").exists()
