"""Frame timing: whether the frames of a source come at changing intervals."""

from __future__ import annotations

from ffx.media.probe import PacketCounts, StreamInfo

_ROUNDING = 0.0011
"""Seconds: Matroska counts in milliseconds."""


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
