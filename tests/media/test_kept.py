"""What was not asked for is kept: real jobs from rich sources into every container, on every FFmpeg."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import frozen

from tests.media.jobs import Done, encode, request_for


@frozen
class Expected:
    """What a container keeps of ``rich_matroska``."""

    video: list[str]
    audio: list[str]
    subtitles: list[str]
    chapters: int = 2
    title: str | None = "A title"
    languages: bool = True
    font: bool = False
    cover: bool = False


FILMS = {
    "mp4": Expected(["h264"], ["aac", "flac"], ["mov_text", "mov_text"], cover=True),
    "mov": Expected(["h264"], ["aac", "aac"], ["mov_text", "mov_text"]),
    "mkv": Expected(["h264"], ["aac", "flac"], ["subrip", "ass"], font=True),
    "webm": Expected(["vp9"], ["opus", "opus"], ["webvtt", "webvtt"]),
    "avi": Expected(["h264"], ["aac", "mp3"], [], chapters=0, languages=False),
    "ts": Expected(["h264"], ["aac", "aac"], [], chapters=0, title=None),
}
SONGS = {
    "mp3": Expected([], ["mp3"], [], cover=True),
    "flac": Expected([], ["flac"], [], chapters=0, cover=True),
    "m4a": Expected([], ["aac"], [], chapters=1, cover=True),
    "ogg": Expected([], ["vorbis"], []),
    "opus": Expected([], ["opus"], []),
    "wav": Expected([], ["pcm_s16le"], [], chapters=0),
}
QUICK = {"webm": ("-deadline", "realtime", "-cpu-used", "8")}


async def job(ffmpeg: Path, source: Path, suffix: str, directory: Path) -> Done:
    return await encode(
        ffmpeg, request_for(source, Path(f"out.{suffix}"), ffmpeg_args=QUICK.get(suffix, ())), directory
    )


@pytest.mark.parametrize("suffix", FILMS)
async def test_everything_that_a_container_holds(
    ffmpeg: Path, rich_matroska: Path, tmp_path: Path, suffix: str
) -> None:
    done = await job(ffmpeg, rich_matroska, suffix, tmp_path)
    expected = FILMS[suffix]
    assert done.streams("video") == expected.video
    assert done.streams("audio") == expected.audio
    assert done.streams("subtitle") == expected.subtitles
    assert len(done.media.chapters) == expected.chapters
    assert done.media.metadata.get("title") == expected.title
    if expected.languages:
        assert [stream.language for stream in done.media.audio] == ["eng", "ger"]
    if expected.subtitles:
        assert done.media.subtitles[0].language in ("fre", "fra")
    assert any(stream.kind == "attachment" for stream in done.media.streams) is expected.font
    assert done.verified.frames == 30
    assert done.verified.duration == pytest.approx(1, abs=0.05)
    left_out = {warning.split(" ")[0] for warning in done.command.warnings}
    assert ("subtitle" in left_out, "attachment" in left_out) == (not expected.subtitles, not expected.font)


@pytest.mark.parametrize("suffix", FILMS)
async def test_covers_chapters_and_time_codes_of_an_mp4(
    ffmpeg: Path, rich_mp4: Path, tmp_path: Path, suffix: str
) -> None:
    done = await job(ffmpeg, rich_mp4, suffix, tmp_path)
    covers = [stream for stream in done.media.streams if stream.attached_picture]
    assert [cover.codec for cover in covers] == (["png"] if FILMS[suffix].cover else [])
    assert any("cover" in warning for warning in done.command.warnings) is not FILMS[suffix].cover
    assert len(done.streams("video")) == 1
    assert len(done.media.chapters) == min(1, FILMS[suffix].chapters)
    assert done.verified.frames == 30


@pytest.mark.parametrize("suffix", SONGS)
async def test_the_sound_alone(ffmpeg: Path, rich_mp4: Path, tmp_path: Path, suffix: str) -> None:
    done = await job(ffmpeg, rich_mp4, suffix, tmp_path)
    expected = SONGS[suffix]
    assert done.streams("audio") == expected.audio
    assert done.streams("video") == []
    assert any(stream.attached_picture for stream in done.media.streams) is expected.cover
    assert done.verified.duration == pytest.approx(1, abs=0.1)
    assert done.progress[-1].progress == 1


async def test_the_font_is_the_same(ffmpeg: Path, rich_matroska: Path, tmp_path: Path) -> None:
    done = await job(ffmpeg, rich_matroska, "mkv", tmp_path)
    assert bytes(range(256)) * 8 in done.output.read_bytes()
