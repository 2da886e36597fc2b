"""The jobs of a server: who owns each one, what stage it is in, which slots are taken, and how it ends.

A job is taken (a slot), receives its input, is encoded (the slot is free again), and waits until its client has
fetched and committed the result. Its client may end it at any moment. What arrives about one job is followed in the
order of its arrival; what is said about a job or an attempt that is not here changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from enum import Enum, auto
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from attrs import define, frozen

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
    JobCompleted,
    JobFailed,
    JobProgressMessage,
    JobReassign,
    JobRejected,
    JobSubmit,
    Message,
)
from ffx.core.model import Evidence, JobConfiguration, JobProgress
from ffx.core.transport import StoredFile
from ffx.server.admission import (
    OUTPUT_SHARE,
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
from ffx.server.options import ServerOptions
from ffx.server.session import Refused
from ffx.server.spool import JobFolder, Spool

if TYPE_CHECKING:
    from ffx.server.capabilities import CapabilityService

MAX_JOB_ID = 200
"""Characters of a job's id."""
REMEMBERED = 10_000
"""Ended jobs that are remembered, so that a late or repeated word about one is understood."""

log = logging.getLogger(__name__)


class Stage(Enum):
    UPLOAD = auto()
    ENCODE = auto()
    DONE = auto()
    FAILED = auto()


@define(eq=False)
class Job:
    """One attempt of one job, as long as it is here."""

    client_id: str
    configuration: JobConfiguration
    attempt: int
    folder: JobFolder
    stage: Stage = Stage.UPLOAD
    size: int = 0
    """Bytes of the input that were promised."""
    upload: str = ""
    """The resource of the input; empty until the client asked to send it."""
    download: str = ""
    """The resource of the output, once there is one."""
    output: StoredFile | None = None
    work: asyncio.Task[None] | None = None
    outcome: JobCompleted | JobFailed | None = None

    @property
    def job_id(self) -> str:
        return self.configuration.job_id

    @property
    def holds_slot(self) -> bool:
        return self.stage in (Stage.UPLOAD, Stage.ENCODE)

    @property
    def promised_space(self) -> int:
        """Bytes of disk that this job may still take."""
        shares = {Stage.UPLOAD: 1 + OUTPUT_SHARE, Stage.ENCODE: OUTPUT_SHARE}
        return round(self.size * shares.get(self.stage, 0.0))


@frozen
class Finished:
    """What comes out of a job that went well."""

    output: StoredFile
    message: JobCompleted


