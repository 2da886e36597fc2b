"""Every failure that was met in the field gets its reason; what working encoders print does not matter."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.detector import Reason
from ffx.media.diagnosis import decisive_line, diagnose, general_hint
from tests.conftest import DATA
from tests.media.messages import printed

CORPUS: list[dict[str, Any]] = json.loads((DATA / "hardware/corpus.json").read_text())
REPORTED: list[dict[str, Any]] = json.loads((DATA / "hardware/reported.json").read_text())
PRINTABLE = [case for case in REPORTED if printed(case) is not None]

SAME_WORDS_OTHER_CAUSE = "t-va-jf9797"
"""Prints what three others print; that no value of -low_power helps is only seen by trying both."""


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: f"{case['id']}-{case['encoder']}")
def test_corpus(case: dict[str, Any]) -> None:
    assert diagnose(case["encoder"], case["exit_status"], case["stderr"]) == case["reason"]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: f"{case['id']}-{case['encoder']}")
def test_corpus_with_windows_line_ends_and_statuses(case: dict[str, Any]) -> None:
    stderr = case["stderr"].replace("\r\n", "\n").replace("\n", "\r\n")
    assert diagnose(case["encoder"], 2981409195, stderr) == case["reason"]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: f"{case['id']}-{case['encoder']}")
def test_threads_end_in_any_order(case: dict[str, Any]) -> None:
    lines = case["stderr"].splitlines()
    echoes = [line for line in lines if line.startswith(("[vf#", "[vost#")) and "Unknown encoder" not in line]
    rest = [line for line in lines if line not in echoes]
    random.Random(case["id"]).shuffle(echoes)
    assert diagnose(case["encoder"], case["exit_status"], "\n".join([*echoes, *rest])) == case["reason"]


@pytest.mark.parametrize("case", PRINTABLE, ids=lambda case: case["id"])
def test_reported(case: dict[str, Any]) -> None:
    expected = "low_power_unsupported" if case["id"] == SAME_WORDS_OTHER_CAUSE else case["reason"]
    assert diagnose(case["encoder"], case["exit_status"], printed(case) or "") == expected


def test_nearly_every_reported_case_can_be_printed() -> None:
    unprinted = {case["id"] for case in REPORTED} - {case["id"] for case in PRINTABLE}
    assert unprinted == {"t-nv-nvencc439", "t-amf-334", "t-rk-mpp625"}  # other programs' words, or not known


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[h264_nvenc @ 0x1] OpenEncodeSessionEx failed: incompatible client key (21): (no details)",
         Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT),
        ("[h264_nvenc @ 0x1] OpenEncodeSessionEx failed: no encode device (1): (no details)", Reason.NO_DEVICE),
        ("[hevc_nvenc @ 0x1] Codec not supported", Reason.WRONG_GPU_GENERATION),
        ("[hevc_nvenc @ 0x1] InitializeEncoder failed: invalid param (8): Frame Dimension less than the minimum "
         "supported value.", Reason.FRAME_SIZE),
        ("[av1_nvenc @ 0x1] No capable devices found", Reason.UNSUPPORTED_DEVICE),
        ("[av1_qsv @ 0x1] This version of runtime doesn't support AV1 encoding", Reason.WRONG_GPU_GENERATION),
        ("[hevc_qsv @ 0x1] Current codec type is unsupported", Reason.WRONG_GPU_GENERATION),
        ("[h264_qsv @ 0x1] Error initializing a MFX session: -9.", Reason.MFX_SESSION_FAILED),
        ("[VAAPI @ 0x1] Failed to initialise VAAPI connection: -1 (unknown libva error).", Reason.DRIVER_FAILURE),
        ("[hevc_vaapi @ 0x1] Hardware does not support encoding at size 640x360 (constraints: width 1920-4096 height "
         "1080-4096).", Reason.FRAME_SIZE),
        ("[hevc_amf @ 0x1] 10-bit encoder is not supported by AMD GPU drivers versions lower than 23.30.",
         Reason.DRIVER_TOO_OLD),
        ("[av1_amf @ 0x1] CreateComponent(AMFVideoEncoderHW_AV1) failed with error 30", Reason.WRONG_GPU_GENERATION),
        ("[hevc_videotoolbox @ 0x1] Cannot create compression session: -12908", Reason.HW_ENCODER_UNAVAILABLE),
        ("[h264_rkmpp @ 0x1] Failed to init MPP context: -1", Reason.PERMISSION_DENIED),
        ("[h264_mf @ 0x1] could not set output type (MF_E_INVALIDMEDIATYPE)", Reason.NO_MFT),
        ("[h264_omx @ 0x1] libOMX_Core.so not found", Reason.NO_DEVICE),
        ("[h261 @ 0x1] Valid sizes are 176x144, 352x288", Reason.FRAME_SIZE),
    ],
)  # fmt: skip
def test_messages_of_the_sources(line: str, reason: Reason) -> None:
    encoder = line[1:].split(" ")[0]
    assert diagnose(encoder, 187, line + "\n[vost#0:0/x @ 0x2] Error while opening encoder\n") is reason


def test_a_warning_before_the_cause_is_not_the_cause() -> None:
    stderr = "\n".join(
        [
            "[VAAPI @ 0x1] Driver does not support some wanted packed headers (wanted 0xd, found 0x1).",
            "[h264_vaapi @ 0x2] No quality level set; using default (20).",
            "[h264_vaapi @ 0x2] No usable encoding profile found.",
        ]
    )
    assert diagnose("h264_vaapi", 218, stderr) is Reason.CODEC_UNSUPPORTED


def test_the_first_line_that_says_something_wins() -> None:
    stderr = "[h264_nvenc @ 0x1] 10 bit encode not supported\n[h264_nvenc @ 0x1] No capable devices found\n"
    assert diagnose("h264_nvenc", 1, stderr) is Reason.PIXEL_FORMAT


def test_time_is_the_callers_knowledge() -> None:
    # The status of a stopped FFmpeg, 255, is also that of a missing libcuda.
    assert diagnose("h264_nvenc", 255, "", timed_out=True) is Reason.TIMEOUT
    assert diagnose("h264_nvenc", 255, "") is Reason.UNKNOWN


def test_a_crash_of_a_hardware_encoder_is_its_drivers() -> None:
    assert diagnose("hevc_qsv", -11, "") is Reason.DRIVER_FAILURE
    assert diagnose("hevc_qsv", 0xC0000005, "") is Reason.DRIVER_FAILURE
    assert diagnose("hevc_qsv", 4294967256, "") is Reason.UNKNOWN  # -40, a plain refusal on Windows
    assert diagnose("libx265", -11, "") is Reason.UNKNOWN


@given(st.text(), st.integers(-300, 2**32) | st.none())
def test_any_text_gets_some_reason(stderr: str, status: int | None) -> None:
    assert isinstance(diagnose("hevc_qsv", status, stderr), Reason)
    decisive_line("hevc_qsv", stderr)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: f"{case['id']}-{case['encoder']}")
def test_the_line_for_a_person_has_no_addresses(case: dict[str, Any]) -> None:
    line = decisive_line(case["encoder"], case["stderr"])
    assert line
    assert "@ 0" not in line
    assert "Conversion failed" not in line


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_one_sentence(reason: Reason) -> None:
    hint = general_hint(reason)
    assert hint.endswith(".")
    assert "\n" not in hint
