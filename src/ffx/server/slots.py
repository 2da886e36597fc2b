"""Slots: who encodes, and who is next."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from ffx.core.model import JobStage
from ffx.server.job import Job


class Slots:
    """Room for so many encodes. The moment one ends the next begins: of the jobs that are ready that of the highest
    priority, of several such the one that was ready first. A job that is paused before it began is passed over.
    """

    def __init__(self, count: int, on_begin: Callable[[Job], None], on_end: Callable[[], None]) -> None:
        """``on_begin`` hears of each job that is given a slot, ``on_end`` of each slot that is given back."""
        self._count = count
        self._on_begin = on_begin
        self._on_end = on_end
        self._encoding: dict[Job, None] = {}
        self._closed = False
        self._ready: dict[Job, asyncio.Future[None]] = {}

    @property
    def taken(self) -> int:
        return len(self._encoding)

    @property
    def newest(self) -> Job | None:
        """Of the jobs that encode, that which began last."""
        return next(reversed(self._encoding), None)

    def close(self) -> None:
        """Give no slot away any more."""
        self._closed = True

    @contextlib.asynccontextmanager
    async def turn(self, job: Job) -> AsyncIterator[None]:
        """Wait for a slot and hold it."""
        self._ready[job] = turn = asyncio.get_running_loop().create_future()
        self.fill()
        try:
            await turn
            yield
        finally:
            if self._ready.pop(job, None) is None:
                del self._encoding[job]
                self.fill()
                self._on_end()

    def fill(self) -> None:
        """Give away what is free; to be called when a job that was passed over may begin."""
        while not self._closed and self.taken < self._count and (job := self._next()) is not None:
            self._encoding[job] = None
            job.stage = JobStage.ENCODE
            self._ready.pop(job).set_result(None)
            self._on_begin(job)

    def _next(self) -> Job | None:
        # A turn that is done was cancelled, and is about to be taken out.
        able = (job for job, turn in self._ready.items() if not turn.done() and not job.paused)
        return max(able, key=lambda job: job.configuration.priority, default=None)  # of equals the first
