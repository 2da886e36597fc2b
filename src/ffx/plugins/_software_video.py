"""What is known of FFmpeg's software video encoders.

Sources: FFmpeg's documentation of codecs (ffmpeg-codecs), the encoders' own, and ``ffmpeg -h encoder=...``. The
``default`` of each quality scale looks about as good as CRF 23 of libx264, and ``alike`` as its CRF 34, 29, 18 and 14,
by the VMAF of four clips where it was measured: ``docs/quality.py`` does it again.
"""

from __future__ import annotations

from ffx.core.encoders import EncoderSpec, QualityScale

_X26X_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)
_H264_HARDWARE = ("h264_nvenc", "h264_qsv", "h264_videotoolbox")


def _numbers(first: int, last: int) -> tuple[str, ...]:
    """Numbered speeds, counted down from the fastest."""
    return tuple(str(number) for number in range(first, last - 1, -1))


_QUANTISER = QualityScale(("-q:v", "{value}"), best=2, worst=31, default=3, alike=(14, 7, 2.4, 2.2))
"""That of FFmpeg's own MPEG-like encoders: 1 is allowed by most, 2 by all."""


def _native(name: str, codec: str = "", pixel_format: str = "yuv420p", *, two_pass: bool = False) -> EncoderSpec:
    """One of FFmpeg's own MPEG-like encoders."""
    return EncoderSpec(
        name, codec or name, pixel_formats=tuple(pixel_format.split()), quality=_QUANTISER, two_pass=two_pass
    )


H26X = (
    EncoderSpec(
        "libx264",
        "h264",
        tunes=("film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency"),
        quality=QualityScale(("-crf", "{value}"), best=0, worst=51, default=23, step=0.25),
        presets=_X26X_PRESETS,
        default_preset="medium",
        pixel_formats=("yuv420p", "yuv422p", "yuv444p", "nv12", "nv16", "nv21", "yuvj420p", "yuvj422p", "yuvj444p"),
        ten_bit_pixel_format="yuv420p10le",
        alternatives=_H264_HARDWARE,
        preference=0.7,
        two_pass=True,
        common=True,
    ),
    EncoderSpec(
        "libx264rgb",
        "h264",
        quality=QualityScale(("-crf", "{value}"), best=0, worst=51, default=23),
        presets=_X26X_PRESETS,
        default_preset="medium",
        pixel_formats=("bgr0", "bgr24", "rgb24"),
        alternatives=("libx264",),
        two_pass=True,
    ),
    EncoderSpec(
        "libopenh264",
        "h264",
        pixel_formats=("yuv420p", "yuvj420p"),
        alternatives=("libx264", *_H264_HARDWARE),
    ),
    EncoderSpec(
        "libx265",
        "hevc",
        tunes=("psnr", "ssim", "grain", "fastdecode", "zerolatency", "animation"),
        quality=QualityScale(("-crf", "{value}"), best=0, worst=51, default=22, step=0.25, alike=(34, 29, 16, 12)),
        presets=_X26X_PRESETS,
        default_preset="medium",
        pixel_formats=("yuv420p", "yuv422p", "yuv444p", "gbrp", "gray"),
        ten_bit_pixel_format="yuv420p10le",
        alternatives=("hevc_nvenc", "hevc_qsv"),
        preference=0.6,
        two_pass=True,
        common=True,
    ),
    EncoderSpec(
        "libkvazaar",
        "hevc",
        quality=QualityScale(("-kvazaar-params", "qp={value}"), best=0, worst=51, default=32),
        alternatives=("libx265", "hevc_nvenc", "hevc_qsv"),
    ),
    EncoderSpec(
        "libvvenc",
        "vvc",
        quality=QualityScale(("-qp", "{value}"), best=0, worst=63, default=32),
        presets=("faster", "fast", "medium", "slow", "slower"),
        default_preset="medium",
        # The library encodes with 10 bit whatever it is given.
        pixel_formats=("yuv420p10le",),
        ten_bit_pixel_format="yuv420p10le",
        two_pass=True,
    ),
)

AV1 = (
    EncoderSpec(
        "libsvtav1",
        "av1",
        quality=QualityScale(("-crf", "{value}"), best=1, worst=63, default=29, alike=(60, 48, 15, 7)),
        presets=_numbers(13, 0),
        default_preset="8",
        ten_bit_pixel_format="yuv420p10le",
        alternatives=("av1_nvenc", "av1_qsv", "libaom-av1"),
        common=True,
    ),
    EncoderSpec(
        "libaom-av1",
        "av1",
        quality=QualityScale(("-crf", "{value}", "-b:v", "0"), best=0, worst=63, default=28, alike=(58, 44, 16, 9)),
        presets=_numbers(8, 0),
        preset_option="-cpu-used",
        # FFmpeg's own is 1, an hour for a minute; 4 is what the library's guide names for everyday work.
        default_preset="4",
        pixel_formats=("yuv420p", "yuv422p", "yuv444p", "gbrp", "gray"),
        ten_bit_pixel_format="yuv420p10le",
        alternatives=("libsvtav1", "av1_nvenc", "av1_qsv"),
        two_pass=True,
    ),
    EncoderSpec(
        "librav1e",
        "av1",
        quality=QualityScale(("-qp", "{value}"), best=0, worst=255, default=100),
        presets=_numbers(10, 0),
        preset_option="-speed",
        default_preset="6",
        pixel_formats=("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p"),
        ten_bit_pixel_format="yuv420p10le",
        alternatives=("libsvtav1", "libaom-av1", "av1_nvenc"),
    ),
)

