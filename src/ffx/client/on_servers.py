"""Events of servers: they come, change, fall silent, are lost, and are set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ffx.client.events import (
    Expecting,
    LocalEnded,
    QuarantineRequested,
    ReleaseRequested,
    ServerCame,
    ServerChanged,
    ServerHeard,
    ServerSilent,
    Told,
    Unreachable,
)
from ffx.client.farmstate import FarmState, Handler
from ffx.client.instructions import Abandon, Instruction
from ffx.client.queue.records import SetAside
from ffx.client.standing import Standing
from ffx.core.model import JobStage, ServerInfo


def pass_time(state: FarmState) -> Iterable[Instruction]:
    """What follows when a moment that was waited for has come."""
    state.doubt()
    state.end_rests()
    for server_id, standing in tuple(state.servers.items()):
        if standing.aside and standing.aside_until is not None and standing.aside_until <= state.now:
            state.release(server_id)
        if standing.silent_since is not None and standing.silent_since + state.limits.lease <= state.now:
            yield from _lose(state, server_id, standing)
        state.review(server_id)


def _lose(state: FarmState, server_id: str, standing: Standing) -> Iterable[Instruction]:
    """The lease has run out: what was there begins anew elsewhere. A result that is here already needs no server."""
    standing.connected, standing.silent_since, standing.lost_at = False, None, state.now
    state.doubt()
    state.wake_at(state.now + state.limits.patience)
    for job in state.jobs_on(server_id):
        if job.record.result is None:
            yield from state.lose(job)


def _server_came(state: FarmState, event: ServerCame) -> Iterable[Instruction]:
    server_id = event.info.server_id
    for name in (event.info.name, *event.names):
        state.unreachable.pop(name, None)
    standing = state.servers.get(server_id)
    if standing is None:
        standing = state.servers[server_id] = Standing(event.info)
    elif standing.epoch != event.epoch:
        _begin_life(state, server_id, standing)
    standing.epoch, standing.preferred_for, standing.names = event.epoch, event.preferred_for, event.names
    standing.at_home = event.at_home
    standing.full_until = 0.0
    standing.version += 1
    standing.heard(event.info, state.now)
    if standing.leaving_since is not None:
        state.wake_at(standing.leaving_since + state.limits.patience)
    recall_aside(state, server_id)
    yield from _welcome(state, server_id, standing)
    for job in state.jobs_on(server_id):
        if job.record.result is None:
            yield state.go(job, resumed=True)


def _begin_life(state: FarmState, server_id: str, standing: Standing) -> None:
    """The server was started anew: what encoded there begins again, what it refused it may take now."""
    for job in state.jobs_on(server_id):
        if job.stage is JobStage.ENCODE:
            state.set_stage(job, JobStage.UPLOAD)
    refused, standing.refused = standing.refused, set()
    for job_id in refused:
        refusing = state.jobs.get(job_id)
        if refusing is not None and server_id in refusing.record.avoids:
            avoids = {server: why for server, why in refusing.record.avoids.items() if server != server_id}
            state.change(refusing, avoids=avoids)
            state.stand(refusing)


def _welcome(state: FarmState, server_id: str, standing: Standing) -> Iterable[Instruction]:
    """A server is there, for the first time or again: it hears what it may have missed."""
    standing.connected, standing.silent_since, standing.lost_at = True, None, None
    state.doubt()
    state.review(server_id)
    for farewell in state.farewells.get(server_id, ()):
        yield Abandon(farewell.job_id, farewell.attempt, server_id)


def recall_aside(state: FarmState, server_id: str) -> None:
    """Leave a server alone that was set aside before it was known, as long as it was to be."""
    aside, until = state.asides.pop(server_id, (None, None))
    if aside is None:
        return
    standing = state.servers[server_id]
    standing.aside, standing.aside_reason, standing.aside_until = True, aside.reason, until
    state.wake_at(until)
    if until is not None and until <= state.now:
        state.release(server_id)


def _server_changed(state: FarmState, event: ServerChanged) -> Iterable[Instruction]:
    server_id = event.info.server_id
    standing = state.servers.get(server_id)
    if standing is None or not standing.connected:
        return ()
    before, places = standing.info, standing.places
    standing.heard(event.info, state.now)
    if standing.places > places:
        standing.full_until = 0.0
    if _abilities(before) != _abilities(event.info):
        standing.version += 1
        state.doubt()
    if before.status is not event.info.status:
        state.doubt()
        if standing.leaving_since is not None:
            state.wake_at(standing.leaving_since + state.limits.patience)
    state.review(server_id)
    return ()


def _abilities(info: ServerInfo) -> tuple[object, ...]:
    """What decides what it can do; a word on slots or load repeats the very same values."""
    capabilities = info.capabilities
    return info.name, id(capabilities.encoders), id(capabilities.supported_formats)


def _server_silent(state: FarmState, event: ServerSilent) -> Iterable[Instruction]:
    standing = state.servers.get(event.server_id)
    if standing is None or not standing.connected:
        return ()
    if standing.silent_since is None:
        standing.silent_since = state.now - event.since
    if standing.at_home:  # its process is this one: it does not come back
        standing.silent_since = state.now - state.limits.lease
    state.wake_at(standing.silent_since + state.limits.lease)
    state.review(event.server_id)
    if standing.silent_since + state.limits.lease <= state.now:
        return tuple(_lose(state, event.server_id, standing))
    return ()


def _server_heard(state: FarmState, event: ServerHeard) -> Iterable[Instruction]:
    standing = state.servers.get(event.server_id)
    if standing is None:
        return ()
    if not standing.connected:  # it was given up, and still the connection never broke
        return _welcome(state, event.server_id, standing)
    standing.silent_since = None
    state.review(event.server_id)
    return ()


def _quarantine_requested(state: FarmState, event: QuarantineRequested) -> Iterable[Instruction]:
    server_id = event.server_id
    aside = state.changes.asides[server_id] = SetAside(server_id, event.server, event.reason, state.date)
    state.asides[server_id] = (aside, None)
    if server_id not in state.servers:
        return ()
    recall_aside(state, server_id)
    state.doubt()
    state.review(server_id)
    return state.take_from(server_id)


def _release_requested(state: FarmState, event: ReleaseRequested) -> Iterable[Instruction]:
    state.asides.pop(event.server_id, None)
    state.release(event.server_id)
    return ()


def _expecting(state: FarmState, event: Expecting) -> Iterable[Instruction]:
    state.expecting = event.count
    state.doubt()
    return ()


def _unreachable(state: FarmState, event: Unreachable) -> Iterable[Instruction]:
    state.unreachable[event.name] = event.reason
    state.doubt()
    return ()


def _local_ended(state: FarmState, event: LocalEnded) -> Iterable[Instruction]:
    state.local_reason = event.reason
    state.doubt()
    return ()


def _told(state: FarmState, event: Told) -> Iterable[Instruction]:
    said = state.farewells.get(event.farewell.server_id, {})
    if event.farewell in said:
        del said[event.farewell]
        state.changes.farewells[event.farewell] = False
    return ()


HANDLERS: Mapping[type, Handler] = {
    ServerCame: _server_came,
    ServerChanged: _server_changed,
    ServerSilent: _server_silent,
    ServerHeard: _server_heard,
    QuarantineRequested: _quarantine_requested,
    ReleaseRequested: _release_requested,
    Expecting: _expecting,
    Unreachable: _unreachable,
    LocalEnded: _local_ended,
    Told: _told,
}
