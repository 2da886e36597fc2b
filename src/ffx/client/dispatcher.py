"""Decides which job runs where: a state machine without I/O. Events in, instructions out.

A job waits until a server that was seen to support it has a free slot, is tried there, and ends once. The shell
around it (``farm``) carries instructions out and reports what came of them; a word about an attempt that is not the
job's present one changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatchmethod

from attrs import Factory, define, evolve, field

from ffx.client.dispatch_words import (
    Abandon,
    Begin,
    CancelRequested,
    Committed,
    Conclude,
    Encoded,
    Event,
    Expecting,
    Failed,
    Instruction,
    JobAdded,
    LocalEnded,
    Lost,
    Opened,
    Rejected,
    ServerCame,
    ServerChanged,
    ServerGone,
    StartLocal,
    Tick,
    Unreachable,
    Wait,
)
from ffx.core.encoders import EncoderSpec
from ffx.core.model import (
    CapabilityMatch,
    Evidence,
    JobConfiguration,
    JobResult,
    JobState,
    ServerInfo,
    ServerStatus,
)
from ffx.core.policy import Ranking, SchedulingPolicy
from ffx.media.plan import with_encoder

MAX_FAILURES = 3
"""After so many failed attempts a job has failed."""

HOPELESS = frozenset({"bad_input", "invalid_recipe", "source_changed", "output_refused"})
"""Codes of failures that another server would repeat."""

PAUSE_AFTER_LOSS = 1.0
"""Seconds for which a server that is there, but lost an attempt, is left alone."""

MAX_LOSSES = 10
"""After so many attempts that were lost while their server stayed, the fault is the job's."""


# -- State --------------------------------------------------------------------------------------------------


@define
class _Job:
    job: JobConfiguration
    order: int
    state: JobState = JobState.PENDING
    attempt: int = 0
    failures: int = 0
    losses: int = 0
    server_id: str = ""
    holds_slot: bool = False
    refused_by: dict[str, str] = field(factory=dict)
    """Servers that will not be asked again for this job, each with its reason."""

    @property
    def waits(self) -> bool:
        return self.state is JobState.PENDING


@define
class _Server:
    info: ServerInfo
    preferred_for: tuple[str, ...] = ()
    others: int = 0
    """Slots that other clients' jobs take, by the server's last word and our own count at that moment."""
    full_until: float = 0.0
    """It refused for a passing reason: not asked before this time."""
    abandoned: list[tuple[str, int]] = Factory(list)
    """Attempts that it may still hold from before it was lost."""
    present: bool = True


