"""The servers of one run: a link to each, the embedded one when it is needed, and what they are to try for the jobs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager

from attrs import evolve

from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.events import (
    Event,
    Expecting,
    LocalEnded,
    ServerCame,
    ServerChanged,
    ServerHeard,
    ServerSilent,
    Unreachable,
)
from ffx.client.link import Heartbeat, Link
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError
from ffx.core.model import JobConfiguration, ServerInfo
from ffx.core.transport import Transport

LocalServer = Callable[[], AbstractAsyncContextManager[Endpoint]]
"""Starts the embedded server and says where it is."""


class Servers:
    """Connects, keeps connected, and tells what happens by events. Every task belongs to ``tasks``."""

    def __init__(
        self,
        *,
        transports: Mapping[str, Transport],
        specs: Mapping[str, EncoderSpec],
        client_id: str,
        local: LocalServer | None,
        heartbeat: Heartbeat,
        clock: Callable[[], float],
        post: Callable[[Event], None],
        tasks: asyncio.TaskGroup,
    ) -> None:
        self.unreachable: dict[str, str] = {}
        """Reasons, by the names of servers."""
        self.has_local = False
        self._transports = transports
        self._specs = specs
        self._client_id = client_id
        self._local = local
        self._heartbeat = heartbeat
        self._clock = clock
        self._post = post
        self._tasks = tasks
        self._connected: dict[str, ServerConnection] = {}
        self._links: dict[str, Link] = {}
        self._link_tasks: dict[Link, asyncio.Task[None]] = {}
        self._listed: dict[str, Endpoint] = {}
        self._own_tasks: list[asyncio.Task[None]] = []
        self._needed: dict[str, None] = {}
        self._learning = 0
        self._settling = asyncio.Event()
        self._local_starting = False
        self._local_link: Link | None = None

    def connection(self, server_id: str) -> ServerConnection | None:
        """To a server that is there now."""
        return self._connected.get(server_id)

    def infos(self) -> tuple[ServerInfo, ...]:
        """Those that are there."""
        return tuple(server.info for server in self._connected.values())

    # -- Coming and going -------------------------------------------------------------------------------

    def know(self, endpoints: Iterable[Endpoint]) -> None:
        """These are the servers of now: new ones are connected, those that are not among them any more are left."""
        listed = {str(endpoint.address): endpoint for endpoint in endpoints}
        for place, endpoint in self._listed.items():
            if listed.get(place) != endpoint:
                self._leave(place)
        self._listed = listed
        for endpoint in listed.values():
            self.connect(endpoint)

    def _leave(self, place: str) -> None:
        link = self._links.pop(place, None)
        if link is not None:
            self.unreachable.pop(link.endpoint.name, None)
            self._link_tasks.pop(link).cancel()
            self.count_expected()

    def connect(self, endpoint: Endpoint) -> Link | None:
        """Keep this server connected from now on; once for each address."""
        place = str(endpoint.address)
        if place in self._links:
            return self._links[place]
        transport = self._transports.get(endpoint.address.scheme)
        if transport is None:
            reason = f"no transport for {endpoint.address.scheme}://; see: ffx plugins"
            self.unreachable[endpoint.name] = reason
            self._post(Unreachable(endpoint.name, reason))
            return None
        link = Link(
            endpoint,
            transport,
            client_id=self._client_id,
            needed=lambda: tuple(self._needed),
            watcher=self,
            is_known=self._connected.__contains__,
            heartbeat=self._heartbeat,
            clock=self._clock,
        )
        self._links[place] = link
        self._link_tasks[link] = self._tasks.create_task(link.keep(), name=f"link {endpoint.name}")
        self.count_expected()
        return link

    def came(self, link: Link, server: ServerConnection) -> None:
        self._connected[server.info.server_id] = server
        endpoint = link.endpoint
        self.unreachable.pop(endpoint.name, None)
        names = (endpoint.name, endpoint.address.authority, str(endpoint.address))
        at_home = link is self._local_link
        self._post(ServerCame(server.info, server.epoch, endpoint.preferred_for, names, at_home))
        self.count_expected()

    def changed(self, info: ServerInfo) -> None:
        self._post(ServerChanged(info))

    def silent(self, server: ServerConnection) -> None:
        name = server.info.name
        self._post(ServerSilent(server.info.server_id, f"nothing is heard of {name}", server.silence))

    def heard(self, server: ServerConnection) -> None:
        self._post(ServerHeard(server.info.server_id))

    def gone(self, link: Link, server: ServerConnection) -> None:
        self._connected.pop(server.info.server_id)
        self.count_expected()
        reason = f"the connection to {server.info.name} was lost"
        self._post(ServerSilent(server.info.server_id, reason, server.silence))

    def missing(self, link: Link, reason: str) -> None:
        self.unreachable[link.endpoint.name] = reason
        self._post(Unreachable(link.endpoint.name, reason))
        self.count_expected()

    # -- The embedded one -------------------------------------------------------------------------------

    def start_local(self) -> None:
        """Start the embedded server; once."""
        if not self.has_local and self._local is not None:
            self.has_local = self._local_starting = True
            self._own_tasks.append(self._tasks.create_task(self._host_local(self._local), name="local server"))

    async def _host_local(self, local: LocalServer) -> None:
        try:
            async with local() as endpoint:
                self._local_link = self.connect(endpoint)
                self._local_starting = False
                if self._local_link is not None:
                    await asyncio.wait([self._link_tasks[self._local_link]])
        except FfxError as error:
            self._local_starting = False
            self._post(LocalEnded(str(error)))
            self.count_expected()

    # -- What they are to try ---------------------------------------------------------------------------

    def need(self, jobs: Iterable[JobConfiguration]) -> None:
        """Let every server try what these jobs may use, before it is reckoned with for them."""
        new = tuple(name for job in jobs for name in needs_of(job, self._specs) if name not in self._needed)
        if not new:
            return
        self._needed.update(dict.fromkeys(new))
        self._own_tasks = [task for task in self._own_tasks if not task.done()]
        for server in self._connected.values():
            self._learning += 1
            self._own_tasks.append(self._tasks.create_task(self._learn(server, new), name="learn"))
        self.count_expected()

    async def _learn(self, server: ServerConnection, encoders: tuple[str, ...]) -> None:
        try:
            with contextlib.suppress(FfxError):  # one that is gone is asked when it comes back
                response = await server.capabilities(encoders)
                server.info = evolve(server.info, capabilities=response.capabilities)
                self._post(ServerChanged(server.info))
        finally:
            self._learning -= 1
            self.count_expected()

    # -- Who may still come -----------------------------------------------------------------------------

    def count_expected(self) -> None:
        expected = sum(link.expected for link in self._links.values()) + self._local_starting + self._learning
        if not expected:
            self._settling.set()
        self._post(Expecting(expected))

    async def look_around(self, time_limit: float | None) -> None:
        """Wait until every server has come or is known to be missing, at most ``time_limit`` seconds."""
        if any(link.expected for link in self._links.values()) or self._local_starting:
            self._settling.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(time_limit):
                    await self._settling.wait()

    async def leave(self) -> None:
        """Say goodbye to all of them; the embedded one ends."""
        tasks = (*self._link_tasks.values(), *self._own_tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def needs_of(job: JobConfiguration, specs: Mapping[str, EncoderSpec]) -> tuple[str, ...]:
    """Every encoder and muxer that the job may use."""
    if job.recipe.encoder:
        return job.needs
    return (*job.needs, *(spec.name for spec in specs.values() if spec.codec == job.recipe.codec))
