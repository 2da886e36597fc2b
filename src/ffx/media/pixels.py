"""Pixel formats: which one to encode a source with, and what that loses."""

from __future__ import annotations

from collections.abc import Iterator

from av import VideoFormat

from ffx.core.encoders import EncoderSpec
from ffx.media.probe import StreamInfo


def chosen_pixel_format(film: StreamInfo, spec: EncoderSpec) -> str:
    """The format of the encoder that keeps most of the source; empty where nothing is known of the encoder."""
    if film.bit_depth > 8 and spec.ten_bit_pixel_format:
        return film.pixel_format if film.pixel_format in spec.pixel_formats else spec.ten_bit_pixel_format
    if film.pixel_format in spec.pixel_formats:
        return film.pixel_format
    source = _format(film.pixel_format)
    if source is None or source.is_rgb:
        return next(iter(spec.pixel_formats), "")
    alike = [name for name in spec.pixel_formats if subsampling(name) == subsampling(film.pixel_format)]
    return next(iter([*alike, *spec.pixel_formats]), "")


def subsampling(name: str) -> tuple[int, int]:
    """How many pixels share a colour, across and down: ``(2, 2)`` for 4:2:0, which an unknown format is taken for."""
    pixel_format = _format(name)
    if pixel_format is None:
        return 2, 2
    return 16 // pixel_format.chroma_width(16), 16 // pixel_format.chroma_height(16)


def is_full_range_name(name: str) -> bool:
    """Whether the name itself says full range (``yuvj420p``)."""
    return name.startswith("yuvj")


def pixel_losses(film: StreamInfo | None, name: str) -> Iterator[str]:
    """What encoding a source with a format loses, for a person."""
    chosen = _format(name)
    if film is None or chosen is None:
        return
    source = _format(film.pixel_format)
    depth = max((component.bits for component in chosen.components), default=8)
    if film.bit_depth > depth:
        yield f"the picture has {film.bit_depth} bit and is encoded with {depth}"
    if film.has_alpha and not any(component.is_alpha for component in chosen.components):
        yield "the picture's transparency is lost"
    if source is not None and not source.is_rgb and subsampling(name) > subsampling(film.pixel_format):
        yield f"the picture's colours lose resolution: {film.pixel_format} is encoded as {name}"


def _format(name: str) -> VideoFormat | None:
    try:
        return VideoFormat(name)
    except ValueError:
        return None