class Dispatcher:
    """The state of one farm as its client knows it."""

    def __init__(
        self, policy: SchedulingPolicy, specs: Mapping[str, EncoderSpec], *, may_start_local: bool = False
    ) -> None:
        self._policy = policy
        self._specs = specs
        self._may_start_local = may_start_local
        self._local_reason = ""
        self._jobs: dict[str, _Job] = {}
        self._servers: dict[str, _Server] = {}
        self._unreachable: dict[str, str] = {}
        self._expecting = 0
        self._open = False
        self._now = 0.0

    def handle(self, event: Event, now: float) -> tuple[Instruction, ...]:
        """Take in one event at ``now`` (seconds on a clock that never goes back); returns what to do, in order."""
        self._now = max(self._now, now)
        instructions = list(self._take(event))
        instructions.extend(self._assign())
        instructions.extend(self._strand())
        return tuple(instructions)

    def next_wake(self) -> float | None:
        """When a ``Tick`` is due because a full server may be asked again; None when there is nothing to wait for."""
        if not any(job.waits for job in self._jobs.values()):
            return None
        times = [s.full_until for s in self._servers.values() if s.present and s.full_until > self._now]
        return min(times, default=None)

    @property
    def finished(self) -> bool:
        """Whether every job has ended."""
        return all(job.state.is_final for job in self._jobs.values())

    def rank(self, job: JobConfiguration) -> Ranking:
        """How the servers that are there now rank for a job, before what each one refused."""
        return self._policy.rank(job, [s.info for s in self._servers.values() if s.present], self._specs)

    def check(self) -> None:
        """Raises AssertionError when an invariant is broken; for tests, after every event."""
        for job_id, job in self._jobs.items():
            assert job.job.job_id == job_id
            assert (job.state in (JobState.QUEUED, JobState.RUNNING)) == bool(job.server_id), job
            assert not job.holds_slot or job.state is JobState.QUEUED, job
            assert job.failures <= MAX_FAILURES, job
        for server_id, server in self._servers.items():
            assert self._taken(server_id) <= server.info.max_jobs, server
            assert server.present or not self._jobs_on(server_id), server

    # -- Events -----------------------------------------------------------------------------------------

    @singledispatchmethod
    def _take(self, event: Event) -> Iterable[Instruction]:
        raise TypeError(f"not an event: {event!r}")

    @_take.register
    def _(self, event: JobAdded) -> Iterable[Instruction]:
        if event.job.job_id not in self._jobs:
            self._jobs[event.job.job_id] = _Job(event.job, order=len(self._jobs))
        return ()

    @_take.register
    def _(self, event: Opened) -> Iterable[Instruction]:
        self._open = True
        return ()

    @_take.register
    def _(self, event: ServerCame) -> Iterable[Instruction]:
        known = self._servers.get(event.info.server_id)
        self._unreachable.pop(event.info.name, None)
        self._servers[event.info.server_id] = _Server(event.info, event.preferred_for, others=event.info.current_jobs)
        if known is None:
            return ()
        return tuple(Abandon(job_id, attempt, event.info.server_id) for job_id, attempt in known.abandoned)

    @_take.register
    def _(self, event: ServerChanged) -> Iterable[Instruction]:
        server = self._servers.get(event.info.server_id)
        if server is not None and server.present:
            # Fewer slots than are in use is the server's own affair: what runs there goes on.
            taken = self._taken(event.info.server_id)
            server.info = evolve(event.info, max_jobs=max(event.info.max_jobs, taken))
            server.others = max(0, event.info.current_jobs - taken)
            if event.info.free_slots:
                server.full_until = 0.0
        return ()

    @_take.register
    def _(self, event: ServerGone) -> Iterable[Instruction]:
        server = self._servers.get(event.server_id)
        if server is None or not server.present:
            return ()
        server.present = False
        instructions: list[Instruction] = []
        for job in self._jobs_on(event.server_id):
            server.abandoned.append((job.job.job_id, job.attempt))
            instructions.append(Abandon(job.job.job_id, job.attempt, event.server_id))
            instructions.append(self._back_to_waiting(job, event.reason or f"{server.info.name} is gone"))
        return instructions

    @_take.register
    def _(self, event: Expecting) -> Iterable[Instruction]:
        self._expecting = event.count
        return ()

    @_take.register
    def _(self, event: Unreachable) -> Iterable[Instruction]:
        self._unreachable[event.name] = event.reason
        return ()

    @_take.register
    def _(self, event: LocalEnded) -> Iterable[Instruction]:
        self._local_reason = event.reason
        return ()

    @_take.register
    def _(self, event: Rejected) -> Iterable[Instruction]:
        job = self._present(event.job_id, event.attempt)
        if job is None:
            return ()
        server = self._servers[job.server_id]
        if event.retry_after is not None:
            server.full_until = self._now + event.retry_after
        elif event.code in HOPELESS:
            return (self._conclude(job, JobState.FAILED, error=event.message),)
        else:
            job.refused_by[job.server_id] = event.message
        return (self._back_to_waiting(job, event.message),)

    @_take.register
    def _(self, event: Encoded) -> Iterable[Instruction]:
        job = self._present(event.job_id, event.attempt)
        if job is not None:
            job.state = JobState.RUNNING
            job.holds_slot = False
        return ()

    @_take.register
    def _(self, event: Failed) -> Iterable[Instruction]:
        job = self._present(event.job_id, event.attempt)
        if job is None:
            return ()
        job.failures += 1
        if event.code in HOPELESS or job.failures >= MAX_FAILURES or not self._another_could(job):
            return (self._conclude(job, JobState.FAILED, error=event.message, evidence=event.evidence),)
        job.refused_by[job.server_id] = event.message
        return (self._back_to_waiting(job, event.message, event.evidence),)

    @_take.register
    def _(self, event: Lost) -> Iterable[Instruction]:
        job = self._present(event.job_id, event.attempt)
        if job is None:
            return ()
        job.losses += 1
        if job.losses >= MAX_LOSSES:
            return (self._conclude(job, JobState.FAILED, error=f"lost {job.losses} times; the last: {event.reason}"),)
        self._servers[job.server_id].full_until = self._now + PAUSE_AFTER_LOSS
        return (self._back_to_waiting(job, event.reason),)

    @_take.register
    def _(self, event: Committed) -> Iterable[Instruction]:
        job = self._present(event.job_id, event.attempt)
        return () if job is None else (self._conclude(job, JobState.COMPLETED, result=event.result),)

    @_take.register
    def _(self, event: CancelRequested) -> Iterable[Instruction]:
        job = self._jobs.get(event.job_id)
        if job is None or job.state.is_final:
            return ()
        abandon = (Abandon(event.job_id, job.attempt, job.server_id),) if job.server_id else ()
        return (*abandon, self._conclude(job, JobState.CANCELLED, error="cancelled"))

    @_take.register
    def _(self, event: Tick) -> Iterable[Instruction]:
        return ()

    # -- Changes of one job -----------------------------------------------------------------------------

    def _present(self, job_id: str, attempt: int) -> _Job | None:
        """The job, when the word is about the attempt that it is in now."""
        job = self._jobs.get(job_id)
        return job if job is not None and job.server_id and job.attempt == attempt else None

    def _back_to_waiting(self, job: _Job, reason: str, evidence: Evidence | None = None) -> Wait:
        job.state = JobState.PENDING
        job.server_id = ""
        job.holds_slot = False
        return Wait(job.job, job.attempt, reason, evidence)

    def _conclude(
        self,
        job: _Job,
        state: JobState,
        *,
        error: str = "",
        no_server: bool = False,
        result: JobResult | None = None,
        evidence: Evidence | None = None,
    ) -> Conclude:
        server_id, job.server_id = job.server_id, ""
        job.state = state
        job.holds_slot = False
        return Conclude(job.job, state, job.attempt, server_id, error, no_server, result, evidence)

    # -- Assigning --------------------------------------------------------------------------------------

    def _assign(self) -> Iterable[Instruction]:
        if not self._open:
            return
        for job in self._waiting():
            if not any(self._has_room(server_id) for server_id in self._servers):
                return
            begin = self._begin(job)
            if begin is not None:
                yield begin

    def _waiting(self) -> list[_Job]:
        waiting = [job for job in self._jobs.values() if job.waits]
        return sorted(waiting, key=lambda job: (-job.job.priority, job.order))

    def _begin(self, job: _Job) -> Begin | None:
        choices = [match for match in self._possible(job) if self._has_room(match.server_id)]
        if not choices:
            return None
        match = min(choices, key=lambda match: not self._prefers(match, job.job))
        report = self._servers[match.server_id].info.capabilities.encoder(match.encoder)
        configuration = job.job
        if report is not None:
            configuration = with_encoder(job.job, match.encoder, self._specs, report.encoder_type)
        job.state = JobState.QUEUED
        job.attempt += 1
        job.server_id = match.server_id
        job.holds_slot = True
        return Begin(configuration, job.attempt, match.server_id)

    def _possible(self, job: _Job) -> Sequence[CapabilityMatch]:
        """The servers that could do the job, full or not, best first."""
        return [match for match in self.rank(job.job).compatible if match.server_id not in job.refused_by]

    def _another_could(self, job: _Job) -> bool:
        """Whether a server other than the present one could do the job, or may still come."""
        others = [match for match in self._possible(job) if match.server_id != job.server_id]
        return bool(others) or self._expecting > 0

    def _prefers(self, match: CapabilityMatch, job: JobConfiguration) -> bool:
        """Whether a person prefers this server for this kind of job."""
        wanted = self._servers[match.server_id].preferred_for
        spec = self._specs.get(match.encoder)
        return any(kind in wanted for kind in ("any", match.encoder, spec.codec if spec else job.recipe.codec))

    def _has_room(self, server_id: str) -> bool:
        server = self._servers[server_id]
        if not server.present or server.full_until > self._now or server.info.status is ServerStatus.MAINTENANCE:
            return False
        # Our own jobs by our own count: a slot is filled again at once, not when the server has told of it.
        return server.others + self._taken(server_id) < server.info.max_jobs

    def _taken(self, server_id: str) -> int:
        return sum(job.holds_slot for job in self._jobs.values() if job.server_id == server_id)

    def _jobs_on(self, server_id: str) -> list[_Job]:
        return [job for job in self._jobs.values() if job.server_id == server_id]

    # -- Giving up --------------------------------------------------------------------------------------

    def _strand(self) -> Iterable[Instruction]:
        """Jobs that no server there can do, when none is expected any more."""
        if not self._open or self._expecting or self._leaving():
            return
        stranded = [job for job in self._waiting() if not self._possible(job)]
        if stranded and self._may_start_local:
            self._may_start_local = False
            self._expecting += 1
            yield StartLocal()
            return
        for job in stranded:
            yield self._conclude(job, JobState.FAILED, error=self._why_not(job), no_server=True)

    def _leaving(self) -> bool:
        """Whether a server finishes its jobs: it will go in a moment, and may be expected back then."""
        return any(s.present and s.info.status is ServerStatus.MAINTENANCE for s in self._servers.values())

    def _why_not(self, job: _Job) -> str:
        ranking = self.rank(job.job)
        reasons = [
            reason if reason.startswith(name) else f"{name}: {reason}" for name, reason in self._unreachable.items()
        ]
        for match in ranking.matches:
            name = self._servers[match.server_id].info.name
            if match.missing_capabilities:
                reasons.append(f"{name} cannot do {', '.join(match.missing_capabilities)}")
            elif match.server_id in job.refused_by:
                reasons.append(f"{name}: {job.refused_by[match.server_id]}")
        if self._local_reason:
            reasons.append(f"this machine: {self._local_reason}")
        reasons.extend(ranking.alternatives)
        return "no server could do it: " + ("; ".join(reasons) or "there is none; start one with: ffx serve")
