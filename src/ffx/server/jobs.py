"""Every job on a server, from its submission to its end.

A job is taken (``intake``), receives its input, waits for a slot, is encoded and checked (``course``), and waits until
its client has fetched and committed the result (``outcomes``). Its client may end it at any moment. What arrives about
one job is followed in the order of its arrival; what is said about a job or an attempt that is not here changes
nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ffx.core.messages import JobFailed, JobPause
from ffx.core.model import Evidence
from ffx.server.adoption import adopt
from ffx.server.background import Background
from ffx.server.clients import Tell
from ffx.server.course import Course
from ffx.server.ended import EndedAttempt, Journal
from ffx.server.files import FileStore
from ffx.server.inputs import Inputs
from ffx.server.intake import Intake
from ffx.server.job import Job, WorkEnd, Worker
from ffx.server.ledger import Ledger
from ffx.server.manifest import Manifests
from ffx.server.options import ServerOptions
from ffx.server.outcomes import Outcomes
from ffx.server.room import DiskRoom
from ffx.server.spool import Spool

if TYPE_CHECKING:
    from ffx.server.capabilities import CapabilityService


class Jobs:
    """Every job that is here. One client sees nothing of another's; who may is decided before."""

    def __init__(
        self,
        options: ServerOptions,
        capabilities: CapabilityService,
        *,
        background: Background,
        spool: Spool,
        files: FileStore,
        room: DiskRoom,
        worker: Worker,
        tell: Tell,
        on_slots: Callable[[], None],
    ) -> None:
        """``on_slots`` hears whenever slots or places may have been taken or freed."""
        self._on_slots = on_slots
        self._options = options
        self._spool = spool
        self._room = room
        self._inputs = Inputs(lambda: spool.inputs, keep=options.keep_results)
        self._journal: Journal | None = None
        self._ledger = Ledger()
        manifests = Manifests(durable=spool.durable)
        self._change = asyncio.Event()
        self.course = Course(
            options.max_jobs,
            name=options.name,
            room=room,
            background=background,
            worker=worker,
            tell=tell,
            on_change=self._changed,
            on_end=self._settle,
        )
        self.outcomes = Outcomes(
            self._ledger,
            self.course,
            files,
            inputs=self._inputs,
            manifests=manifests,
            write_ended=self._write_ended,
            tell=tell,
            on_change=self._changed,
        )
        self.intake = Intake(
            options,
            capabilities,
            ledger=self._ledger,
            spool=spool,
            files=files,
            course=self.course,
            outcomes=self.outcomes,
            inputs=self._inputs,
            manifests=manifests,
            tell=tell,
            on_change=self._changed,
        )

    @property
    def encoding(self) -> int:
        """Slots that are taken."""
        return self.course.slots.taken

    @property
    def waiting(self) -> int:
        """Jobs that have not begun to encode."""
        return self._ledger.waiting

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that is true of the jobs, or of who is here."""
        while not holds():
            await self._change.wait()

    def changed(self) -> None:
        """Something changed that somebody may be waiting for."""
        change, self._change = self._change, asyncio.Event()
        change.set()

    def all(self) -> tuple[Job, ...]:
        return tuple(self._ledger)

    def of_client(self, client_id: str) -> tuple[Job, ...]:
        return tuple(job for job in self._ledger if job.client_id == client_id)

    def owner(self, job_id: str, attempt: int, *, first: str) -> str:
        """The client whose job that is; ``first`` when it has or had one, or when nobody has."""
        others = {job.client_id for job in self._ledger if (job.job_id, job.attempt) == (job_id, attempt)}
        known = first in others or self._ledger.has_ended(first, job_id, attempt)
        return first if known or len(others) != 1 else others.pop()

    async def pause(self, client_id: str, message: JobPause) -> JobPause:
        """Suspend an encode or let it go on; one that has not begun is passed over meanwhile."""
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            self.course.pause(job, message.paused)
            return message

    async def adopt(self) -> None:
        """Go on with what a former life of this server left, where it had one. Raises OSError."""
        if self._spool.durable:
            self._journal = Journal(self._spool.path / "ended.jsonl")
            for ended in await asyncio.to_thread(self._journal.read):
                self._ledger.ended.add(ended)
            jobs = await asyncio.to_thread(adopt, self._spool, self._inputs, keep=self._options.keep_results)
            self.outcomes.adopt(jobs)

    async def repeat_words(self, client_id: str) -> None:
        """Tell a client that came back where its jobs are, and what became of them meanwhile."""
        for job in self.of_client(client_id):
            await self.outcomes.repeat_in_turn(job)

    async def watch_disk(self) -> None:
        """See to the room that jobs must leave: what is kept of inputs gives way, then the encode that began last."""
        if not self._ledger or await asyncio.to_thread(self._room.shortage) <= 0:  # without jobs nothing grows here
            return
        await self._give_way()
        job = self.course.slots.newest
        if job is not None and await asyncio.to_thread(self._room.shortage) > 0:
            evidence = Evidence(server=self._options.name, attempt=job.attempt)
            refusal = await asyncio.to_thread(self._room.refusal)
            await self.outcomes.fail(job, JobFailed(job.job_id, job.attempt, "disk_full", refusal, evidence))

    async def expire(self, is_here: Callable[[str], bool]) -> None:
        """End what was kept long enough for clients that are not here."""
        now = time.time()
        late = [job for job in self._ledger if job.outcome and now - job.ended_at > self._options.keep_results]
        await self.outcomes.end_all(job for job in late if not is_here(job.client_id))
        await asyncio.to_thread(self._inputs.expire)
        await self._give_way()

    async def _give_way(self) -> None:
        """Let go of inputs that are kept, where the disk is short."""
        await asyncio.to_thread(lambda: self._inputs.make_room(self._room.shortage()))

    def _write_ended(self, ended: EndedAttempt) -> None:
        if self._journal is not None:
            self._journal.append(ended)

    async def _settle(self, job: Job, end: WorkEnd) -> None:
        await self.outcomes.settle(job, end)

    def _changed(self) -> None:
        self.changed()
        self._on_slots()
