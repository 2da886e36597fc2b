"""Cutting pieces out of a file without FFmpeg: packets as they are, from a key frame on, one piece behind the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
from attrs import define, field, frozen
from av.container import InputContainer
from av.packet import Packet

from ffx.core.errors import ProbeError
from ffx.core.recipe import Trim
from ffx.media.opening import opened
from ffx.media.probe import MediaInfo

CONTAINER = "matroska"
_STEPS_BACK = (0.0, 12.0, 60.0)
"""Seconds to enter a file earlier by, where it was entered behind the key frame: encoders make one every 10 s or so."""
_ROUNDING = 0.001
"""Seconds; a time that a person gives has no more digits."""


@frozen
class Cut:
    """What was cut."""

    start: float
    """Seconds of the source where the first piece really begins: at a key frame."""
    seconds: float
    """Of all pieces together."""
    numbers: dict[int, int]
    """The number of each stream in what was cut, by its number in the source."""


def cut(media: MediaInfo, parts: Sequence[Trim], output: Path, *, whole: bool = False) -> Cut:
    """Write the film and the sounds of some parts of a file into a new one. Blocking.

    Each piece begins at the last key frame before its part, and lasts as long as the part does; ``whole``: until the
    part ends. What shows before its key frame is left out.

    Raises:
        ProbeError: the file cannot be read, or its packets cannot be put into Matroska.
        OSError: the output cannot be written.
    """
    kept = [stream.index for stream in (*media.films[:1], *media.audio)]
    if not kept:
        raise ProbeError(f"{media.path}: there is nothing to cut a sample of")
    try:
        with opened(media.path) as source, av.open(str(output), "w", format=CONTAINER) as target:
            streams = {index: target.add_stream_from_template(source.streams[index], opaque=True) for index in kept}
            cutter = _Cutter(source, target, streams, main=kept[0], keyed=bool(media.films))
            for part in parts:
                cutter.take(part, whole=whole)
    except (av.error.FFmpegError, ProbeError) as error:
        raise ProbeError(f"{media.path}: no sample of it can be cut: {error}") from None
    return Cut(cutter.start or 0.0, cutter.length, {index: place for place, index in enumerate(kept)})


@define
class _Cutter:
    """The output in the making."""

    source: InputContainer
    target: Any
    streams: dict[int, Any]
    main: int
    keyed: bool
    """Whether the main stream has key frames to begin at; sound begins anywhere."""
    start: float | None = field(default=None, init=False)
    length: float = field(default=0.0, init=False)
    _last: dict[int, float] = field(factory=dict, init=False)
    """Of each stream, when its last packet is decoded, in seconds of the output."""

    def take(self, part: Trim, *, whole: bool) -> None:
        base = self._begin_before(part.start + self.beginning)
        last = math.inf if part.end is None else part.end + self.beginning
        end = last if whole else base + last - part.start - self.beginning
        self.start = base - self.beginning if self.start is None else self.start
        lasts = 0.0
        for packet, time in self._in_order():
            is_main = packet.stream_index == self.main
            if is_main and _decoded_at(packet, time) >= end:
                break
            if base <= time and (is_main or time < end):
                if is_main and not lasts:
                    self._make_room(packet, time - _decoded_at(packet, time))
                self._put(packet, self.length - base)
                lasts = max(lasts, time - base + _lasts(packet)) if is_main else lasts
        self.length += lasts

    def _make_room(self, first: Packet[Any], ahead: float) -> None:
        """Frames are decoded before they are shown: those of a new piece after the last one of the piece before."""
        last = self._last.get(first.stream_index, -math.inf)
        self.length = max(self.length, last + ahead + 2 * float(first.time_base or 0))

    def _begin_before(self, moment: float) -> float:
        """Go to the last key frame before a moment, else to the first of all; returns its time, by the source's clock.

        Files without an index are entered anywhere: where no key frame lies between there and the moment, earlier.
        """
        for earlier in (*_STEPS_BACK, math.inf):
            entry = max(self.beginning, moment - earlier)
            self._seek(entry)
            keys = [time for packet, time in self._until(moment) if packet.is_keyframe or not self.keyed]
            before = [time for time in keys if time <= moment + _ROUNDING]
            if before or entry == self.beginning:
                break
        if not keys:
            raise ProbeError("it has no key frame there")
        base = before[-1] if before else keys[0]
        self._seek(entry)
        return base

    def _until(self, moment: float) -> Iterator[tuple[Packet[Any], float]]:
        """The packets of the main stream up to a moment, and the first key frame behind it."""
        for packet, time in self._packets():
            if packet.stream_index == self.main:
                yield packet, time
                if time > moment and packet.is_keyframe:
                    return

    def _seek(self, moment: float) -> None:
        stream = self.source.streams[self.main]
        if moment <= self.beginning:
            self.source.seek(0)  # in a transport stream, the moment of its beginning leads behind that
        else:
            self.source.seek(round(moment / (stream.time_base or 1)), stream=stream, backward=True)

    @property
    def beginning(self) -> float:
        """The source's clock when it begins."""
        return (self.source.start_time or 0) / av.time_base

    def _in_order(self) -> Iterator[tuple[Packet[Any], float]]:
        """The packets, all with the moment when they are decoded. Matroska does not say it, and FFmpeg knows it of the
        first frames behind a seek only when it has seen the next: they are decoded just before that one.
        """
        waiting: list[tuple[Packet[Any], float]] = []
        for packet, time in self._packets():
            if packet.stream_index == self.main and packet.dts is None:
                waiting.append((packet, time))
                continue
            if packet.stream_index == self.main and packet.dts is not None:
                for place, (early, _) in enumerate(waiting):
                    early.dts = packet.dts - (len(waiting) - place) * (early.duration or 1)
                yield from waiting
                waiting.clear()
            yield packet, time
        yield from waiting

    def _packets(self) -> Iterator[tuple[Packet[Any], float]]:
        """Those of the kept streams that say when they are shown, with that moment in seconds."""
        for packet in self.source.demux([self.source.streams[index] for index in self.streams]):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if packet.size and stamp is not None:
                yield packet, float(stamp * packet.time_base)

    def _put(self, packet: Packet[Any], change: float) -> None:
        """Write a packet, so much later than in the source. One that would be decoded before the last one of its stream
        is left out: pieces overlap by parts of a frame of sound.
        """
        index, ticks = packet.stream_index, round(change / packet.time_base)
        packet.pts = packet.pts + ticks if packet.pts is not None else None
        packet.dts = packet.dts + ticks if packet.dts is not None else None
        moment = _decoded_at(packet, 0.0)
        if packet.dts is not None and moment <= self._last.get(index, -math.inf):
            return
        self._last[index] = moment
        packet.stream = self.streams[index]
        try:
            self.target.mux(packet)
        except av.error.FFmpegError as error:
            raise ProbeError(f"its packets do not fit into Matroska: {error.strerror}") from None


def _decoded_at(packet: Packet[Any], shown: float) -> float:
    return shown if packet.dts is None else float(packet.dts * packet.time_base)


def _lasts(packet: Packet[Any]) -> float:
    return float((packet.duration or 0) * packet.time_base)
