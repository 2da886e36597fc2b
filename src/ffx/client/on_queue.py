"""Events of the queue: jobs that are known, and what people want done with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from ffx.client.events import (
    CancelRequested,
    Closing,
    FarewellKnown,
    HurryRequested,
    JobKnown,
    MoveRequested,
    Opened,
    PauseRequested,
    PriorityRequested,
    QueuePaused,
    RetryRequested,
    SetAsideKnown,
)
from ffx.client.farmstate import FarmState, Handler, OpenJob
from ffx.client.instructions import Abandon, Commit, Instruction, Suspend
from ffx.client.on_servers import recall_aside
from ffx.client.queue.records import AttemptEnd
from ffx.client.standing import Standing
from ffx.core.model import JobStage, JobState, ServerInfo, ServerStatus


def _job_known(state: FarmState, event: JobKnown) -> Iterable[Instruction]:
    record = event.record
    if record.job_id in state.jobs or record.state.is_final:
        return
    job = state.jobs[record.job_id] = OpenJob(record, hurried=event.hurried, attempt=event.attempt)
    if not record.server_id:
        if record.avoids:  # what servers refused an earlier process may be otherwise today
            job.record = evolve(record, avoids={})
        state.stand(job)
        return
    standing = _take_up(state, job)
    if record.result is not None:
        yield Commit(record.job, record.attempt, record.result, record.handling.overwrite, resumed=True)
    elif record.at_home:
        reason = "this machine's own server ended with its process"
        state.end_attempt(job, AttemptEnd.LOST, message=reason)
        state.change(job, losses=record.losses + 1)
        yield state.back_to_waiting(job, reason)
    elif not standing.connected:
        yield from state.lose(job)
    elif standing.silent_since is None:
        yield state.go(job, resumed=True)


def _take_up(state: FarmState, job: OpenJob) -> Standing:
    """An attempt of an earlier process: its server has a lease to show itself."""
    record = job.record
    standing = state.servers.get(record.server_id)
    if standing is None:
        info = ServerInfo(record.server_id, record.server, status=ServerStatus.OFFLINE, max_jobs=0)
        epoch = job.attempt.epoch if job.attempt is not None else ""
        standing = Standing(info, epoch, at_home=record.at_home, silent_since=state.now)
        state.servers[record.server_id] = standing
        state.wake_at(state.now + state.limits.lease)
    stage = JobStage.ENCODE if record.state is JobState.RUNNING else JobStage.UPLOAD
    state.set_stage(job, JobStage.CHECK if record.result is not None else stage)
    job.resumed = True
    return standing


def _farewell_known(state: FarmState, event: FarewellKnown) -> Iterable[Instruction]:
    farewell = event.farewell
    state.farewells.setdefault(farewell.server_id, {})[farewell] = None
    standing = state.servers.get(farewell.server_id)
    if standing is not None and standing.connected and standing.silent_since is None:
        yield Abandon(farewell.job_id, farewell.attempt, farewell.server_id)


def _set_aside_known(state: FarmState, event: SetAsideKnown) -> Iterable[Instruction]:
    server_id = event.aside.server_id
    state.asides[server_id] = (event.aside, None if event.seconds is None else state.now + event.seconds)
    if server_id in state.servers:
        recall_aside(state, server_id)
        state.review(server_id)
    return ()


def _opened(state: FarmState, event: Opened) -> Iterable[Instruction]:
    state.open = True
    state.doubt()
    return ()


def _closing(state: FarmState, event: Closing) -> Iterable[Instruction]:
    state.open = False
    return ()


def _cancel_requested(state: FarmState, event: CancelRequested) -> Iterable[Instruction]:
    job = state.jobs.get(event.job_id)
    if job is None or job.record.result is not None:
        return  # what is being put in place is done
    if job.record.server_id:
        yield state.give_up(job, AttemptEnd.CANCELLED, "cancelled")
    yield state.conclude(job, JobState.CANCELLED, error="cancelled")


def _hurry_requested(state: FarmState, event: HurryRequested) -> Iterable[Instruction]:
    job = state.jobs.get(event.job_id)
    if job is not None and job.hurried != event.hurried:
        job.hurried = event.hurried
        state.stand(job)
    return ()


def _pause_requested(state: FarmState, event: PauseRequested) -> Iterable[Instruction]:
    job = state.jobs.get(event.job_id)
    if job is None or job.record.paused == event.paused:
        return
    state.change(job, paused=event.paused)
    if not job.record.server_id:
        state.stand(job)
    elif job.record.result is None:
        yield _suspend(state, job)


def _queue_paused(state: FarmState, event: QueuePaused) -> Iterable[Instruction]:
    if state.paused == event.paused:
        return
    state.paused, state.unsettled = event.paused, True
    state.changes.paused = event.paused
    for job in tuple(state.jobs.values()):
        if job.record.server_id and not job.record.paused and job.record.result is None:
            yield _suspend(state, job)


def _suspend(state: FarmState, job: OpenJob) -> Suspend:
    record = job.record
    paused = record.paused or state.paused
    return Suspend(record.job_id, record.attempt, record.server_id, paused)


def _move_requested(state: FarmState, event: MoveRequested) -> Iterable[Instruction]:
    job = state.jobs.get(event.job_id)
    if job is None or job.record.result is not None:
        return
    record = job.record
    others = any(sid != event.server_id and s.answers_to(event.server, sid) for sid, s in state.servers.items())
    handling = evolve(record.handling, server=event.server_id if others else event.server)
    avoids = {server: why for server, why in record.avoids.items() if server != event.server_id}
    state.change(job, handling=handling, avoids=avoids)
    job.rests_until = 0.0
    if not record.server_id:
        state.stand(job)
    elif record.server_id != event.server_id:
        yield state.give_up(job, AttemptEnd.MOVED, f"given to {event.server}")
        yield state.back_to_waiting(job, f"given to {event.server}")


def _retry_requested(state: FarmState, event: RetryRequested) -> Iterable[Instruction]:
    record = event.record
    if record.job_id in state.jobs or record.state not in (JobState.FAILED, JobState.CANCELLED):
        return ()
    fresh = OpenJob(record)
    state.jobs[record.job_id] = fresh
    state.change(
        fresh,
        state=JobState.PENDING,
        paused=False,
        failures=0,
        losses=0,
        avoids={},
        failed_on=(),
        reason="",
        no_server=False,
        ended=0.0,
        result=None,
        evidence=None,
    )
    state.stand(fresh)
    return ()


def _priority_requested(state: FarmState, event: PriorityRequested) -> Iterable[Instruction]:
    job = state.jobs.get(event.job_id)
    if job is not None:
        priority = min(10, max(1, event.priority))
        state.change(job, job=evolve(job.record.job, priority=priority))
        state.stand(job)
    return ()


HANDLERS: Mapping[type, Handler] = {
    JobKnown: _job_known,
    FarewellKnown: _farewell_known,
    SetAsideKnown: _set_aside_known,
    Opened: _opened,
    Closing: _closing,
    CancelRequested: _cancel_requested,
    HurryRequested: _hurry_requested,
    PauseRequested: _pause_requested,
    QueuePaused: _queue_paused,
    MoveRequested: _move_requested,
    RetryRequested: _retry_requested,
    PriorityRequested: _priority_requested,
}
