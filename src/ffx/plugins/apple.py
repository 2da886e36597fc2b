"""Apple: VideoToolbox on macOS, its hardware only."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from typing import Any

from ffx import hookimpl
from ffx.core.detector import Detector, Device, Reason, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import EncoderSetup, EncoderType
from ffx.plugins._families import others_of


def _quality(default: float) -> QualityScale:
    """More is better here; on Apple silicon only (videotoolboxenc.c), an Intel Mac takes bitrates."""
    return QualityScale(("-q:v", "{value}"), best=100, worst=1, default=default)


class AppleDetector(Detector):
    """VideoToolbox; ``-allow_sw 0`` keeps a software session from passing for hardware."""

    name = "apple"
    encoder_type = EncoderType.HARDWARE_APPLE

    def claims(self, encoder: str) -> bool:
        return encoder.endswith("_videotoolbox")

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        if platform.system() != "Darwin":
            return ()
        output = await run(("system_profiler", "SPDisplaysDataType", "-json"))
        return displays(output.stdout)

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        pixel_format = spec.ten_bit_pixel_format if ten_bit else spec.pixel_formats[0]
        if not pixel_format:
            return ()
        options: tuple[str, ...] = () if spec.codec == "prores" else ("-b:v", "1M")
        if ten_bit and spec.codec == "hevc":
            options += ("-profile:v", "main10")
        setup = EncoderSetup(output_options=("-allow_sw", "0"))
        return (Trial(setup, pixel_format, devices[0] if devices else None, options=options),)

    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        if reason is Reason.ENCODER_NOT_BUILT and platform.system() != "Darwin":
            return "VideoToolbox is a part of macOS: only a Mac has this encoder."
        if reason is Reason.HW_ENCODER_UNAVAILABLE:
            return (
                "This Mac offers no hardware encoder for it now: it is busy, too old for the codec, a virtual machine, "
                "or ffx runs without a login session."
            )
        return ""


def displays(text: str) -> tuple[Device, ...]:
    """The devices in the answer of ``system_profiler SPDisplaysDataType -json``; none where it is not one."""
    try:
        answer: Any = json.loads(text)
        cards = answer["SPDisplaysDataType"]
        names = [str(card.get("sppci_model") or card["_name"]) for card in cards]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
    return tuple(Device(name, EncoderType.HARDWARE_APPLE) for name in names)


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    return [
        EncoderSpec(
            "h264_videotoolbox",
            "h264",
            encoder_type=EncoderType.HARDWARE_APPLE,
            quality=_quality(60),
            pixel_formats=("nv12", "yuv420p"),
            alternatives=("libx264", "h264_nvenc", "h264_qsv"),
            preference=0.95,
            common=True,
        ),
        EncoderSpec(
            "hevc_videotoolbox",
            "hevc",
            encoder_type=EncoderType.HARDWARE_APPLE,
            quality=_quality(55),
            pixel_formats=("nv12", "yuv420p"),
            ten_bit_pixel_format="p010le",
            alternatives=others_of("hevc", "hevc_videotoolbox"),
            preference=0.95,
            common=True,
        ),
        EncoderSpec(
            "prores_videotoolbox",
            "prores",
            encoder_type=EncoderType.HARDWARE_APPLE,
            pixel_formats=("nv12", "uyvy422"),
            ten_bit_pixel_format="p210le",
            alternatives=others_of("prores", "prores_videotoolbox"),
            preference=0.95,
            common=True,
        ),
    ]


@hookimpl
def ffx_register_detectors() -> Sequence[Detector]:
    return [AppleDetector()]
