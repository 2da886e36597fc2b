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
from ffx.server.job import Job
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
        """Say where the input goes, and from which byte on."""
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            if not job.upload:
                await self._expect(job, message)
            elif message.size != job.size:
                raise Refused("source_changed", f"this upload was announced with {job.size} bytes, not {message.size}")
            offset = await self._files.received(job.upload)
            return FileChunk(job.job_id, job.attempt, job.upload, offset, job.size)

    async def complete_upload(self, client_id: str, message: FileUploadComplete) -> FileUploadComplete:
        """Check that the input is whole and what was sent; then it waits for a slot, or its encode starts."""
        async with self._ledger.turn(client_id, message.job_id):
            job = self._ledger.find(client_id, message.job_id, message.attempt)
            received = await self._files.received(job.upload) if job.upload else 0
            if not job.upload or received != job.size or message.size != job.size:
                raise Refused("incomplete", f"{received} bytes have arrived of {job.size or message.size}")
            if await self._files.digest(job.upload) != message.digest.lower():
                if job.stage is JobStage.UPLOAD:
                    await self._start_over(job, message)
                raise Refused("digest_mismatch", "what arrived is not what was sent; send it again")
            if job.stage is JobStage.UPLOAD:
                job.digest = message.digest.lower()
                await asyncio.to_thread(self._keep_input, job)
                self._course.begin(job)
            return message

    async def _admit(self, client_id: str, message: JobSubmit) -> None:
        """Raises Rejection, for the first reason there is."""
        job = message.configuration
        self._check_open()
        older = self._ledger.older(client_id, message)
        if older is not None:
            await self._outcomes.end(older)
        check_size(job.file_size, self._options)
        theirs = self._ledger.of_token(token_of(client_id))
        taken = sum(needed_space(one.configuration.file_size) for one in theirs)
        check_share(len(theirs), taken, needed_space(job.file_size), self._options)
        await self._check_disk(needed_space(job.file_size))
        needed = needed_capabilities(job)
        specs = {name: spec for name in needed if (spec := self._capabilities.spec(name)) is not None}
        check_recipe(job.recipe, specs, self._options.argument_policy)
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
        job = Job(client_id, message.configuration, message.attempt, folder, size=message.configuration.file_size)
        self._ledger.add(job)
        log.info("job %s (attempt %d) taken", one_line(job.job_id), job.attempt)
        self._on_change()
        await self._manifests.note(job)

    async def _expect(self, job: Job, message: FileUploadStart) -> None:
        if message.size < 0:
            raise DecodeError("is not negative", path="data.size")
        try:
            check_size(message.size, self._options)
            there = await asyncio.to_thread(self._take_up, job, message)
            announced, job.size = job.size, 0  # it is not promised to itself
            await self._check_disk(needed_space(message.size, there=there))
        except Rejection as rejection:
            raise Refused(rejection.code, str(rejection)) from None
        job.size = message.size
        if announced != job.size:
            await self._manifests.note(job)
        job.upload = self._files.expect(job.folder.input, job.size)

    async def _start_over(self, job: Job, message: FileUploadComplete) -> None:
        """Throw away what arrived, or what was here under that digest and is damaged."""
        await self._files.start_over(job.upload)
        wrong = {"client_id": job.client_id, "digest": message.digest}
        await asyncio.to_thread(lambda: self._inputs.forget(**wrong, size=job.size))

    # -- In a thread --------------------------------------------------------------------------------------------

    def _take_up(self, job: Job, message: FileUploadStart) -> int:
        """Put into place what is here of an input; returns how much that is, in bytes."""
        path = job.folder.input
        if not path.exists():
            self._inputs.take(
                path, client_id=job.client_id, job_id=job.job_id, size=message.size, digest=message.digest
            )
        return path.stat().st_size if path.exists() else 0

    def _keep_input(self, job: Job) -> None:
        free = self._spool.free_space()
        self._inputs.keep_whole(job.folder.input, client_id=job.client_id, digest=job.digest, size=job.size, free=free)
