"""Pausing a run: FFmpeg's process tree stands still, and so does the clock that progress is estimated by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ffx.media.process_tree import ProcessTree


class RunControl:
    """Pauses and resumes one run, whenever its owner wants: before FFmpeg starts, between passes, while it works.

    A run that is paused before it starts, or between two passes, starts no FFmpeg until it is resumed. Cancelling a
    paused run ends it like any other. Not to be shared by runs at the same time, nor used from another thread.
    """

    def __init__(self) -> None:
        self._going = asyncio.Event()
        self._going.set()
        self._tree: ProcessTree | None = None
        self._paused_at = 0.0
        self._seconds_paused = 0.0

    @property
    def paused(self) -> bool:
        return not self._going.is_set()

    def pause(self) -> None:
        """Suspend what runs and hold back what has not started. Nothing happens when it is paused already."""
        if self.paused:
            return
        self._going.clear()
        self._paused_at = time.monotonic()
        if self._tree is not None:
            self._tree.suspend()

    def resume(self) -> None:
        """Let it go on. Nothing happens when it is not paused."""
        if not self.paused:
            return
        self._seconds_paused += time.monotonic() - self._paused_at
        self._going.set()
        if self._tree is not None:
            self._tree.resume()

    def now(self) -> float:
        """Monotonic seconds on a clock that stands still during a pause."""
        return (self._paused_at if self.paused else time.monotonic()) - self._seconds_paused

    async def until_going(self) -> None:
        """Wait while it is paused."""
        await self._going.wait()

    @contextmanager
    def holding(self, tree: ProcessTree) -> Iterator[None]:
        """Rule over a tree that has just started; a pause that came meanwhile suspends it at once."""
        self._tree = tree
        if self.paused:
            tree.suspend()
        try:
            yield
        finally:
            self._tree = None
