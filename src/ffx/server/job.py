"""One job on a server, as long as it is here, and what comes out of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from attrs import Factory, define, frozen

from ffx.core.messages import JobCompleted, JobFailed
from ffx.core.model import JobConfiguration, JobProgress, JobStage
from ffx.core.transport import StoredFile
from ffx.media.control import RunControl
from ffx.media.other_files import place_names
from ffx.server.admission import OUTPUT_SHARE, needed_space
from ffx.server.spool import IN, JobFolder


@define(eq=False)
class Incoming:
    """A file of a job, on its way in or here."""

    path: Path
    shown: str
    """How its client calls it: display text."""
    size: int
    """Bytes that were promised."""
    digest: str = ""
    """Its BLAKE3, once it is whole."""
    upload: str = ""
    """Its resource; empty until the client asked to send it."""


def incoming_files(
    folder: JobFolder, configuration: JobConfiguration, sizes: Sequence[int] = ()
) -> tuple[Incoming, ...]:
    """A job's input and its other files; ``sizes`` where they are not those of the configuration."""
    names = place_names(configuration.other_files, IN)
    shown = {folder.input: configuration.input_file}
    shown |= {folder.path / names[other.name]: other.name for other in configuration.other_files}
    pairs = zip(shown.items(), sizes or configuration.sizes, strict=True)
    return tuple(Incoming(path, text, size) for (path, text), size in pairs)


@define(eq=False)
class Job:
    """One attempt of one job."""

    client_id: str
    configuration: JobConfiguration
    attempt: int
    folder: JobFolder
    stage: JobStage = JobStage.UPLOAD
    """How far it came; once there is an outcome, where it ended."""
    files: tuple[Incoming, ...] = Factory(lambda job: incoming_files(job.folder, job.configuration), takes_self=True)
    """By their numbers: the input is 0."""
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
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    @property
    def is_whole(self) -> bool:
        """Whether all its files are here and checked."""
        return all(file.digest for file in self.files)

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
        if self.stage is JobStage.UPLOAD:
            return needed_space(*(file.size for file in self.files))
        return round(self.files[0].size * OUTPUT_SHARE) if self.stage in (JobStage.WAITING, JobStage.ENCODE) else 0


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
