"""What only a film's first frame tells: how it is rotated, whether it is interlaced, and what it says of its HDR."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from attrs import frozen
from av.container import InputContainer
from av.video.frame import VideoFrame

_MOST_PACKETS = 200
"""A film that gives no frame within so many packets is left at what its header says."""
_MASTERING = struct.Struct("=20i2i")
"""AVMasteringDisplayMetadata (libavutil/mastering_display_metadata.h): ten fractions, red, green and blue, white, the
least and the greatest luminance, then which of them are there.
"""
_LIGHT = struct.Struct("=2I")
"""AVContentLightMetadata: MaxCLL and MaxFALL."""
_DOLBY_VISION = ("DOVI_METADATA", "DOVI_RPU_BUFFER")


@frozen
class MasteringDisplay:
    """The display on which a film was graded (SMPTE ST 2086), in the units of HEVC's message: 0.00002 of the CIE
    coordinates, 0.0001 cd/m2.
    """

    red: tuple[int, ...]
    green: tuple[int, ...]
    blue: tuple[int, ...]
    white: tuple[int, ...]
    most: int
    least: int


@frozen
class FirstFrame:
    """One frame's own words. ``rotation``: degrees clockwise that it has to be turned by to be shown."""

    rotation: int = 0
    interlaced: bool = False
    mastering_display: MasteringDisplay | None = None
    content_light: tuple[int, ...] = ()
    """MaxCLL and MaxFALL in cd/m2 (CTA-861.3)."""
    dolby_vision: bool = False


def read_first_frame(container: InputContainer, index: int) -> FirstFrame:
    """Decode the first frame of a stream and go back to the beginning. One that cannot be decoded says nothing."""
    stream = container.streams[index]
    try:
        frame = _first_frame(container, index)
    except (av.error.FFmpegError, ValueError):
        frame = None
    stream.codec_context.flush_buffers()
    if frame is None:
        return FirstFrame()
    data = {side.type.name: bytes(side) for side in _side_data(frame)}
    return FirstFrame(
        rotation=-frame.rotation % 360,  # PyAV counts the other way round
        interlaced=bool(frame.interlaced_frame),
        mastering_display=_mastering(data.get("MASTERING_DISPLAY_METADATA", b"")),
        content_light=_light(data.get("CONTENT_LIGHT_LEVEL", b"")),
        dolby_vision=any(name in data for name in _DOLBY_VISION),
    )


def _first_frame(container: InputContainer, index: int) -> VideoFrame | None:
    for count, packet in enumerate(container.demux(container.streams[index])):
        for frame in packet.decode():
            if isinstance(frame, VideoFrame):
                return frame
        if count >= _MOST_PACKETS:
            return None
    return None


def _side_data(frame: Any) -> Iterator[Any]:
    """PyAV calls it a mapping of texts, which it is not."""
    yield from frame.side_data


def _mastering(data: bytes) -> MasteringDisplay | None:
    if len(data) < _MASTERING.size:
        return None
    *numbers, has_primaries, has_luminance = _MASTERING.unpack_from(data)
    values = [Fraction(top, below) if below else Fraction(0) for top, below in zip(*[iter(numbers)] * 2, strict=True)]
    if not (has_primaries and has_luminance):
        return None
    red, green, blue, white = (
        tuple(round(value * 50000) for value in values[place : place + 2]) for place in (0, 2, 4, 6)
    )
    least, most = (round(value * 10000) for value in values[8:10])
    return MasteringDisplay(red, green, blue, white, most, least)


def _light(data: bytes) -> tuple[int, ...]:
    return _LIGHT.unpack_from(data) if len(data) >= _LIGHT.size and any(_LIGHT.unpack_from(data)) else ()
