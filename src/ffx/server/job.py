"""One job on a server, as long as it is here, and what comes out of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from attrs import Factory, define, frozen

from ffx.core.messages import JobCompleted, JobFailed
from ffx.core.model import JobConfiguration, JobProgress, JobStage
from ffx.core.transport import StoredFile
from ffx.media.control import RunControl
from ffx.server.admission import OUTPUT_SHARE
from ffx.server.spool import JobFolder


@define(eq=False)
class Job:
    """One attempt of one job."""

    client_id: str
    configuration: JobConfiguration
    attempt: int
    folder: JobFolder
    stage: JobStage = JobStage.UPLOAD
    """How far it came; once there is an outcome, where it ended."""
    size: int = 0
    """Bytes of the input that were promised."""
    digest: str = ""
    """BLAKE3 of the input, once it is whole."""
    upload: str = ""
    """The resource of the input; empty until the client asked to send it."""
    download: str = ""
    """The resource of the output, once there is one."""
    output: StoredFile | None = None
    progress: JobProgress = Factory(lambda job: JobProgress(job.job_id), takes_self=True)
    """The last word on how far it is."""
    control: RunControl = Factory(RunControl)
    work: asyncio.Task[None] | None = None
    outcome: JobCompleted | JobFailed | None = None
    ended_at: float = 0.0
    """Seconds since the epoch; 0 before it has an outcome."""

    @property
    def job_id(self) -> str:
        return self.configuration.job_id

    @property
    def paused(self) -> bool:
        return self.control.paused

    @property
    def waits(self) -> bool:
        """Whether it is here ahead of its encode."""
        return self.outcome is None and self.stage in (JobStage.UPLOAD, JobStage.WAITING)

    @property
    def promised_space(self) -> int:
        """Bytes of disk that it may still take."""
        if self.outcome is not None:
            return 0
        shares = {JobStage.UPLOAD: 1 + OUTPUT_SHARE, JobStage.WAITING: OUTPUT_SHARE, JobStage.ENCODE: OUTPUT_SHARE}
        return round(self.size * shares.get(self.stage, 0.0))


@frozen
class Finished:
    """What comes out of a job that went well."""

    output: StoredFile
    message: JobCompleted


WorkEnd = Finished | JobFailed


@frozen
class Way:
    """What the work on one job asks of its server."""

    slot: Callable[[], AbstractAsyncContextManager[None]]
    """Held while FFmpeg runs, and no longer."""
    check: Callable[[], AbstractAsyncContextManager[None]]
    """Held while its output is being checked."""
    report: Callable[[JobProgress], None]


Worker = Callable[[Job, Way], Awaitable[WorkEnd]]
"""Does the work on a job whose input has arrived: from the bytes to the checked result. Leaves no process behind."""
