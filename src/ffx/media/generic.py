"""A description of an encoder that no plugin describes, from what FFmpeg says of it."""

from __future__ import annotations

from collections.abc import Sequence

from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderType
from ffx.media.build import ListedEncoder
from ffx.media.trial import is_deep

_ON_A_DEVICE = frozenset(
    {
        *("amf", "cuda", "d3d11", "d3d11va_vld", "d3d12", "drm_prime", "dxva2_vld", "mediacodec"),
        *("ohcodec", "opencl", "qsv", "vaapi", "vdpau", "videotoolbox_vld", "vulkan"),
    }
)
_TEN_BIT = ("yuv420p10le", "p010le", "yuv422p10le", "p210le", "yuv444p10le", "gbrp10le", "gray10le", "x2rgb10le")


def generic_spec(
    listed: ListedEncoder, pixel_formats: Sequence[str], encoder_type: EncoderType = EncoderType.SOFTWARE
) -> EncoderSpec:
    """The spec of a listed encoder. ``pixel_formats`` are those it takes, empty when they are not known.

    It has no quality knob and no presets: only FFmpeg's own defaults and a bitrate are safe with a stranger.
    """
    if listed.kind != "video":
        return EncoderSpec(listed.name, listed.codec, listed.kind, encoder_type, pixel_formats=())
    in_memory = [name for name in pixel_formats if name not in _ON_A_DEVICE]
    shallow = [name for name in in_memory if not is_deep(name)] or in_memory
    usual = "yuv420p" if encoder_type is EncoderType.SOFTWARE else "nv12"
    first = [usual] if usual in shallow or not shallow else []
    return EncoderSpec(
        listed.name,
        listed.codec,
        listed.kind,
        encoder_type,
        pixel_formats=tuple(dict.fromkeys((*first, *shallow))),
        ten_bit_pixel_format=next((name for name in _TEN_BIT if name in in_memory), ""),
    )
