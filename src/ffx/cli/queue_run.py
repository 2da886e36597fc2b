"""What ``ffx queue run`` does: works the queue, shows its jobs, and says what it could not do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from attrs import define, field

from ffx.cli.assembly import Assembly
from ffx.cli.boundary import Interrupted, print_error
from ffx.cli.following import Following, front_end
from ffx.cli.interrupting import interruptible
from ffx.cli.job_names import ranges
from ffx.cli.leftovers import left_open
from ffx.cli.logs import start_logging
from ffx.cli.text import QUEUE_PAUSED
from ffx.cli.working import farm_of
from ffx.client.outcome import JobOutcome
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.records import JobRecord
from ffx.client.queue.store import JobQueue
from ffx.core.errors import NoServerError, QueueError

LOCK_SECONDS = 5.0
"""How long the queue may be held by a command that changes something in it and is gone then."""
_LOOK_PERIOD = 0.1


def run_queue(assembly: Assembly, *, forever: bool, as_json: bool, ui: str) -> int:
    """Work the queue; 0 when all of it completed, 1 when a job failed, 3 when jobs remain that no server can do.

    Raises:
        QueueError: another process works it, or it cannot be read or written.
        Interrupted: a person stopped it; what is in the queue stays there.
    """
    start_logging("ERROR", "")
    try:
        return asyncio.run(_Run(assembly, Following(front_end(assembly, as_json=as_json, ui=ui)), forever).run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("nothing was begun") from None


@define
class _Run:
    assembly: Assembly
    following: Following
    forever: bool
    _failed: bool = field(init=False, default=False)

    async def run(self) -> int:
        task = asyncio.current_task()
        assert task is not None
        with interruptible(task, "interrupted twice: what is in the queue stays; go on with: ffx queue run"):
            lock = QueueLock(self.assembly.folders.queue_file)
            await _acquire(lock)
            try:
                with JobQueue.open(self.assembly.folders.queue_file, check=True) as queue:
                    await self._work(queue, lock)
                    return _tell_rest(queue.open_records(), is_paused=queue.is_paused(), failed=self._failed)
            finally:
                lock.release()

    async def _work(self, queue: JobQueue, lock: QueueLock) -> None:
        farm = farm_of(self.assembly, self.following.take)
        try:
            async with self.following.showing([record.job for record in queue.open_records()]):
                await farm.work(queue, forever=self.forever, on_outcome=self._note)
        except asyncio.CancelledError:
            lock.release()  # so that nobody is said to work it
            words = left_open(queue.file, queue.open_records(), ending="ffx queue cancel --all")
            raise Interrupted(words) from None

    def _note(self, outcome: JobOutcome) -> None:
        self._failed = self._failed or outcome.exit_status != 0


async def _acquire(lock: QueueLock) -> None:
    """Raises QueueError when another process works the queue."""
    until = time.monotonic() + LOCK_SECONDS
    while not lock.acquire():
        if time.monotonic() > until:
            raise QueueError(f"{lock.holder() or 'another process'} works the queue already; see: ffx queue")
        await asyncio.sleep(_LOOK_PERIOD)


def _tell_rest(rest: Sequence[JobRecord], *, is_paused: bool, failed: bool) -> int:
    """Say what is left, and return the exit status."""
    waiting = [record for record in rest if not record.paused and not is_paused]
    if is_paused and rest:
        print_error(QUEUE_PAUSED)
    elif len(waiting) < len(rest):
        numbers = ranges(record.number for record in rest if record.paused)
        print_error(f"paused: {numbers}; let them go on with: ffx queue resume {numbers}")
    if waiting:
        numbers = ranges(record.number for record in waiting)
        print_error(f"no server can do: {numbers}; see: ffx queue why {waiting[0].number}")
    if failed:
        return 1
    return NoServerError.exit_status if waiting else 0
