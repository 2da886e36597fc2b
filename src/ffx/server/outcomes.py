"""How jobs end: a result that waits to be fetched, a failure that is told, or the word of a client or of the server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from ffx.core.messages import (
    FileDownloadRequest,
    FileDownloadStart,
    JobCancel,
    JobCommitted,
    JobCompleted,
    JobFailed,
    JobReassign,
)
from ffx.core.model import JobStage
from ffx.core.text import one_line
from ffx.server.clients import Tell
from ffx.server.course import Course
from ffx.server.ended import EndedAttempt
from ffx.server.files import FileStore
from ffx.server.inputs import Inputs
from ffx.server.job import Finished, Job, WorkEnd
from ffx.server.ledger import Ledger
from ffx.server.manifest import Manifests
from ffx.server.session import Refused

log = logging.getLogger(__name__)


class Outcomes:
    """Keeps what came out of every job until its client has it, and ends jobs."""

    def __init__(
        self,
        ledger: Ledger,
        course: Course,
        files: FileStore,
        *,
        inputs: Inputs,
        manifests: Manifests,
        write_ended: Callable[[EndedAttempt], None],
        tell: Tell,
        on_change: Callable[[], None],
    ) -> None:
        """``write_ended`` brings an ended attempt to the disk, in a thread."""
        self.completed = 0
        self.failed = 0
        self._ledger = ledger
        self._course = course
        self._files = files
        self._inputs = inputs
        self._manifests = manifests
        self._write_ended = write_ended
        self._tell = tell
        self._on_change = on_change

    # -- What a client asks for -------------------------------------------------------------------------------

    async def start_download(self, client_id: str, message: FileDownloadRequest) -> FileDownloadStart:
        """Say where the result is."""
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            if job.output is None or job.outcome is None:
                raise _not_ready(job)
            return FileDownloadStart(job.job_id, job.attempt, job.download, job.output.size, job.output.digest)

    async def commit(self, client_id: str, message: JobCommitted) -> JobCommitted:
        """The client has the result: forget the job."""
        async with self._ledger.turn(client_id, message.job_id):
            if self._ledger.has_ended(client_id, message.job_id, message.attempt):
                return message
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            if not isinstance(job.outcome, JobCompleted):
                raise _not_ready(job)
            await self.end(job)
            return message

    async def cancel(self, client_id: str, message: JobCancel | JobReassign) -> JobCancel | JobReassign:
        """Stop a job in whatever stage it is and remove its files; the answer says that its slot is free."""
        async with self._ledger.turn(client_id, message.job_id):
            if not self._ledger.has_ended(client_id, message.job_id, message.attempt):
                await self.end(self._ledger.find(client_id, message.job_id, message.attempt))
            return message

    # -- What comes of the work ---------------------------------------------------------------------------------

    async def settle(self, job: Job, end: WorkEnd) -> None:
        """Take what came out of a job, and tell it."""
        async with self._ledger.turn(job.client_id, job.job_id):
            await self._settle(job, end)

    async def _settle(self, job: Job, end: WorkEnd) -> None:
        if isinstance(end, Finished):
            job.output = end.output
            job.download = self._files.offer_file(end.output)
            outcome: JobCompleted | JobFailed = end.message
            log.info("job %s (attempt %d) completed", one_line(job.job_id), job.attempt)
            self.completed += 1
        else:
            log.warning("job %s (attempt %d) failed: %s", one_line(job.job_id), job.attempt, one_line(end.message))
            await self._clear(job)
            outcome = end
            self.failed += 1
        job.ended_at = time.time()
        await self._manifests.note(job, outcome)  # before it is told, and before a server that stops may go
        job.outcome = outcome
        self._on_change()
        await self.repeat(job)

    async def fail(self, job: Job, failure: JobFailed) -> None:
        """End an encode that cannot go on, and tell it as a failure."""
        async with self._ledger.turn(job.client_id, job.job_id):
            if self._ledger.holds(job) and job.outcome is None and job.stage is JobStage.ENCODE:
                await self._course.stop(job)
                await self._settle(job, failure)

    async def repeat(self, job: Job) -> bool:
        """Tell how a job ended, or where it is, and say whether its client is here; a failure that was told is done
        with. In the job's turn.
        """
        if job.outcome is None:
            return self._course.tell_stage(job)
        told = self._tell(job.client_id, job.outcome, None)
        if told and isinstance(job.outcome, JobFailed):
            await self._clear(job)
            await self._forget(job)
        return told

    async def repeat_in_turn(self, job: Job) -> None:
        """The same for a job that may be gone when its turn comes."""
        async with self._ledger.turn(job.client_id, job.job_id):
            if self._ledger.holds(job):
                await self.repeat(job)

    def adopt(self, jobs: Iterable[Job]) -> None:
        """Take over jobs of a former life, each with its outcome."""
        for job in jobs:
            if job.output is not None:
                job.download = self._files.offer_file(job.output)
            self._ledger.add(job)
        self._on_change()

    # -- Ends ---------------------------------------------------------------------------------------------------

    async def give_up_uploads(self, client_id: str) -> None:
        """Take the places back that a client holds with inputs that do not arrive. What arrived is put by: the same
        submission goes on with it.
        """
        for job in self._ledger:
            if job.client_id == client_id:
                async with self._ledger.turn(client_id, job.job_id):
                    if job.stage is JobStage.UPLOAD and job.outcome is None:
                        await self._files.withdraw(*(file.upload for file in job.files))
                        await asyncio.to_thread(self._put_by, job)
                        await asyncio.to_thread(job.folder.remove)
                        if self._ledger.drop(job):
                            self._on_change()

    async def end_all(self, jobs: Iterable[Job]) -> None:
        """Stop and forget jobs, all at once."""
        async with asyncio.TaskGroup() as endings:
            for job in jobs:
                endings.create_task(self._end_in_turn(job))

    async def end(self, job: Job) -> None:
        """Stop, remove, forget; in the job's turn. Doing it twice is fine."""
        await self._course.stop(job)
        await self._clear(job)
        await self._forget(job)

    async def _end_in_turn(self, job: Job) -> None:
        async with self._ledger.turn(job.client_id, job.job_id):
            await self.end(job)

    async def _clear(self, job: Job) -> None:
        """Remove the files; nobody writes to them any more then."""
        await self._files.withdraw(*(file.upload for file in job.files), job.download)
        await asyncio.to_thread(self._remove, job)

    async def _forget(self, job: Job) -> None:
        ended = self._ledger.forget(job)
        if ended is not None:
            self._on_change()
            await asyncio.to_thread(self._note_end, ended)

    # -- In a thread --------------------------------------------------------------------------------------------

    def _put_by(self, job: Job) -> None:
        for number, file in enumerate(job.files):
            whose = {"client_id": job.client_id, "job_id": job.job_id}
            self._inputs.put_by(file.path, **whose, number=number, size=file.size)

    def _remove(self, job: Job) -> None:
        for file in job.files:
            if file.digest:
                self._inputs.used(client_id=job.client_id, digest=file.digest, size=file.size)
        job.folder.remove()

    def _note_end(self, ended: EndedAttempt) -> None:
        try:
            self._write_ended(ended)
        except OSError as error:
            log.warning("the end of job %s cannot be noted: %s", one_line(ended.job_id), error.strerror)


def _not_ready(job: Job) -> Refused:
    return Refused("not_ready", f"job {job.job_id!r} has no result yet")
