"""Working the queue in the background, as long as a window is open."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from ffx.cli.assembly import Assembly
from ffx.cli.working import farm_of
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.store import JobQueue
from ffx.core.errors import FfxError
from ffx.core.events import JobEvent

LOOK_PERIOD = 1.0
"""Seconds until it is tried again to be the one who works the queue."""


class QueueWork:
    """Works the queue in a thread with a loop of its own: whenever no other process does."""

    def __init__(self, assembly: Assembly, tell: Callable[[JobEvent], None]) -> None:
        self._assembly, self._tell = assembly, tell
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="farm")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Leave everything as it is, on servers too, and wait until that is done."""
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            asyncio.set_event_loop(self._loop)
            self._task = self._loop.create_task(self._work())
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._task)
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())

    async def _work(self) -> None:
        lock = QueueLock(self._assembly.folders.queue_file)
        while True:
            if lock.acquire():
                try:
                    with JobQueue.open(self._assembly.folders.queue_file) as queue:
                        await farm_of(self._assembly, self._tell, note_local=False).work(queue, forever=True)
                except FfxError:
                    pass  # told by what it left in the queue; it is begun anew
                finally:
                    lock.release()
            await asyncio.sleep(LOOK_PERIOD)
