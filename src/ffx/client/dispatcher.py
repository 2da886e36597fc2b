"""Decides which job runs where: a state machine without I/O. Events in, instructions out.

A job waits until a server that was seen to support it has room, is tried there, and ends once. The shell around it
brings what changed to the disk (``take_changes``), then carries the instructions out and reports what came of them; a
word about an attempt that is not the job's present one changes nothing. A dispatcher that is told of the same records
goes on where the one before it ended, in whatever moment that was.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from ffx.client import on_attempts, on_queue, on_servers
from ffx.client.assigning import has_hope, may_return, settle
from ffx.client.changes import Changes
from ffx.client.events import Event, JobKnown, Tick
from ffx.client.farmstate import FarmState, Handler, Limits
from ffx.client.instructions import Instruction
from ffx.client.matching import Matching
from ffx.client.queue.records import JobRecord
from ffx.client.why import Reason, job_reason, server_reasons
from ffx.core.encoders import EncoderSpec
from ffx.core.model import JobState
from ffx.core.policy import SchedulingPolicy

_HANDLERS: Mapping[type, Handler] = {
    **on_queue.HANDLERS,
    **on_servers.HANDLERS,
    **on_attempts.HANDLERS,
    Tick: lambda state, event: (),
}


class Dispatcher:
    """The decisions of one farm."""

    def __init__(
        self,
        policy: SchedulingPolicy,
        specs: Mapping[str, EncoderSpec],
        *,
        may_start_local: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self._state = FarmState(Matching(policy, specs), limits or Limits(), may_start_local=may_start_local)

    def handle(self, event: Event, now: float, date: float = 0.0) -> tuple[Instruction, ...]:
        """Take in one event at ``now`` (seconds on a clock that never goes back; ``date``: since the epoch, for the
        records); returns what to do, in order.
        """
        return tuple(self._handle(event, now, date, settles=True))

    def handle_all(self, events: Sequence[Event], now: float, date: float = 0.0) -> tuple[Instruction, ...]:
        """Take in events, one after the other. Jobs that come together are given to servers together: the servers are
        ranked once for all of them.
        """
        instructions: list[Instruction] = []
        for event, following in itertools.zip_longest(events, events[1:]):
            settles = not (isinstance(event, JobKnown) and isinstance(following, JobKnown))
            instructions.extend(self._handle(event, now, date, settles=settles))
        return tuple(instructions)

    def _handle(self, event: Event, now: float, date: float, *, settles: bool) -> Iterator[Instruction]:
        state = self._state
        state.now, state.date = max(state.now, now), date
        yield from _HANDLERS[type(event)](state, event)
        if state.time_has_come():
            yield from on_servers.pass_time(state)
        if settles:
            yield from settle(state)

    def take_changes(self) -> Changes:
        """What has to be kept before the instructions since the last call may be carried out."""
        changes, self._state.changes = self._state.changes, Changes()
        return changes

    @property
    def has_changes(self) -> bool:
        """Whether something changed since they were taken last."""
        return bool(self._state.changes)

    def next_wake(self) -> float | None:
        """When a ``Tick`` is due; None when there is nothing to wait for."""
        return self._state.next_wake

    def record(self, job_id: str) -> JobRecord | None:
        """Of a job that has not ended."""
        job = self._state.jobs.get(job_id)
        return job.record if job is not None else None

    @property
    def open_jobs(self) -> int:
        """How many have not ended."""
        return len(self._state.jobs)

    @property
    def rests(self) -> bool:
        """Whether nothing happens any more by itself: nothing runs, nothing is about to be tried again, and what waits
        waits for a server that is not there, or for a person.
        """
        state = self._state
        at_work = (state.jobs[job_id].record for standing in state.servers.values() for job_id in standing.jobs)
        if any(record.result is not None or not (record.paused or state.paused) for record in at_work):
            return False
        if state.paused:
            return True
        if state.somebody_rests:
            return False
        firsts = (state.waiting.first(line) for line in state.waiting.lines())
        waiting = ((first.line, state.jobs[first.job_id].record) for first in firsts if first is not None)
        return not any(has_hope(state, *one) or may_return(state, *one) for one in waiting)

    def why(self, record: JobRecord) -> tuple[str, list[Reason]]:
        """Why a job does not run: what it waits for itself, and each server with its reason."""
        return job_reason(self._state, record), server_reasons(self._state, record)

    def check(self) -> None:
        """Raises AssertionError when an invariant is broken; for tests, after every event."""
        state = self._state
        for job_id, job in state.jobs.items():
            record = job.record
            assert record.job_id == job_id
            assert not record.state.is_final, record
            assert (record.state is not JobState.PENDING) == bool(record.server_id), record
            assert (job.stage is not None) == bool(record.server_id), job
            assert not (record.server_id and job_id in state.waiting), record
            assert job_id in state.waiting or record.server_id or record.paused or job.rests_until > 0, job
            assert record.failures < state.limits.attempts, record
        for server_id, standing in state.servers.items():
            for job_id in (*standing.sent, *standing.encoding):
                assert state.jobs[job_id].record.server_id == server_id, job_id
            assert not set(standing.sent) & set(standing.encoding), standing
            here = {job_id for job_id, job in state.jobs.items() if job.record.server_id == server_id}
            assert set(standing.jobs) == here, standing
            assert (server_id in state.with_slot) == (standing.takes_jobs(state.now) and standing.free_slots > 0)
            assert (server_id in state.with_place) == (standing.takes_jobs(state.now) and standing.places > 0)
            assert (server_id in state.with_surplus) == bool(standing.surplus), standing
            assert standing.connected or all(job.record.result for job in state.jobs_on(server_id)), standing
