"""Decoding all of an output: damage that counting packets cannot see is found, and what is whole raises no alarm."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from attrs import evolve

from ffx.core.errors import EncodeError, VerificationError
from ffx.core.recipe import Recipe
from ffx.media.control import RunControl
from ffx.media.decoding import decoding_command, verify_decodable
from ffx.media.packets import count_packets
from ffx.media.probe import probe
from ffx.media.progress import Progress
from ffx.media.run import RunOutcome
from ffx.media.verify import verify_output
from tests.media.conftest import Shim
from tests.media.jobs import encode, make, request_for
from tests.media.running import are_stopped
from tests.media.test_verify import ODD
from tests.support import children

X264 = Recipe(encoder="libx264", codec="h264", container="mp4")
COPY = Recipe(encoder="copy", container="matroska")
FAST = ("-c:v", "libx264", "-preset", "ultrafast")


@pytest.fixture
def version(ffmpeg: Path) -> str:
    said = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=True).stdout
    return said.split()[2]


@pytest.fixture
def film(ffmpeg9: Path, clip: Path, tmp_path: Path) -> Path:
    """An output of the clip, with 234 frames and sound."""
    make(ffmpeg9, "-i", clip, *FAST, "-c:a", "copy", tmp_path / "out.mp4")
    return tmp_path / "out.mp4"


def flip(file: Path, place: float, number: int = 2000) -> None:
    """Change some bytes of the media in a file, at a share of it."""
    data = bytearray(file.read_bytes())
    media = data.index(b"mdat")
    first = media + int(place * (data.rindex(b"moov") - media))
    for position in range(first, first + number):
        data[position] ^= 0x5A
    file.write_bytes(data)


# -- Damage -------------------------------------------------------------------------------------------------


async def test_a_good_output_is_decoded_to_its_end(ffmpeg: Path, version: str, film: Path) -> None:
    told: list[Progress] = []
    frames = await verify_decodable(ffmpeg, film, X264, ffmpeg_version=version, on_progress=told.append)
    assert frames == 234
    assert told[-1].progress == 1
    assert children() == []


@pytest.mark.parametrize("place", [0.3, 0.5, 0.8])
async def test_flipped_bytes_pass_the_quick_look_and_fail_the_full_one(
    ffmpeg: Path, version: str, clip: Path, film: Path, place: float
) -> None:
    flip(film, place)
    assert verify_output(film, X264, probe(clip), count_packets(clip), RunOutcome(frames=234)).frames == 234
    with pytest.raises(VerificationError) as caught:
        await verify_decodable(ffmpeg, film, X264, ffmpeg_version=version)
    assert str(caught.value).startswith("the output is damaged: ")
    assert "0x" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_damage_of_a_copy_is_damage_too(ffmpeg: Path, version: str, film: Path) -> None:
    flip(film, 0.5)
    with pytest.raises(VerificationError, match="the output is damaged"):
        await verify_decodable(ffmpeg, film, COPY, ffmpeg_version=version)


async def test_damaged_sound_is_found(ffmpeg: Path, version: str, clip: Path, tmp_path: Path) -> None:
    make(ffmpeg, "-i", clip, "-vn", "-c:a", "flac", "-ac", "2", "-sample_fmt", "s16", tmp_path / "out.flac")
    data = bytearray((tmp_path / "out.flac").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    (tmp_path / "out.flac").write_bytes(data)
    with pytest.raises(VerificationError, match="the output is damaged"):
        await verify_decodable(ffmpeg, tmp_path / "out.flac", Recipe(container="flac"), ffmpeg_version=version)


async def test_a_file_that_is_none_is_told(ffmpeg: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"x" * 1000)
    with pytest.raises(VerificationError, match="the output cannot be read"):
        await verify_decodable(ffmpeg, tmp_path / "out.mp4", X264)


async def test_frames_that_decoders_leave_out_in_silence_are_missed(shim: Shim, film: Path) -> None:
    with pytest.raises(VerificationError) as caught:
        await verify_decodable(shim("tell('frame=200'); tell('progress=end')"), film, X264)
    assert str(caught.value) == "only 200 of the output's 234 frames can be decoded"
    with pytest.raises(VerificationError, match="only 0 of the output's 234 frames"):
        await verify_decodable(shim("pass"), film, X264)


async def test_a_decoder_that_gives_up_is_told(shim: Shim, film: Path) -> None:
    words = "print('[h264 @ 0x1] no frame!', file=sys.stderr); sys.exit(69)"
    with pytest.raises(VerificationError) as caught:
        await verify_decodable(shim(words), film, X264)
    assert str(caught.value) == "the output cannot be decoded: FFmpeg failed: no frame!"


# -- What is no fault of the output -------------------------------------------------------------------------


async def test_an_ffmpeg_that_is_gone_says_nothing_of_the_output(film: Path, tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="could not be started"):
        await verify_decodable(tmp_path / "ffmpeg", film, X264)


async def test_nor_does_one_that_crashes(shim: Shim, film: Path) -> None:
    with pytest.raises(EncodeError) as caught:
        await verify_decodable(shim("os.kill(os.getpid(), signal.SIGSEGV)"), film, X264)
    assert caught.value.code == "crashed"


async def test_nor_one_that_is_stuck(shim: Shim, film: Path) -> None:
    with pytest.raises(EncodeError) as caught:
        await verify_decodable(shim("time.sleep(600)"), film, X264, stall_limit=0.5)
    assert caught.value.code == "stuck"
    assert children() == []


async def test_cancelling_ends_it(ffmpeg: Path, version: str, clip: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.mkv"
    make(ffmpeg, "-stream_loop", "200", "-i", clip, "-c", "copy", long)
    control, began = RunControl(), asyncio.Event()
    decoding = asyncio.create_task(
        verify_decodable(
            ffmpeg, long, COPY, ffmpeg_version=version, control=control, on_progress=lambda progress: began.set()
        )
    )
    async with asyncio.timeout(60):
        await began.wait()
    control.pause()
    await are_stopped()
    decoding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await decoding
    assert children() == []


# -- No false alarms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ODD)
async def test_odd_outputs_can_be_decoded(ffmpeg: Path, version: str, tmp_path: Path, name: str) -> None:
    make(ffmpeg, *ODD[name], tmp_path / name)
    found = next((count for count in count_packets(tmp_path / name).streams if count.kind == "video"), None)
    frames = await verify_decodable(ffmpeg, tmp_path / name, X264, ffmpeg_version=version)
    assert frames == (found.packets if found else 0)


@pytest.mark.parametrize(
    ("suffix", "encoder"),
    [
        ("mkv", ("libx264", "-preset", "veryfast", "-bf", "3")),
        ("mp4", ("libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:bframes=3")),
        ("mp4", ("libsvtav1", "-preset", "12")),
        ("webm", ("libvpx", "-deadline", "realtime", "-cpu-used", "8", "-auto-alt-ref", "1", "-lag-in-frames", "16")),
        ("webm", ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-auto-alt-ref", "1")),
        ("ts", ("mpeg2video", "-bf", "2", "-flags", "+ildct+ilme", "-top", "1")),
        ("mkv", ("libx264", "-preset", "veryfast", "-flags", "+ildct+ilme", "-x264-params", "tff=1")),
        ("avi", ("mpeg4", "-bf", "2")),
        ("mov", ("prores",)),
        ("gif", ("gif",)),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
async def test_outputs_of_every_kind_can_be_decoded(
    ffmpeg: Path, version: str, clip: Path, tmp_path: Path, suffix: str, encoder: tuple[str, ...]
) -> None:
    arguments = encoder if "-top" not in encoder or version.startswith("5") else encoder[:-2]
    make(ffmpeg, "-i", clip, "-t", "1", "-c:v", *arguments, tmp_path / f"out.{suffix}")
    frames = await verify_decodable(ffmpeg, tmp_path / f"out.{suffix}", X264, ffmpeg_version=version)
    assert frames == 30


async def test_a_cover_is_not_the_film(ffmpeg: Path, version: str, rich_mp4: Path) -> None:
    found = probe(rich_mp4)
    backwards = evolve(found, streams=found.streams[::-1])
    for media in (found, backwards):
        words = decoding_command(media)
        mapped = [words[place + 1] for place, word in enumerate(words) if word == "-map"]
        assert mapped[0] == "0:0"
        assert set(mapped) == {f"0:{s.index}" for s in found.streams if s.kind in ("video", "audio")}
    frames = await verify_decodable(ffmpeg, rich_mp4, X264, ffmpeg_version=version)
    assert frames == count_packets(rich_mp4).streams[0].packets


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
async def test_a_copied_cut_can_be_decoded(ffmpeg: Path, version: str, clip: Path, tmp_path: Path, suffix: str) -> None:
    make(ffmpeg, "-i", clip, *FAST, "-g", "60", "-c:a", "copy", tmp_path / "whole.mp4")
    make(ffmpeg, "-ss", "1.3", "-i", tmp_path / "whole.mp4", "-c", "copy", tmp_path / "cut.mp4")
    done = await encode(ffmpeg, request_for(tmp_path / "cut.mp4", Path(f"out.{suffix}"), encoder="copy"), tmp_path)
    frames = await verify_decodable(ffmpeg, done.output, COPY, ffmpeg_version=version)
    assert frames == done.verified.frames  # an edit list hides as many from decoders as from the count


@pytest.mark.parametrize(
    "parameters", ["open-gop=1:keyint=30:bframes=3", "keyint=40:bframes=3:ref=4", "intra-refresh=1:keyint=40"]
)
async def test_a_copied_recording_that_begins_anywhere_raises_no_alarm(
    ffmpeg: Path, version: str, clip: Path, tmp_path: Path, parameters: str
) -> None:
    whole, part, copy = tmp_path / "whole.ts", tmp_path / "part.ts", tmp_path / "copy.mkv"
    make(ffmpeg, "-i", clip, "-c:v", "libx264", "-preset", "veryfast", "-x264-params", parameters, "-an", whole)
    data = whole.read_bytes()
    part.write_bytes(data[len(data) // 188 // 3 * 188 :])
    make(ffmpeg, "-v", "quiet", "-i", part, "-c", "copy", copy)
    assert await verify_decodable(ffmpeg, copy, COPY, ffmpeg_version=version) > 0
