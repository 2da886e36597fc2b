"""What happens to a job, told to whoever watches: front ends and plugins."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from ffx.core.model import Evidence, JobConfiguration, JobProgress, JobResult, JobState


class Phase(StrEnum):
    """What is going on with a job."""

    WAITING = "waiting"
    UPLOAD = "upload"
    ENCODE = "encode"
    DOWNLOAD = "download"
    CHECK = "check"
    DONE = "done"


@frozen
class JobEvent:
    """One thing that happened to one job."""

    job: JobConfiguration
    state: JobState
    phase: Phase
    time: float
    """Seconds since the epoch."""
    attempt: int = 0
    server: str = ""
    """The server's name."""
    message: str = ""
    """One line for a person; empty for mere progress."""
    bytes_done: int = 0
    bytes_total: int = 0
    """Of an upload or a download."""
    progress: JobProgress | None = None
    result: JobResult | None = None
    """When it ended."""
    evidence: Evidence | None = None
    """When an attempt failed."""
