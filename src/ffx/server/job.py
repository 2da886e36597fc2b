"""One job on a server, as long as it is here, and what comes out of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto

from attrs import define, frozen

from ffx.core.messages import JobCompleted, JobFailed
from ffx.core.model import JobConfiguration, JobProgress
from ffx.core.transport import StoredFile
from ffx.server.admission import OUTPUT_SHARE
from ffx.server.spool import JobFolder


class Stage(Enum):
    """Where a job is; the first two hold a slot."""

    UPLOAD = auto()
    ENCODE = auto()
    DONE = auto()
    FAILED = auto()


@define(eq=False)
class Job:
    """One attempt of one job."""

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
        """Bytes of disk that it may still take."""
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
