"""Runs ``ffx watch``: what appears in a folder is put into the queue once it is complete, and the queue is worked."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from attrs import define, evolve, frozen

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.boundary import Interrupted, print_error
from ffx.cli.finding import Input, find_inputs
from ffx.cli.following import Following, front_end
from ffx.cli.interrupting import interruptible
from ffx.cli.leftovers import left_open
from ffx.cli.logs import start_logging
from ffx.cli.planning import Planned, Refused, plan_all
from ffx.cli.settings import argument_policy, submit_settings
from ffx.cli.submitting import add_to_queue
from ffx.cli.text import print_note
from ffx.cli.watched import Memory, Settling, State
from ffx.cli.working import farm_of
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.records import Handling
from ffx.client.queue.store import JobQueue
from ffx.core.errors import UsageError
from ffx.core.model import Verification

LOOK_PERIOD = 2.0
"""Seconds between two looks into the folder: cheaper for shares of a network than being told, and true of them too."""


@frozen
class Watch:
    """A folder and what becomes of its files."""

    folder: Path
    recursive: bool
    settle: float
    """Seconds without a change after which a file is complete."""
    wish: Wish
    """With the recipe, and where outputs go; its inputs are found."""
    overwrite: bool
    verification: Verification


def watch_folder(assembly: Assembly, watch: Watch, *, as_json: bool, ui: str) -> int:
    """Watch until a person stops it.

    Raises:
        UsageError: there is no such folder.
        Interrupted: a person stopped it; what is in the queue stays there.
    """
    if not watch.folder.is_dir():
        raise UsageError(f"{watch.folder}: there is no such folder to watch")
    start_logging("ERROR", "")
    following = Following(front_end(assembly, as_json=as_json, ui=ui))
    try:
        return asyncio.run(_Watching(assembly, watch, following).run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("nothing was begun") from None


@define
class _Watching:
    assembly: Assembly
    watch: Watch
    following: Following

    async def run(self) -> int:
        task = asyncio.current_task()
        assert task is not None
        file = self.assembly.folders.queue_file
        with (
            interruptible(task, "interrupted twice: what is in the queue stays; go on with: ffx queue run"),
            # Two of them: who works a queue sees what others write by another connection than its own.
            JobQueue.open(file, check=True) as queue,
            JobQueue.open(file) as adding,
        ):
            try:
                async with self.following.showing([]), asyncio.TaskGroup() as group:
                    group.create_task(self._work(queue), name="queue")
                    group.create_task(self._look(adding), name="folder")
            except asyncio.CancelledError:
                raise Interrupted(left_open(file, queue.open_records(), ending="ffx queue cancel --all")) from None
            except BaseExceptionGroup as errors:  # one failed, and the other was stopped for it
                raise errors.exceptions[0] from None
        return 0

    async def _work(self, queue: JobQueue) -> None:
        """Work the queue whenever nobody else does."""
        lock = QueueLock(queue.file)
        farm = farm_of(self.assembly, self.following.take)
        while True:
            if lock.acquire():
                try:
                    await farm.work(queue, forever=True)
                finally:
                    lock.release()
            await asyncio.sleep(LOOK_PERIOD)

    async def _look(self, queue: JobQueue) -> None:
        watch = self.watch
        memory = Memory(self.assembly.folders.watched_folder, watch.folder, watch.wish.out_dir)
        settling = Settling(watch.settle)
        print_note(f"ffx: watching {watch.folder}; stop with Ctrl-C")
        while True:
            inputs = await asyncio.to_thread(self._inputs)
            complete = await asyncio.to_thread(settling.complete, inputs, time.monotonic())
            new = [(one, state) for one, state in complete if not memory.has(one.path, state)]
            if new:
                await self._take(queue, memory, new)
            await asyncio.sleep(min(LOOK_PERIOD, max(0.1, watch.settle)))

    def _inputs(self) -> tuple[Input, ...]:
        watch = self.watch
        try:
            found = find_inputs([str(watch.folder)], recursive=True, apart=watch.wish.out_dir)
        except UsageError:  # an empty folder, or a share that is away for a moment
            return ()
        return tuple(one for one in found if watch.recursive or one.under == Path())

    async def _take(self, queue: JobQueue, memory: Memory, new: list[tuple[Input, State]]) -> None:
        """Put complete files into the queue. They are remembered only then: the queue loses none."""
        watch, assembly = self.watch, self.assembly
        wish = evolve(watch.wish, inputs=tuple(one for one, _ in new))
        policy = argument_policy(assembly.source)
        try:
            plans = await plan_all(
                wish,
                assembly.specs(),
                policy=policy,
                folders=assembly.folders,
                overwrite=watch.overwrite,
                dry_run=False,
            )
        except UsageError as error:  # two that would become one: the next look may be another
            print_error(str(error))
            memory.add((one.path, state) for one, state in new)
            return
        for plan in plans:
            if isinstance(plan, Refused):
                print_error(str(plan.error))
        planned = [plan for plan in plans if isinstance(plan, Planned)]
        handling = Handling(overwrite=watch.overwrite, local=submit_settings(assembly.source).local)
        records = add_to_queue(queue, planned, handling, watch.verification)
        for record in records:
            print_note(f"ffx: {Path(record.job.input_file).name} is complete: job {record.number}")
        memory.add((one.path, state) for one, state in new)
