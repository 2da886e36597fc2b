"""One try of one job on one server: submit, send the file, follow the encode, fetch, check, commit."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from ffx.client.commit import check_output, commit, part_path
from ffx.client.connection import Mailbox, ServerConnection
from ffx.client.dispatch_words import Committed, Encoded, Failed, Lost, Rejected
from ffx.client.receipt import verify_received
from ffx.client.transfers import download_file, upload_file
from ffx.core.errors import (
    ConnectionClosed,
    FfxError,
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
    JobCommitted,
    JobCompleted,
    JobFailed,
    JobProgressMessage,
    JobReassign,
    JobRejected,
    JobSubmit,
)
from ffx.core.model import JobConfiguration, JobProgress, JobResult

CHECK_SECONDS = 3600.0
"""How long a server may take to check a digest or to open a result: the disk of a slow machine, a film of 100 GB."""

REPORT_INTERVAL = 0.1
"""Seconds between two words on the bytes of a transfer."""

End = Rejected | Failed | Lost | Committed
"""How an attempt ends."""


@frozen
class Report:
    """Where an attempt is now."""

    phase: Phase
    bytes_done: int = 0
    bytes_total: int = 0
    progress: JobProgress | None = None


class Attempt:
    """One try. ``run`` never raises for what can go wrong on the way: that is its answer."""

    def __init__(
        self,
        server: ServerConnection,
        job: JobConfiguration,
        number: int,
        *,
        overwrite: bool,
        on_report: Callable[[Report], None],
        on_encoded: Callable[[Encoded], None],
    ) -> None:
        self._server = server
        self._job = job
        self._number = number
        self._overwrite = overwrite
        self._report = on_report
        self._on_encoded = on_encoded
        self._input = Path(job.input_file)
        self._output = Path(job.output_file)
        self._part = part_path(self._output, job.job_id)

    async def run(self) -> End:
        """Go all the way; returns how it ended. Cancelling it leaves no part of a file behind."""
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
                return Lost(job_id, number, str(error))
            return Failed(job_id, number, error.code, str(error))
        except RemoteError as error:
            return Failed(job_id, number, error.code, str(error))
        except UsageError as error:
            return Failed(job_id, number, "output_refused", str(error))
        except VerificationError as error:
            return Failed(job_id, number, "verification_failed", str(error))
        except FfxError as error:
            return Failed(job_id, number, "internal", str(error))
        finally:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)

    async def _go(self, mailbox: Mailbox) -> End:
        await self._submit()
        await self._upload()
        result = await self._follow(mailbox)
        self._on_encoded(Encoded(self._job.job_id, self._number))
        await self._download(result)
        await self._check(result)
        await asyncio.to_thread(commit, self._part, self._output, overwrite=self._overwrite)
        with contextlib.suppress(ConnectionClosed):  # the result is safe; the server forgets the job in time
            await self._server.tell(JobCommitted(self._job.job_id, self._number))
        return Committed(self._job.job_id, self._number, result)

    async def _submit(self) -> None:
        answer = await self._server.ask(JobSubmit(self._job, self._number), JobAccepted, JobRejected)
        if isinstance(answer, JobRejected):
            rejected = Rejected(self._job.job_id, self._number, answer.code, answer.message, answer.retry_after)
            raise _Ended(rejected)

    async def _upload(self) -> None:
        job_id, number, size = self._job.job_id, self._number, self._job.file_size
        start = await self._server.ask(FileUploadStart(job_id, number, size), FileChunk)
        self._report(Report(Phase.UPLOAD, start.offset, size))
        digest = await upload_file(
            self._server.bulk,
            start.resource,
            self._input,
            offset=start.offset,
            size=size,
            on_bytes=self._every_so_often(Phase.UPLOAD, size),
        )
        complete = FileUploadComplete(job_id, number, size, digest)
        await self._server.ask(complete, FileUploadComplete, time_limit=CHECK_SECONDS)

    async def _follow(self, mailbox: Mailbox) -> JobResult:
        self._report(Report(Phase.ENCODE))
        while True:
            word = await mailbox.next()
            if isinstance(word, JobProgressMessage):
                self._report(Report(Phase.ENCODE, progress=word.progress))
            elif isinstance(word, JobCompleted):
                return word.result
            elif isinstance(word, JobFailed):
                failed = Failed(self._job.job_id, self._number, word.code, word.message, word.evidence)
                raise _Ended(failed)
            elif isinstance(word, JobReassign):
                raise _Ended(Lost(self._job.job_id, self._number, word.reason or "the server gave it back"))

    async def _download(self, result: JobResult) -> None:
        check_output(self._output, overwrite=self._overwrite)
        request = FileDownloadRequest(self._job.job_id, self._number)
        start = await self._server.ask(request, FileDownloadStart, time_limit=CHECK_SECONDS)
        if (start.size, start.digest) != (result.file_size, result.digest):
            raise TransferError(f"{self._server.info.name} offers another file than its result", code="digest_mismatch")
        self._report(Report(Phase.DOWNLOAD, 0, start.size))
        await download_file(
            self._server.bulk,
            start.resource,
            self._part,
            size=start.size,
            digest=start.digest,
            on_bytes=self._every_so_often(Phase.DOWNLOAD, start.size),
        )

    async def _check(self, result: JobResult) -> None:
        self._report(Report(Phase.CHECK))
        await asyncio.to_thread(verify_received, self._part, self._job, result)

    def _every_so_often(self, phase: Phase, total: int) -> Callable[[int], None]:
        last = time.monotonic()

        def on_bytes(done: int) -> None:
            nonlocal last
            now = time.monotonic()
            if done == total or now - last >= REPORT_INTERVAL:
                last = now
                self._report(Report(phase, done, total))

        return on_bytes


class _Ended(Exception):
    """The server said how the attempt ends."""

    def __init__(self, end: End) -> None:
        super().__init__()
        self.end = end
