"""Counting the packets of a file: every byte is read, nothing is decoded."""

from __future__ import annotations

from array import array
from itertools import pairwise
from pathlib import Path

import av
from attrs import frozen
from av.container import InputContainer
from av.stream import Stream

from ffx.media.opening import opened


@frozen
class PacketCount:
    """What one stream really holds. Times are seconds; None where no packet carries one."""

    index: int
    kind: str
    packets: int = 0
    """Without those that an edit list discards: they are never shown."""
    discarded: int = 0
    start: float | None = None
    """The first presentation time."""
    end: float | None = None
    """The last presentation time and the packet's duration."""
    total: float = 0.0
    """The sum of the packets' durations; differs from the span where there are gaps or the clock jumps."""
    discarded_total: float = 0.0
    """The same of the discarded ones."""
    shortest_gap: float | None = None
    """Of a picture: the least time between two of its frames."""
    leading: int = 0
    """Of a picture: packets before its first key frame, or shown before it. A recording that begins anywhere has them;
    decoders leave them out or not, and copies drop them.
    """

    @property
    def span(self) -> float:
        """Seconds from the first to the last moment."""
        return 0.0 if self.start is None or self.end is None else self.end - self.start


@frozen
class PacketCounts:
    """What a file really holds."""

    streams: tuple[PacketCount, ...] = ()
    complete: bool = True
    """False when reading stopped at damaged data."""

    def stream(self, index: int) -> PacketCount | None:
        """The count of one stream, by its index in the file."""
        return next((count for count in self.streams if count.index == index), None)

    @property
    def start(self) -> float | None:
        """The first presentation time of any picture or sound."""
        return min((c.start for c in self._timed() if c.start is not None), default=None)

    @property
    def end(self) -> float | None:
        """The last end time of any picture or sound."""
        return max((c.end for c in self._timed() if c.end is not None), default=None)

    def _timed(self) -> tuple[PacketCount, ...]:
        return tuple(c for c in self.streams if c.kind in ("video", "audio") and c.packets)


class _Tally:
    """What was seen of one stream so far, in ticks of its time base."""

    def __init__(self, kind: str) -> None:
        self.packets = 0
        self.discarded = 0
        self.total = 0
        self.discarded_total = 0
        self.end: int | None = None
        self.start: int | None = None
        self.times = array("q") if kind == "video" else None
        self.leading = 0
        self._keys = 0
        self._first_key: int | None = None

    def add(self, time: int | None, duration: int) -> None:
        self.packets += 1
        self.total += duration
        if time is None:
            return
        if self.start is None or time < self.start:
            self.start = time
        if self.end is None or time + duration > self.end:
            self.end = time + duration
        if self.times is not None:
            self.times.append(time)

    def discard(self, duration: int) -> None:
        self.discarded += 1
        self.discarded_total += duration

    def see_order(self, time: int | None, *, key: bool) -> None:
        """Whether the packet leads: it comes before the first key frame, or before the second and is shown before the
        first.
        """
        self._keys += key
        if self._keys == 1 and key:
            self._first_key = time
        earlier = time is not None and self._first_key is not None and time < self._first_key
        self.leading += self._keys == 0 or (self._keys == 1 and earlier)

    def shortest_gap(self) -> int | None:
        times = sorted(self.times or ())
        return min((later - earlier for earlier, later in pairwise(times) if later > earlier), default=None)


def count_packets(path: Path) -> PacketCounts:
    """Demux the whole file and count what comes out. Blocking; takes as long as reading the file.

    Nothing in a header or an index is believed: a truncated file has as many packets as were found. Damage ends
    the count, as it ends an encode, and is told by ``complete``.

    Raises:
        ProbeError: the file does not open.
    """
    with opened(path) as container:
        return count_packets_of(container)


def count_packets_of(container: InputContainer) -> PacketCounts:
    """The same of a file that is open already, from where it stands."""
    tallies = [_Tally(stream.type) for stream in container.streams]
    complete = True
    try:
        for packet in container.demux():
            if packet.size == 0:  # PyAV ends every stream with an empty packet
                continue
            if packet.is_corrupt:
                complete = False
            tally = tallies[packet.stream_index]
            time = packet.pts if packet.pts is not None else packet.dts
            tally.see_order(time, key=packet.is_keyframe)
            if packet.is_discard:
                tally.discard(packet.duration or 0)
            else:
                tally.add(time, packet.duration or 0)
    except av.error.InvalidDataError:
        complete = False
    counts = tuple(_count(stream, tally) for stream, tally in zip(container.streams, tallies, strict=False))
    return PacketCounts(counts, complete)


def _count(stream: Stream, tally: _Tally) -> PacketCount:
    tick = float(stream.time_base) if stream.time_base else 0.0
    gap = tally.shortest_gap()
    return PacketCount(
        index=stream.index,
        kind=stream.type,
        packets=tally.packets,
        discarded=tally.discarded,
        start=None if tally.start is None else tally.start * tick,
        end=None if tally.end is None else tally.end * tick,
        total=tally.total * tick,
        discarded_total=tally.discarded_total * tick,
        shortest_gap=None if gap is None else gap * tick,
        leading=tally.leading,
    )