WorkEnd = Finished | JobFailed
Worker = Callable[[Job, Callable[[JobProgress], None]], Awaitable[WorkEnd]]
"""Does the work on a job whose input has arrived: from the bytes to the checked result. Tells its progress and leaves
no process behind.
"""


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
        self._jobs: dict[tuple[str, str], Job] = {}
        self._ended: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._idle = asyncio.Event()
        self._idle.set()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def running(self) -> int:
        """Slots that are taken."""
        return sum(job.holds_slot for job in self._jobs.values())

    async def idle(self) -> None:
        """Wait until no slot is taken."""
        await self._idle.wait()

    async def empty(self) -> None:
        """Wait until no job is here, results that wait to be fetched included."""
        await self._empty.wait()

    def of_client(self, client_id: str) -> tuple[Job, ...]:
        return tuple(job for job in self._jobs.values() if job.client_id == client_id)

    # -- What a client asks for -------------------------------------------------------------------------------

    async def submit(self, client_id: str, message: JobSubmit) -> JobAccepted | JobRejected:
        """Take a job or say why not.

        The very submission of a job that is here is accepted again: its client came back and did not know. A newer
        attempt ends an older one.
        """
        job = message.configuration
        _check_identity(job.job_id, message.attempt, path="data.configuration.job_id")
        async with self._turn(client_id, job.job_id):
            try:
                known = self._known(client_id, message)
                if known is not None and known.attempt == message.attempt:
                    self._repeat_outcome(known)
                else:
                    if known is not None:
                        await self._end(known)
                    await self._admit(job)
                    self._take(client_id, message)
            except Rejection as rejection:
                return rejection.answer(job.job_id, message.attempt)
        estimate = estimated_duration(job, self._capabilities.report(job.recipe.encoder))
        return JobAccepted(job.job_id, message.attempt, estimate)

    async def start_upload(self, client_id: str, message: FileUploadStart) -> FileChunk:
        """Say where the input goes, and from which byte on."""
        async with self._turn(client_id, message.job_id):
            job = self._find(client_id, message.job_id, message.attempt)
            if not job.upload:
                self._expect(job, message.size)
            elif message.size != job.size:
                raise Refused("source_changed", f"this upload was announced with {job.size} bytes, not {message.size}")
            offset = await self._files.received(job.upload)
            return FileChunk(job.job_id, job.attempt, job.upload, offset, job.size)

    async def complete_upload(self, client_id: str, message: FileUploadComplete) -> FileUploadComplete:
        """Check that the input is whole and what was sent; then its encode starts."""
        async with self._turn(client_id, message.job_id):
            job = self._find(client_id, message.job_id, message.attempt)
            received = await self._files.received(job.upload) if job.upload else 0
            if not job.upload or received != job.size or message.size != job.size:
                raise Refused("incomplete", f"{received} bytes have arrived of {job.size or message.size}")
            if await self._files.digest(job.upload) != message.digest.lower():
                if job.stage is Stage.UPLOAD:
                    await self._files.start_over(job.upload)
                raise Refused("digest_mismatch", "what arrived is not what was sent; send it again")
            if job.stage is Stage.UPLOAD:
                job.stage = Stage.ENCODE
                job.work = self._background.start(self._work(job), f"work on {job.job_id}")
            return message

    async def start_download(self, client_id: str, message: FileDownloadRequest) -> FileDownloadStart:
        """Say where the result is."""
        async with self._turn(client_id, message.job_id):
            job = self._find(client_id, message.job_id, message.attempt)
            if job.output is None:
                raise _not_ready(job)
            return FileDownloadStart(job.job_id, job.attempt, job.download, job.output.size, job.output.digest)

    async def commit(self, client_id: str, message: JobCommitted) -> None:
        """The client has the result: forget the job."""
        async with self._turn(client_id, message.job_id):
            if self._has_ended(client_id, message.job_id, message.attempt):
                return
            job = self._find(client_id, message.job_id, message.attempt)
            if job.stage is not Stage.DONE:
                raise _not_ready(job)
            await self._end(job)

    async def cancel(self, client_id: str, message: JobCancel | JobReassign) -> JobCancel | JobReassign:
        """Stop a job in whatever stage it is and remove its files; the answer says that its slot is free."""
        async with self._turn(client_id, message.job_id):
            if not self._has_ended(client_id, message.job_id, message.attempt):
                await self._end(self._find(client_id, message.job_id, message.attempt))
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
        return tuple(self._jobs.values())

    # -- Identity ---------------------------------------------------------------------------------------------

    def _turn(self, client_id: str, job_id: str) -> asyncio.Lock:
        """Held while a word about a job is followed; those who wait are let in by the order of their arrival."""
        key = (client_id, job_id)
        turn = self._turns.get(key)
        if turn is None:
            turn = self._turns[key] = asyncio.Lock()
        return turn

    def _known(self, client_id: str, message: JobSubmit) -> Job | None:
        """The job that a submission means, this attempt or an older one.

        Raises:
            Rejection: ``maintenance`` or ``duplicate_job``.
        """
        job_id, attempt = message.configuration.job_id, message.attempt
        known = self._jobs.get((client_id, job_id))
        same = known is not None and (known.attempt, known.configuration) == (attempt, message.configuration)
        if not same:
            self._check_open()
        if self._ended.get((client_id, job_id), 0) >= attempt:
            raise Rejection("duplicate_job", f"attempt {attempt} of this job has ended here; submit it as a new one")
        if known is not None and known.attempt >= attempt and not same:
            raise Rejection("duplicate_job", f"attempt {known.attempt} of this job is here already, and is another")
        return known

    def _find(self, client_id: str, job_id: str, attempt: int) -> Job:
        """Raises Refused ``unknown_job``."""
        job = self._jobs.get((client_id, job_id))
        if job is None or job.attempt != attempt:
            raise Refused(
                "unknown_job", f"this server has no attempt {attempt} of a job {job_id[:MAX_JOB_ID]!r} of yours"
            )
        return job

    def _has_ended(self, client_id: str, job_id: str, attempt: int) -> bool:
        return self._ended.get((client_id, job_id)) == attempt

    # -- A job's way ------------------------------------------------------------------------------------------

    async def _admit(self, job: JobConfiguration) -> None:
        """Raises Rejection, for the first reason there is."""
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
        promised = sum(job.promised_space for job in self._jobs.values())
        check_disk(size, free=self._spool.free_space(), promised=promised, options=self._options)

    def _take(self, client_id: str, message: JobSubmit) -> None:
        job_id = message.configuration.job_id
        folder = self._spool.job_folder(output_suffix(message.configuration.recipe))
        job = Job(client_id, message.configuration, message.attempt, folder, size=message.configuration.file_size)
        self._jobs[client_id, job_id] = job
        log.info("job %s (attempt %d) taken", job_id, message.attempt)
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
            log.exception("the work on job %s failed", job.job_id)
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
        log.warning("job %s (attempt %d) failed: %s", job.job_id, job.attempt, failure.message)
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
        async with self._turn(job.client_id, job.job_id):
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
        key = (job.client_id, job.job_id)
        if self._jobs.get(key) is not job:
            return
        del self._jobs[key]
        self._ended[key] = job.attempt
        self._ended.move_to_end(key)
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
        self._slots_changed()

    def _slots_changed(self) -> None:
        _set(self._idle, self.running == 0)
        _set(self._empty, not self._jobs)
        self._on_slots()


def _set(event: asyncio.Event, happened: bool) -> None:
    if happened:
        event.set()
    else:
        event.clear()


def _check_identity(job_id: str, attempt: int, *, path: str) -> None:
    if not 0 < len(job_id) <= MAX_JOB_ID:
        raise DecodeError(f"has 1 to {MAX_JOB_ID} characters", path=path)
    if attempt < 1:
        raise DecodeError("is 1 or more", path="data.attempt")


def _not_ready(job: Job) -> Refused:
    return Refused("not_ready", f"job {job.job_id!r} has no result yet")
