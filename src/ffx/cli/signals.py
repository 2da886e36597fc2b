"""Stop signals, on every system: SIGINT and SIGTERM, and Ctrl-Break on Windows."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def stop_signals(callback: Callable[[], None], *, interrupt: bool = True) -> Iterator[None]:
    """While the block lasts, a stop signal calls ``callback`` in the running loop.

    ``interrupt`` says whether SIGINT is one of them; without it Ctrl-C stays a ``KeyboardInterrupt``.
    """
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as restored:
        for number in _signals(interrupt):
            restored.enter_context(_handled(loop, number, callback))
        yield


def _signals(interrupt: bool) -> list[signal.Signals]:
    names = ["SIGTERM", "SIGBREAK", *(["SIGINT"] if interrupt else [])]
    return [signal.Signals[name] for name in names if name in signal.Signals.__members__]


@contextlib.contextmanager
def _handled(loop: asyncio.AbstractEventLoop, number: signal.Signals, callback: Callable[[], None]) -> Iterator[None]:
    before = signal.getsignal(number)
    try:
        loop.add_signal_handler(number, callback)
    except NotImplementedError:  # Windows: the handler runs between two byte codes and wakes the loop
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(callback))
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError):
            loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL if before is None else before)
