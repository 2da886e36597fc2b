"""Frame timing: whether the frames of a source come at changing intervals, and how FFmpeg is told to keep them."""

from __future__ import annotations

import re

from ffx.media.probe import PacketCounts, StreamInfo

Version = tuple[int, int]
_RECENT: Version = (99, 0)

_ROUNDING = 0.0011
"""Seconds: Matroska counts in milliseconds."""


def read_version(text: str) -> Version:
    """Major and minor of what FFmpeg calls its version; a build from the repository (``N-123-gabc``) is recent."""
    match = re.match(r"n?([0-9]{1,3})\.([0-9]{1,3})", text)
    return (int(match[1]), int(match[2])) if match else _RECENT


def frame_timing(version: Version) -> tuple[str, ...]:
    """The option that keeps frames as they come: FFmpeg before 6.1 repeats and drops some in MP4 where time stamps are
    rounded. ``-fps_mode`` came with 5.1; the older word for it is gone from 9.
    """
    return ("-fps_mode", "vfr") if version >= (5, 1) else ("-vsync", "vfr")


def has_variable_rate(film: StreamInfo | None, packets: PacketCounts | None) -> bool:
    """Whether some frames follow each other faster than the average rate allows; FFmpeg, left alone, would drop them.

    The packets know; without them the header may hint at it.
    """
    if film is None or not film.frame_rate:
        return False
    count = packets.stream(film.index) if packets else None
    if count is None or count.shortest_gap is None:
        return film.varies_in_rate
    usual = float(1 / film.frame_rate)
    return usual - count.shortest_gap > 0.02 * usual + _ROUNDING
