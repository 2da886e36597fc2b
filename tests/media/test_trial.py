"""A trial is a real encode: its command, its verdict, its retries."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.detector import Reason, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup
from ffx.media.trial import is_deep, trial_command, try_encoder
from tests.media.replay import Replay, trials

X264 = EncoderSpec("libx264", "h264")
NVENC = EncoderSpec("h264_nvenc", "h264")
PLAIN = Trial(EncoderSetup(), "yuv420p")


def test_the_command() -> None:
    setup = EncoderSetup(("-vaapi_device", "/dev/dri/renderD128"), "hwupload", ("-low_power", "1"))
    spec = EncoderSpec("h264_vaapi", "h264", options=("-async_depth", "2"))
    command = trial_command(spec, Trial(setup, "nv12", options=("-b:v", "1M")))
    assert " ".join(command) == (
        "-hide_banner -nostdin -loglevel warning -nostats -progress pipe:1 -y -vaapi_device /dev/dri/renderD128 "
        "-f lavfi -i testsrc2=s=640x360:r=25 -frames:v 3 -an -vf format=nv12,hwupload -c:v h264_vaapi "
        "-async_depth 2 -low_power 1 -b:v 1M -f null -"
    )


def test_the_pixel_format_is_always_given() -> None:
    command = trial_command(X264, PLAIN)
    assert command[command.index("-pix_fmt") + 1] == "yuv420p"
    assert "testsrc2=s=352x288:r=25" in trial_command(X264, Trial(EncoderSetup(), "yuv420p", size=(352, 288)))


async def test_a_real_encode_works(ffmpeg: Path) -> None:
    outcome = await try_encoder(ffmpeg, X264, PLAIN)
    assert outcome.works
    assert outcome.reason is None
    assert outcome.frames == 3
    assert outcome.seconds > 0


@pytest.mark.parametrize(("name", "kind"), [("aac", "audio"), ("pcm_s16le", "audio"), ("mov_text", "subtitle")])
async def test_sound_and_subtitles_are_really_encoded(ffmpeg: Path, name: str, kind: str) -> None:
    assert (await try_encoder(ffmpeg, EncoderSpec(name, name, kind), Trial(EncoderSetup(), ""))).works


async def test_a_real_refusal_has_a_reason(ffmpeg: Path) -> None:
    outcome = await try_encoder(ffmpeg, EncoderSpec("h261", "h261"), PLAIN)
    assert not outcome.works
    assert outcome.reason is Reason.FRAME_SIZE
    assert "352x288" in outcome.stderr
    outcome = await try_encoder(ffmpeg, EncoderSpec("no_such", "h264"), PLAIN)
    assert outcome.reason is Reason.ENCODER_NOT_BUILT


async def test_depth_that_is_lost_on_the_way_is_no_success(ffmpeg: Path) -> None:
    # FFmpeg takes 8 bits instead, says so, and exits with 0.
    outcome = await try_encoder(ffmpeg, EncoderSpec("mpeg4", "mpeg4"), Trial(EncoderSetup(), "yuv420p10le"))
    assert not outcome.works
    assert outcome.reason is Reason.PIXEL_FORMAT


async def test_exit_status_zero_decides_whatever_was_printed(tmp_path: Path) -> None:
    words = "[h264_nvenc @ 0x1] VBAQ is not supported by cqp\nvaGetDriverNames() failed with operation failed\n"
    program = Replay().answering("h264_nvenc", {"stderr": words}).write(tmp_path)
    assert (await try_encoder(program, NVENC, PLAIN)).works


async def test_exit_status_zero_without_a_frame_is_no_success(tmp_path: Path) -> None:
    program = Replay().answering("h264_nvenc", {"frames": 0}).write(tmp_path)
    assert not (await try_encoder(program, NVENC, PLAIN)).works
    silent = Replay().answering("h264_nvenc", {"counts": False}).write(tmp_path / "silent")
    assert (await try_encoder(silent, NVENC, PLAIN)).works


FULL = "[h264_nvenc @ 0x1] OpenEncodeSessionEx failed: out of memory (10): (no details)\n"
NO_RUNTIME = "[h264_amf @ 0x1] DLL amfrt64.dll failed to open\n"


async def test_what_can_pass_is_tried_again(tmp_path: Path) -> None:
    program = Replay().answering("h264_nvenc", {"exit": 187, "stderr": FULL}).write(tmp_path)
    outcome = await try_encoder(program, NVENC, Trial(EncoderSetup(), "yuv420p", attempts=3, pause=0.01))
    assert outcome.reason is Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT
    assert len(trials(program)) == 3


async def test_what_cannot_pass_is_not(tmp_path: Path) -> None:
    program = Replay().answering("h264_amf", {"exit": 171, "stderr": NO_RUNTIME}).write(tmp_path)
    spec = EncoderSpec("h264_amf", "h264")
    outcome = await try_encoder(program, spec, Trial(EncoderSetup(), "nv12", attempts=2, pause=60))
    assert outcome.reason is Reason.AMF_RUNTIME_MISSING
    assert len(trials(program)) == 1


async def test_a_driver_that_hangs_is_a_timeout(tmp_path: Path) -> None:
    program = Replay().answering("h264_nvenc", {"forever": True}).write(tmp_path)
    outcome = await try_encoder(program, NVENC, PLAIN, time_limit=1.0)
    assert outcome.reason is Reason.TIMEOUT
    assert outcome.exit_status is None


async def test_a_processor_that_plays_the_gpu_is_refused(tmp_path: Path) -> None:
    selected = "[Vulkan @ 0x1] Device 0 selected: llvmpipe (LLVM 15.0.6, 256 bits) (software) (0x0)\n"
    spec = EncoderSpec("ffv1_vulkan", "ffv1")
    trial = Trial(EncoderSetup(("-init_hw_device", "vulkan=vk:0")), "nv12", refuse=r"selected: .*\(software\)")
    masked = await try_encoder(Replay(verbose=selected).write(tmp_path / "cpu"), spec, trial)
    assert masked.reason is Reason.NO_DEVICE
    assert "llvmpipe" in masked.stderr
    real = selected.replace("llvmpipe (LLVM 15.0.6, 256 bits) (software)", "AMD Radeon RX 7900 (discrete)")
    assert (await try_encoder(Replay(verbose=real).write(tmp_path / "gpu"), spec, trial)).works


@pytest.mark.parametrize(
    "name", ["yuv420p10le", "p010le", "p210le", "yuv444p10msble", "gray16be", "rgb48le", "x2rgb10le", "gbrpf32le"]
)
def test_deep(name: str) -> None:
    assert is_deep(name)


@pytest.mark.parametrize(
    "name",
    ["yuv420p", "nv12", "nv16", "rgb24", "rgb32", "0rgb32", "bgr0", "gray8", "rgb565le", "uyvy422", "pal8"],
)
def test_not_deep(name: str) -> None:
    assert not is_deep(name)
