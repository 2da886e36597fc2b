"""What failures are called: words that were met in the field or made here with too little memory, and their codes."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from ffx.core.errors import EncodeError
from ffx.core.model import EncoderSetup
from ffx.core.recipe import Recipe
from ffx.media.command import Command, build_command
from ffx.media.complaints import Complaints
from ffx.media.failures import Failure, failure_of
from ffx.media.probe import probe
from ffx.media.run import run_command
from tests.conftest import DATA
from tests.media.conftest import Shim
from tests.media.jobs import SPECS
from tests.media.messages import printed
from tests.media.running import START
from tests.support import children

CORPUS: list[dict[str, Any]] = json.loads((DATA / "hardware/corpus.json").read_text())
REPORTED: list[dict[str, Any]] = json.loads((DATA / "hardware/reported.json").read_text())
FULL = {"out_of_memory_or_session_limit", "out_of_gpu_memory"}


def called(stderr: str, exit_status: int = 1, hardware_encoder: str = "") -> Failure:
    complaints = Complaints()
    complaints.feed(stderr.encode())
    complaints.close()
    failure = failure_of(exit_status, complaints, hardware_encoder)
    assert failure is not None
    return failure


# -- Hardware -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: f"{case['id']}-{case['encoder']}")
def test_a_machine_without_the_hardware_is_neither_full_nor_without_memory(case: dict[str, Any]) -> None:
    # Vulkan's device creation says "Cannot allocate memory" where there is no device.
    if case["exit_status"] is not None:
        assert called(case["stderr"], case["exit_status"], case["encoder"]).code == "encode_failed"


@pytest.mark.parametrize("case", [c for c in REPORTED if printed(c)], ids=lambda case: case["id"])
def test_what_was_reported(case: dict[str, Any]) -> None:
    expected = "encoder_full" if case["reason"] in FULL else "encode_failed"
    assert called(printed(case) or "", 1, case["encoder"]).code == expected


def test_the_corpus_knows_full_houses() -> None:
    assert {case["id"] for case in REPORTED if case["reason"] in FULL and printed(case)} == {
        "t-nv-viseron539",
        "t-nv-joinhive4",
        "t-nv-antmedia939",
    }


NVENC = "[h264_nvenc @ 0x55d7b85e5800] "


@pytest.mark.parametrize(
    ("encoder", "stderr", "line"),
    [
        # What FFmpeg 5, 7 and 9 say around it; the second is the session limit of current drivers.
        (
            "h264_nvenc",
            f"{NVENC}OpenEncodeSessionEx failed: out of memory (10): (no details)\n{NVENC}No capable devices found\n"
            "Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe ...\n",
            "OpenEncodeSessionEx failed: out of memory (10): (no details)",
        ),
        (
            "h264_nvenc",
            f"{NVENC}OpenEncodeSessionEx failed: incompatible client key (21): (no details)\n"
            "[vost#0:0/h264_nvenc @ 0x1] [enc:h264_nvenc @ 0x2] Error while opening encoder - maybe ...\n"
            "[vf#0:0 @ 0x3] Error sending frames to consumers: Generic error in an external library\n",
            "OpenEncodeSessionEx failed: incompatible client key (21): (no details)",
        ),
        (
            "hevc_nvenc",
            "[hevc_nvenc @ 0x1] dl_fn->cuda_dl->cuCtxCreate(...) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory\n"
            "[vf#0:0 @ 0x3] Task finished with error code: -12 (Cannot allocate memory)\n",
            "dl_fn->cuda_dl->cuCtxCreate(...) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        ),
        (
            "h264_vaapi",
            "[h264_vaapi @ 0x1] Failed to create encode pipeline context: 2 (resource allocation failed).\n",
            "Failed to create encode pipeline context: 2 (resource allocation failed).",
        ),
        (
            "h264_videotoolbox",
            "[h264_videotoolbox @ 0x1] Error: cannot create compression session: -12915\n"
            "[h264_videotoolbox @ 0x1] Try -allow_sw 1. The hardware encoder may be busy, or not supported.\n",
            "Error: cannot create compression session: -12915",
        ),
    ],
)
def test_a_full_house_is_told_in_the_drivers_words(encoder: str, stderr: str, line: str) -> None:
    assert called(stderr, 1, encoder) == Failure("encoder_full", f"{encoder} is full: {line}")


def test_hardware_that_cannot_is_not_full() -> None:
    no_encoder = "[hevc_videotoolbox @ 0x1] Error: cannot create compression session: -12908\n"
    assert called(no_encoder, 187, "hevc_videotoolbox").code == "encode_failed"
    refused = f"{NVENC}InitializeEncoder failed: invalid param (8): Invalid Level.\n"
    assert called(refused, 187, "h264_nvenc").code == "encode_failed"


def test_the_machine_may_lack_memory_beside_its_hardware() -> None:
    stderr = "[vf#0:0 @ 0x56276c6d35c0] Error while filtering: Cannot allocate memory\n"
    assert called(stderr, 244, "h264_nvenc").code == "out_of_memory"


def test_a_command_knows_its_hardware(clip: Path) -> None:
    def hardware(encoder: str) -> str:
        names = {"input_name": "in", "output_name": "out"}
        recipe = Recipe(encoder=encoder, container="mp4")
        return build_command(recipe, probe(clip), SPECS, EncoderSetup(), **names).hardware_encoder

    assert hardware("h264_nvenc") == "h264_nvenc"
    assert [hardware(name) for name in ("libx264", "copy", "a_stranger")] == ["", "", ""]


async def test_a_run_that_meets_a_full_house(shim: Shim, tmp_path: Path) -> None:
    words = f"{NVENC}OpenEncodeSessionEx failed: out of memory (10): (no details)"
    script = shim(f"print({words!r}, file=sys.stderr); sys.exit(1)")
    with pytest.raises(EncodeError) as caught:
        await run_with_hardware(script, tmp_path)
    assert caught.value.code == "encoder_full"
    assert caught.value.evidence.exit_status == 1
    assert caught.value.evidence.stderr_tail == (words,)


async def run_with_hardware(ffmpeg: Path, directory: Path) -> None:
    command = Command((("file:out",),), hardware_encoder="h264_nvenc")
    await run_command(
        ffmpeg, command, directory=directory, total_frames=0, duration=0.0, on_progress=lambda progress: None
    )


# -- Software -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        # FFmpeg 5.1 and 9 with each encoder, given too little address space.
        (
            "x264 [error]: malloc of size 26453440 failed\nError submitting video frame to the encoder\n",
            "x264 [error]: malloc of size 26453440 failed",
        ),
        (
            "x265 [error]: malloc of size 9418752 failed\nx265 [error]: memory allocation failure, aborting encode\n",
            "x265 [error]: malloc of size 9418752 failed",
        ),
        (
            "[libvpx-vp9 @ 0x555617ded640] Error encoding frame: Memory allocation error\n"
            "[libvpx-vp9 @ 0x555617ded640]   Additional information: Failed to allocate lag buffers\n",
            "Error encoding frame: Memory allocation error",
        ),
        (
            "[mpeg4 @ 0x555898090640] failed to allocate context scratch buffers.\n",
            "failed to allocate context scratch buffers.",
        ),
        ("[mpeg4 @ 0x56375a223640] Error allocating a picture.\n", "Error allocating a picture."),
        (
            "Error while filtering: Cannot allocate memory\nFailed to inject frame into filter network: Cannot ...\n",
            "Error while filtering: Cannot allocate memory",
        ),
        (
            "[h264 @ 0x1] get_buffer() failed\n"
            "[vf#0:0 @ 0x2] Task finished with error code: -12 (Cannot allocate memory)\n",
            "Task finished with error code: -12 (Cannot allocate memory)",
        ),
    ],
)
def test_words_of_encoders_without_memory(stderr: str, line: str) -> None:
    assert called(stderr) == Failure("out_of_memory", f"FFmpeg ran out of memory: {line}")
    assert called(stderr, 2**32 - 12).code == "out_of_memory"  # Windows


def test_words_that_have_another_cause() -> None:
    assert called("[libx264 @ 0x1] Unable to parse option value\n").code == "encode_failed"
    assert called("x265 [error]: malloc of size 104 failed\n", -11).code == "crashed"
    assert called("x264 [error]: malloc of size 104 failed\nNo space left on device\n").code == "disk_full"
    # The words of hardware in the mouth of software.
    assert called("[odd @ 0x1] resource allocation failed\n").code == "encode_failed"


def test_success_is_no_failure_whatever_was_said() -> None:
    complaints = Complaints()
    complaints.feed(b"[h264 @ 0x1] Cannot allocate memory\n")
    assert failure_of(0, complaints) is None


if sys.platform == "linux":  # nowhere else does a limit on memory hold

    async def test_an_encoder_without_memory(ffmpeg: Path, tmp_path: Path) -> None:
        limited = tmp_path / "limited"
        limited.write_text(f'#!/bin/sh\nulimit -v 900000\nexec {shlex.quote(str(ffmpeg))} "$@"\n')
        limited.chmod(0o755)
        picture = ("-filter_threads", "1", "-f", "lavfi", "-i", "color=size=12000x12000:rate=1", "-frames:v", "2")
        argv = (*START, *picture, "-c:v", "libx264", "-threads", "1", "file:out.mkv")
        with pytest.raises(EncodeError) as caught:
            await run_command(
                limited,
                Command((argv,)),
                directory=tmp_path,
                total_frames=0,
                duration=0.0,
                on_progress=lambda progress: None,
            )
        assert caught.value.code == "out_of_memory"
        assert str(caught.value).startswith("FFmpeg ran out of memory: ")
        assert children() == []
