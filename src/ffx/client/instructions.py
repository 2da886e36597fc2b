"""What the dispatcher says is to be done: values only. Each names the attempt that it is about."""

from __future__ import annotations

from attrs import frozen

from ffx.client.queue.records import JobRecord
from ffx.core.model import Evidence, JobConfiguration, JobResult, JobState


@frozen
class Begin:
    """Try the job on the server; ``job`` has the encoder that this server is to use."""

    job: JobConfiguration
    attempt: int
    server_id: str
    paused: bool = False
    overwrite: bool = False
    modified: float = 0.0
    """When the input was changed last before it was submitted, seconds since the epoch; 0: not known."""
    resumed: bool = False
    """The attempt began before: what of it is there goes on."""


@frozen
class Suspend:
    """Let the attempt's FFmpeg stand still, or go on."""

    job_id: str
    attempt: int
    server_id: str
    paused: bool


@frozen
class Abandon:
    """Stop the attempt wherever it is, and tell the server to forget it."""

    job_id: str
    attempt: int
    server_id: str


@frozen
class Commit:
    """Give the checked result its final name."""

    job: JobConfiguration
    attempt: int
    result: JobResult
    overwrite: bool
    resumed: bool = False
    """An earlier process checked the result, and may have given it its name."""


@frozen
class Acknowledge:
    """Tell the server that the result stands: it may forget the attempt. A farewell, until it has heard it."""

    job_id: str
    attempt: int
    server_id: str


@frozen
class StartLocal:
    """No server can do what waits: start the embedded one."""


@frozen
class Wait:
    """For those who look on: the job goes back to waiting."""

    job: JobConfiguration
    attempt: int
    reason: str
    evidence: Evidence | None = None


@frozen
class Tell:
    """For those who look on: a word on a job that is under way."""

    record: JobRecord


@frozen
class Conclude:
    """For those who look on: the job has ended."""

    record: JobRecord

    @property
    def state(self) -> JobState:
        return self.record.state


Instruction = Begin | Suspend | Abandon | Commit | Acknowledge | StartLocal | Wait | Tell | Conclude
