"""What ``ffx queue reassign`` does: give a job to a server that can do it."""

from __future__ import annotations

import asyncio

from attrs import evolve, frozen

from ffx.cli.assembly import Assembly
from ffx.cli.conversations import converse
from ffx.cli.endpoints import endpoint, known_endpoints
from ffx.cli.queue_changes import Change, change_jobs
from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.queue.records import JobRecord, MoveJob
from ffx.client.queue.store import JobQueue
from ffx.client.servers import needs_of
from ffx.core.errors import FfxError, NoServerError, UsageError
from ffx.core.model import JobConfiguration, ServerInfo, ServerStatus
from ffx.core.text import one_line


@frozen
class Asked:
    """What a server said that it can do for a job."""

    endpoint: Endpoint
    info: ServerInfo | None = None
    epoch: str = ""
    error: str = ""
    """Why nothing was heard of it."""


def reassign(assembly: Assembly, name: str, server: str, *, as_json: bool) -> int:
    """Give the job to the server and to no other.

    Raises:
        UsageError: there is no such job or server, or the job has ended.
        NoServerError: the server cannot do it; the message names what is missing, and what could be done.
        FfxError: it cannot be reached.
    """
    with JobQueue.open(assembly.folders.queue_file) as queue:
        record = queue.find(name)
        return change_jobs(assembly, queue, (record,), moving(assembly, queue, record, server), as_json=as_json)


def moving(assembly: Assembly, queue: JobQueue, record: JobRecord, server: str) -> Change:
    """The change that gives a job to a server, which was seen to be able to do it.

    Raises:
        UsageError: there is no such server, or the job has ended.
        NoServerError: the server cannot do it; the message names what is missing, and what could be done.
        FfxError: it cannot be reached.
    """
    place = endpoint(assembly, server)
    if record.state.is_final:
        raise UsageError(f"job {record.number} {record.state.value}; begin it anew with: ffx queue retry")
    info = asyncio.run(_ask(assembly, place, record.job, patient=False)).info
    assert info is not None
    aside = next((one for one in queue.set_aside() if one.server_id == info.server_id), None)
    if aside is not None:
        how = f"use it again with: ffx servers release {place.name}"
        raise NoServerError(f"{place.name} is set aside: {one_line(aside.reason)}; {how}")
    _check(assembly, record, place, info)
    return Change(
        doing=f"give it to {place.name}",
        wish=lambda record: MoveJob(record.job_id, info.server_id, place.name),
        outcome=lambda record: _outcome(record, info.server_id, place.name),
    )


def ask_servers(assembly: Assembly, places: tuple[Endpoint, ...], job: JobConfiguration) -> tuple[Asked, ...]:
    """Let each server try what the job needs, all at once; one that cannot be reached is told as such."""

    async def all_at_once() -> tuple[Asked, ...]:
        return tuple(await asyncio.gather(*(_ask(assembly, place, job, patient=True) for place in places)))

    return asyncio.run(all_at_once())


async def _ask(assembly: Assembly, place: Endpoint, job: JobConfiguration, *, patient: bool) -> Asked:
    async def learn(server: ServerConnection) -> Asked:
        answer = await server.capabilities(needs_of(job, assembly.specs()))
        return Asked(place, evolve(server.info, capabilities=answer.capabilities), server.epoch)

    try:
        return await converse(assembly, place, learn)
    except FfxError as error:
        if not patient:
            raise
        return Asked(place, error=one_line(str(error)))


def _check(assembly: Assembly, record: JobRecord, place: Endpoint, info: ServerInfo) -> None:
    """Raises NoServerError when the server cannot do the job."""
    if info.status is ServerStatus.MAINTENANCE:
        raise NoServerError(
            f"{place.name} finishes its jobs and takes nothing new; let it with: ffx servers undrain {place.name}"
        )
    policy, specs = assembly.policy(), assembly.specs()
    ranking = policy.rank(record.job, [info], specs)
    if ranking.compatible:
        return
    missing = [name for match in ranking.matches for name in match.missing_capabilities]
    words = [f"{place.name} cannot do job {record.number}: it lacks {', '.join(missing) or 'what the job needs'}"]
    others = [one.info for one in ask_servers(assembly, known_endpoints(assembly), record.job) if one.info is not None]
    names = {other.server_id: other.name for other in others}
    able = [names[match.server_id] for match in policy.rank(record.job, others, specs).compatible]
    words += [f"{', '.join(able)} can do it"] if able else []
    raise NoServerError("; ".join((*words, *ranking.alternatives)))


def _outcome(record: JobRecord, server_id: str, name: str) -> str:
    if record.state.is_final or record.handling.server != name:
        return ""
    return f"is on {name}" if record.server_id == server_id else f"goes to {name} and to no other"
