"""Progress of an encode: reading ``-progress`` and estimating speed and time left.

FFmpeg prints blocks of ``key=value`` lines, each ended by ``progress=continue`` or ``progress=end``. Nothing in them is
relied on: values may be ``N/A``, negative or missing.
"""

from __future__ import annotations

import math
import re

from attrs import evolve, field, frozen, mutable

PASS_WEIGHTS = (0.35, 0.65)
"""Shares of the time that the first and the second of two passes take. First passes were measured at 0.34 of the whole
with libx264 (0.26 with its preset slow), 0.54 with libx265 and 0.08 with libvpx-vp9: one weight cannot be right for
all, this one is for the most used; the second pass corrects the time left.
"""
SMOOTHING_SECONDS = 5.0
"""Time constant of the moving averages of speed: a change of pace shows fully after about three times as long."""

_TIME = re.compile(r"(-?)([0-9]{1,9}):([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]{1,9})?)")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")


@frozen
class Report:
    """One block of ``-progress``. None stands for what it did not say."""

    frame: int | None = None
    out_time: float | None = None
    """Seconds of output so far."""
    bitrate: float | None = None
    """Bits a second."""
    total_size: int | None = None
    drop: int = 0
    dup: int = 0
    end: bool = False
    """FFmpeg says it ended; that is no proof of success."""


@frozen
class Progress:
    """How far a job is, over all passes."""

    progress: float = 0.0
    """0 to 1, never backwards."""
    frame: int = 0
    """Of the pass that runs."""
    fps: float = 0.0
    bitrate: float = 0.0
    speed: float = 0.0
    """Seconds of media a second."""
    eta: float | None = None
    drop: int = 0
    dup: int = 0


class ProgressReader:
    """Turns the bytes of ``-progress`` into reports; any bytes are survived."""

    MAX_LINE = 4096

    def __init__(self) -> None:
        self._rest = b""
        self._values: dict[str, str] = {}

    def feed(self, data: bytes) -> list[Report]:
        """The reports that are complete with these bytes."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-self.MAX_LINE :]
        return [report for line in lines if (report := self._read(line)) is not None]

    def _read(self, line: bytes) -> Report | None:
        key, equals, value = line.decode("utf-8", "replace").strip().partition("=")
        if not equals:
            return None
        if key != "progress":
            if len(self._values) < 256:
                self._values[key.strip()] = value.strip()
            return None
        values, self._values = self._values, {}
        return _report(values, end=value.strip() == "end")


def _report(values: dict[str, str], *, end: bool) -> Report:
    frame, size = _number(values.get("frame", "")), _number(values.get("total_size", ""))
    return Report(
        frame=None if frame is None else int(frame),
        out_time=_out_time(values),
        bitrate=_bitrate(values.get("bitrate", "")),
        total_size=None if size is None else int(size),
        drop=int(_number(values.get("drop_frames", "")) or 0),
        dup=int(_number(values.get("dup_frames", "")) or 0),
        end=end,
    )


def _number(text: str) -> float | None:
    """A number that is not negative, else None."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    value = float(text)
    return value if value >= 0 else None


def _out_time(values: dict[str, str]) -> float | None:
    # ``out_time_ms`` holds microseconds too, in every version; ``out_time`` is the one that says what it means.
    match = _TIME.fullmatch(values.get("out_time", ""))
    if match:
        seconds = int(match[2]) * 3600 + int(match[3]) * 60 + float(match[4])
        return None if match[1] else seconds
    microseconds = _number(values.get("out_time_us", ""))
    return None if microseconds is None else microseconds / 1_000_000


def _bitrate(text: str) -> float | None:
    kilobits = _number(text.removesuffix("kbits/s"))
    return None if kilobits is None else kilobits * 1000


@mutable
class _Average:
    """An exponentially smoothed rate; the weight of a sample grows with the time it covers."""

    value: float | None = None

    def add(self, rate: float, seconds: float) -> float:
        if self.value is None:
            self.value = rate
        else:
            weight = 1 - math.exp(-seconds / SMOOTHING_SECONDS)
            self.value += weight * (rate - self.value)
        return self.value


@mutable
class ProgressEstimator:
    """From reports to progress with a rate and a time left. Its clock is its caller's.

    Progress goes by the time of the output where the duration is known, else by frames, else it stays at 0.
    """

    duration: float
    """Seconds of the output; 0 when unknown."""
    total_frames: int
    """0 when unknown."""
    passes: int
    started: float
    """Monotonic seconds when the first pass began."""
    current: Progress = Progress()
    _pass: int = field(default=0, init=False)
    _last: tuple[float, int, float] = field(init=False)
    _fps: _Average = field(factory=_Average, init=False)
    _speed: _Average = field(factory=_Average, init=False)
    _pace: _Average = field(factory=_Average, init=False)

    def __attrs_post_init__(self) -> None:
        self._last = (self.started, 0, 0.0)

    def begin_pass(self, number: int, now: float) -> None:
        """The pass of that number, from 0, begins: its frames count from nothing again."""
        self._pass = number
        self._last = (now, 0, 0.0)
        self._fps, self._speed, self._pace = _Average(), _Average(), _Average()
        self.current = evolve(self.current, frame=0)

    def update(self, report: Report, now: float) -> Progress:
        """What a report means, ``now`` in monotonic seconds."""
        last_now, last_frame, last_time = self._last
        frame = max(last_frame, report.frame or 0)
        time = max(last_time, report.out_time or 0.0)
        seconds = now - last_now
        share = 1.0 if report.end else self._share(frame, time)
        progress = max(self.current.progress, self._overall(share))
        fps, speed, eta = self.current.fps, self.current.speed, self.current.eta
        if seconds > 0 and (frame > last_frame or time > last_time):
            fps = self._fps.add((frame - last_frame) / seconds, seconds)
            speed = self._speed.add((time - last_time) / seconds, seconds)
            eta = self._time_left(progress - self.current.progress, progress, seconds)
            self._last = (now, frame, time)
        self.current = Progress(
            progress=progress,
            frame=frame,
            fps=fps,
            bitrate=report.bitrate or self.current.bitrate,
            speed=speed,
            eta=eta,
            drop=report.drop,
            dup=report.dup,
        )
        return self.current

    def _share(self, frame: int, time: float) -> float:
        """How much of this pass is done."""
        if self.duration > 0 and time > 0:
            return min(1.0, time / self.duration)
        return min(1.0, frame / self.total_frames) if self.total_frames > 0 else 0.0

    def _overall(self, share: float) -> float:
        if self.passes == 1:
            return share
        weights = PASS_WEIGHTS if self.passes == 2 else (1 / self.passes,) * self.passes
        return min(1.0, sum(weights[: self._pass]) + weights[self._pass] * share)

    def _time_left(self, gained: float, progress: float, seconds: float) -> float | None:
        pace = self._pace.add(gained / seconds, seconds)
        if progress >= 1:
            return 0.0
        return (1 - progress) / pace if pace > 0 else None
