"""Pixel formats: the one that keeps most, and what is lost."""

from __future__ import annotations

import pytest

from ffx.core.encoders import EncoderSpec
from ffx.media.pixels import chosen_pixel_format, pixel_losses, subsampling
from ffx.media.probe import StreamInfo

SPEC = EncoderSpec("x", "x", pixel_formats=("yuv420p", "yuv422p", "yuv444p"), ten_bit_pixel_format="yuv420p10le")
NARROW = EncoderSpec("y", "y", pixel_formats=("nv12",))


def film(name: str, depth: int = 8, *, alpha: bool = False) -> StreamInfo:
    return StreamInfo(0, "video", "h264", width=64, height=64, pixel_format=name, bit_depth=depth, has_alpha=alpha)


@pytest.mark.parametrize(
    ("source", "depth", "spec", "chosen", "losses"),
    [
        ("yuv422p", 8, SPEC, "yuv422p", []),
        ("yuvj422p", 8, SPEC, "yuv422p", []),
        ("rgb24", 8, SPEC, "yuv420p", []),
        ("yuv420p10le", 10, SPEC, "yuv420p10le", []),
        ("yuv422p10le", 10, SPEC, "yuv420p10le", ["the picture's colours lose resolution"]),
        ("yuv420p12le", 12, SPEC, "yuv420p10le", ["the picture has 12 bit and is encoded with 10"]),
        ("yuv420p10le", 10, NARROW, "nv12", ["the picture has 10 bit and is encoded with 8"]),
        ("yuv420p", 8, NARROW, "nv12", []),
        ("yuv444p", 8, NARROW, "nv12", ["the picture's colours lose resolution"]),
        ("", 0, SPEC, "yuv420p", []),
    ],
)
def test_the_format_and_what_it_loses(
    source: str, depth: int, spec: EncoderSpec, chosen: str, losses: list[str]
) -> None:
    assert chosen_pixel_format(film(source, depth), spec) == chosen
    told = list(pixel_losses(film(source, depth), chosen))
    assert [line[: len(start)] for line, start in zip(told, losses, strict=True)] == losses


def test_transparency() -> None:
    assert list(pixel_losses(film("yuva420p", alpha=True), "yuv420p")) == ["the picture's transparency is lost"]
    assert list(pixel_losses(film("yuva420p", alpha=True), "yuva420p")) == []


def test_an_encoder_of_which_nothing_is_known() -> None:
    assert chosen_pixel_format(film("yuv420p"), EncoderSpec("z", "z", pixel_formats=())) == ""


@pytest.mark.parametrize(
    ("name", "shared"),
    [("yuv420p", (2, 2)), ("yuv422p", (2, 1)), ("yuv444p", (1, 1)), ("yuv411p", (4, 1)), ("?", (2, 2))],
)
def test_subsampling(name: str, shared: tuple[int, int]) -> None:
    assert subsampling(name) == shared
