"""The encoders of one codec over all families: what to offer when one of them is not there."""

from __future__ import annotations

_BY_CODEC = {
    "h264": ("libx264", "h264_nvenc", "h264_qsv", "h264_videotoolbox", "h264_amf", "h264_vaapi"),
    "hevc": ("libx265", "hevc_nvenc", "hevc_qsv", "hevc_videotoolbox", "hevc_amf", "hevc_vaapi"),
    "av1": ("libsvtav1", "av1_nvenc", "av1_qsv", "av1_amf", "av1_vaapi"),
    "vp8": ("libvpx", "vp8_vaapi"),
    "vp9": ("libvpx-vp9", "vp9_qsv", "vp9_vaapi"),
    "mjpeg": ("mjpeg", "mjpeg_qsv", "mjpeg_vaapi"),
    "mpeg2video": ("mpeg2video", "mpeg2_qsv", "mpeg2_vaapi"),
    "prores": ("prores_ks", "prores_videotoolbox"),
}


def others_of(codec: str, encoder: str) -> tuple[str, ...]:
    """The encoders of the same codec in other families, software first: it runs everywhere."""
    return tuple(name for name in _BY_CODEC.get(codec, ()) if name != encoder)
