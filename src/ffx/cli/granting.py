"""Wishes of a person for the queue: granted by the process that works it, or here when nobody does."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ffx.cli.assembly import Assembly
from ffx.cli.conversations import converse
from ffx.cli.endpoints import endpoint, known_endpoints
from ffx.cli.identity import queue_client_id
from ffx.cli.settings import client_configuration
from ffx.cli.watching import final_event
from ffx.client.bookkeeper import Bookkeeper
from ffx.client.commit import clear_parts
from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.dispatcher import Dispatcher
from ffx.client.events import Told
from ffx.client.instructions import Conclude, Instruction, Suspend
from ffx.client.queue.holder import Holder
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.records import Farewell, JobRecord, Wish
from ffx.client.queue.store import JobQueue
from ffx.core.errors import FfxError, RemoteError
from ffx.core.messages import JobCancel, JobPause

GRANT_SECONDS = 2.0
"""How long the process that works the queue may take to grant a wish before that is said to be open."""
TELL_SECONDS = 2.0
"""How long a server may take to be reached, and to answer, when it is told of something by us."""

_LOOK_PERIOD = 0.05


def grant(assembly: Assembly, queue: JobQueue, wishes: Sequence[Wish]) -> Holder | None:
    """See to it that these wishes are granted; returns the process that has not done so yet, None when all are.

    Raises:
        QueueError: the queue cannot be written.
        ConfigurationError: a setting of the policy does not fit.
    """
    return asyncio.run(_grant(assembly, queue, wishes)) if wishes else None


async def _grant(assembly: Assembly, queue: JobQueue, wishes: Sequence[Wish]) -> Holder | None:
    queue.wish(*wishes)
    lock, until = QueueLock(queue.file), time.monotonic() + GRANT_SECONDS
    while True:
        if lock.acquire():
            try:
                await _grant_here(assembly, queue)
            finally:
                lock.release()
            return None
        waiting = {wish for _, wish in queue.wishes()}
        if not waiting.intersection(wishes):
            return None
        if time.monotonic() > until:
            return lock.holder()
        await asyncio.sleep(_LOOK_PERIOD)


async def _grant_here(assembly: Assembly, queue: JobQueue) -> None:
    """Be the one who works the queue for a moment, in which nothing begins. Servers are told what concerns them; one
    that cannot be reached is told by the next who works the queue.
    """
    books, dispatcher = Bookkeeper(queue), Dispatcher(assembly.policy(), assembly.specs())
    try:
        news, instructions = await books.everything(), list[Instruction]()
        for event in news.events:
            instructions += dispatcher.handle(event, 0.0, time.time())
        await books.keep(dispatcher.take_changes(), wishes=news.wishes)
        for ended in (one.record for one in instructions if isinstance(one, Conclude)):
            clear_parts(Path(ended.job.output_file), ended.job_id, ended.attempt)
            assembly.plugins.job_event(final_event(ended, time.time()), client_configuration(assembly.source))
        suspended = [one for one in instructions if isinstance(one, Suspend)]
        for farewell in await _tell_servers(assembly, queue.farewells(), suspended, queue.open_records()):
            dispatcher.handle(Told(farewell), 0.0)
        await books.keep(dispatcher.take_changes())
    finally:
        books.close()


async def _tell_servers(
    assembly: Assembly, farewells: Iterable[Farewell], suspended: Iterable[Suspend], records: Iterable[JobRecord]
) -> tuple[Farewell, ...]:
    """Say what is to be said; returns the farewells that were heard."""
    last_words: dict[str, list[Farewell]] = {}
    for farewell in farewells:
        last_words.setdefault(farewell.server_id, []).append(farewell)
    pauses: dict[str, list[JobPause]] = {}
    for one in suspended:
        pauses.setdefault(one.server_id, []).append(JobPause(one.job_id, one.attempt, one.paused))
    if not last_words and not pauses:
        return ()
    named = {record.handling.server for record in records if record.handling.server}
    places = _places(assembly, named)
    heard = await asyncio.gather(*(_tell(assembly, place, last_words, pauses) for place in places))
    return tuple(farewell for some in heard for farewell in some)


def _places(assembly: Assembly, names: Iterable[str]) -> tuple[Endpoint, ...]:
    """Every server that is known, and those of these names."""
    places = {str(place.address): place for place in known_endpoints(assembly)}
    for name in names:
        with contextlib.suppress(FfxError):  # one that is known no more cannot be told
            place = endpoint(assembly, name)
            places[str(place.address)] = place
    return tuple(places.values())


async def _tell(
    assembly: Assembly,
    place: Endpoint,
    last_words: Mapping[str, Sequence[Farewell]],
    pauses: Mapping[str, Sequence[JobPause]],
) -> list[Farewell]:
    heard: list[Farewell] = []

    async def speak(server: ServerConnection) -> None:
        for pause in pauses.get(server.info.server_id, ()):
            with contextlib.suppress(RemoteError):  # it has no such attempt: nothing is to be suspended
                await server.ask(pause, JobPause, time_limit=TELL_SECONDS)
        for farewell in last_words.get(server.info.server_id, ()):
            with contextlib.suppress(RemoteError):
                await server.ask(JobCancel(farewell.job_id, farewell.attempt), JobCancel, time_limit=TELL_SECONDS)
            heard.append(farewell)

    with contextlib.suppress(FfxError):
        await converse(assembly, place, speak, as_client=queue_client_id(assembly.folders), time_limit=TELL_SECONDS)
    return heard
