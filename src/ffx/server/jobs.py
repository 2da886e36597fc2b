"""The way of every job on a server: from its submission to its end, and the slots it takes on the way.

A job is taken (a slot), receives its input, is encoded (the slot is free again), and waits until its client has
fetched and committed the result. Its client may end it at any moment. What arrives about one job is followed in the
order of its arrival; what is said about a job or an attempt that is not here changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING

from ffx.core.errors import DecodeError
from ffx.core.messages import (
    FileChunk,
    FileDownloadRequest,
    FileDownloadStart,
    FileUploadComplete,
    FileUploadStart,
    JobAccepted,
    JobCancel,
    JobCommitted,
    JobFailed,
    JobProgressMessage,
    JobReassign,
    JobRejected,
    JobSubmit,
    Message,
)
from ffx.core.model import Evidence, JobProgress
from ffx.core.text import one_line
from ffx.server.admission import (
    Rejection,
    check_capabilities,
    check_disk,
    check_recipe,
    check_size,
    check_slots,
    estimated_duration,
    needed_capabilities,
    output_suffix,
)
from ffx.server.background import Background
from ffx.server.files import FileStore
from ffx.server.job import Finished, Job, Stage, Worker
from ffx.server.ledger import Ledger
from ffx.server.options import ServerOptions
from ffx.server.session import Refused
from ffx.server.spool import Spool

if TYPE_CHECKING:
    from ffx.server.capabilities import CapabilityService

log = logging.getLogger(__name__)


class Jobs:
    """Every job that is here. One client sees nothing of another's."""

    def __init__(
        self,
        options: ServerOptions,
        capabilities: CapabilityService,
        *,
        background: Background,
        spool: Spool,
        files: FileStore,
        worker: Worker,
        tell: Callable[[str, Message, Hashable | None], bool],
        on_slots: Callable[[], None],
    ) -> None:
        """``tell`` sends a message to a client and says whether it is there; ``on_slots`` hears of taken and freed
        slots.
        """
        self.closed = False
        """Whether nothing new is taken."""
        self.completed = 0
        self.failed = 0
        self._options = options
        self._capabilities = capabilities
        self._background = background
        self._spool = spool
        self._files = files
        self._worker = worker
        self._tell = tell
        self._on_slots = on_slots
        self._ledger = Ledger()
        self._idle = asyncio.Event()
        self._idle.set()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def running(self) -> int:
        """Slots that are taken."""
        return sum(job.holds_slot for job in self._ledger)

    async def idle(self) -> None:
        """Wait until no slot is taken."""
        await self._idle.wait()

    async def empty(self) -> None:
        """Wait until no job is here, results that wait to be fetched included."""
        await self._empty.wait()

    def of_client(self, client_id: str) -> tuple[Job, ...]:
        return tuple(job for job in self._ledger if job.client_id == client_id)

    # -- What a client asks for -------------------------------------------------------------------------------

    async def submit(self, client_id: str, message: JobSubmit) -> JobAccepted | JobRejected:
        """Take a job or say why not.

        The very submission of a job that is here is accepted again: its client came back and did not know. A newer
        attempt ends an older one.
        """
        job = message.configuration
        async with self._ledger.turn(client_id, job.job_id):
            try:
                here = self._ledger.same(client_id, message)
                if here is not None:
                    self._repeat_outcome(here)
                else:
                    await self._admit(client_id, message)
                    self._take(client_id, message)
            except Rejection as rejection:
                return rejection.answer(job.job_id, message.attempt)
        estimate = estimated_duration(job, self._capabilities.report(job.recipe.encoder))
        return JobAccepted(job.job_id, message.attempt, estimate)

    async def start_upload(self, client_id: str, message: FileUploadStart) -> FileChunk:
        """Say where the input goes, and from which byte on."""
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            if not job.upload:
                self._expect(job, message.size)
            elif message.size != job.size:
                raise Refused("source_changed", f"this upload was announced with {job.size} bytes, not {message.size}")
            offset = await self._files.received(job.upload)
            return FileChunk(job.job_id, job.attempt, job.upload, offset, job.size)

    async def complete_upload(self, client_id: str, message: FileUploadComplete) -> FileUploadComplete:
        """Check that the input is whole and what was sent; then its encode starts."""
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            received = await self._files.received(job.upload) if job.upload else 0
            if not job.upload or received != job.size or message.size != job.size:
                raise Refused("incomplete", f"{received} bytes have arrived of {job.size or message.size}")
            if await self._files.digest(job.upload) != message.digest.lower():
                if job.stage is Stage.UPLOAD:
                    await self._files.start_over(job.upload)
                raise Refused("digest_mismatch", "what arrived is not what was sent; send it again")
            if job.stage is Stage.UPLOAD:
                job.stage = Stage.ENCODE
                job.work = self._background.start(self._work(job), f"work on job {one_line(job.job_id)}")
            return message

    async def start_download(self, client_id: str, message: FileDownloadRequest) -> FileDownloadStart:
        """Say where the result is."""
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            if job.output is None:
                raise _not_ready(job)
            return FileDownloadStart(job.job_id, job.attempt, job.download, job.output.size, job.output.digest)

    async def commit(self, client_id: str, message: JobCommitted) -> None:
        """The client has the result: forget the job."""
        async with self._ledger.turn(client_id, message.job_id):
            if self._ledger.has_ended(client_id, message.job_id, message.attempt):
                return
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            if job.stage is not Stage.DONE:
                raise _not_ready(job)
            await self._end(job)

    async def cancel(self, client_id: str, message: JobCancel | JobReassign) -> JobCancel | JobReassign:
        """Stop a job in whatever stage it is and remove its files; the answer says that its slot is free."""
        async with self._ledger.turn(client_id, message.job_id):
            if not self._ledger.has_ended(client_id, message.job_id, message.attempt):
                await self._end(self._ledger.find(client_id, message.job_id, message.attempt))
            return message

    # -- What the server does of itself -----------------------------------------------------------------------

    def repeat_outcomes(self, client_id: str) -> None:
        """Tell a client that came back what became of its jobs meanwhile."""
        for job in self.of_client(client_id):
            self._repeat_outcome(job)

    async def end_all(self, jobs: Iterable[Job]) -> None:
        """Stop and forget jobs, all at once."""
        async with asyncio.TaskGroup() as endings:
            for job in jobs:
                endings.create_task(self._end_in_turn(job))

    def all(self) -> tuple[Job, ...]:
        return tuple(self._ledger)

    # -- A job's way ------------------------------------------------------------------------------------------

    async def _admit(self, client_id: str, message: JobSubmit) -> None:
        """Raises Rejection, for the first reason there is."""
        job = message.configuration
        self._check_open()
        older = self._ledger.older(client_id, message)
        if older is not None:
            await self._end(older)
        check_size(job.file_size, self._options)
        self._check_disk(job.file_size)
        spec = self._capabilities.spec(job.recipe.encoder)
        check_recipe(job.recipe, {} if spec is None else {spec.name: spec})
        needed = needed_capabilities(job)
        await self._capabilities.ensure([name for name in needed if self._capabilities.spec(name) is not None])
        self._check_open()
        check_capabilities(needed, self._capabilities.snapshot())
        check_slots(self.running, self._options)

    def _check_open(self) -> None:
        if self.closed:
            raise Rejection("maintenance", "this server finishes its jobs and takes nothing new")

    def _check_disk(self, size: int) -> None:
        promised = sum(job.promised_space for job in self._ledger)
        check_disk(size, free=self._spool.free_space(), promised=promised, options=self._options)

    def _take(self, client_id: str, message: JobSubmit) -> None:
        folder = self._spool.job_folder(output_suffix(message.configuration.recipe))
        job = Job(client_id, message.configuration, message.attempt, folder, size=message.configuration.file_size)
        self._ledger.add(job)
        log.info("job %s (attempt %d) taken", one_line(job.job_id), job.attempt)
        self._slots_changed()

    def _expect(self, job: Job, size: int) -> None:
        if size < 0:
            raise DecodeError("is not negative", path="data.size")
        try:
            check_size(size, self._options)
            job.size = 0
            self._check_disk(size)
        except Rejection as rejection:
            raise Refused(rejection.code, str(rejection)) from None
        job.size = size
        job.upload = self._files.expect(job.folder.input, size)

    async def _work(self, job: Job) -> None:
        try:
            end = await self._worker(job, lambda progress: self._report(job, progress))
        except Exception:
            log.exception("the work on job %s failed", one_line(job.job_id))
            message = "the server failed at this job; its log says why"
            evidence = Evidence(server=self._options.name, attempt=job.attempt)
            end = JobFailed(job.job_id, job.attempt, "internal", message, evidence)
        if isinstance(end, JobFailed):
            await self._fail(job, end)
        else:
            self._complete(job, end)

    def _report(self, job: Job, progress: JobProgress) -> None:
        message = JobProgressMessage(job.attempt, progress)
        self._tell(job.client_id, message, ("progress", job.job_id))

    def _complete(self, job: Job, end: Finished) -> None:
        job.output = end.output
        job.download = self._files.offer_file(end.output)
        job.stage, job.outcome = Stage.DONE, end.message
        self.completed += 1
        self._slots_changed()
        self._repeat_outcome(job)

    async def _fail(self, job: Job, failure: JobFailed) -> None:
        log.warning("job %s (attempt %d) failed: %s", one_line(job.job_id), job.attempt, one_line(failure.message))
        await self._clear(job)
        job.stage, job.outcome = Stage.FAILED, failure
        self.failed += 1
        self._slots_changed()
        self._repeat_outcome(job)

    def _repeat_outcome(self, job: Job) -> None:
        """Tell how a job ended, if it did; a failure that was told is done with."""
        if job.outcome is not None and self._tell(job.client_id, job.outcome, None) and job.stage is Stage.FAILED:
            self._forget(job)

    async def _end_in_turn(self, job: Job) -> None:
        async with self._ledger.turn(job.client_id, job.job_id):
            await self._end(job)

    async def _end(self, job: Job) -> None:
        """Stop, remove, forget. Doing it twice is fine."""
        if job.work is not None:
            job.work.cancel()
            await asyncio.wait([job.work])
        await self._clear(job)
        self._forget(job)

    async def _clear(self, job: Job) -> None:
        """Remove the files; nobody writes to them any more then."""
        await self._files.withdraw(job.upload, job.download)
        await asyncio.to_thread(job.folder.remove)

    def _forget(self, job: Job) -> None:
        if self._ledger.forget(job):
            self._slots_changed()

    def _slots_changed(self) -> None:
        _set(self._idle, self.running == 0)
        _set(self._empty, not self._ledger)
        self._on_slots()


def _set(event: asyncio.Event, happened: bool) -> None:
    if happened:
        event.set()
    else:
        event.clear()


def _not_ready(job: Job) -> Refused:
    return Refused("not_ready", f"job {job.job_id!r} has no result yet")
