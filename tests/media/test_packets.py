"""Counting packets: what a file really holds."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from ffx.core.errors import ProbeError
from ffx.media.packets import count_packets
from tests.media.jobs import make


def test_the_packets_of_a_real_clip(clip: Path) -> None:
    counts = count_packets(clip)
    film, sound = counts.streams
    assert (film.kind, film.packets, sound.kind, sound.packets) == ("video", 234, "audio", 335)
    assert film.start == 0
    assert film.end == pytest.approx(7.8)
    assert film.total == pytest.approx(7.8)
    assert film.shortest_gap == pytest.approx(1 / 30)
    assert counts.end == pytest.approx(7.8)
    assert counts.complete


@pytest.mark.parametrize("suffix", ["mkv", "mov", "ts", "avi", "nut"])
def test_every_container_gives_the_same_count(ffmpeg9: Path, clip: Path, tmp_path: Path, suffix: str) -> None:
    make(ffmpeg9, "-i", clip, "-c", "copy", tmp_path / f"clip.{suffix}")
    film = count_packets(tmp_path / f"clip.{suffix}").stream(0)
    assert film is not None
    assert film.packets == 234
    assert film.span == pytest.approx(7.8, abs=0.05)


def test_what_an_edit_list_discards_is_not_counted(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    make(ffmpeg9, "-i", clip, "-an", "-g", "50", "-c:v", "libx264", "-preset", "ultrafast", tmp_path / "whole.mp4")
    make(ffmpeg9, "-ss", "1", "-i", tmp_path / "whole.mp4", "-c", "copy", tmp_path / "cut.mp4")
    film = count_packets(tmp_path / "cut.mp4").stream(0)
    assert film is not None
    assert film.discarded == 30
    assert film.packets == 204
    assert film.discarded_total == pytest.approx(1)


def test_the_shortest_gap_shows_a_variable_rate(ffmpeg9: Path, tmp_path: Path) -> None:
    film = count_packets(variable_rate_clip(ffmpeg9, tmp_path)).stream(0)
    assert film is not None
    assert film.packets == 80
    assert film.shortest_gap == pytest.approx(1 / 60, abs=0.001)


def variable_rate_clip(ffmpeg: Path, directory: Path) -> Path:
    """20 frames in the first second, 60 in the next, in Matroska, whose header tells the average only."""
    make(
        *(ffmpeg, "-f", "lavfi", "-i", "testsrc=s=160x120:r=60:d=2", "-vf", "select='if(lt(t,1),not(mod(n,3)),1)'"),
        *("-fps_mode", "vfr", "-enc_time_base", "1:60000", "-c:v", "libx264", "-preset", "ultrafast"),
        directory / "variable.mkv",
    )
    return directory / "variable.mkv"


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_half_a_file_has_half_the_packets(ffmpeg9: Path, clip: Path, tmp_path: Path, suffix: str) -> None:
    make(ffmpeg9, "-i", clip, "-c", "copy", "-movflags", "+faststart", tmp_path / f"whole.{suffix}")
    whole = (tmp_path / f"whole.{suffix}").read_bytes()
    half = tmp_path / f"half.{suffix}"
    half.write_bytes(whole[: len(whole) // 2])
    film = count_packets(half).stream(0)
    assert film is not None
    assert 50 < film.packets < 180
    assert film.end is not None
    assert film.end < 6


def test_what_does_not_open_is_a_probe_error(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("text")
    with pytest.raises(ProbeError):
        count_packets(tmp_path / "text.mp4")


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "flv"])
def test_ffmpeg_counts_the_same(ffmpeg: Path, clip: Path, tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"clip.{suffix}"
    make(ffmpeg, "-i", clip, "-c", "copy", source)
    argv = [str(ffmpeg), "-v", "error", "-nostdin", "-i", str(source), "-map", "0", "-c", "copy", "-f", "framecrc", "-"]
    listing = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    listed = Counter(int(line.split(",")[0]) for line in listing.splitlines() if not line.startswith("#"))
    assert {count.index: count.packets for count in count_packets(source).streams} == listed


def test_packets_before_the_first_key_frame_lead(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    whole, part, film = tmp_path / "whole.ts", tmp_path / "part.ts", tmp_path / "part.mkv"
    make(ffmpeg9, "-i", clip, "-an", "-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-bf", "0", whole)
    assert count_packets(whole).streams[0].leading == 0
    content = whole.read_bytes()
    part.write_bytes(content[len(content) // 188 // 3 * 188 :])
    make(ffmpeg9, "-v", "quiet", "-i", part, "-c", "copy", "-copyinkf", film)
    (found,) = count_packets(film).streams
    assert found.packets - found.leading == 234 - 120  # the key frames are 0, 60, 120 and 180


def test_frames_shown_before_an_open_key_frame_lead(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.mkv", tmp_path / "part.mkv"
    options = ("-x264-params", "open-gop=1:keyint=30:bframes=3:b-adapt=0:scenecut=0", "-preset", "ultrafast")
    make(ffmpeg9, "-i", clip, "-an", "-c:v", "libx264", *options, whole)
    assert count_packets(whole).streams[0].leading == 0
    make(ffmpeg9, "-ss", "4", "-i", whole, "-c", "copy", "-avoid_negative_ts", "make_zero", part)
    (found,) = count_packets(part).streams
    assert 0 < found.leading <= 3
