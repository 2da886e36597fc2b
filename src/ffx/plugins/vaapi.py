"""VAAPI: Intel and AMD GPUs on Linux, on every render node."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.detector import Detector, Device, Reason, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import EncoderSetup, EncoderType
from ffx.plugins._drm import name_with_vainfo, render_nodes
from ffx.plugins._families import others_of

_FIRST_NODE = "/dev/dri/renderD128"
_VA_DRIVERS = {
    # The VA driver that encodes, by vendor: a machine with several vendors can be set to another's.
    EncoderType.HARDWARE_INTEL: "iHD",
    EncoderType.HARDWARE_AMD: "radeonsi",
}


def _qp(default: float) -> QualityScale:
    """A constant quantiser: AMD's driver has no ICQ."""
    return QualityScale(("-rc_mode", "CQP", "-qp", "{value}"), best=1, worst=51, default=default)


def _global_quality(best: float, worst: float, default: float, *mode: str) -> QualityScale:
    return QualityScale((*mode, "-global_quality", "{value}"), best=best, worst=worst, default=default)


def _spec(name: str, codec: str, quality: QualityScale, *, ten_bit: bool = False) -> EncoderSpec:
    return EncoderSpec(
        name,
        codec,
        encoder_type=EncoderType.HARDWARE_OTHER,
        quality=quality,
        pixel_formats=("nv12",),
        ten_bit_pixel_format="p010le" if ten_bit else "",
        alternatives=others_of(codec, name),
        common=True,
    )


class VaapiDetector(Detector):
    """VAAPI on every render node, without and with low power, which some Intel generations only know."""

    name = "vaapi"
    encoder_type = EncoderType.HARDWARE_OTHER

    def claims(self, encoder: str) -> bool:
        return encoder.endswith("_vaapi")

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        return await name_with_vainfo([node.device() for node in render_nodes()], run)

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        pixel_format = spec.ten_bit_pixel_format if ten_bit else spec.pixel_formats[0]
        if not pixel_format:
            return ()
        mixed = len({device.encoder_type for device in devices}) > 1
        found: list[Trial] = []
        for device in devices or (None,):
            opening = _opening(device, name_driver=mixed)
            found.append(Trial(EncoderSetup(opening, "hwupload"), pixel_format, device))
            if spec.codec != "mjpeg":
                low_power = EncoderSetup(opening, "hwupload", ("-low_power", "1"))
                found.append(Trial(low_power, pixel_format, device))
        return tuple(found)

    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        if reason is Reason.ENCODER_NOT_BUILT and platform.system() != "Linux":
            return "VAAPI is a part of Linux: use this system's own encoders."
        if reason is Reason.NO_VA_DISPLAY and not devices:
            return "There is no /dev/dri/renderD* here: pass the GPU to the container or virtual machine."
        if reason is Reason.NO_VA_DISPLAY:
            nodes = ", ".join(device.node for device in devices)
            return f"{nodes} could not be opened: add the user to the group `render` (or `video`) and log in again."
        if reason is Reason.DRIVER_FAILURE:
            return "The VA driver is missing or does not fit: install intel-media-va-driver or mesa-va-drivers."
        if reason is Reason.CODEC_UNSUPPORTED:
            return (
                "The VA driver cannot encode this codec: some distributions leave H.264 and HEVC out of Mesa (install "
                "mesa-va-drivers-freeworld or the like), and NVIDIA's VA driver only decodes."
            )
        return ""


def _opening(device: Device | None, *, name_driver: bool) -> tuple[str, ...]:
    if device is None:
        return ("-vaapi_device", _FIRST_NODE)
    driver = _VA_DRIVERS.get(device.encoder_type)
    if name_driver and driver:
        return ("-init_hw_device", f"vaapi=va:{device.node},driver={driver}", "-filter_hw_device", "va")
    return ("-vaapi_device", device.node)


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    return [
        _spec("h264_vaapi", "h264", _qp(24)),
        _spec("hevc_vaapi", "hevc", _qp(27), ten_bit=True),
        # The quantiser index of AV1 and VP9 runs to 255, about four times the steps of CRF.
        _spec("av1_vaapi", "av1", _global_quality(1, 255, 128, "-rc_mode", "CQP"), ten_bit=True),
        _spec("vp9_vaapi", "vp9", _global_quality(1, 255, 110, "-rc_mode", "CQP"), ten_bit=True),
        _spec("vp8_vaapi", "vp8", _global_quality(1, 127, 40, "-rc_mode", "CQP")),
        _spec("mpeg2_vaapi", "mpeg2video", _global_quality(1, 51, 20, "-rc_mode", "CQP")),
        _spec("mjpeg_vaapi", "mjpeg", _global_quality(100, 1, 80)),
    ]


@hookimpl
def ffx_register_detectors() -> Sequence[Detector]:
    return [VaapiDetector()]
