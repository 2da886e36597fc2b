"""What ``ffx servers drain``, ``undrain``, ``quarantine`` and ``release`` do."""

from __future__ import annotations

import asyncio

from ffx.cli.assembly import Assembly
from ffx.cli.boundary import print_error
from ffx.cli.conversations import converse
from ffx.cli.endpoints import endpoint
from ffx.cli.granting import grant
from ffx.cli.text import clock_text, print_line
from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.queue.records import QuarantineServer, ReleaseServer, SetAside, Wish
from ffx.client.queue.store import JobQueue
from ffx.core.errors import FfxError, UsageError
from ffx.core.messages import ServerDrain
from ffx.core.text import one_line


def drain(assembly: Assembly, name: str, *, draining: bool) -> int:
    """Let a server finish its jobs and take nothing new, from any client; or take jobs again.

    Raises:
        UsageError: there is no such server.
        FfxError: it cannot be reached.
    """
    place = set_draining(assembly, name, draining=draining)
    if draining:
        how = f"let it with: ffx servers undrain {place.name}"
        print_line(f"{place.name} finishes its jobs and takes nothing new; {how}")
    else:
        print_line(f"{place.name} takes jobs again")
    return 0


def set_draining(assembly: Assembly, name: str, *, draining: bool) -> Endpoint:
    """Tell a server; returns where it is. Raises as ``drain`` does."""
    place = endpoint(assembly, name)

    async def ask(server: ServerConnection) -> bool:
        return (await server.ask(ServerDrain(draining), ServerDrain)).drain

    asyncio.run(converse(assembly, place, ask))
    return place


def quarantine(assembly: Assembly, name: str, reason: str) -> int:
    """Give a server no jobs of this queue until it is released.

    Raises:
        UsageError: there is no such server.
        FfxError: it cannot be reached, and is not known from earlier.
    """
    with JobQueue.open(assembly.folders.queue_file) as queue:
        place = endpoint(assembly, name)
        server_id, server = _identity(assembly, place, queue)
        return _see_to(assembly, queue, QuarantineServer(server_id, server, reason), server_id, place.name)


def release(assembly: Assembly, name: str) -> int:
    """Give a server jobs again, one at first.

    Raises:
        UsageError: there is no such server.
        FfxError: it cannot be reached, and is not set aside under this name.
    """
    with JobQueue.open(assembly.folders.queue_file) as queue:
        aside = next((one for one in queue.set_aside() if name in (one.server, one.server_id)), None)
        server_id = aside.server_id if aside else _identity(assembly, endpoint(assembly, name), queue)[0]
        return _see_to(assembly, queue, ReleaseServer(server_id), server_id, name)


def aside_text(aside: SetAside) -> str:
    """Why, and until when."""
    until = f"until {clock_text(aside.until)}" if aside.until is not None else "until it is released"
    return f"set aside {until}: {one_line(aside.reason)}"


def _identity(assembly: Assembly, place: Endpoint, queue: JobQueue) -> tuple[str, str]:
    """The id of a server and its own name; of one that cannot be reached by the last job that it did."""

    async def introduce(server: ServerConnection) -> tuple[str, str]:
        return server.info.server_id, server.info.name

    try:
        return asyncio.run(converse(assembly, place, introduce))
    except UsageError:
        raise
    except FfxError:
        last = next((job for job in queue.history_jobs(place.name, limit=1).rows if job.server_id), None)
        if last is None:
            raise
        return last.server_id, last.server


def _see_to(assembly: Assembly, queue: JobQueue, wish: Wish, server_id: str, name: str) -> int:
    worker = grant(assembly, queue, (wish,))
    if worker is not None:
        print_error(f"{worker}, which works the queue, was asked to and has not done so yet")
        return 1
    aside = next((one for one in queue.set_aside() if one.server_id == server_id), None)
    if isinstance(wish, QuarantineServer):
        print_line(f"{name} is {aside_text(aside)}; use it again with: ffx servers release {name}" if aside else name)
    else:
        print_line(f"{name} gets jobs again")
    return 0
