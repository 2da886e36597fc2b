"""All that touches the queue's file while it is worked: one thread, so that nothing else ever waits for the disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from attrs import frozen

from ffx.client.changes import Changes
from ffx.client.events import (
    CancelRequested,
    Event,
    FarewellKnown,
    HurryRequested,
    JobKnown,
    MoveRequested,
    PauseRequested,
    PriorityRequested,
    QuarantineRequested,
    QueuePaused,
    ReleaseRequested,
    RetryRequested,
    SetAsideKnown,
)
from ffx.client.queue.records import (
    CancelJob,
    ChangePriority,
    HurryJob,
    Live,
    MoveJob,
    PauseJob,
    PauseQueue,
    QuarantineServer,
    ReleaseServer,
    RetryJob,
    Wish,
)
from ffx.client.queue.store import JobQueue

T = TypeVar("T")


@frozen
class News:
    """What other processes brought: events, and the wishes that are granted with them."""

    events: tuple[Event, ...] = ()
    wishes: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.events or self.wishes)


class Bookkeeper:
    """Reads and writes the queue for the one who works it."""

    def __init__(self, queue: JobQueue, hurried: Iterable[str] = ()) -> None:
        """``hurried``: ids of the jobs that somebody waits for."""
        self._queue = queue
        self._hurried = frozenset(hurried)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="queue")
        self._last_number = 0
        self._version = -1

    def close(self) -> None:
        """End the thread; what was handed to it is done first."""
        self._thread.shutdown()

    async def everything(self) -> News:
        """All that an earlier process left: to be told before anything else."""
        return await self._do(self._everything)

    async def news(self) -> News:
        """What was added and wished for since the last time; asking costs next to nothing."""
        return await self._do(self._news)

    async def keep(self, changes: Changes, *, live: Sequence[Live] = (), wishes: Sequence[int] = ()) -> None:
        """Bring it to the disk, all or nothing; it is there when this returns.

        Raises:
            QueueError: it could not be kept.
        """
        await self._do(lambda: self._keep(changes, live, wishes))

    async def _do(self, work: Callable[[], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(running)
        finally:
            if not running.done():  # a thread cannot be stopped, and what it does counts
                await asyncio.wait([running])
                running.exception()  # whoever was cancelled does not ask, and asyncio would complain

    def _everything(self) -> News:
        self._version = self._queue.data_version()
        attempts = {(attempt.job_id, attempt.attempt): attempt for attempt in self._queue.attempts_under_way()}
        events: list[Event] = [FarewellKnown(farewell) for farewell in self._queue.farewells()]
        for aside in self._queue.set_aside():
            seconds = None if aside.until is None else max(0.0, aside.until - time.time())
            events.append(SetAsideKnown(aside, seconds))
        if self._queue.is_paused():
            events.append(QueuePaused())
        for record in self._queue.open_records():
            attempt = attempts.get((record.job_id, record.attempt))
            events.append(JobKnown(record, record.job_id in self._hurried, attempt))
            self._last_number = max(self._last_number, record.number)
        granted = self._granted()
        return News((*events, *granted.events), granted.wishes)

    def _news(self) -> News:
        version = self._queue.data_version()
        if version == self._version:
            return News()
        self._version = version
        events: list[Event] = []
        for record in self._queue.added_after(self._last_number):
            events.append(JobKnown(record, record.job_id in self._hurried))
            self._last_number = max(self._last_number, record.number)
        granted = self._granted()
        return News((*events, *granted.events), granted.wishes)

    def _granted(self) -> News:
        wishes = self._queue.wishes()
        events = [event for _, wish in wishes if (event := self._event(wish)) is not None]
        return News(tuple(events), tuple(number for number, _ in wishes))

    def _event(self, wish: Wish) -> Event | None:
        match wish:
            case CancelJob(job_id):
                return CancelRequested(job_id)
            case HurryJob(job_id, hurried):
                return HurryRequested(job_id, hurried)
            case PauseJob(job_id, paused):
                return PauseRequested(job_id, paused)
            case MoveJob(job_id, server_id, server):
                return MoveRequested(job_id, server_id, server)
            case RetryJob(job_id):
                return self._retry(job_id)
            case ChangePriority(job_id, priority):
                return PriorityRequested(job_id, priority)
            case PauseQueue(paused):
                return QueuePaused(paused)
            case QuarantineServer(server_id, server, reason):
                return QuarantineRequested(server_id, server, reason)
            case ReleaseServer(server_id):
                return ReleaseRequested(server_id)

    def _retry(self, job_id: str) -> Event | None:
        """None when the job is gone, or its output is another one's by now."""
        record = self._queue.record(job_id)
        if record is None or self._queue.open_job_for(record.job.output_file) is not None:
            return None
        return RetryRequested(record)

    def _keep(self, changes: Changes, live: Sequence[Live], wishes: Sequence[int]) -> None:
        self._queue.save(
            records=changes.records.values(),
            attempts=changes.attempts.values(),
            farewells_added=[farewell for farewell, due in changes.farewells.items() if due],
            farewells_done=[farewell for farewell, due in changes.farewells.items() if not due],
            set_aside=[aside for aside in changes.asides.values() if aside is not None],
            released=[server_id for server_id, aside in changes.asides.items() if aside is None],
            live=live,
            wishes_done=wishes,
            queue_paused=changes.paused,
        )
