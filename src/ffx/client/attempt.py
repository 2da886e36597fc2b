"""One try of one job on one server: submit, send the file, follow the encode, fetch the result and check it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from attrs import frozen

from ffx.client.commit import check_output, clear_parts, part_path
from ffx.client.connection import JobWord, Mailbox, ServerConnection
from ffx.client.events import Encoded, Encoding, Event, Failed, Held, Lost, Progressed, Rejected, Sent, Verified
from ffx.client.instructions import Begin
from ffx.client.receipt import verify_received
from ffx.client.retrying import TRANSFER_BROKEN
from ffx.client.sources import Source, Sources, check_unchanged, sources_of
from ffx.client.transfers import download_file, upload_file
from ffx.core.errors import (
    ConnectionClosed,
    FfxError,
    NoRoomError,
    RemoteError,
    TransferError,
    UsageError,
    VerificationError,
)
from ffx.core.events import Phase
from ffx.core.messages import (
    FileChunk,
    FileDownloadRequest,
    FileDownloadStart,
    FileUploadComplete,
    FileUploadStart,
    JobAccepted,
    JobCompleted,
    JobFailed,
    JobPause,
    JobProgressMessage,
    JobReassign,
    JobRejected,
    JobSubmit,
)
from ffx.core.model import JobProgress, JobResult, JobStage

CHECK_SECONDS = 3600.0
"""How long a server may take to check a digest or to open a result: the disk of a slow machine, a film of 100 GB."""

REPORT_INTERVAL = 0.1
"""Seconds between two words on the bytes of a transfer."""

TRANSFER_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds before a transfer that broke goes on; so many breaks without a new byte, and the attempt is lost."""
ROOM_PAUSE = 10.0
"""Seconds between two looks whether this machine has room for a result."""
MAX_DAMAGED = 3
"""Transfers whose bytes were not those that were sent; then it is no accident."""

End = Rejected | Failed | Lost | Verified
"""How an attempt ends."""


@frozen
class Report:
    """Where an attempt is now."""

    phase: Phase
    bytes_done: int = 0
    bytes_total: int = 0
    progress: JobProgress | None = None
    paused: bool = False


