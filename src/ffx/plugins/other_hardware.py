"""Further hardware: V4L2 boards, Rockchip, Vulkan, Windows' Media Foundation and Direct3D 12, OMX, Android."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.detector import Detector, Device, Reason, ToolRunner, Trial
from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import EncoderSetup, EncoderType
from ffx.plugins._families import others_of

# Media Foundation's audio encoders (aac_mf) are software.
_NAMES = re.compile(r".*_(?:v4l2m2m|vulkan|rkmpp|d3d12va|omx|mediacodec)|(?:h264|hevc|av1)_mf")
_VULKAN_GPU = re.compile(r"^GPU(?P<index>\d+):(?P<facts>.*?)(?=^GPU\d|\Z)", re.MULTILINE | re.DOTALL)

_NO_GPU = r"selected: .*(?:\(software\)|llvmpipe|SwiftShader)"
"""What hwcontext_vulkan.c says of a processor that plays the GPU."""

_BITRATE = ("-b:v", "1M")  # these encoders have no useful default


def _spec(
    name: str,
    codec: str,
    pixel_format: str,
    quality: QualityScale | None = None,
    *,
    ten_bit: str = "",
    common: bool = True,
) -> EncoderSpec:
    return EncoderSpec(
        name,
        codec,
        encoder_type=EncoderType.HARDWARE_OTHER,
        quality=quality,
        pixel_formats=(pixel_format,),
        ten_bit_pixel_format=ten_bit,
        alternatives=others_of(codec, name),
        common=common,
    )


class OtherHardwareDetector(Detector):
    """Each family has one way to try it."""

    name = "other_hardware"
    encoder_type = EncoderType.HARDWARE_OTHER

    def claims(self, encoder: str) -> bool:
        return _NAMES.fullmatch(encoder) is not None

    async def devices(self, run: ToolRunner) -> tuple[Device, ...]:
        output = await run(("vulkaninfo", "--summary"))
        return vulkan_gpus(output.stdout)

    def trials(self, spec: EncoderSpec, devices: Sequence[Device], *, ten_bit: bool) -> tuple[Trial, ...]:
        pixel_format = spec.ten_bit_pixel_format if ten_bit else spec.pixel_formats[0]
        if not pixel_format:
            return ()
        family = spec.name.rpartition("_")[2]
        if family == "vulkan":
            return tuple(_on_vulkan(device, pixel_format) for device in devices or (None,))
        if family == "d3d12va":
            return (Trial(_uploading("d3d12va=dx", "dx"), pixel_format),)
        if family == "mf":
            return (Trial(EncoderSetup(output_options=("-hw_encoding", "1")), pixel_format),)
        if family in ("v4l2m2m", "omx", "mediacodec"):
            return (Trial(EncoderSetup(), pixel_format, options=_BITRATE),)
        return (Trial(EncoderSetup(), pixel_format),)

    def hint(self, encoder: str, reason: Reason, devices: Sequence[Device], message: str = "") -> str:
        family = encoder.rpartition("_")[2]
        if reason is Reason.NO_DEVICE and family == "v4l2m2m":
            return (
                "No encoder among /dev/video*: the board has none (Raspberry Pi 5), its driver is not loaded, or this "
                "user may not open it (group video)."
            )
        if reason is Reason.NO_DEVICE and family == "omx":
            return "The board's OpenMAX libraries are missing: only older Raspberry Pi systems have them, use V4L2."
        if reason is Reason.NO_DEVICE and family == "vulkan":
            return "The only Vulkan device here is a processor (llvmpipe): install the GPU's Vulkan driver."
        if reason is Reason.PERMISSION_DENIED and family == "rkmpp":
            return (
                "Let this user open /dev/mpp_service, /dev/rga and /dev/dma_heap (udev rules); where it may already, "
                "the chip lacks the codec."
            )
        if reason is Reason.NO_MFT:
            return "Windows has no hardware encoder for this: install the GPU's driver, or use its own encoder."
        return ""


def vulkan_gpus(summary: str) -> tuple[Device, ...]:
    """The GPUs in the output of ``vulkaninfo --summary``, without those that are a processor (llvmpipe)."""
    found = []
    for match in _VULKAN_GPU.finditer(summary):
        pairs = (line.partition("=") for line in match["facts"].splitlines())
        facts = {key.strip(): value.strip() for key, separator, value in pairs if separator}
        if facts.get("deviceType") != "PHYSICAL_DEVICE_TYPE_CPU":
            name = facts.get("deviceName", "Vulkan GPU")
            driver = facts.get("driverInfo", "")
            found.append(Device(name, EncoderType.HARDWARE_OTHER, node=match["index"], driver=driver))
    return tuple(found)


def _on_vulkan(device: Device | None, pixel_format: str) -> Trial:
    setup = _uploading(f"vulkan=vk:{device.node if device else 0}", "vk")
    return Trial(setup, pixel_format, device, refuse=_NO_GPU)


def _uploading(device: str, name: str) -> EncoderSetup:
    return EncoderSetup(("-init_hw_device", device, "-filter_hw_device", name), "hwupload")


@hookimpl
def ffx_register_encoders() -> Sequence[EncoderSpec]:
    vulkan_qp = ("-rc_mode", "cqp", "-qp", "{value}")
    d3d12_qp = ("-rc_mode", "CQP", "-qp", "{value}")
    rkmpp_qp = ("-rc_mode", "CQP", "-qp_init", "{value}")
    of_a_hundred = QualityScale(("-rate_control", "quality", "-quality", "{value}"), best=100, worst=1, default=65)
    return [
        *(
            _spec(f"{short}_v4l2m2m", codec, "yuv420p")
            for short, codec in (
                ("h264", "h264"),
                ("hevc", "hevc"),
                ("vp8", "vp8"),
                ("mpeg4", "mpeg4"),
                ("h263", "h263"),
            )
        ),
        _spec("h264_vulkan", "h264", "nv12", QualityScale(vulkan_qp, best=1, worst=51, default=24)),
        _spec("hevc_vulkan", "hevc", "nv12", QualityScale(vulkan_qp, best=1, worst=51, default=27), ten_bit="p010le"),
        _spec("av1_vulkan", "av1", "nv12", QualityScale(vulkan_qp, best=1, worst=255, default=128), ten_bit="p010le"),
        # Written as shaders, which a driver can take seconds to compile.
        _spec("ffv1_vulkan", "ffv1", "yuv444p", ten_bit="yuv444p10le", common=False),
        _spec("prores_ks_vulkan", "prores", "yuv422p10le", ten_bit="yuv422p10le", common=False),
        _spec("h264_mf", "h264", "nv12", of_a_hundred),
        _spec("hevc_mf", "hevc", "nv12", of_a_hundred),
        _spec("av1_mf", "av1", "nv12", of_a_hundred),
        _spec("h264_d3d12va", "h264", "nv12", QualityScale(d3d12_qp, best=1, worst=51, default=24)),
        _spec("hevc_d3d12va", "hevc", "nv12", QualityScale(d3d12_qp, best=1, worst=51, default=27), ten_bit="p010le"),
        _spec("av1_d3d12va", "av1", "nv12", QualityScale(d3d12_qp, best=1, worst=255, default=128), ten_bit="p010le"),
        _spec("h264_rkmpp", "h264", "nv12", QualityScale(rkmpp_qp, best=1, worst=51, default=24)),
        _spec("hevc_rkmpp", "hevc", "nv12", QualityScale(rkmpp_qp, best=1, worst=51, default=27)),
        _spec("mjpeg_rkmpp", "mjpeg", "nv12"),
        _spec("h264_omx", "h264", "yuv420p"),
        _spec("mpeg4_omx", "mpeg4", "yuv420p"),
        *(_spec(f"{codec}_mediacodec", codec, "nv12") for codec in ("h264", "hevc", "av1", "vp8", "vp9", "mpeg4")),
    ]


@hookimpl
def ffx_register_detectors() -> Sequence[Detector]:
    return [OtherHardwareDetector()]
