"""Probing: what a file is, and one line for whatever is not media."""

from __future__ import annotations

import os
import socket
from fractions import Fraction
from pathlib import Path

import pytest

from ffx.core.errors import ProbeError
from ffx.media.probe import probe
from tests.media.jobs import make


def test_a_real_clip_is_described(clip: Path) -> None:
    media = probe(clip)
    assert media.size == clip.stat().st_size
    assert media.duration == pytest.approx(7.8)
    assert media.container == "mov,mp4,m4a,3gp,3g2,mj2"
    film = media.video
    assert film is not None
    assert (film.codec, film.width, film.height, film.pixel_format, film.bit_depth) == ("h264", 320, 240, "yuv420p", 8)
    assert (film.frames, film.frame_rate, film.language) == (234, Fraction(30), "eng")
    assert (film.color_primaries, film.color_transfer, film.color_matrix) == ("smpte170m", "bt709", "smpte170m")
    (sound,) = media.audio
    assert (sound.codec, sound.channels, sound.sample_rate) == ("aac", 2, 44100)


def test_frames_are_estimated_where_there_is_no_index(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    make(ffmpeg9, "-i", clip, "-c", "copy", tmp_path / "clip.mkv")
    film = probe(tmp_path / "clip.mkv").video
    assert film is not None
    assert film.frames == 234


def test_codecs_have_their_own_names_not_those_of_decoders(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    make(
        ffmpeg9,
        "-i",
        clip,
        "-t",
        "0.3",
        "-c:v",
        "libaom-av1",
        "-cpu-used",
        "8",
        "-c:a",
        "libmp3lame",
        tmp_path / "a.mkv",
    )
    assert [stream.codec for stream in probe(tmp_path / "a.mkv").streams] == ["av1", "mp3"]


def test_colours_depth_languages_chapters_and_attachments_are_seen(ffmpeg9: Path, tmp_path: Path) -> None:
    chapters = tmp_path / "chapters.txt"
    chapters.write_text(";FFMETADATA1\ntitle=A title\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=one\n")
    font = tmp_path / "font.ttf"
    font.write_bytes(b"not really a font")
    make(
        *(ffmpeg9, "-f", "lavfi", "-i", "testsrc=s=64x48:d=1:r=25", "-f", "lavfi", "-i", "sine=d=1", "-i", chapters),
        *("-map", "0", "-map", "1", "-map_metadata", "2", "-metadata:s:a", "language=fre", "-disposition:a", "forced"),
        *("-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"),
        *("-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p10le", "-attach", font),
        *("-metadata:s:t", "mimetype=application/x-truetype-font", tmp_path / "rich.mkv"),
    )
    media = probe(tmp_path / "rich.mkv")
    film = media.video
    assert film is not None
    assert (film.bit_depth, film.pixel_format, film.color_range) == (10, "yuv420p10le", "tv")
    assert (film.color_primaries, film.color_transfer, film.color_matrix) == ("bt2020", "smpte2084", "bt2020nc")
    assert media.audio[0].language == "fre"
    assert "forced" in media.audio[0].disposition
    assert [(c.start, c.end) for c in media.chapters] == [(0.0, 1.0)]
    assert media.metadata["title"] == "A title"
    assert [stream.kind for stream in media.streams] == ["video", "audio", "attachment"]


def test_a_cover_is_no_film(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    cover = tmp_path / "cover.png"
    make(ffmpeg9, "-i", clip, "-frames:v", "1", cover)
    make(
        *(ffmpeg9, "-i", clip, "-i", cover, "-map", "0:a", "-map", "1", "-c:v", "copy", "-disposition:v"),
        *("attached_pic", tmp_path / "song.mp3"),
    )
    media = probe(tmp_path / "song.mp3")
    assert media.video is None
    assert [stream.attached_picture for stream in media.streams] == [False, True]


@pytest.mark.parametrize(
    "name", ["a:b.mp4", "-x.mp4", "http:..mp4", "%d.mp4", "concat:a|b.mp4", "pipe:0.mp4", "ü ñ.mp4"]
)
def test_a_name_is_only_a_name(clip: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(clip.read_bytes())
    assert probe(Path(name)).duration == pytest.approx(7.8)


def test_a_single_picture_is_media_whatever_its_name(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    make(ffmpeg9, "-i", clip, "-frames:v", "1", "-f", "image2", "-c:v", "png", tmp_path / "picture.png")
    picture = (tmp_path / "picture.png").rename(tmp_path / "picture.mp4")
    film = probe(picture).video
    assert film is not None
    assert (film.codec, film.width) == ("png", 320)


NOT_MEDIA = {
    "text": b"hello world\n" * 40,
    "HTML": b"<!doctype html><html><body>404 not found</body></html>",
    "random bytes": bytes(range(256)) * 200,
    "one byte": b"\0",
    "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nclip.mp4\n#EXT-X-ENDLIST\n",
    "a list of files": b"ffconcat version 1.0\nfile clip.mp4\n",
    "a session description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5 RTP/AVP 96\n",
    "subtitles": b"1\n00:00:00,500 --> 00:00:02,000\nHello\n\n",
}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".txt", ".m3u8", ".sdp", ".srt"])
@pytest.mark.parametrize("what", NOT_MEDIA)
def test_what_is_not_media_is_one_line(tmp_path: Path, clip: Path, what: str, suffix: str) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    file = tmp_path / f"file{suffix}"
    file.write_bytes(NOT_MEDIA[what])
    with pytest.raises(ProbeError) as caught:
        probe(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=r"missing\.mp4: no such file"):
        probe(tmp_path / "missing.mp4")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(ProbeError, match=r"empty\.mp4: is empty"):
        probe(tmp_path / "empty.mp4")


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="is a directory"):
        probe(tmp_path)


def test_a_name_with_a_nul_byte() -> None:
    with pytest.raises(ProbeError):
        probe(Path("a\0b.mp4"))


def test_a_header_alone(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "header.mp4").write_bytes(clip.read_bytes()[:24])
    with pytest.raises(ProbeError, match=r"header\.mp4: not a media file"):
        probe(tmp_path / "header.mp4")


def test_a_film_whose_index_is_missing(ffmpeg9: Path, tmp_path: Path, clip: Path) -> None:
    make(ffmpeg9, "-i", clip, "-c", "copy", tmp_path / "whole.mp4")  # the index stands at the end
    whole = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProbeError, match=r"half\.mp4: not a media file, or its header is missing"):
        probe(tmp_path / "half.mp4")


def test_neither_a_device_nor_a_socket_is_opened(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="is not a regular file"):
        probe(Path(os.devnull))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo.mp4")
        with pytest.raises(ProbeError, match="is not a regular file"):
            probe(tmp_path / "fifo.mp4")  # opening it would wait for ever
    if hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tmp_path / "socket.mp4"))
            with pytest.raises(ProbeError, match="is not a regular file"):
                probe(tmp_path / "socket.mp4")


def test_an_unreadable_file(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root reads everything
    with pytest.raises(ProbeError, match="permission denied"):
        probe(clip)


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str], clip: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:200_000])
    for file in (clip, broken, Path(__file__)):
        try:
            probe(file)
        except ProbeError:
            continue
    assert capfd.readouterr() == ("", "")
