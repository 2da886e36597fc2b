"""Being interrupted: once, and a run stops in order; twice, and it leaves at once with the terminal as it was."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

from ffx.cli.boundary import INTERRUPTED

ONE_SIGNAL_SECONDS = 0.25
"""Signals that come closer together are one: what ends a whole group of processes often tells its leader as well."""

_SHOW_CURSOR = "\x1b[?25h"


@contextlib.contextmanager
def interruptible(task: asyncio.Task[int], last_words: str) -> Iterator[None]:
    """While the block lasts, the first Ctrl-C (or SIGTERM) cancels the task, and the second ends the process where it
    stands, with these words.
    """
    stop = _Stop(task.get_loop(), task.cancel, last_words)
    with contextlib.ExitStack() as restored:
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if name in signal.Signals.__members__:
                number = signal.Signals[name]
                restored.callback(signal.signal, number, signal.signal(number, stop))
        yield


class _Stop:
    """The handler of the signals. Python calls it between two of its own steps, also while the loop waits for a
    thread: the second signal is never kept waiting.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, cancel: Callable[[], object], last_words: str) -> None:
        self._loop = loop
        self._cancel = cancel
        self._last_words = last_words
        self._stopped_at: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._stopped_at is not None:
            if now - self._stopped_at >= ONE_SIGNAL_SECONDS:
                leave_at_once(self._last_words)
            return
        self._stopped_at = now
        self._loop.call_soon_threadsafe(self._cancel)


def leave_at_once(words: str) -> None:
    """End this process without tidying up: what counts is on the disk already."""
    with contextlib.suppress(OSError):
        if os.isatty(1):
            os.write(1, f"{_SHOW_CURSOR}\r\n".encode())  # a front end that hides the cursor had no time to show it
        os.write(2, f"ffx: {words}\n".encode(errors="replace"))
    os._exit(INTERRUPTED)