class Attempt:
    """One try. ``run`` never raises for what can go wrong on the way: that is its answer. Run again with the same
    number on a new connection, it goes on where it was.
    """

    def __init__(
        self,
        server: ServerConnection,
        begin: Begin,
        *,
        sources: Sources,
        on_report: Callable[[Report], None],
        on_event: Callable[[Event], None],
    ) -> None:
        """``on_event`` hears on the way how far it is: ``Sent``, ``Encoding``, ``Progressed``, ``Encoded``."""
        self._server = server
        self._job = begin.job
        self._number = begin.attempt
        self._begin = begin
        self._sources = sources
        self._report = on_report
        self._on_event = on_event
        self._input = Path(begin.job.input_file)
        self._output = Path(begin.job.output_file)
        self._part = part_path(self._output, begin.job.job_id, begin.attempt)
        self._stage: JobStage | None = None
        self._moves = 0
        """Times that bytes were seen to have arrived, on this machine or, as the server says, there."""
        self._there: dict[int, int] = {}
        """How many bytes of each source the server was seen to have."""

    async def run(self) -> End:
        """Go all the way; returns how it ended. What was fetched stays beside the output, for a next run of the same
        attempt; a next attempt clears it away.
        """
        job_id, number = self._job.job_id, self._number
        try:
            with self._server.mailbox(job_id, number) as mailbox:
                return await self._go(mailbox)
        except _Ended as ended:
            return ended.end
        except ConnectionClosed as error:
            return Lost(job_id, number, str(error))
        except TransferError as error:
            if error.code == "interrupted":
                return await self._broken_off(error)
            return Failed(job_id, number, error.code, str(error))
        except RemoteError as error:
            return self._refused(error)
        except UsageError as error:
            return Failed(job_id, number, "output_refused", str(error))
        except VerificationError as error:
            return Failed(job_id, number, "verification_failed", str(error))
        except FfxError as error:
            return Failed(job_id, number, "internal", str(error))

    async def _go(self, mailbox: Mailbox) -> End:
        if self._number > 1 and not self._begin.resumed:
            await asyncio.to_thread(clear_parts, self._output, self._job.job_id, self._number - 1)
        await self._submit()
        if not any(_is_past_upload(word) for word in mailbox.waiting):  # an attempt that was submitted before
            await self._upload()
        result = await self._follow(mailbox)
        self._reach(JobStage.CHECK)
        await self._download(result)
        self._report(Report(Phase.CHECK))
        await asyncio.to_thread(verify_received, self._part, self._job, result)
        return Verified(self._job.job_id, self._number, result)

    async def _broken_off(self, error: TransferError) -> End:
        """Of a transfer that breaks again and again: the connection is lost, unless the server answers all the while.
        Then what it lets happen to transfers is its fault, and it is not asked for ever.
        """
        try:
            await self._server.ping()
        except FfxError:
            return Lost(self._job.job_id, self._number, str(error))
        return Failed(self._job.job_id, self._number, TRANSFER_BROKEN, str(error))

    def _refused(self, error: RemoteError) -> End:
        if error.code in ("unknown_job", "not_ready"):  # the server knows another state of it than we do
            return Lost(self._job.job_id, self._number, str(error))
        return Failed(self._job.job_id, self._number, error.code, str(error))

    # -- There ------------------------------------------------------------------------------------------

    async def _submit(self) -> None:
        job_id, number = self._job.job_id, self._number
        answer = await self._server.ask(JobSubmit(self._job, number), JobAccepted, JobRejected)
        if isinstance(answer, JobRejected):
            raise _Ended(Rejected(job_id, number, answer.code, answer.message, answer.retry_after))
        if self._begin.paused or self._begin.resumed:  # what a person said while the server was away counts
            await self._server.ask(JobPause(job_id, number, self._begin.paused), JobPause)

    async def _upload(self) -> None:
        size, seconds = 0, 0.0
        for source in sources_of(self._job, self._begin.modified):
            async with self._sources.turn(self._server.info.server_id, source.path):
                started = time.monotonic()
                size += await self._persist(partial(self._send, source), source.path)
                seconds += time.monotonic() - started
        self._on_event(Sent(self._job.job_id, self._number, size, seconds))

    async def _send(self, source: Source) -> int:
        """Send what the server does not have yet of a file; returns how many bytes went over the wire."""
        job_id, attempt, size, total = self._job.job_id, self._number, source.size, sum(self._job.sizes)
        digest = await asyncio.to_thread(self._known_digest, source)
        start = await self._server.ask(FileUploadStart(job_id, attempt, size, digest, source.number), FileChunk)
        if start.offset > self._there.get(source.number, 0):
            self._there[source.number] = start.offset
            self._moves += 1
        self._report(Report(Phase.UPLOAD, source.before + start.offset, total))
        if not (digest and start.offset == size):
            digest = await upload_file(
                self._server.bulk,
                start.resource,
                source.path,
                offset=start.offset,
                size=size,
                on_bytes=self._every_so_often(Phase.UPLOAD, total, source.before),
            )
            await asyncio.to_thread(self._sources.remember, source.path, digest)
        complete = FileUploadComplete(job_id, attempt, size, digest, source.number)
        await self._server.ask(complete, FileUploadComplete, time_limit=CHECK_SECONDS)
        return size - start.offset

    def _known_digest(self, source: Source) -> str:
        """Of a file that was sent before and is still what it was. Raises TransferError. Blocking."""
        check_unchanged(source.path, size=source.size, modified=source.modified)
        return self._sources.known(source.path)

    # -- While it is there ------------------------------------------------------------------------------

    async def _follow(self, mailbox: Mailbox) -> JobResult:
        self._report(Report(Phase.WAITING))
        while True:
            word = await mailbox.next()
            if isinstance(word, JobProgressMessage):
                self._take(word)
            elif isinstance(word, JobCompleted):
                return word.result
            elif isinstance(word, JobFailed):
                failed = Failed(self._job.job_id, self._number, word.code, word.message, word.evidence)
                raise _Ended(failed)
            elif isinstance(word, JobReassign):
                raise _Ended(Lost(self._job.job_id, self._number, word.reason or "the server gave it back"))

    def _take(self, word: JobProgressMessage) -> None:
        self._reach(word.stage)
        if word.stage is JobStage.ENCODE:
            self._report(Report(Phase.ENCODE, progress=word.progress, paused=word.paused))
            if word.progress.eta is not None:
                self._on_event(Progressed(self._job.job_id, self._number, word.progress.eta))
        elif word.stage is JobStage.CHECK:
            self._report(Report(Phase.CHECK))

    def _reach(self, stage: JobStage) -> None:
        """The job is in a stage on its server, told once."""
        if stage is self._stage:
            return
        self._stage = stage
        if stage is JobStage.ENCODE:
            self._on_event(Encoding(self._job.job_id, self._number))
        elif stage is JobStage.CHECK:
            self._on_event(Encoded(self._job.job_id, self._number))

    # -- And back ---------------------------------------------------------------------------------------

    async def _download(self, result: JobResult) -> None:
        await asyncio.to_thread(check_output, self._output, overwrite=self._begin.overwrite)

        async def fetch() -> int:
            return await self._fetch(result)

        await self._persist(fetch, self._input)

    async def _fetch(self, result: JobResult) -> int:
        request = FileDownloadRequest(self._job.job_id, self._number)
        start = await self._server.ask(request, FileDownloadStart, time_limit=CHECK_SECONDS)
        if (start.size, start.digest) != (result.file_size, result.digest):
            raise _Ended(
                Failed(
                    self._job.job_id,
                    self._number,
                    "digest_mismatch",
                    f"{self._server.info.name} offers another file than its result",
                )
            )
        self._report(Report(Phase.DOWNLOAD, 0, start.size))
        await download_file(
            self._server.bulk,
            start.resource,
            self._part,
            size=start.size,
            digest=start.digest,
            on_bytes=self._every_so_often(Phase.DOWNLOAD, start.size),
        )
        return start.size

    # -- Transfers that break ---------------------------------------------------------------------------

    async def _persist(self, transfer: Callable[[], Awaitable[int]], source: Path) -> int:
        """Let a transfer go on after each break, as long as the conversation stands and bytes move; where this machine
        has no room for them, whenever it has. What is known of ``source`` may be why its bytes are refused.
        """
        pauses, damaged = iter(TRANSFER_PAUSES), 0
        while True:
            moves = self._moves
            try:
                return await transfer()
            except NoRoomError as error:
                self._on_event(Held(self._job.job_id, self._number, str(error)))
                await self._server.closed(ROOM_PAUSE)
                if self._server.is_closed:
                    raise ConnectionClosed(f"{self._server.info.name} is gone") from None
            except (TransferError, RemoteError) as error:
                if error.code == "digest_mismatch":
                    self._sources.forget(source)
                    damaged += 1
                    if damaged >= MAX_DAMAGED:
                        raise
                elif error.code not in ("interrupted", "wrong_offset", "incomplete", "unknown_resource"):
                    raise
                if self._moves > moves:
                    pauses = iter(TRANSFER_PAUSES)
                pause = next(pauses, None)
                if pause is None or self._server.is_closed:
                    raise
                await self._server.closed(pause)

    def _every_so_often(self, phase: Phase, total: int, before: int = 0) -> Callable[[int], None]:
        last = time.monotonic()

        def on_bytes(done: int) -> None:
            nonlocal last
            self._moves += phase is Phase.DOWNLOAD  # what is sent is not there yet
            self._server.heard()
            now = time.monotonic()
            if before + done == total or now - last >= REPORT_INTERVAL:
                last = now
                self._report(Report(phase, before + done, total))

        return on_bytes


def _is_past_upload(word: JobWord) -> bool:
    """Whether the server has the whole input, or even what came of it."""
    return not isinstance(word, JobProgressMessage) or word.stage is not JobStage.UPLOAD


class _Ended(Exception):
    """The server said how the attempt ends."""

    def __init__(self, end: End) -> None:
        super().__init__()
        self.end = end
