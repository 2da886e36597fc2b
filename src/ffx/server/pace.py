"""How fast one client is listened to: who says more than anybody needs is read later, and refused nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

MESSAGES_A_SECOND = 100.0
"""Of one client, for long. A client that works a queue says about ten for each job."""
AT_ONCE = 1000
"""So many may come at a time, such as when a client with many jobs is back."""


class Pace:
    """A bucket that fills with ``rate`` tokens a second up to ``most``; each message takes one."""

    def __init__(
        self, rate: float = MESSAGES_A_SECOND, most: int = AT_ONCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._most = most
        self._clock = clock
        self._left = float(most)
        self._at = clock()

    def take(self) -> float:
        """One message was read; returns for how many seconds the next is to be left where it is."""
        now = self._clock()
        self._left = min(float(self._most), self._left + (now - self._at) * self._rate) - 1.0
        self._at = now
        return max(0.0, -self._left / self._rate)
