"""How jobs come in: whether one is taken, and the bytes of its input."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ffx.core.errors import DecodeError
from ffx.core.identity import token_of
from ffx.core.messages import (
    RETRY_AFTER_FULL,
    FileChunk,
    FileUploadComplete,
    FileUploadStart,
    JobAccepted,
    JobRejected,
    JobSubmit,
)
from ffx.core.model import JobStage
from ffx.core.text import one_line
from ffx.server.admission import (
    Rejection,
    check_capabilities,
    check_disk,
    check_places,
    check_recipe,
    check_share,
    check_size,
    estimated_duration,
    needed_capabilities,
    needed_space,
    output_suffix,
)
from ffx.server.clients import Tell
from ffx.server.course import Course
from ffx.server.files import FileStore, is_disk_full
from ffx.server.inputs import Inputs
from ffx.server.job import Incoming, Job
from ffx.server.ledger import Ledger
from ffx.server.manifest import Manifests
from ffx.server.options import ServerOptions
from ffx.server.outcomes import Outcomes
from ffx.server.session import Refused
from ffx.server.spool import Spool

if TYPE_CHECKING:
    from ffx.server.capabilities import CapabilityService

log = logging.getLogger(__name__)


class Intake:
    """Takes jobs and their inputs."""

    def __init__(
        self,
        options: ServerOptions,
        capabilities: CapabilityService,
        *,
        ledger: Ledger,
        spool: Spool,
        files: FileStore,
        course: Course,
        outcomes: Outcomes,
        inputs: Inputs,
        manifests: Manifests,
        tell: Tell,
        on_change: Callable[[], None],
    ) -> None:
        self.closed = False
        """Whether nothing new is taken."""
        self._options = options
        self._capabilities = capabilities
        self._ledger = ledger
        self._spool = spool
        self._files = files
        self._course = course
        self._outcomes = outcomes
        self._inputs = inputs
        self._manifests = manifests
        self._tell = tell
        self._on_change = on_change

    async def submit(self, client_id: str, message: JobSubmit) -> JobAccepted | JobRejected:
        """Take a job or say why not.

        The very submission of a job that is here, or that failed here, is accepted again, and its outcome repeated:
        its client came back and did not know. A newer attempt ends an older one.
        """
        job = message.configuration
        async with self._ledger.turn(client_id, job.job_id):
            try:
                here = self._ledger.same(client_id, message)
                failure = self._ledger.failure(client_id, message)
                if here is not None:
                    await self._outcomes.repeat(here)
                elif failure is not None:
                    self._tell(client_id, failure, None)
                else:
                    await self._admit(client_id, message)
                    await self._take(client_id, message)
            except Rejection as rejection:
                return rejection.answer(job.job_id, message.attempt)
        estimate = estimated_duration(job, self._capabilities.report(job.recipe.encoder))
        return JobAccepted(job.job_id, message.attempt, estimate)

    async def start_upload(self, client_id: str, message: FileUploadStart) -> FileChunk:
        """Say where a file of a job goes, and from which byte on."""
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            file = _file_of(job, message.number)
            if not file.upload:
                await self._expect(job, file, message)
            elif message.size != file.size:
                raise Refused("source_changed", f"this upload was announced with {file.size} bytes, not {message.size}")
            offset = await self._files.received(file.upload)
            return FileChunk(job.job_id, job.attempt, file.upload, offset, file.size, message.number)

    async def complete_upload(self, client_id: str, message: FileUploadComplete) -> FileUploadComplete:
        """Check that a file is whole and what was sent; with the last one the job waits for a slot, or its encode
        starts.
        """
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            file = _file_of(job, message.number)
            received = await self._files.received(file.upload) if file.upload else 0
            if not file.upload or received != file.size or message.size != file.size:
                raise Refused("incomplete", f"{received} bytes have arrived of {file.size or message.size}")
            if await self._files.digest(file.upload) != message.digest.lower():
                if job.stage is JobStage.UPLOAD:
                    await self._start_over(job, file, message)
                raise Refused("digest_mismatch", "what arrived is not what was sent; send it again")
            if job.stage is JobStage.UPLOAD:
                file.digest = message.digest.lower()
                await asyncio.to_thread(self._keep_input, job, file)
                if job.is_whole:
                    self._course.begin(job)
            return message

    async def _admit(self, client_id: str, message: JobSubmit) -> None:
        """Raises Rejection, for the first reason there is."""
        job = message.configuration
        self._check_open()
        older = self._ledger.older(client_id, message)
        if older is not None:
            await self._outcomes.end(older)
        check_size(sum(job.sizes), self._options)
        theirs = self._ledger.of_token(token_of(client_id))
        taken = sum(needed_space(*one.configuration.sizes) for one in theirs)
        check_share(len(theirs), taken, needed_space(*job.sizes), self._options)
        await self._check_disk(needed_space(*job.sizes))
        needed = needed_capabilities(job)
        specs = {name: spec for name in needed if (spec := self._capabilities.spec(name)) is not None}
        check_recipe(job.recipe, specs, self._options.argument_policy, job.other_files)
        await self._capabilities.ensure(list(specs))
        self._check_open()
        check_capabilities(needed, self._capabilities.snapshot())
        check_places(self._course.slots.taken, self._ledger.waiting, self._options)

    def _check_open(self) -> None:
        if self.closed:
            raise Rejection("maintenance", "this server finishes its jobs and takes nothing new")

    async def _check_disk(self, needed: int) -> None:
        """Raises Rejection; what is kept of inputs that nobody uses gives way."""
        promised = sum(job.promised_space for job in self._ledger)
        missing = needed + promised + self._options.disk_reserve - self._spool.free_space()
        if missing > 0:
            await asyncio.to_thread(self._inputs.make_room, missing)
        check_disk(needed, free=self._spool.free_space(), promised=promised, options=self._options)

    async def _take(self, client_id: str, message: JobSubmit) -> None:
        try:
            folder = self._spool.job_folder(output_suffix(message.configuration.recipe))
        except OSError as error:
            if not is_disk_full(error):
                raise
            refusal = f"{self._spool.path} takes no further file: {error.strerror}; free some or move its --temp-dir"
            raise Rejection("disk_full", refusal, retry_after=RETRY_AFTER_FULL) from None
        job = Job(client_id, message.configuration, message.attempt, folder)
        self._ledger.add(job)
        log.info("job %s (attempt %d) taken", one_line(job.job_id), job.attempt)
        self._on_change()
        await self._manifests.note(job)

    async def _expect(self, job: Job, file: Incoming, message: FileUploadStart) -> None:
        if message.size < 0:
            raise DecodeError("is not negative", path="data.size")
        try:
            check_size(job.size - file.size + message.size, self._options)
            there = await asyncio.to_thread(self._take_up, job, file, message)
            announced, file.size = file.size, 0  # it is not promised to itself
            needed = needed_space(message.size) if not message.number else message.size
            await self._check_disk(needed - there)
        except Rejection as rejection:
            raise Refused(rejection.code, str(rejection)) from None
        file.size = message.size
        if announced != file.size:
            await self._manifests.note(job)
        file.upload = self._files.expect(file.path, file.size)

    async def _start_over(self, job: Job, file: Incoming, message: FileUploadComplete) -> None:
        """Throw away what arrived, or what was here under that digest and is damaged."""
        file.digest = ""
        await self._files.start_over(file.upload)
        wrong = {"client_id": job.client_id, "digest": message.digest}
        await asyncio.to_thread(lambda: self._inputs.forget(**wrong, size=file.size))

    # -- In a thread --------------------------------------------------------------------------------------------

    def _take_up(self, job: Job, file: Incoming, message: FileUploadStart) -> int:
        """Put into place what is here of a file; returns how much that is, in bytes."""
        if not file.path.exists():
            self._inputs.take(
                file.path,
                client_id=job.client_id,
                job_id=job.job_id,
                number=message.number,
                size=message.size,
                digest=message.digest,
            )
        return file.path.stat().st_size if file.path.exists() else 0

    def _keep_input(self, job: Job, file: Incoming) -> None:
        free = self._spool.free_space()
        self._inputs.keep_whole(file.path, client_id=job.client_id, digest=file.digest, size=file.size, free=free)


def _file_of(job: Job, number: int) -> Incoming:
    if not 0 <= number < len(job.files):
        raise DecodeError(f"the job has the files 0 to {len(job.files) - 1}", path="data.number")
    return job.files[number]
