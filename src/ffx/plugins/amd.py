"""AMD: the Advanced Media Framework, on Windows with every driver, on Linux with AMD's own."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.detector import Detector, Device, Reason, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import EncoderSetup, EncoderType
from ffx.plugins._drm import AMD, render_nodes
from ffx.plugins._families import others_of
from ffx.plugins._windows_adapters import windows_adapters


def _spec(name: str, codec: str, default: float, *, ten_bit: bool) -> EncoderSpec:
    return EncoderSpec(
        name,
        codec,
        encoder_type=EncoderType.HARDWARE_AMD,
        quality=QualityScale(("-rc", "qvbr", "-qvbr_quality_level", "{value}"), best=1, worst=51, default=default),
        presets=("speed", "balanced", "quality"),
        preset_option="-quality",
        pixel_formats=("nv12", "yuv420p"),
        ten_bit_pixel_format="p010le" if ten_bit else "",
        alternatives=others_of(codec, name),
        preference=0.85,
        common=True,
    )


class AmdDetector(Detector):
    """AMF: one way to try it, but a second look, because it may fail once and pass two seconds later."""

    name = "amd"
    encoder_type = EncoderType.HARDWARE_AMD

    def claims(self, encoder: str) -> bool:
        return encoder.endswith("_amf")

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        nodes = tuple(node.device() for node in render_nodes() if node.vendor == AMD)
        return (
            *nodes,
            *windows_adapters("amd", self.encoder_type),
            *windows_adapters("radeon graphics", self.encoder_type),
        )

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        pixel_format = spec.ten_bit_pixel_format if ten_bit else spec.pixel_formats[0]
        if not pixel_format:
            return ()
        return (Trial(EncoderSetup(), pixel_format, devices[0] if devices else None, attempts=2, pause=2.0),)

    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        on_linux = platform.system() == "Linux"
        vaapi = encoder.replace("_amf", "_vaapi")
        if reason is Reason.AMF_RUNTIME_MISSING and on_linux:
            return f"AMD's runtime (libamfrt64.so.1 of amf-amdgpu-pro) is not installed: use {vaapi}, which needs none."
        if reason is Reason.AMF_RUNTIME_MISSING and not devices:
            return "AMD's runtime (amfrt64.dll) is missing and no AMD GPU was found: install the GPU's driver."
        if reason is Reason.AMF_VULKAN_FAILED:
            return f"AMD's runtime refuses this Vulkan driver: install AMD's own (amdgpu-pro), or use {vaapi}."
        if reason is Reason.DRIVER_TOO_OLD:
            return "Update the AMD driver to 23.30 or newer for 10-bit encoding."
        if reason is Reason.WRONG_GPU_GENERATION and encoder.startswith("av1"):
            return "This GPU cannot encode AV1: it takes a Radeon RX 7000 or newer."
        return ""


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    return [
        _spec("h264_amf", "h264", 24, ten_bit=False),
        _spec("hevc_amf", "hevc", 27, ten_bit=True),
        _spec("av1_amf", "av1", 29, ten_bit=True),
    ]


@hookimpl
def ffx_register_detectors() -> Sequence[Detector]:
    return [AmdDetector()]