VPX = (
    EncoderSpec(
        "libvpx",
        "vp8",
        # VP8 knows constrained quality only: without a high bitrate its default of 256 kbit/s is the limit.
        quality=QualityScale(("-crf", "{value}", "-b:v", "100M"), best=4, worst=63, default=10),
        presets=_numbers(5, 0),
        preset_option="-cpu-used",
        default_preset="1",
        pixel_formats=("yuv420p", "yuva420p"),
        preference=0.5,
        two_pass=True,
    ),
    EncoderSpec(
        "libvpx-vp9",
        "vp9",
        quality=QualityScale(("-crf", "{value}", "-b:v", "0"), best=0, worst=63, default=31, alike=(52, 42, 21, 11)),
        presets=_numbers(5, 0),
        preset_option="-cpu-used",
        default_preset="2",
        pixel_formats=("yuv420p", "yuva420p", "yuv422p", "yuv440p", "yuv444p", "gbrp"),
        ten_bit_pixel_format="yuv420p10le",
        options=("-row-mt", "1"),
        preference=0.45,
        alternatives=("vp9_qsv", "vp9_vaapi"),
        two_pass=True,
        common=True,
    ),
)

PRODUCTION = (
    EncoderSpec(
        "ffv1",
        "ffv1",
        pixel_formats=("yuv420p", "yuv422p", "yuv444p", "gray", "bgr0", "yuva420p", "yuva444p"),
        ten_bit_pixel_format="yuv420p10le",
        options=("-level", "3", "-g", "1", "-slicecrc", "1"),
    ),
    EncoderSpec(
        "prores_ks",
        "prores",
        quality=QualityScale(("-q:v", "{value}"), best=1, worst=31, default=10),
        pixel_formats=("yuv422p10le", "yuv444p10le", "yuva444p10le"),
        ten_bit_pixel_format="yuv422p10le",
        alternatives=("prores_videotoolbox", "prores_aw", "prores"),
    ),
    EncoderSpec(
        "prores",
        "prores",
        pixel_formats=("yuv422p10le", "yuv444p10le"),
        ten_bit_pixel_format="yuv422p10le",
        alternatives=("prores_ks", "prores_videotoolbox"),
    ),
    EncoderSpec(
        "prores_aw",
        "prores",
        pixel_formats=("yuv422p10le", "yuv444p10le"),
        ten_bit_pixel_format="yuv422p10le",
        alternatives=("prores_ks", "prores_videotoolbox"),
    ),
    EncoderSpec(
        "dnxhd",
        "dnxhd",
        # DNxHR takes any size and rate; DNxHD only the few of its tables.
        pixel_formats=("yuv422p",),
        options=("-profile:v", "dnxhr_hq"),
    ),
    EncoderSpec(
        "cfhd",
        "cfhd",
        pixel_formats=("yuv422p10le", "gbrp12le"),
        ten_bit_pixel_format="yuv422p10le",
    ),
    EncoderSpec("utvideo", "utvideo", pixel_formats=("yuv420p", "yuv422p", "yuv444p", "gbrp", "gbrap")),
    EncoderSpec("huffyuv", "huffyuv", pixel_formats=("yuv422p", "rgb24", "bgra")),
    EncoderSpec(
        "ffvhuff",
        "ffvhuff",
        pixel_formats=("yuv420p", "yuv422p", "yuv444p", "gbrp"),
        ten_bit_pixel_format="yuv420p10le",
    ),
    EncoderSpec("magicyuv", "magicyuv", pixel_formats=("yuv420p", "yuv422p", "yuv444p", "gbrp", "gray")),
)

EARLIER = (
    _native("mpeg4", two_pass=True),
    _native("mpeg2video", pixel_format="yuv420p yuv422p", two_pass=True),
    _native("mpeg1video", two_pass=True),
    _native("mjpeg", pixel_format="yuvj420p yuvj422p yuvj444p", two_pass=False),
    EncoderSpec("ljpeg", "ljpeg", pixel_formats=("bgr24", "bgra", "bgr0")),
    _native("flv", "flv1", two_pass=True),
    _native("msmpeg4v2", two_pass=True),
    _native("msmpeg4", "msmpeg4v3", two_pass=True),
    _native("wmv1", two_pass=True),
    _native("wmv2", two_pass=True),
    _native("h263p", two_pass=True),
    EncoderSpec("libxvid", "mpeg4", quality=_QUANTISER, alternatives=("mpeg4",), two_pass=True),
    EncoderSpec(
        "libtheora",
        "theora",
        quality=QualityScale(("-q:v", "{value}"), best=10, worst=0, default=7, alike=(2.5, 4.6, 9, 9.6)),
        pixel_formats=("yuv420p", "yuv422p", "yuv444p"),
        two_pass=True,
    ),
    EncoderSpec(
        "libwebp",
        "webp",
        quality=QualityScale(("-quality", "{value}"), best=100, worst=0, default=75),
        pixel_formats=("yuv420p", "bgra", "yuva420p"),
    ),
    EncoderSpec(
        "libwebp_anim",
        "webp",
        quality=QualityScale(("-quality", "{value}"), best=100, worst=0, default=75),
        pixel_formats=("yuv420p", "bgra", "yuva420p"),
    ),
)

VIDEO = (*H26X, *AV1, *VPX, *PRODUCTION, *EARLIER)
