"""Why a job does not run: for the job itself, and for each server the one thing that stands in the way."""

from __future__ import annotations

from attrs import frozen

from ffx.client.farmstate import FarmState
from ffx.client.queue.records import JobRecord
from ffx.client.standing import Standing
from ffx.core.model import JobState, ServerStatus


@frozen
class Reason:
    """What one server has to do with a job."""

    server: str
    """Its name."""
    reason: str
    possible: bool = False
    """It could do the job, and will when its turn comes."""


def job_reason(state: FarmState, record: JobRecord) -> str:
    """What the job itself waits for, in one line; empty when it is only for a server to have room."""
    job = state.jobs.get(record.job_id)
    if record.state.is_final:
        if record.state is JobState.CANCELLED:
            return "it was cancelled"
        return f"it {record.state.value}" + (f": {record.reason}" if record.reason else "")
    if state.paused:
        return "the queue is paused; go on with: ffx queue resume"
    if record.paused:
        return f"it is paused; go on with: ffx queue resume {record.number}"
    if record.state is JobState.QUEUED:
        return f"it is on {record.server}, and begins there as soon as its input has come and a slot is free"
    if record.state is not JobState.PENDING:
        where = f"it runs on {record.server} with {record.encoder}" if record.encoder else f"it is on {record.server}"
        return f"{where}; it is held up: {record.reason}" if record.reason else where
    if job is not None and job.rests_until > state.now:
        return f"it is tried again in {job.rests_until - state.now:.0f} s: {record.reason}"
    return record.reason


def server_reasons(state: FarmState, record: JobRecord) -> list[Reason]:
    """Every server that is or was known, by name, each with its reason."""
    reasons = [_of_server(state, record, server_id, standing) for server_id, standing in state.servers.items()]
    return sorted(reasons, key=lambda reason: (not reason.possible, reason.server))


def _of_server(state: FarmState, record: JobRecord, server_id: str, standing: Standing) -> Reason:
    name = standing.info.name
    against = (
        _absence(state, standing)
        or _exclusion(state, record, server_id, standing)
        or _inability(state, record, server_id, standing)
    )
    if against:
        return Reason(name, against)
    return Reason(name, _want_of_room(state, record, server_id, standing) or "it could do it", possible=True)


def _absence(state: FarmState, standing: Standing) -> str:
    if not standing.connected:
        ago = state.now - standing.lost_at if standing.lost_at is not None else 0.0
        return f"it was lost {ago:.0f} s ago"
    if standing.silent_since is not None:
        return f"nothing is heard of it for {state.now - standing.silent_since:.0f} s"
    if standing.aside:
        return f"it is set aside: {standing.aside_reason}; use it again with: ffx servers release {standing.info.name}"
    if standing.info.status is ServerStatus.MAINTENANCE:
        return "it finishes its jobs and takes nothing new"
    return "" if standing.is_online else "it is offline"


def _exclusion(state: FarmState, record: JobRecord, server_id: str, standing: Standing) -> str:
    if server_id in record.avoids:
        return record.avoids[server_id]
    if state.matching.is_allowed(record, server_id, standing):
        return ""
    if record.handling.server:
        return f"the job is for {record.handling.server} only"
    return "the job is not for this machine" if standing.at_home else "the job is for this machine only"


def _inability(state: FarmState, record: JobRecord, server_id: str, standing: Standing) -> str:
    matches = state.matching.rank(record.job, [standing.seen]).matches
    for match in matches:
        if match.missing_capabilities:
            return f"it cannot do {', '.join(match.missing_capabilities)}"
    return "" if matches else "the policy does not consider it"


def _want_of_room(state: FarmState, record: JobRecord, server_id: str, standing: Standing) -> str:
    if record.server_id == server_id:
        return "the job is there"
    if standing.full_until > state.now:
        return f"it has no room and is asked again in {standing.full_until - state.now:.0f} s"
    if standing.on_trial and standing.ours:
        return "it was set aside and does one job first"
    for match in state.matching.fitting(record, ((server_id, standing),)):
        if not state.matching.has_hardware_for(match, standing, state.now):
            return f"its hardware does not take another {match.encoder} at a time"
    if not standing.places:
        slots = min(standing.info.max_jobs, standing.other_slots + standing.ours)
        return f"it is full: {slots} of {standing.info.max_jobs} slots are taken"
    return ""
