"""What the queue keeps: jobs, their attempts, servers that are set aside, and what other processes wish for.

All are frozen; a changed record is a new one. Times are seconds since the epoch, 0 where it has not happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from operator import attrgetter
from typing import Any

from attrs import field, fields, frozen

from ffx.core.events import Phase
from ffx.core.model import Evidence, JobConfiguration, JobResult, JobState


@frozen
class Handling:
    """How the person who submitted a job wants it handled, beside how it encodes."""

    overwrite: bool = False
    local: str = "auto"
    """``auto``: on this machine when no server can; ``never``; ``only``."""
    server: str = ""
    """Name or address of the only server that may do it; empty: any."""
    modified: float = 0.0
    """When the input was changed last before it was submitted; 0: not known."""


@frozen
class JobRecord:
    """One job in the queue."""

    number: int
    """Counts up from 1; what a person calls the job."""
    job: JobConfiguration
    handling: Handling = Handling()
    state: JobState = JobState.PENDING
    paused: bool = False
    attempt: int = 0
    """The present attempt or the last one; 0 before the first."""
    server_id: str = ""
    """Where the present attempt is; empty while it waits and when it has ended."""
    server: str = ""
    """The name of the server of the present attempt, or of the last one."""
    encoder: str = ""
    """The encoder of the present attempt, or of the last one."""
    at_home: bool = False
    """The present attempt is on the embedded server, which dies with the client's process."""
    failures: int = 0
    """What counts against the job; some failures count double."""
    losses: int = 0
    """Attempts that came to nothing through no fault of the job."""
    avoids: Mapping[str, str] = field(factory=dict)
    """Ids of servers that are not asked again for this job, each with its reason."""
    failed_on: tuple[str, ...] = ()
    """Ids of servers where it failed: others are asked first."""
    reason: str = ""
    """One line: why it waits, or why it did not complete."""
    no_server: bool = False
    """It failed because no server could do it."""
    added: float = 0.0
    began: float = 0.0
    """The first attempt."""
    ended: float = 0.0
    result: JobResult | None = None
    evidence: Evidence | None = None

    @property
    def job_id(self) -> str:
        return self.job.job_id

    def changed(self, **values: Any) -> JobRecord:
        """The record with other values; as ``attrs.evolve``, which takes three times as long over so many fields."""
        return JobRecord(**{**dict(zip(_FIELDS, _values(self), strict=True)), **values})


_FIELDS = tuple(attribute.name for attribute in fields(JobRecord))
_values = attrgetter(*_FIELDS)


class AttemptEnd(StrEnum):
    """How an attempt ended."""

    COMMITTED = "committed"
    FAILED = "failed"
    REJECTED = "rejected"  # the server did not take it
    LOST = "lost"  # the server went away, or gave it back
    MOVED = "moved"  # it was given to another server, by a person or because another one was idle
    CANCELLED = "cancelled"


@frozen
class AttemptRecord:
    """One try of one job on one server."""

    job_id: str
    attempt: int
    server_id: str
    server: str
    """Its name."""
    epoch: str
    """The life of the server process in which it began."""
    encoder: str
    began: float
    ended: float = 0.0
    end: AttemptEnd | None = None
    """None: it is under way."""
    code: str = ""
    """Of a failure or a rejection."""
    message: str = ""
    evidence: Evidence | None = None


@frozen
class Farewell:
    """An attempt that its server may still hold: to be told that nobody wants it any more."""

    server_id: str
    job_id: str
    attempt: int


@frozen
class SetAside:
    """A server that gets no jobs of this queue for a while."""

    server_id: str
    server: str
    """Its name."""
    reason: str
    since: float
    until: float | None = None
    """When it is tried again; None: when a person releases it."""


@frozen
class Live:
    """How far a job is at this moment; kept for those who look on, lost without harm."""

    job_id: str
    phase: Phase
    progress: float = 0.0
    """0 to 1, of the phase."""
    fps: float = 0.0
    speed: float = 0.0
    """Seconds of media a second."""
    eta: float | None = None
    """Seconds; None until it is known."""


# -- What another process asks of the one that works the queue -----------------------------------------------


@frozen
class CancelJob:
    job_id: str


@frozen
class HurryJob:
    """Somebody waits for the job, or does no more: whoever waits wants to hear when no server can do it."""

    job_id: str
    hurried: bool = True


@frozen
class PauseJob:
    job_id: str
    paused: bool = True


@frozen
class MoveJob:
    """Give the job to this server and to no other."""

    job_id: str
    server_id: str
    server: str
    """Its name."""


@frozen
class RetryJob:
    """Let a job that failed or was cancelled begin anew."""

    job_id: str


@frozen
class ChangePriority:
    job_id: str
    priority: int


@frozen
class PauseQueue:
    """Suspend everything and begin nothing, or go on."""

    paused: bool = True


@frozen
class QuarantineServer:
    server_id: str
    server: str
    reason: str


@frozen
class ReleaseServer:
    server_id: str


Wish = (
    CancelJob
    | HurryJob
    | PauseJob
    | MoveJob
    | RetryJob
    | ChangePriority
    | PauseQueue
    | QuarantineServer
    | ReleaseServer
)
