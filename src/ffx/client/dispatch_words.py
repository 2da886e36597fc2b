"""What the dispatcher is told (events) and what it says (instructions): values only.

Every word about an attempt carries the job's id and the attempt's number; one that is not about the job's present
attempt is without effect.
"""

from __future__ import annotations

from attrs import frozen

from ffx.core.model import Evidence, JobConfiguration, JobResult, JobState, ServerInfo

# -- Events -------------------------------------------------------------------------------------------------


@frozen
class JobAdded:
    job: JobConfiguration


@frozen
class Opened:
    """The first look around is over: assigning may start."""


@frozen
class ServerCame:
    info: ServerInfo
    preferred_for: tuple[str, ...] = ()


@frozen
class ServerChanged:
    info: ServerInfo


@frozen
class ServerGone:
    server_id: str
    reason: str = ""


@frozen
class Expecting:
    """How many servers may still come; while any may, no job is given up for want of a server."""

    count: int


@frozen
class Unreachable:
    """A server that did not come, and why: part of the reason when no server could do a job."""

    name: str
    reason: str


@frozen
class LocalEnded:
    """The embedded server could not be started."""

    reason: str


@frozen
class Rejected:
    job_id: str
    attempt: int
    code: str
    message: str
    retry_after: float | None = None


@frozen
class Encoded:
    """The encode has ended well; its slot is free while the result travels."""

    job_id: str
    attempt: int


@frozen
class Failed:
    job_id: str
    attempt: int
    code: str
    message: str
    evidence: Evidence | None = None


@frozen
class Lost:
    """The attempt came to nothing through no fault of the job: the connection broke, the server gave it back."""

    job_id: str
    attempt: int
    reason: str


@frozen
class Committed:
    job_id: str
    attempt: int
    result: JobResult


@frozen
class CancelRequested:
    job_id: str


@frozen
class Tick:
    """Time has passed."""


Event = (
    JobAdded
    | Opened
    | ServerCame
    | ServerChanged
    | ServerGone
    | Expecting
    | Unreachable
    | LocalEnded
    | Rejected
    | Encoded
    | Failed
    | Lost
    | Committed
    | CancelRequested
    | Tick
)


# -- Instructions -------------------------------------------------------------------------------------------


@frozen
class Begin:
    """Try the job on the server; ``job`` has the encoder that this server is to use."""

    job: JobConfiguration
    attempt: int
    server_id: str


@frozen
class Abandon:
    """Stop the attempt wherever it is, and tell the server to forget it."""

    job_id: str
    attempt: int
    server_id: str


@frozen
class StartLocal:
    """No server can do what waits: start the embedded one."""


@frozen
class Wait:
    """The job goes back to waiting."""

    job: JobConfiguration
    attempt: int
    reason: str
    evidence: Evidence | None = None


@frozen
class Conclude:
    """The job has ended."""

    job: JobConfiguration
    state: JobState
    attempt: int
    server_id: str = ""
    error: str = ""
    no_server: bool = False
    """It ended because no server could do it."""
    result: JobResult | None = None
    evidence: Evidence | None = None


Instruction = Begin | Abandon | StartLocal | Wait | Conclude
