"""``ffx merge``: files become one, copied where that can be, else brought to the form of the first; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ffx.media.probe import count_packets, probe
from tests.cli.conftest import Ffx
from tests.media.jobs import frame_hashes, make


@pytest.fixture
def served(ffx: Ffx, clip: Path, ffmpeg9: Path) -> Iterator[Ffx]:
    """A server; a.mp4 and b.mp4 from one encoder, c.mkv of another size, rate and sound, d.mp4 without sound."""
    folder = ffx.folder
    same = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-c:a", "aac", "-ar", "44100", "-ac", "2")
    make(ffmpeg9, "-i", clip, "-t", "2", *same, folder / "a.mp4")
    make(ffmpeg9, "-ss", "3", "-i", clip, "-t", "1", *same, folder / "b.mp4")
    other = ("-vf", "scale=400:200,fps=25", "-c:v", "libx264", "-c:a", "flac", "-ac", "1")
    make(ffmpeg9, "-ss", "5", "-i", clip, "-t", "1", *other, folder / "c.mkv")
    make(ffmpeg9, "-ss", "1", "-i", clip, "-t", "1", "-an", "-c:v", "libx264", folder / "d.mp4")
    with ffx.serving("--name", "studio"):
        yield ffx


def merged(ffx: Ffx, *arguments: str) -> str:
    done = ffx.run("merge", *arguments, "--local", "never", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    line = json.loads(done.stdout)
    assert (line["state"], line["server"], line["verified"]) == ("completed", "studio", True)
    return done.stderr


def test_what_fits_is_copied_frame_for_frame(served: Ffx, ffmpeg9: Path) -> None:
    said = merged(served, "a.mp4", "b.mp4", "a.mp4", "-o", "all.mp4")
    assert said == "ffx: copied: all files have the same streams\n"
    parts = (frame_hashes(ffmpeg9, served.folder / name) for name in ("a.mp4", "b.mp4", "a.mp4"))
    assert frame_hashes(ffmpeg9, served.folder / "all.mp4") == [digest for part in parts for digest in part]
    film, sound = count_packets(served.folder / "all.mp4").streams
    assert abs((film.end or 0) - (sound.end or 0)) < 0.15, "in sync at the end"


def test_what_does_not_fit_is_encoded_to_the_form_of_the_first(served: Ffx) -> None:
    said = merged(served, "a.mp4", "c.mkv", "d.mp4", "-o", "all.mp4")
    assert said.startswith("ffx: encoded to a common form, that of a.mp4: c.mkv is matroska,webm and not mov,mp4")
    media = probe(served.folder / "all.mp4")
    film = media.video
    assert film is not None
    assert (film.width, film.height) == (320, 240)
    assert film.frame_rate == pytest.approx(30, abs=0.5)
    counted = count_packets(served.folder / "all.mp4")
    assert counted.streams[0].packets == pytest.approx(120, abs=3)
    ends = [stream.end or 0.0 for stream in counted.streams]
    assert ends == [pytest.approx(4.0, abs=0.1)] * 2
    assert abs(ends[0] - ends[1]) <= 0.05


def test_options_make_it_encode(served: Ffx) -> None:
    said = merged(served, "a.mp4", "b.mp4", "-o", "all.mkv", "--encoder", "libx264", "--preset", "ultrafast")
    assert "encoded to a common form, that of a.mp4: options ask for it" in said
    assert count_packets(served.folder / "all.mkv").streams[0].packets == pytest.approx(90, abs=2)


def test_what_cannot_be_merged_is_one_line(served: Ffx) -> None:
    (served.folder / "x.txt").write_text("no film")
    make_sound = served.folder / "s.mp3"
    make_sound.write_bytes(b"")
    for arguments, status, told in (
        (("a.mp4",), 2, "name at least two files to merge, in their order"),
        (("a.mp4", "x.txt"), 1, "x.txt: "),
        (("a.mp4", "none.mp4"), 1, "none.mp4: no such file or directory"),
    ):
        answer = served.inside("merge", *arguments, "-o", "all.mp4")
        assert (answer.returncode, answer.stderr.count("\n")) == (status, 1), answer
        assert told in answer.stderr
