"""Between the thread that draws and those that wait: work goes out, answers come back through a queue."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from ffx.core.errors import FfxError

BUSY_PERIOD = 25
"""Milliseconds between two looks at what came back, while something is awaited."""
IDLE_PERIOD = 200
"""The same while nothing is: a window that rests costs next to nothing."""
DRAIN_BUDGET = 0.015
"""Seconds that answers may take of the thread that draws before it draws again."""
THREADS = 8

T = TypeVar("T")


class Clock(Protocol):
    """What of a Tk widget is needed."""

    def after(self, milliseconds: int, callback: Callable[[], object]) -> str: ...

    def after_cancel(self, name: str) -> None: ...


class Bridge:
    """Owned by the window; everything but ``post`` is called by the thread that draws."""

    def __init__(self, clock: Clock, on_error: Callable[[str], None]) -> None:
        """``on_error`` is told what failed in one line, where nobody else wants to know."""
        self._clock = clock
        self._on_error = on_error
        self._answers: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(THREADS, "window")
        self._closed = False
        self._timers: dict[str, str] = {}
        self._awaited = 0
        self.later("drain", IDLE_PERIOD, self._drain)

    def call(
        self,
        work: Callable[[], T],
        then: Callable[[T], None] = lambda answer: None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Do some work in a thread, then something with its answer in this one; ``failed`` with why there is none."""
        if self._closed:
            return
        self._pool.submit(self._work, work, then, failed or self._on_error)
        self._awaited += 1
        self.later("drain", BUSY_PERIOD, self._drain)

    def post(self, action: Callable[[], None]) -> None:
        """Have something done by the thread that draws; from any thread."""
        self._answers.put(action)

    def later(self, name: str, milliseconds: int, action: Callable[[], None]) -> None:
        """Have something done after a while, instead of what was to be done under this name; not after ``stop``."""
        if self._closed:
            return
        if name in self._timers:
            self._clock.after_cancel(self._timers[name])
        self._timers[name] = self._clock.after(milliseconds, action)

    def stop(self) -> None:
        """No answer arrives any more, and nothing is done later. Before the window is gone."""
        self._closed = True
        for timer in self._timers.values():
            self._clock.after_cancel(timer)

    def close(self) -> None:
        """Wait for work that was begun."""
        self._pool.shutdown(cancel_futures=True)

    def _work(self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[str], None]) -> None:
        try:
            answer = work()
        except FfxError as error:
            words = str(error)
            self._answer(lambda: failed(words))
        except Exception as error:  # noqa: BLE001 - a fault of ours is shown, and the window goes on
            words = f"{type(error).__name__}: {error}"
            self._answer(lambda: failed(words))
        else:
            self._answer(lambda: then(answer))

    def _answer(self, action: Callable[[], None]) -> None:
        def take() -> None:
            self._awaited -= 1
            action()

        self.post(take)

    def _drain(self) -> None:
        until = time.monotonic() + DRAIN_BUDGET
        while time.monotonic() < until and not self._closed:
            try:
                action = self._answers.get_nowait()
            except queue.Empty:
                break
            action()
        self.later("drain", BUSY_PERIOD if self._awaited else IDLE_PERIOD, self._drain)
