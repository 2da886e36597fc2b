"""Encoders that nobody described are described from what FFmpeg says of them."""

from __future__ import annotations

from ffx.core.model import EncoderType
from ffx.media.build import ListedEncoder
from ffx.media.generic import generic_spec


def test_the_usual_format_comes_first() -> None:
    spec = generic_spec(ListedEncoder("x", "y", "video"), ("yuv444p", "yuv420p10le", "yuv420p"))
    assert spec.pixel_formats == ("yuv420p", "yuv444p")
    assert spec.ten_bit_pixel_format == "yuv420p10le"
    assert (spec.codec, spec.quality, spec.presets) == ("y", None, ())


def test_its_own_first_where_it_lacks_the_usual_one() -> None:
    assert generic_spec(ListedEncoder("vbn", "vbn", "video"), ("rgba", "rgb24")).pixel_formats == ("rgba", "rgb24")


def test_deep_ones_only() -> None:
    spec = generic_spec(ListedEncoder("v210", "v210", "video"), ("yuv422p10le",))
    assert spec.pixel_formats == ("yuv422p10le",)
    assert spec.ten_bit_pixel_format == "yuv422p10le"


def test_hardware_takes_nv12() -> None:
    listed = ListedEncoder("vp9_new", "vp9", "video")
    spec = generic_spec(listed, ("vulkan",), EncoderType.HARDWARE_OTHER)
    assert spec.pixel_formats == ("nv12",)
    assert spec.encoder_type is EncoderType.HARDWARE_OTHER


def test_nothing_known_and_sound() -> None:
    assert generic_spec(ListedEncoder("x", "x", "video"), ()).pixel_formats == ("yuv420p",)
    assert generic_spec(ListedEncoder("x", "x", "audio"), ()).pixel_formats == ()
