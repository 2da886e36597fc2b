"""SubRip that is not by the book: what people wrote is understood, and FFmpeg reads what is made of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import ProbeError
from ffx.media.charsets import write_mended
from ffx.media.probe import probe
from ffx.media.subrip import mended

ODD = (
    "0\n00:00:00,1 --> 00:00:04\nfirst\n\n1\n0:04 --> 1:00:08.5 X1:10\nsecond\nof two\n\n\n"
    "2\n00:00:09:25 -> 00:00:10,1234\n7\n"
)
BY_THE_BOOK = (
    "1\n00:00:00,100 --> 00:00:04,000\nfirst\n\n"
    "2\n00:00:04,000 --> 01:00:08,500\nsecond\nof two\n\n"
    "3\n00:00:09,250 --> 00:00:10,123\n7\n\n"
)


def test_times_as_people_write_them() -> None:
    assert mended(ODD) == BY_THE_BOOK
    assert mended(ODD.replace("\n", "\r\n")) == BY_THE_BOOK
    assert mended(BY_THE_BOOK) == BY_THE_BOOK


@pytest.mark.parametrize("text", ["", "no subtitles", "1\n00:00 --> later\nnothing", "1\n00:00:01 --> 00:00:02\n\n"])
def test_what_has_no_lines_is_nothing(text: str) -> None:
    assert mended(text) == ""


@given(st.text("0123456789:,.-> \n\rab", max_size=200))
def test_what_is_mended_stays_as_it_is(text: str) -> None:
    once = mended(text)
    assert mended(once) == once


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_written_anew_as_ffmpeg_reads_it(encoding: str, tmp_path: Path, ffmpeg: Path) -> None:
    file = tmp_path / "odd.srt"
    file.write_bytes(ODD.replace("first", "Grüß Gott, mein süßer Schatz").encode(encoding))
    with pytest.raises(ProbeError):
        probe(file, subtitles=True)
    place = write_mended(file, tmp_path / "mended")
    assert place is not None
    assert [stream.codec for stream in probe(place, subtitles=True).subtitles] == ["subrip"]
    argv = [str(ffmpeg), "-v", "error", "-i", str(place), "-f", "srt", "-"]
    read = subprocess.run(argv, capture_output=True, check=True).stdout.decode("utf-8")
    assert "Grüß Gott, mein süßer Schatz" in read
    assert read.count("-->") == 3
    assert write_mended(file, tmp_path / "mended") == place


def test_what_is_no_subrip_is_not_mended(tmp_path: Path) -> None:
    file = tmp_path / "film.srt"
    file.write_bytes(bytes(range(256)))
    assert write_mended(file, tmp_path) is None
