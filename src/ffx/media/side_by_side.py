"""Two frames beside each other in one picture, to be compared by eye."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from attrs import frozen
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from ffx.core.errors import ProbeError
from ffx.media.opening import opened

_GAP = 4
"""Pixels between the two."""
_ROUNDING = 0.002
"""Seconds; Matroska rounds times to the millisecond."""
_TURNS = {90: (("transpose", "clock"),), 180: (("hflip", ""), ("vflip", "")), 270: (("transpose", "cclock"),)}

Step = tuple[str, str]
"""A filter and its options."""


@frozen
class Shown:
    """A frame and the shape of its pixels."""

    frame: VideoFrame
    pixel_shape: Fraction
    turned: int = 0
    """Degrees clockwise that it has to be turned by."""


def frame_at(file: Path, moment: float, *, turned: int = 0) -> Shown:
    """The frame of the first film that is shown at a moment, in seconds from its first one. Blocking; decodes up to it.

    Raises:
        ProbeError: the file cannot be read, or has no frame.
    """
    with opened(file) as container:
        if not container.streams.video:
            raise ProbeError(f"{file}: has no picture")
        stream = container.streams.video[0]
        start, shown = 0.0, None
        for frame in container.decode(stream):
            if shown is None:
                start = frame.time or 0.0
            elif (frame.time or 0.0) - start > moment + _ROUNDING:
                break
            shown = frame
        shape = Fraction(stream.sample_aspect_ratio or 1)
    if shown is None:
        raise ProbeError(f"{file}: has no frame that could be shown")
    return Shown(shown, shape, turned)


def side_by_side(left: Shown, right: Shown) -> bytes:
    """Both in one picture, a PNG: the left one is brought to the height of the right one, and pixels that are not
    square are made so.
    """
    graph = Graph()
    height = str(right.frame.height)
    sources = [_buffer(graph, left), _buffer(graph, right)]
    chains = [
        _chain(graph, sources[0], (*_upright(left), ("scale", f"-2:{height}:flags=lanczos"), ("pad", f"iw+{_GAP}:ih"))),
        _chain(graph, sources[1], _upright(right)),
    ]
    together = graph.add("hstack")
    for place, last in enumerate(chains):
        last.link_to(together, 0, place)
    _chain(graph, together, (("format", "rgb24"), ("buffersink", "")))
    graph.configure()
    for source, shown in zip(sources, (left, right), strict=True):
        shown.frame.pts = 0
        source.push(shown.frame)
    return _png(graph.vpull())


def _buffer(graph: Graph, shown: Shown) -> FilterContext:
    frame, shape = shown.frame, shown.pixel_shape
    size = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}"
    return graph.add("buffer", f"{size}:time_base=1/25:pixel_aspect={shape.numerator}/{shape.denominator}")


def _upright(shown: Shown) -> tuple[Step, ...]:
    """In RGB, with square pixels."""
    square = ("scale", "w=max(2\\,trunc(iw*sar/2)*2):h=ih:flags=lanczos")
    return (("format", "gbrp"), *_TURNS.get(shown.turned, ()), square, ("setsar", "1"))


def _chain(graph: Graph, first: FilterContext, steps: tuple[Step, ...]) -> FilterContext:
    """Filters behind another; returns the last."""
    for name, options in steps:
        following = graph.add(name, options or None)
        first.link_to(following)
        first = following
    return first


def _png(frame: VideoFrame) -> bytes:
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base = Fraction(1, 25)
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))
