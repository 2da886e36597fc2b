"""What the dispatcher is told: values only.

Every word about an attempt carries the job's id and the attempt's number; one that is not about the job's present
attempt is without effect. Which life of a server it speaks of (the epoch) is settled by the connection that it came on:
a connection never outlives the process that it was made with.
"""

from __future__ import annotations

from attrs import frozen

from ffx.client.queue.records import AttemptRecord, Farewell, JobRecord, SetAside
from ffx.core.model import Evidence, JobResult, ServerInfo

# -- The queue --------------------------------------------------------------------------------------


@frozen
class JobKnown:
    """A job of the queue: a new one, or one that an earlier process left as it is in the record."""

    record: JobRecord
    hurried: bool = False
    """Somebody waits for it: it fails when no server can do it, instead of staying until one comes."""
    attempt: AttemptRecord | None = None
    """The one that is under way."""


@frozen
class FarewellKnown:
    """An attempt that an earlier process gave up and whose server may not have heard of it."""

    farewell: Farewell


@frozen
class SetAsideKnown:
    """A server that was set aside before, and for how many seconds more; None: until it is released."""

    aside: SetAside
    seconds: float | None


@frozen
class Opened:
    """The first look around is over: assigning may start."""


@frozen
class Closing:
    """This process leaves: nothing new begins."""


@frozen
class CancelRequested:
    job_id: str


@frozen
class HurryRequested:
    """Somebody waits for the job from now on, or does no more."""

    job_id: str
    hurried: bool = True


@frozen
class PauseRequested:
    job_id: str
    paused: bool = True


@frozen
class MoveRequested:
    """A person gives the job to this server."""

    job_id: str
    server_id: str
    server: str
    """Its name."""


@frozen
class RetryRequested:
    """A job that has ended is to begin anew; its record comes with it, since the dispatcher forgets what has ended."""

    record: JobRecord


@frozen
class PriorityRequested:
    job_id: str
    priority: int


@frozen
class QueuePaused:
    paused: bool = True


@frozen
class QuarantineRequested:
    server_id: str
    server: str
    reason: str


@frozen
class ReleaseRequested:
    server_id: str


# -- Servers ----------------------------------------------------------------------------------------


@frozen
class ServerCame:
    """A server is connected, for the first time or again; ``info`` is new."""

    info: ServerInfo
    epoch: str = ""
    preferred_for: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """What a person may call it beside its own name: its name in the book, its address."""
    at_home: bool = False
    """It is the embedded server of this process."""


@frozen
class ServerChanged:
    info: ServerInfo


@frozen
class ServerSilent:
    """Nothing is heard of a server: its connection broke, or its heartbeat stays away. It may be back in a moment."""

    server_id: str
    reason: str = ""
    since: float = 0.0
    """Seconds for which nothing was heard of it."""


@frozen
class ServerHeard:
    """The heartbeat of a silent server is back; the connection never broke."""

    server_id: str


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


# -- Attempts ---------------------------------------------------------------------------------------


@frozen
class Rejected:
    job_id: str
    attempt: int
    code: str
    message: str
    retry_after: float | None = None


@frozen
class Sent:
    """The input is on the server, whole; ``seconds`` is what sending ``size`` bytes of it took."""

    job_id: str
    attempt: int
    size: int
    seconds: float


@frozen
class Encoding:
    """FFmpeg runs: the attempt takes a slot."""

    job_id: str
    attempt: int


@frozen
class Progressed:
    """How many seconds the encode will take yet."""

    job_id: str
    attempt: int
    eta: float


@frozen
class Held:
    """The attempt waits for something that a person has to do."""

    job_id: str
    attempt: int
    reason: str


@frozen
class Encoded:
    """FFmpeg has ended well; its slot is free while the result is checked and travels."""

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
    """The attempt came to nothing through no fault of the job: a transfer broke, the server gave it back."""

    job_id: str
    attempt: int
    reason: str


@frozen
class Verified:
    """The result lies beside its final place, checked."""

    job_id: str
    attempt: int
    result: JobResult


@frozen
class Committed:
    """The result has its final name."""

    job_id: str
    attempt: int


@frozen
class Told:
    """A server has heard that an attempt is wanted no more."""

    farewell: Farewell


@frozen
class Tick:
    """Time has passed."""


Event = (
    JobKnown
    | FarewellKnown
    | SetAsideKnown
    | Opened
    | Closing
    | CancelRequested
    | HurryRequested
    | PauseRequested
    | MoveRequested
    | RetryRequested
    | PriorityRequested
    | QueuePaused
    | QuarantineRequested
    | ReleaseRequested
    | ServerCame
    | ServerChanged
    | ServerSilent
    | ServerHeard
    | Expecting
    | Unreachable
    | LocalEnded
    | Rejected
    | Sent
    | Encoding
    | Progressed
    | Held
    | Encoded
    | Failed
    | Lost
    | Verified
    | Committed
    | Told
    | Tick
)
