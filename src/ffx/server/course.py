"""The course of a job whose input is here: it waits for a slot, is encoded, is checked; each stage is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from attrs import evolve

from ffx.core.messages import JobFailed, JobProgressMessage
from ffx.core.model import Evidence, JobProgress, JobStage, Verification
from ffx.core.text import one_line
from ffx.server.background import Background
from ffx.server.clients import Tell
from ffx.server.job import Job, Way, WorkEnd, Worker
from ffx.server.room import DiskRoom
from ffx.server.slots import Slots

log = logging.getLogger(__name__)


class Course:
    """Has the work done on every job whose input is here."""

    def __init__(
        self,
        max_jobs: int,
        *,
        name: str,
        room: DiskRoom,
        background: Background,
        worker: Worker,
        tell: Tell,
        on_change: Callable[[], None],
        on_end: Callable[[Job, WorkEnd], Awaitable[None]],
    ) -> None:
        """``on_change`` hears of each change of a stage; ``on_end`` is given what came out, and is waited for."""
        self._name = name
        self._room = room
        self._background = background
        self._worker = worker
        self._tell = tell
        self._on_change = on_change
        self._on_end = on_end
        self.slots = Slots(max_jobs, self._begin_encode, on_change)
        # A full check takes a processor like an encode does: of both no more than the machine was said to bear.
        self._checks = asyncio.Semaphore(max_jobs)

    def begin(self, job: Job) -> None:
        """Work on a job from now on."""
        self._enter(job, JobStage.WAITING)
        job.work = self._background.start(self._work(job), f"work on job {one_line(job.job_id)}")

    async def stop(self, job: Job) -> None:
        """End the work on a job, FFmpeg included. Its slot is free when this returns."""
        if job.work is not None:
            job.work.cancel()
            await asyncio.wait([job.work])

    def pause(self, job: Job, paused: bool) -> None:
        """Suspend FFmpeg, or keep it from beginning; or let it go on. What is past that cannot be paused."""
        if job.outcome is not None or paused == job.paused:
            return
        if job.stage is JobStage.CHECK and job.configuration.verification is not Verification.FULL:
            return
        if paused:
            job.control.pause()
        else:
            job.control.resume()
            self.slots.fill()
        self.tell_stage(job)

    def tell_stage(self, job: Job) -> bool:
        """Tell the client where its job is; says whether it is here."""
        return self._tell(job.client_id, JobProgressMessage(job.attempt, job.progress, job.stage, job.paused), None)

    async def _work(self, job: Job) -> None:
        way = Way(
            slot=lambda: self._slot(job),
            check=lambda: self._check(job),
            report=lambda progress: self._report(job, progress),
        )
        try:
            end = await self._worker(job, way)
        except Exception:
            log.exception("the work on job %s failed", one_line(job.job_id))
            message = "the server failed at this job; its log says why"
            evidence = Evidence(server=self._name, attempt=job.attempt)
            end = JobFailed(job.job_id, job.attempt, "internal", message, evidence)
        await self._on_end(job, end)

    @contextlib.asynccontextmanager
    async def _slot(self, job: Job) -> AsyncIterator[None]:
        async with self.slots.turn(job):
            self._room.check_encode()
            yield
            job.stage = JobStage.CHECK
        job.progress = evolve(job.progress, progress=1.0, eta=0.0)
        self.tell_stage(job)

    @contextlib.asynccontextmanager
    async def _check(self, job: Job) -> AsyncIterator[None]:
        async with self._checks:
            yield

    def _begin_encode(self, job: Job) -> None:
        self._enter(job, JobStage.ENCODE)

    def _enter(self, job: Job, stage: JobStage) -> None:
        job.stage = stage
        self.tell_stage(job)
        self._on_change()

    def _report(self, job: Job, progress: JobProgress) -> None:
        job.progress = progress
        message = JobProgressMessage(job.attempt, progress, job.stage, job.paused)
        self._tell(job.client_id, message, ("progress", job.job_id))
