"""Cutting pieces: from the right key frame on, every frame of the source's, whatever the container."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.errors import ProbeError
from ffx.core.recipe import Trim
from ffx.media.cutting import cut
from ffx.media.probe import probe
from tests.media.jobs import frame_hashes, make

KEY_EVERY = 25
"""Frames, of 25 a second."""


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Twelve seconds with a key frame each second, B-frames and two sounds, in several containers."""
    import imageio_ffmpeg

    ffmpeg, folder = Path(imageio_ffmpeg.get_ffmpeg_exe()), tmp_path_factory.mktemp("long")
    source = folder / "long.mkv"
    make(
        ffmpeg, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=12",
        "-f", "lavfi", "-i", "sine=frequency=440:duration=12", "-f", "lavfi", "-i", "sine=frequency=880:duration=12",
        "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-preset", "fast", "-bf", "3", "-g", str(KEY_EVERY),
        "-keyint_min", str(KEY_EVERY), "-sc_threshold", "0", "-c:a", "aac", source,
    )  # fmt: skip
    files = {"mkv": source}
    for suffix in ("mp4", "ts"):
        files[suffix] = folder / f"long.{suffix}"
        make(ffmpeg, "-i", source, "-map", "0", "-c", "copy", files[suffix])
    return files


@pytest.mark.parametrize("container", ["mkv", "mp4", "ts"])
def test_a_piece_begins_at_its_key_frame_and_has_the_sources_frames(
    long: dict[str, Path], container: str, tmp_path: Path, ffmpeg: Path
) -> None:
    media, output = probe(long[container]), tmp_path / "cut.mkv"
    pieces = cut(media, [Trim(4.5, 6.5)], output)
    assert pieces.start == pytest.approx(4.0, abs=0.05)
    assert pieces.seconds == pytest.approx(2.0, abs=0.2)
    frames, source = frame_hashes(ffmpeg, output), frame_hashes(ffmpeg, long["mkv"])
    assert len(frames) in range(48, 56)
    assert frames[:48] == source[100:148]
    assert [stream.kind for stream in probe(output).streams] == ["video", "audio", "audio"]


@pytest.mark.parametrize("container", ["mkv", "mp4", "ts"])
def test_several_pieces_come_one_behind_the_other(
    long: dict[str, Path], container: str, tmp_path: Path, ffmpeg: Path
) -> None:
    output = tmp_path / "cut.mkv"
    pieces = cut(probe(long[container]), [Trim(1, 2), Trim(5, 6), Trim(9, 10)], output)
    frames, source = frame_hashes(ffmpeg, output), frame_hashes(ffmpeg, long["mkv"])
    for start in (25, 125, 225):
        assert source[start] in frames
    assert [frame for frame in source if frame in set(frames)] == frames
    assert pieces.seconds == pytest.approx(probe(output).duration, abs=0.1)


def test_a_whole_piece_reaches_to_its_end(long: dict[str, Path], tmp_path: Path, ffmpeg: Path) -> None:
    output = tmp_path / "cut.mkv"
    pieces = cut(probe(long["mkv"]), [Trim(4.9, 6.9)], output, whole=True)
    assert pieces.start == pytest.approx(4.0, abs=0.01)
    assert frame_hashes(ffmpeg, long["mkv"])[172] in frame_hashes(ffmpeg, output)


def test_the_end_and_the_whole(long: dict[str, Path], tmp_path: Path, ffmpeg: Path) -> None:
    output = tmp_path / "cut.mkv"
    cut(probe(long["mp4"]), [Trim()], output)
    assert frame_hashes(ffmpeg, output) == frame_hashes(ffmpeg, long["mp4"])


def test_sound_alone_is_cut_too(long: dict[str, Path], tmp_path: Path, ffmpeg9: Path) -> None:
    sound, output = tmp_path / "sound.m4a", tmp_path / "cut.mkv"
    make(ffmpeg9, "-i", long["mkv"], "-map", "0:a:0", "-c", "copy", sound)
    pieces = cut(probe(sound), [Trim(3, 5)], output)
    assert pieces.start == pytest.approx(3.0, abs=0.1)
    assert probe(output).duration == pytest.approx(2.0, abs=0.1)


def test_what_cannot_be_cut_is_told(long: dict[str, Path], tmp_path: Path, ffmpeg9: Path) -> None:
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(long["mkv"].read_bytes())
    media = probe(broken)
    broken.write_bytes(b"nothing")
    with pytest.raises(ProbeError, match=r"broken\.mkv"):
        cut(media, [Trim(4, 5)], tmp_path / "cut.mkv")
