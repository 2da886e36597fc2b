"""Whether FFmpeg still works, and whether it will ever end. How long an encode may take is not limited.

One that makes no frame, writes no byte and uses no CPU time for minutes is stuck, whatever holds it: a signal, a pipe,
a driver. One whose output lasts far longer than it can is endless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attrs import field, frozen, mutable

STALL_LIMIT = 120.0
"""Seconds without a sign of life after which FFmpeg is called stuck: none was seen to need longer, be it for opening a
device, and a slot is not held for long.
"""
IDLE_SHARE = 0.005
"""Of one core: who uses less than this does nothing. FFmpeg 9 was measured at 0.0005 while it hung on a pipe, because
it goes on reporting; one that encodes at the lowest priority beside two busy programs gets 0.007 of each core.
"""
_LOOKS = 24
"""How often within the limit one looks."""

ENDLESS_FACTOR = 2.0
ENDLESS_MARGIN = 60.0
"""Seconds. An output longer than its input by half a second is refused anyway, when it is verified; the factor and the
margin are for what FFmpeg's reports may say in between, of streams that start late and clocks that jump.
"""


@frozen
class Signs:
    """What can be seen of a running FFmpeg at one moment."""

    frames: int | None = None
    """As it reports them, of the pass that runs."""
    out_time: float | None = None
    """Seconds of output, as it reports them."""
    written: tuple[int, int] = (0, 0)
    """Size of the output in bytes and when it was last written to, in nanoseconds."""
    cpu_seconds: float = 0.0
    """Used by its process tree so far."""


@mutable
class Watchdog:
    """Decides from signs. Its clock is its caller's: time that does not count (a pause) stands still on it."""

    limit: float = STALL_LIMIT
    idle: float = field(default=0.0, init=False)
    """Seconds without a sign of life."""
    _last: Signs | None = field(default=None, init=False)
    _last_now: float = field(default=0.0, init=False)
    _cpu_seconds: float = field(default=0.0, init=False)

    @property
    def period(self) -> float:
        """Seconds between two looks."""
        return self.limit / _LOOKS

    def see(self, signs: Signs, now: float) -> bool:
        """Whether it is stuck by now (seconds), from what is seen of it."""
        last, self._last = self._last, signs
        # Where nobody looked for long (this process was stopped, the machine slept) nothing is known of that time.
        step = min(now - self._last_now, 2 * self.period)
        self._last_now = now
        if last is None or self._moved(last, signs) or self._worked(signs, step):
            self.idle = 0.0
            self._cpu_seconds = signs.cpu_seconds
        else:
            self.idle += step
        return self.idle >= self.limit

    def _moved(self, last: Signs, signs: Signs) -> bool:
        return (signs.frames, signs.out_time, signs.written) != (last.frames, last.out_time, last.written)

    def _worked(self, signs: Signs, step: float) -> bool:
        self._cpu_seconds = min(self._cpu_seconds, signs.cpu_seconds)  # what ended took its share out of the sum
        return signs.cpu_seconds - self._cpu_seconds > IDLE_SHARE * (self.idle + step)


async def until_stuck(look: Callable[[], Signs], clock: Callable[[], float], limit: float) -> None:
    """Watch, and return when FFmpeg is stuck; to be cancelled when it has ended."""
    watchdog = Watchdog(limit)
    while True:
        await asyncio.sleep(watchdog.period)  # the first look too is one that most runs can do without
        if watchdog.see(look(), clock()):
            return


def longest_output(seconds: float) -> float:
    """Seconds of output beyond which FFmpeg is called endless, where the output is to last ``seconds``."""
    return ENDLESS_FACTOR * seconds + ENDLESS_MARGIN
