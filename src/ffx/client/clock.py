"""A clock that stands still while this process does: asleep with its laptop, or stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

LONGEST_STEP = 5.0
"""Seconds between two looks at the clock; what is more was sleep."""
TICK = 1.0
"""Seconds between two looks at the least."""


class WakingClock:
    """Seconds for which this process was awake. A lease that ran out while nobody could have heard the server has not
    run out.
    """

    def __init__(self, source: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._last = source()
        self._slept = 0.0

    def now(self) -> float:
        """Seconds on a clock that never goes back. Has to be asked every now and then: see ``watch``."""
        moment = self._source()
        step = moment - self._last
        if step > LONGEST_STEP:
            self._slept += step - TICK
        self._last = moment
        return moment - self._slept

    async def watch(self) -> None:
        """Look at the clock for ever, so that no waking step is long."""
        while True:
            self.now()
            await asyncio.sleep(TICK)
