"""The state of one farm as its dispatcher knows it, and the few steps by which a job moves through it.

Each step keeps the parts together: a job's record, where it stands, what its server has, and what has to be on disk.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from attrs import define, evolve, field, frozen

from ffx.client.changes import Changes
from ffx.client.instructions import Abandon, Begin, Conclude, Instruction, Wait
from ffx.client.matching import Matching
from ffx.client.queue.records import AttemptEnd, AttemptRecord, Farewell, JobRecord, SetAside
from ffx.client.retrying import MAX_FAILURES
from ffx.client.standing import Standing
from ffx.client.waiting import Line, WaitingJobs
from ffx.core.model import CapabilityMatch, Evidence, JobStage, JobState


@define
class OpenJob:
    """A job that has not ended."""

    record: JobRecord
    hurried: bool = False
    stage: JobStage | None = None
    """Of its present attempt; None while it has none."""
    tries: int = 0
    """Times that it went back to waiting because something went wrong."""
    rests_until: float = 0.0
    eta: float | None = None
    """Seconds that its encode will take yet, by the last word."""
    attempt: AttemptRecord | None = None
    """The present one, or the last."""
    last_failure: tuple[str, str] | None = None
    """Code and message."""
    resumed: bool = False
    """Its present attempt began before we were connected to its server: how far it is there was not seen."""
    line: Line | None = None
    """Where it stood or would stand among those that wait, once that was looked up."""


Handler = Callable[["FarmState", Any], Iterable[Instruction]]
"""Takes in one kind of event."""


@frozen
class Limits:
    """How patient a farm is; seconds."""

    lease: float = 30.0
    """How long a silent server may take to be heard again before its jobs go elsewhere: six heartbeats of 5 s."""
    patience: float = 600.0
    """How long a job that somebody waits for stays when the servers that could do it were lost, finish their jobs or
    are set aside: as a reboot takes.
    """
    attempts: int = MAX_FAILURES
    """Failures that end a job."""


@define
class FarmState:
    """Jobs and servers. ``now`` is seconds on a clock that never goes back, ``date`` seconds since the epoch."""

    matching: Matching
    limits: Limits = Limits()
    now: float = 0.0
    date: float = 0.0
    open: bool = False
    """The first look around is over."""
    paused: bool = False
    jobs: dict[str, OpenJob] = field(factory=dict)
    servers: dict[str, Standing] = field(factory=dict)
    waiting: WaitingJobs = field(factory=WaitingJobs)
    asides: dict[str, tuple[SetAside, float | None]] = field(factory=dict)
    """Servers that were set aside before they came, and until when; None: until released."""
    expecting: int = 0
    """Servers that may still come."""
    unreachable: dict[str, str] = field(factory=dict)
    """Servers that did not come, by name, each with the reason."""
    may_start_local: bool = False
    """The embedded server can be started and was not yet."""
    local_reason: str = ""
    """Why the embedded server could not be started."""
    farewells: dict[str, dict[Farewell, None]] = field(factory=dict)
    """By server: attempts that it may still hold and that nobody wants."""
    with_slot: dict[str, Standing] = field(factory=dict)
    with_place: dict[str, Standing] = field(factory=dict)
    with_surplus: dict[str, Standing] = field(factory=dict)
    changes: Changes = field(factory=Changes)
    unsettled: bool = False
    """Something changed that may let a job begin."""
    doubtful: bool = False
    """Something changed that may leave a job without a server, or end its hope for one."""
    new_lines: dict[Line, None] = field(factory=dict)
    """Lines that somebody came to since it was last looked at whether a server can do them."""
    _wakes: list[float] = field(factory=list)
    _wakes_known: set[float] = field(factory=set)
    _resting: list[tuple[float, str]] = field(factory=list)

    # -- Time -------------------------------------------------------------------------------------------

    def wake_at(self, time: float | None) -> None:
        if time is not None and time > self.now and time not in self._wakes_known:
            heapq.heappush(self._wakes, time)
            self._wakes_known.add(time)

    @property
    def next_wake(self) -> float | None:
        return self._wakes[0] if self._wakes else None

    def time_has_come(self) -> bool:
        """Whether something was to be looked at by now."""
        come = False
        while self._wakes and self._wakes[0] <= self.now:
            self._wakes_known.remove(heapq.heappop(self._wakes))
            come = True
        return come

    def end_rests(self) -> None:
        """Let those wait whose pause is over."""
        while self._resting and self._resting[0][0] <= self.now:
            _, job_id = heapq.heappop(self._resting)
            job = self.jobs.get(job_id)
            if job is not None:
                self.stand(job)

    @property
    def somebody_rests(self) -> bool:
        """Whether a job is tried again after a pause."""
        return any(job_id in self.jobs and self.jobs[job_id].rests_until > self.now for _, job_id in self._resting)

    # -- Jobs -------------------------------------------------------------------------------------------

    def present(self, job_id: str, attempt: int) -> tuple[OpenJob, Standing] | None:
        """The job and its server, when the word is about the attempt that it is in now."""
        job = self.jobs.get(job_id)
        if job is None or not job.record.server_id or job.record.attempt != attempt:
            return None
        return job, self.servers[job.record.server_id]

    def under_way(self, job_id: str, attempt: int) -> tuple[OpenJob, Standing] | None:
        """The same, as long as its checked result is not here: after that its server has no say in it."""
        found = self.present(job_id, attempt)
        return found if found is not None and found[0].record.result is None else None

    def change(self, open_job: OpenJob, /, **fields: Any) -> None:
        """A new record for the job, to be kept."""
        open_job.record = record = open_job.record.changed(**fields)
        self.changes.records[record.job_id] = record
        if not fields.keys().isdisjoint(("handling", "avoids", "failed_on")):
            open_job.line = None

    def line(self, job: OpenJob) -> Line:
        if job.line is None:
            job.line = self.waiting.line_for(job.record)
        return job.line

    def stand(self, job: OpenJob) -> None:
        """Put a job where it belongs among those that wait: in line, or nowhere while it rests or is paused."""
        record = job.record
        if not record.server_id and not record.paused and job.rests_until <= self.now:
            job.line = self.waiting.put(record, hurried=job.hurried)
            self.new_lines[job.line] = None
            self.unsettled = True
            return
        self.waiting.remove(record.job_id)
        if not record.server_id and not record.paused:
            heapq.heappush(self._resting, (job.rests_until, record.job_id))
            self.wake_at(job.rests_until)

    def begin(self, job: OpenJob, match: CapabilityMatch) -> Begin:
        """Give the job to a server."""
        record, server_id = job.record, match.server_id
        standing = self.servers[server_id]
        attempt = record.attempt + 1
        self.waiting.remove(record.job_id)
        self.change(
            job,
            state=JobState.QUEUED,
            attempt=attempt,
            server_id=server_id,
            server=standing.info.name,
            encoder=match.encoder,
            at_home=standing.at_home,
            began=record.began or self.date,
            reason="",
        )
        job.attempt = AttemptRecord(
            record.job_id, attempt, server_id, standing.info.name, standing.epoch, match.encoder, began=self.date
        )
        self.changes.attempts[record.job_id, attempt] = job.attempt
        return self.go(job, resumed=False)

    def go(self, job: OpenJob, *, resumed: bool) -> Begin:
        """The instruction that starts the present attempt, or takes it up again."""
        record, standing = job.record, self.servers[job.record.server_id]
        job.resumed = resumed
        if not resumed:
            self.set_stage(job, JobStage.UPLOAD)
        match = CapabilityMatch(record.server_id, 1.0, encoder=record.encoder)
        return Begin(
            self.matching.configuration(record, match, standing),
            record.attempt,
            record.server_id,
            paused=record.paused or self.paused,
            overwrite=record.handling.overwrite,
            modified=record.handling.modified,
            resumed=resumed,
        )

    def set_stage(self, job: OpenJob, stage: JobStage | None) -> None:
        """Note where the present attempt is on its server, and what it takes there."""
        job.stage, job.eta = stage, None
        standing = self.servers[job.record.server_id]
        before = standing.ours
        standing.place(job.record.job_id, stage, job.record.encoder)
        if standing.ours < before:  # room, and perhaps room on its hardware
            self.unsettled = True
        self.review(job.record.server_id)

    def end_attempt(
        self, job: OpenJob, end: AttemptEnd, *, code: str = "", message: str = "", evidence: Evidence | None = None
    ) -> None:
        """The present attempt is over: the server has nothing of the job any more, as far as we are concerned."""
        self.set_stage(job, None)
        if job.attempt is not None:
            job.attempt = evolve(job.attempt, ended=self.date, end=end, code=code, message=message, evidence=evidence)
            self.changes.attempts[job.record.job_id, job.attempt.attempt] = job.attempt

    def give_up(
        self, job: OpenJob, end: AttemptEnd, message: str, *, code: str = "", evidence: Evidence | None = None
    ) -> Abandon:
        """End the present attempt while its server may still work at it or hold something of it."""
        record = job.record
        self.end_attempt(job, end, code=code, message=message, evidence=evidence)
        self.remember_farewell(Farewell(record.server_id, record.job_id, record.attempt))
        return Abandon(record.job_id, record.attempt, record.server_id)

    def lose(self, job: OpenJob) -> Iterator[Instruction]:
        """Its server was lost: the job begins anew elsewhere."""
        reason = f"{job.record.server} was lost"
        yield self.give_up(job, AttemptEnd.LOST, reason)
        self.change(job, losses=job.record.losses + 1)
        yield self.back_to_waiting(job, reason)

    def remember_farewell(self, farewell: Farewell) -> None:
        if self.servers[farewell.server_id].at_home:
            return  # it ends with this process
        self.farewells.setdefault(farewell.server_id, {})[farewell] = None
        self.changes.farewells[farewell] = True

    def back_to_waiting(
        self, job: OpenJob, reason: str, evidence: Evidence | None = None, *, rest: float = 0.0
    ) -> Wait:
        """The job has no server any more; it may begin anew after ``rest`` seconds."""
        self.change(
            job, state=JobState.PENDING, server_id="", at_home=False, reason=reason, result=None, evidence=evidence
        )
        job.rests_until = self.now + rest if rest else 0.0
        self.stand(job)
        return Wait(job.record.job, job.record.attempt, reason, evidence)

    def conclude(
        self,
        job: OpenJob,
        state: JobState,
        *,
        error: str = "",
        no_server: bool = False,
        evidence: Evidence | None = None,
    ) -> Conclude:
        """The job has ended; its record is kept by the queue and forgotten here."""
        self.change(
            job,
            state=state,
            server_id="",
            at_home=False,
            reason=error,
            no_server=no_server,
            result=job.record.result if state is JobState.COMPLETED else None,
            evidence=evidence,
            ended=self.date,
        )
        self.waiting.remove(job.record.job_id)
        del self.jobs[job.record.job_id]
        return Conclude(job.record)

    # -- Servers ----------------------------------------------------------------------------------------

    def jobs_on(self, server_id: str) -> list[OpenJob]:
        return [self.jobs[job_id] for job_id in self.servers[server_id].jobs]

    def review(self, server_id: str) -> None:
        """See anew what room a server has, after anything about it changed."""
        standing = self.servers[server_id]
        takes = standing.takes_jobs(self.now)
        self.wake_at(standing.next_wake(self.now))
        for found, holds in (
            (self.with_slot, takes and standing.free_slots > 0),
            (self.with_place, takes and standing.places > 0),
            (self.with_surplus, bool(standing.surplus)),
        ):
            if not holds:
                found.pop(server_id, None)
            elif server_id not in found:
                found[server_id] = standing
                self.unsettled = True

    def doubt(self) -> None:
        """What servers there are, or what may be asked of them, has changed."""
        self.unsettled = self.doubtful = True

    def usable(self) -> Iterator[tuple[str, Standing]]:
        """The servers that are there or silent for a moment, and are not set aside: those that a job may wait for."""
        for server_id, standing in self.servers.items():
            if standing.connected and standing.is_online and not standing.aside:
                yield server_id, standing

    def put_aside(self, server_id: str, message: str) -> Iterator[Instruction]:
        """Leave a server alone for a while where jobs failed in a row, the last one with this message."""
        standing = self.servers[server_id]
        reason, charged = f"{standing.times_failed}: {message}", standing.charges()
        if not standing.aside:  # what fails there later changes nothing about for how long, or until who releases it
            seconds = standing.set_aside(reason, self.now)
            aside = SetAside(server_id, standing.info.name, reason, self.date, self.date + seconds)
            self.changes.asides[server_id] = aside
            self.doubt()
        for job_id, charge in charged.items():
            job = self.jobs.get(job_id)
            if job is not None:  # it does not pay for the server
                failed_on = tuple(server for server in job.record.failed_on if server != server_id)
                self.change(job, failures=max(0, job.record.failures - charge), failed_on=failed_on)
                self.stand(job)
        self.review(server_id)
        yield from self.take_from(server_id)

    def take_from(self, server_id: str) -> Iterator[Instruction]:
        """What does not encode yet on a server that is set aside goes elsewhere; what encodes may finish."""
        name = self.servers[server_id].info.name
        for job_id in tuple(self.servers[server_id].sent):
            job = self.jobs[job_id]
            yield self.give_up(job, AttemptEnd.MOVED, f"{name} was set aside")
            yield self.back_to_waiting(job, f"{name} was set aside")

    def release(self, server_id: str) -> None:
        standing = self.servers.get(server_id)
        if standing is not None and standing.aside:
            standing.release()
            self.doubt()
            self.review(server_id)
        self.changes.asides[server_id] = None
