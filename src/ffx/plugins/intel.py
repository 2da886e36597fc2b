"""Intel: Quick Sync Video, through the VA driver on Linux and by itself on Windows."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.detector import Detector, Device, Reason, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import EncoderSetup, EncoderType
from ffx.plugins._drm import INTEL, name_with_vainfo, render_nodes
from ffx.plugins._families import others_of
from ffx.plugins._windows_adapters import windows_adapters

_PRESETS = ("veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
_ONLY_CONSTANT = (
    "Only constant quality works: bitrate modes need the GPU's HuC firmware (kernel option i915.enable_guc=2)."
)


def _spec(name: str, codec: str, quality: QualityScale, *, ten_bit: bool) -> EncoderSpec:
    return EncoderSpec(
        name,
        codec,
        encoder_type=EncoderType.HARDWARE_INTEL,
        quality=quality,
        presets=() if codec == "mjpeg" else _PRESETS,
        default_preset="" if codec == "mjpeg" else "medium",
        pixel_formats=("nv12",),
        ten_bit_pixel_format="p010le" if ten_bit else "",
        alternatives=others_of(codec, name),
        preference=0.9,
        common=True,
    )


def _icq(default: float) -> QualityScale:
    """Intelligent constant quality (qsvenc.c); it is in force as long as no maximal bitrate is set."""
    return QualityScale(("-global_quality", "{value}"), best=1, worst=51, default=default)


class IntelDetector(Detector):
    """Quick Sync on every Intel render node; with and without low power, which some generations only know."""

    name = "intel"
    encoder_type = EncoderType.HARDWARE_INTEL

    def claims(self, encoder: str) -> bool:
        return encoder.endswith("_qsv")

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        nodes = [node.device() for node in render_nodes() if node.vendor in (INTEL, 0)]
        return (*await name_with_vainfo(nodes, run), *windows_adapters("intel", self.encoder_type))

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        pixel_format = spec.ten_bit_pixel_format if ten_bit else spec.pixel_formats[0]
        if not pixel_format:
            return ()
        nodes = [device for device in devices if device.node]
        found: list[Trial] = []
        for device in nodes:
            found += _each_power(_through_vaapi(device), pixel_format, device)
            found += _each_power(EncoderSetup(("-qsv_device", device.node)), pixel_format, device)
        return tuple(found or _each_power(EncoderSetup(), pixel_format, devices[0] if devices else None))

    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        named = ", ".join(dict.fromkeys(device.name for device in devices))
        if reason is Reason.MFX_SESSION_FAILED and named:
            return (
                f"{named} is there, its encoding runtime is not: install Intel's (libmfx-gen1.2 for 12th generation "
                "and newer, intel-media-sdk for older ones) or use VAAPI."
            )
        if reason is Reason.WRONG_GPU_GENERATION and "MFX session" in message:
            return "The runtime does not serve this generation: use the older Media SDK runtime, or VAAPI."
        if reason is Reason.WRONG_GPU_GENERATION:
            needed = {"hevc": "6th generation Core", "vp9": "Ice Lake", "av1": "Arc"}.get(encoder.split("_")[0])
            return f"This GPU cannot encode the codec: it takes Intel {needed} or newer." if needed else ""
        if reason is Reason.NO_DEVICE and platform.system() == "Linux" and not devices:
            return "No Intel GPU: there is no /dev/dri/renderD* here; pass it to the container or virtual machine."
        return ""


def _through_vaapi(device: Device) -> EncoderSetup:
    return EncoderSetup(
        input_options=(
            *("-init_hw_device", f"vaapi=va:{device.node},driver=iHD"),
            *("-init_hw_device", "qsv=qs@va", "-filter_hw_device", "qs"),
        ),
        upload_filter="hwupload=extra_hw_frames=64",
    )


def _each_power(setup: EncoderSetup, pixel_format: str, device: Device | None) -> list[Trial]:
    """Without and with low power, at a bitrate; last without one, because bitrates alone need the firmware."""

    def trial(low_power: str, options: tuple[str, ...] = (), note: str = "") -> Trial:
        chosen = EncoderSetup(
            setup.input_options, setup.upload_filter, (*setup.output_options, "-low_power", low_power)
        )
        return Trial(chosen, pixel_format, device, options=options, note=note)

    return [trial("0", ("-b:v", "1M")), trial("1", ("-b:v", "1M")), trial("1", note=_ONLY_CONSTANT)]


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    of_a_hundred = QualityScale(("-global_quality", "{value}"), best=100, worst=1, default=80)
    return [
        _spec("h264_qsv", "h264", _icq(24), ten_bit=False),
        _spec("hevc_qsv", "hevc", _icq(27), ten_bit=True),
        _spec("av1_qsv", "av1", _icq(29), ten_bit=True),
        _spec("vp9_qsv", "vp9", _icq(29), ten_bit=True),
        _spec("mpeg2_qsv", "mpeg2video", _icq(20), ten_bit=False),
        _spec("mjpeg_qsv", "mjpeg", of_a_hundred, ten_bit=False),
    ]


@hookimpl
def ffx_register_detectors() -> Sequence[Detector]:
    return [IntelDetector()]
