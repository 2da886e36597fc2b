"""The options of a recipe as people write them, against a real server: what comes back is what was asked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ffx.media.probe import MediaInfo, probe
from tests.cli.conftest import Ffx
from tests.media.jobs import make

ENGLISH = "1\n00:00:00,200 --> 00:00:03,000\nDéjà vu\n"


@pytest.fixture
def served(ffx: Ffx, clip: Path, ffmpeg9: Path) -> Iterator[Ffx]:
    """A server, and in the folder: in.mkv (two sounds, chapters), in.mp4, logo.png, en.srt in an old encoding."""
    folder = ffx.folder
    shutil.copy(clip, folder / "in.mp4")
    (folder / "chapters.txt").write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=4\ntitle=one\n")
    maps = ("-map", "0:v", "-map", "0:a", "-map", "0:a", "-map_metadata", "1", "-map_chapters", "1")
    languages = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fre")
    make(ffmpeg9, "-i", clip, "-i", folder / "chapters.txt", *maps, *languages, "-c", "copy", folder / "in.mkv")
    make(ffmpeg9, "-f", "lavfi", "-i", "color=white:size=32x16", "-frames:v", "1", folder / "logo.png")
    (folder / "en.srt").write_bytes(ENGLISH.encode("cp1252"))
    (folder / "odd.srt").write_text("0\n0:00,2 --> 0:03\nhours are for others\n", encoding="utf-8")
    with ffx.serving("--name", "studio"):
        yield ffx


def encoded(ffx: Ffx, source: str, output: str, *options: str) -> MediaInfo:
    fast = () if "--profile" in options or "--codec" in options else ("--encoder", "libx264", "--preset", "ultrafast")
    done = ffx.run("submit", source, "-o", output, *fast, *options, "--local", "never", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    line = json.loads(done.stdout)
    assert (line["state"], line["server"], line["verified"]) == ("completed", "studio", True)
    return probe(ffx.folder / output, first_frame=True)


def test_sounds_and_subtitles_as_they_are_written(served: Ffx) -> None:
    media = encoded(
        served,
        *("in.mkv", "out.mkv", "--audio", "lang=fra,eng codec=aac bitrate=128k downmix=stereo"),
        *("--audio", "index=2 copy", "--subtitles", "file=en.srt lang=eng default", "--chapters", "keep"),
    )
    sounds = [(sound.codec, sound.language, sound.channels) for sound in media.audio]
    assert sounds == [("aac", "fre", 2), ("aac", "eng", 2), ("aac", "fre", 2)]
    assert [(text.codec, text.language) for text in media.subtitles] == [("subrip", "eng")]
    assert "default" in media.subtitles[0].disposition
    assert [chapter.title for chapter in media.chapters] == ["one"]


def test_the_picture_as_it_is_written(served: Ffx) -> None:
    media = encoded(
        served,
        *("in.mp4", "out.mp4", "--crop", "auto", "--scale", "160:", "--deinterlace", "auto", "--denoise", "light"),
        *("--fps", "25", "--rotate", "90", "--tonemap", "auto", "--loudness", "ebu-r128", "--speed", "1.25"),
        *("--from", "00:00:01", "--to", "00:00:06", "--watermark", "logo.png@bottom-right"),
    )
    film = media.video
    assert film is not None
    assert film.width == 160
    assert film.frame_rate == 25
    assert media.duration == pytest.approx(4.0, abs=0.06)
    ends = [stream.duration for stream in media.streams]
    assert max(ends) - min(ends) <= 0.06


def test_burned_in_subtitles_travel_with_the_job(served: Ffx) -> None:
    media = encoded(served, "in.mkv", "out.mp4", "--subtitles", "file=en.srt burn", "--audio", "none")
    assert [stream.kind for stream in media.streams if stream.kind != "data"] == ["video"]


def test_a_dry_run_shows_what_would_be_done(served: Ffx) -> None:
    options = ("--encoder", "libx264", "--crop", "auto", "--subtitles", "file=en.srt burn", "--dry-run")
    shown = served.run("submit", "in.mp4", "-o", "out.mp4", *options)
    assert shown.returncode == 0, shown.stderr
    assert "charenc=CP1252" in shown.stdout
    assert "black edges are looked for on the server: what is cut off is not known yet" in shown.stdout


def test_what_cannot_be_had_is_told_before_anything_is_sent(served: Ffx) -> None:
    for options, told in (
        (("--audio", "lang=jpn"), "the input has no sound in jpn; it has: 1 (aac, eng, 2 channels)"),
        (("--subtitles", "file=none.srt"), "none.srt: there is no such file"),
        (("--crop", "4000:20:0:0"), "a crop of 4000x20 at 0,0 does not lie within the 320x240 of the input"),
        (("--watermark", "en.srt"), "has no picture"),
    ):
        answer = served.run("submit", "in.mp4", "-o", "out.mp4", "--encoder", "libx264", *options)
        assert told in answer.stderr, (options, answer)
        assert answer.returncode in (1, 2)


def test_sound_alone_a_film_with_a_cover_and_two_films_come_back_too(served: Ffx, ffmpeg9: Path) -> None:
    folder = served.folder
    cover = ("-i", folder / "in.mp4", "-i", folder / "logo.png", "-map", "0", "-map", "1", "-c", "copy")
    make(ffmpeg9, *cover, "-c:v:1", "mjpeg", "-pix_fmt:v:1", "yuvj420p", "-disposition:v:1", "attached_pic",
         folder / "cover.mp4")  # fmt: skip
    make(ffmpeg9, "-i", folder / "in.mp4", "-map", "0:v", "-map", "0:v", "-map", "0:a", "-c", "copy",
         folder / "two.mkv")  # fmt: skip
    for output in ("sound.m4a", "sound.aac", "sound.flac"):
        assert [stream.kind for stream in encoded(served, "in.mp4", output, "--encoder", "").streams] == ["audio"]
    covered = encoded(served, "cover.mp4", "covered.mp4")
    assert [stream.attached_picture for stream in covered.streams] == [False, False, True]
    assert len(encoded(served, "two.mkv", "both.mkv").films) == 2


def test_subtitles_that_ffmpeg_does_not_read_are_mended(served: Ffx) -> None:
    media = encoded(served, "in.mp4", "mended.mkv", "--subtitles", "file=odd.srt lang=eng default")
    assert [(text.codec, text.language) for text in media.subtitles] == [("subrip", "eng")]
