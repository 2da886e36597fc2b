"""Events of attempts: what became of a job on its server. Those of an old attempt change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from ffx.client.events import Committed, Encoded, Encoding, Failed, Held, Lost, Progressed, Rejected, Sent, Verified
from ffx.client.farmstate import FarmState, Handler, OpenJob
from ffx.client.instructions import Acknowledge, Commit, Instruction, Tell
from ffx.client.queue.records import AttemptEnd, Farewell
from ffx.client.retrying import FULL_HOUSE, HOPELESS, SERVER_FAULTS, blames_server, charge, pause_before
from ffx.client.standing import Standing
from ffx.core.model import JobStage, JobState

REFUSED_SECONDS = 10.0
"""How long a server is left alone that refused without saying for how long."""
FULL_HARDWARE_SECONDS = 30.0
"""The same for hardware that other programs fill."""
SHORTEST_REFUSAL = 1.0
"""A server that says less is left alone this long all the same."""


def _rejected(state: FarmState, event: Rejected) -> Iterable[Instruction]:
    found = state.under_way(event.job_id, event.attempt)
    if found is None:
        return
    job, standing = found
    server_id = job.record.server_id
    state.end_attempt(job, AttemptEnd.REJECTED, code=event.code, message=event.message)
    if event.code in HOPELESS:
        yield state.conclude(job, JobState.FAILED, error=event.message)
        return
    rest = 0.0
    if event.code == "duplicate_job":  # this attempt ended there; the next one is another
        rest = _next_pause(job)
    elif event.retry_after is not None or event.code == "maintenance" or _may_change(job, event.code):
        pause = REFUSED_SECONDS if event.retry_after is None else max(SHORTEST_REFUSAL, event.retry_after)
        standing.full_until = state.now + pause
        state.review(server_id)
    else:
        state.change(job, avoids={**job.record.avoids, server_id: event.message})
        standing.refused.add(event.job_id)
    yield state.back_to_waiting(job, event.message, rest=rest)


def _may_change(job: OpenJob, code: str) -> bool:
    """Whether a refusal is worth waiting over for a job that nobody waits for: disks are tidied up."""
    return code == "disk_full" and not job.hurried


def _next_pause(job: OpenJob) -> float:
    """Something went wrong once more: how many seconds the job rests."""
    job.tries += 1
    return pause_before(job.tries, job.record.job_id)


def _sent(state: FarmState, event: Sent) -> Iterable[Instruction]:
    found = state.present(event.job_id, event.attempt)
    if found is not None and event.seconds > 0 and event.size:
        _, standing = found
        standing.bytes_a_second = event.size / event.seconds
    return ()


def _entering(stage: JobStage) -> Handler:
    """For the word that FFmpeg runs, and for the word that it has ended."""

    def entered(state: FarmState, event: Encoding | Encoded) -> Iterable[Instruction]:
        found = state.under_way(event.job_id, event.attempt)
        if found is not None and found[0].stage is not stage:
            state.set_stage(found[0], stage)
            state.change(found[0], state=JobState.RUNNING)
        return ()

    return entered


def _progressed(state: FarmState, event: Progressed) -> Iterable[Instruction]:
    found = state.present(event.job_id, event.attempt)
    if found is not None:
        found[0].eta = event.eta
    return ()


def _held(state: FarmState, event: Held) -> Iterable[Instruction]:
    found = state.under_way(event.job_id, event.attempt)
    if found is not None and found[0].record.reason != event.reason:
        state.change(found[0], reason=event.reason)
        yield Tell(found[0].record)


def _lost(state: FarmState, event: Lost) -> Iterable[Instruction]:
    found = state.present(event.job_id, event.attempt)
    if found is None:
        return
    job, _ = found
    yield state.give_up(job, AttemptEnd.LOST, event.reason)
    state.change(job, losses=job.record.losses + 1)
    yield state.back_to_waiting(job, event.reason, rest=_next_pause(job))


def _failed(state: FarmState, event: Failed) -> Iterable[Instruction]:
    found = state.present(event.job_id, event.attempt)
    if found is None:
        return
    job, standing = found
    server_id, came_back = job.record.server_id, job.record.result is not None
    evidence = event.evidence and evolve(event.evidence, server=standing.info.name, attempt=event.attempt)
    # It may be ours what failed, such as a transfer: then the server still holds its part of it.
    yield state.give_up(job, AttemptEnd.FAILED, event.message, code=event.code, evidence=evidence)
    if event.code == FULL_HOUSE:
        standing.learn_limit(standing.kind_of(job.record.encoder), state.now, FULL_HARDWARE_SECONDS)
        state.review(server_id)
        yield state.back_to_waiting(job, event.message)
        return
    _charge(state, job, event.code, server_id)
    suspect = not came_back and _suspects(state, job, event.code, server_id, standing)
    pardoned = suspect and event.job_id in standing.failed_in_a_row
    if not pardoned and _is_conclusive(state, job, event):
        yield state.conclude(job, JobState.FAILED, error=event.message, evidence=evidence)
    else:
        job.last_failure = (event.code, event.message)
        yield state.back_to_waiting(job, event.message, evidence, rest=_next_pause(job))
    if suspect:
        yield from state.put_aside(server_id, event.message)


def _charge(state: FarmState, job: OpenJob, code: str, server_id: str) -> None:
    failed_on = (*(server for server in job.record.failed_on if server != server_id), server_id)
    state.change(job, failures=job.record.failures + charge(code), failed_on=failed_on)


def _suspects(state: FarmState, job: OpenJob, code: str, server_id: str, standing: Standing) -> bool:
    """Whether it is time to suspect the server. A job that failed on several servers speaks for all of them."""
    if not blames_server(code):
        return False
    job_id, elsewhere = job.record.job_id, [s for s in job.record.failed_on if s != server_id]
    if elsewhere and code not in SERVER_FAULTS:
        for other in elsewhere:
            if other in state.servers:
                state.servers[other].failed_in_a_row.pop(job_id, None)
        return False
    return standing.failed(job_id, charge(code))


def _is_conclusive(state: FarmState, job: OpenJob, event: Failed) -> bool:
    """Whether trying once more is of no use."""
    if event.code in HOPELESS or job.record.failures >= state.limits.attempts:
        return True
    if event.code in SERVER_FAULTS or (event.code, event.message) != job.last_failure:
        return False
    # The very same once more, and no server that was not tried yet.
    matches = state.matching.fitting(job.record, state.usable())
    return all(match.server_id in job.record.failed_on for match in matches)


def _verified(state: FarmState, event: Verified) -> Iterable[Instruction]:
    found = state.under_way(event.job_id, event.attempt)
    if found is None:
        return
    job, standing = found
    standing.did_well()
    # With the result in its record the job is as good as done: who takes it up after us looks for the file first.
    state.set_stage(job, JobStage.CHECK)
    state.change(job, state=JobState.RUNNING, result=event.result)
    yield Commit(job.record.job, event.attempt, event.result, job.record.handling.overwrite)


def _committed(state: FarmState, event: Committed) -> Iterable[Instruction]:
    found = state.present(event.job_id, event.attempt)
    if found is None or found[0].record.result is None:
        return
    job, _ = found
    server_id = job.record.server_id
    state.end_attempt(job, AttemptEnd.COMMITTED)
    state.remember_farewell(Farewell(server_id, event.job_id, event.attempt))
    yield state.conclude(job, JobState.COMPLETED)
    yield Acknowledge(event.job_id, event.attempt, server_id)


HANDLERS: Mapping[type, Handler] = {
    Rejected: _rejected,
    Sent: _sent,
    Encoding: _entering(JobStage.ENCODE),
    Progressed: _progressed,
    Held: _held,
    Encoded: _entering(JobStage.CHECK),
    Lost: _lost,
    Failed: _failed,
    Verified: _verified,
    Committed: _committed,
}
