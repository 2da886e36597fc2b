"""Real encodes: frames that equal the source's, two passes, ten bit, odd sizes, and the person's own arguments."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ffx.core.errors import EncodeError, ProbeError
from ffx.core.recipe import QualityMode
from ffx.media.progress import PASS_WEIGHTS
from tests.media.jobs import SPECS, encode, frame_hashes, make, request_for, without_ten_bit
from tests.media.test_packets import variable_rate_clip


@pytest.mark.parametrize(
    ("encoder", "output", "arguments"),
    [
        ("libx264", "out.mp4", ("-qp", "0")),
        ("libx264", "out.mkv", ("-qp", "0")),
        ("libx264", "out.mov", ("-qp", "0")),
        ("libx264", "out.ts", ("-qp", "0")),
        ("ffv1", "out.mkv", ()),
        ("libx265", "out.mp4", ("-x265-params", "lossless=1")),
    ],
)
async def test_lossless_frames_equal_the_sources(
    ffmpeg: Path, ffmpeg9: Path, short: Path, tmp_path: Path, encoder: str, output: str, arguments: tuple[str, ...]
) -> None:
    preset = "ultrafast" if encoder.startswith("libx") else ""
    done = await encode(
        ffmpeg, request_for(short, Path(output), encoder, preset=preset, ffmpeg_args=arguments), tmp_path
    )
    assert done.verified.frames == 30
    assert frame_hashes(ffmpeg9, done.output) == frame_hashes(ffmpeg9, short)


@pytest.mark.parametrize(
    ("encoder", "arguments"),
    [
        ("libx264", ()),
        ("libx265", ("-x265-params", "aq-mode=1")),
        ("libvpx-vp9", ("-deadline", "good", "-cpu-used", "8")),
    ],
)
async def test_two_passes_meet_the_bitrate(
    ffmpeg: Path, ffmpeg9: Path, clip: Path, tmp_path: Path, encoder: str, arguments: tuple[str, ...]
) -> None:
    make(ffmpeg9, "-i", clip, "-t", "3", "-c", "copy", tmp_path / "three.mkv")
    preset = "ultrafast" if encoder.startswith("libx") else ""
    request = request_for(
        tmp_path / "three.mkv",
        Path("out.mkv"),
        encoder,
        preset=preset,
        bitrate=150_000,
        two_pass=True,
        audio="none",
        ffmpeg_args=arguments,
    )
    done = await encode(ffmpeg, request, tmp_path)
    assert done.verified.frames == 90
    assert done.verified.size * 8 / done.verified.duration == pytest.approx(150_000, rel=0.2)
    assert any(tmp_path.glob("two-pass*"))  # the first pass left statistics, and in the job's directory
    shares = [progress.progress for progress in done.progress]
    assert shares == sorted(shares)
    assert PASS_WEIGHTS[0] in shares  # where the first pass ended
    assert shares[-1] == 1


async def test_what_libvpx_refuses_is_told_without_its_settings(ffmpeg: Path, short: Path, tmp_path: Path) -> None:
    arguments = ("-deadline", "realtime")  # which knows one pass only
    request = request_for(
        short, Path("out.mkv"), "libvpx-vp9", bitrate=100_000, two_pass=True, audio="none", ffmpeg_args=arguments
    )
    with pytest.raises(EncodeError, match=r"FFmpeg failed: (Failed to initialize encoder: Invalid parameter|.*stats)"):
        await encode(ffmpeg, request, tmp_path)


async def test_a_variable_rate_keeps_every_frame_at_its_time(ffmpeg: Path, ffmpeg9: Path, tmp_path: Path) -> None:
    source = variable_rate_clip(ffmpeg9, tmp_path)
    for name in ("out.mp4", "out.mkv"):
        (tmp_path / name.replace(".", "-")).mkdir()
        request = request_for(source, Path(name), "libx264", preset="ultrafast", ffmpeg_args=("-qp", "0"))
        done = await encode(ffmpeg, request, tmp_path / name.replace(".", "-"))
        film = done.packets.streams[0]
        assert (film.packets, done.outcome.drop, done.outcome.dup) == (80, 0, 0)
        assert film.shortest_gap == pytest.approx(1 / 60, abs=0.0015)
        assert frame_hashes(ffmpeg9, done.output) == frame_hashes(ffmpeg9, source)


async def test_sound_that_starts_before_the_picture(ffmpeg: Path, ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    make(
        *(ffmpeg9, "-i", clip, "-itsoffset", "1.5", "-i", clip, "-map", "0:a", "-map", "1:v", "-c", "copy", "-t", "4"),
        tmp_path / "late.mp4",
    )
    done = await encode(ffmpeg, request_for(tmp_path / "late.mp4", Path("out.mp4"), preset="ultrafast"), tmp_path)
    film = next(count for count in done.packets.streams if count.kind == "video")
    assert film.start == pytest.approx(1.5, abs=0.05)
    assert done.outcome.dup == 0


@pytest.fixture
def hdr(ffmpeg9: Path, tmp_path: Path) -> Path:
    make(
        *(ffmpeg9, "-f", "lavfi", "-i", "testsrc=s=64x64:d=0.4:r=25"),
        *("-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"),
        *("-pix_fmt", "yuv420p10le", "-c:v", "libx264", "-preset", "ultrafast", tmp_path / "hdr.mkv"),
    )
    return tmp_path / "hdr.mkv"


@pytest.mark.parametrize("encoder", ["libx264", "libx265", "libvpx-vp9", "libsvtav1"])
async def test_ten_bit_and_colours_are_kept(ffmpeg: Path, hdr: Path, tmp_path: Path, encoder: str) -> None:
    done = await encode(ffmpeg, request_for(hdr, Path("out.mkv"), encoder), tmp_path)
    film = done.media.video
    assert film is not None
    assert film.bit_depth == 10
    assert (film.color_primaries, film.color_transfer, film.color_matrix) == ("bt2020", "smpte2084", "bt2020nc")
    assert film.color_range == "tv"
    assert done.command.warnings == ()


async def test_eight_bit_where_the_machine_has_no_more(ffmpeg: Path, hdr: Path, tmp_path: Path) -> None:
    done = await encode(ffmpeg, request_for(hdr, Path("out.mkv"), "libx264"), tmp_path, specs=without_ten_bit(SPECS))
    assert done.media.video is not None
    assert done.media.video.bit_depth == 8
    assert done.command.warnings == ("the picture has 10 bit and is encoded with 8",)


@pytest.mark.parametrize(("encoder", "size"), [("libx264", (320, 240)), ("libx265", (320, 240)), ("ffv1", (321, 241))])
async def test_odd_sizes(ffmpeg: Path, ffmpeg9: Path, tmp_path: Path, encoder: str, size: tuple[int, int]) -> None:
    make(
        ffmpeg9,
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=321x241:d=0.2",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "ffv1",
        tmp_path / "odd.mkv",
    )
    done = await encode(ffmpeg, request_for(tmp_path / "odd.mkv", Path("out.mkv"), encoder), tmp_path)
    assert done.media.video is not None
    assert (done.media.video.width, done.media.video.height) == size
    assert bool(done.command.warnings) is (size == (320, 240))


@pytest.mark.parametrize("encoder", ["libx264", "libvpx-vp9"])
async def test_full_range_stays_as_bright(ffmpeg: Path, ffmpeg9: Path, tmp_path: Path, encoder: str) -> None:
    make(
        *(ffmpeg9, "-f", "lavfi", "-i", "color=white:s=64x64:d=0.2,format=yuvj420p", "-c:v", "libx264"),
        *("-color_range", "pc", tmp_path / "white.mp4"),
    )
    done = await encode(ffmpeg, request_for(tmp_path / "white.mp4", Path("out.mkv"), encoder), tmp_path)
    make(ffmpeg9, "-i", done.output, "-frames:v", "1", "-vf", "extractplanes=y", "-f", "rawvideo", tmp_path / "luma")
    assert min((tmp_path / "luma").read_bytes()) >= 250
    assert done.media.video is not None
    assert done.media.video.color_range == "pc"


# -- After -- -----------------------------------------------------------------------------------------------


async def test_filters_and_copied_sound(ffmpeg: Path, short: Path, tmp_path: Path) -> None:
    arguments = ("-vf", "scale=-2:120", "-c:a", "copy", "-preset", "ultrafast")
    done = await encode(
        ffmpeg, request_for(short, Path("out.mp4"), "libx264", filters=("hflip",), ffmpeg_args=arguments), tmp_path
    )
    assert done.media.video is not None
    assert (done.media.video.width, done.media.video.height) == (160, 120)
    assert done.streams("audio") == ["aac"]
    assert done.verified.frames == 30


@pytest.mark.parametrize(
    ("arguments", "frames", "kinds"),
    [
        (("-an",), 30, ["video"]),
        (("-vn",), None, ["audio"]),
        (("-t", "0.5"), 15, ["video", "audio"]),
        (("-ss", "0.5"), 15, ["video", "audio"]),
        (("-frames:v", "7"), 7, ["video", "audio"]),
        (("-r", "15"), None, ["video", "audio"]),
        (("-vf", "fps=10"), 10, ["video", "audio"]),
        (("-vf", "setpts=0.5*PTS", "-af", "atempo=2"), None, ["video", "audio"]),
        (("-vf", "select='not(mod(n,3))'"), 10, ["video", "audio"]),
        (("-map", "0:v"), 30, ["video"]),
        (("-filter_complex", "[0:v]hflip[v]", "-map", "[v]", "-map", "0:a"), 30, ["video", "audio"]),
        (("-c:a", "libopus", "-b:a", "64k"), 30, ["video", "audio"]),
        (("-shortest", "-af", "volume=0.5"), None, ["video", "audio"]),
    ],
)
async def test_the_persons_own_arguments_win(
    ffmpeg: Path, short: Path, tmp_path: Path, arguments: tuple[str, ...], frames: int | None, kinds: list[str]
) -> None:
    encoder = "" if "-vn" in arguments else "libx264"
    done = await encode(ffmpeg, request_for(short, Path("out.mkv"), encoder, ffmpeg_args=arguments), tmp_path)
    assert [stream.kind for stream in done.media.streams] == kinds
    if frames is not None:
        assert done.verified.frames == frames


async def test_copying_every_packet(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    done = await encode(ffmpeg, request_for(clip, Path("out.mkv"), ffmpeg_args=("-c", "copy")), tmp_path)
    assert [count.packets for count in done.packets.streams] == [234, 335]


# -- Odd sources --------------------------------------------------------------------------------------------


async def test_names_that_mean_something_to_ffmpeg(ffmpeg: Path, short: Path, tmp_path: Path) -> None:
    odd = Path(shutil.copy(short, tmp_path / "-i a:b%03d.mkv"))
    done = await encode(ffmpeg, request_for(odd, Path("-y c:d%03d.mkv"), ffmpeg_args=("-c", "copy")), tmp_path)
    assert done.output.exists()
    assert done.verified.frames == 30


async def test_one_picture(ffmpeg: Path, ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    make(ffmpeg9, "-i", clip, "-frames:v", "1", tmp_path / "picture.png")
    done = await encode(ffmpeg, request_for(tmp_path / "picture.png", Path("out.mp4")), tmp_path)
    assert done.verified.frames == 1


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
async def test_half_a_file_is_told_before_it_is_encoded(ffmpeg9: Path, clip: Path, tmp_path: Path, suffix: str) -> None:
    make(ffmpeg9, "-i", clip, "-c", "copy", "-movflags", "+faststart", tmp_path / f"whole.{suffix}")
    whole = (tmp_path / f"whole.{suffix}").read_bytes()
    half = tmp_path / f"half.{suffix}"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        ProbeError, match=r"the input is truncated: its header says 7\.8 s, its packets end at [34]\.\d s"
    ):
        await encode(ffmpeg9, request_for(half, Path("out.mp4")), tmp_path)


async def test_quality_as_a_share(ffmpeg9: Path, short: Path, tmp_path: Path) -> None:
    sizes = []
    for number, quality in enumerate((20, 80)):
        (tmp_path / str(number)).mkdir()
        request = request_for(short, Path("out.mkv"), "libx264", quality=quality, quality_mode=QualityMode.QUALITY)
        sizes.append((await encode(ffmpeg9, request, tmp_path / str(number))).verified.size)
    assert sizes[0] < sizes[1]
