"""Keeps one server connected: the first try, what it can do, its heartbeat, and coming back after it was lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from attrs import evolve, frozen

from ffx.client.connection import Endpoint, ServerConnection, open_server
from ffx.core.errors import ConnectError, FfxError, TransportError
from ffx.core.messages import Ping
from ffx.core.model import ServerInfo
from ffx.core.transport import Transport

RECONNECT_PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0)
"""Seconds between the tries to reach a server that was there; meanwhile it is expected back."""

RESTART_PAUSES = (0.5, 1.0, 2.0)
"""The same after a server said goodbye: it was stopped on purpose, and is back at once or not soon."""

RETURN_PAUSE = 15.0
"""Seconds between the tries to reach a server that is not expected any more."""

HOPELESS_CODES = frozenset(
    {"unauthorized", "not_ffx", "certificate_changed", "certificate_unknown", "not_encrypted", "encrypted"}
)
"""Trying again changes nothing."""


@frozen
class Heartbeat:
    """How a silent server is noticed."""

    period: float = 5.0
    """Seconds between two pings."""
    suspect_after: int = 2
    """Beats that stay away before it gets no new jobs."""
    lost_after: int = 6
    """Beats that stay away before its jobs go elsewhere."""

    @property
    def lease(self) -> float:
        """Seconds for which a silent server keeps its jobs."""
        return self.period * self.lost_after


class LinkWatcher(Protocol):
    """Whoever wants to know."""

    def came(self, link: Link, server: ServerConnection) -> None: ...

    def changed(self, info: ServerInfo) -> None: ...

    def silent(self, server: ServerConnection) -> None:
        """Its heartbeat stays away, on a connection that stands."""

    def heard(self, server: ServerConnection) -> None:
        """It was silent, and is heard again."""

    def gone(self, link: Link, server: ServerConnection) -> None:
        """The connection is over; it may come back."""

    def missing(self, link: Link, reason: str) -> None: ...


class Link:
    """One server, as long as its ``keep`` runs."""

    def __init__(
        self,
        endpoint: Endpoint,
        transport: Transport,
        *,
        client_id: str,
        needed: Callable[[], tuple[str, ...]],
        watcher: LinkWatcher,
        is_known: Callable[[str], bool],
        heartbeat: Heartbeat,
        clock: Callable[[], float],
    ) -> None:
        """``needed`` says which encoders the jobs need that are known by then; ``is_known`` whether a server of that id
        is connected already.
        """
        self.endpoint = endpoint
        self.expected = True
        """Whether it may come soon: not there yet, and not given up."""
        self._transport = transport
        self._client_id = client_id
        self._needed = needed
        self._watcher = watcher
        self._is_known = is_known
        self._heartbeat = heartbeat
        self._clock = clock

    async def keep(self) -> None:
        """Connect, and connect again after every loss; ends when trying is hopeless."""
        pauses: Iterator[float] = iter(())
        while True:
            try:
                server = await open_server(self._transport, self.endpoint, client_id=self._client_id, clock=self._clock)
                async with server:
                    await self._learn(server)
                    if self._is_known(server.info.server_id):
                        self._miss(f"is {server.info.name}, which is connected already")
                        return
                    pauses = iter(RECONNECT_PAUSES)
                    await self._stay(server)
                    if server.said_goodbye:
                        pauses = iter(RESTART_PAUSES)
            except FfxError as error:
                pause = None if _is_hopeless(error) else next(pauses, None)
                if pause is None:
                    self._miss(str(error))
                if _is_hopeless(error):
                    return
                await asyncio.sleep(RETURN_PAUSE if pause is None else pause)

    async def _learn(self, server: ServerConnection) -> None:
        """Let the server try what is needed before it is reckoned with."""
        response = await server.capabilities(self._needed())
        server.info = evolve(server.info, capabilities=response.capabilities)

    async def _stay(self, server: ServerConnection) -> None:
        server.on_change = self._watcher.changed
        self.expected = False
        self._watcher.came(self, server)
        try:
            await self._listen(server)
        finally:
            self.expected = True
            self._watcher.gone(self, server)

    async def _listen(self, server: ServerConnection) -> None:
        """Until the conversation is over: whoever ended it, or because nothing is heard any more."""
        beat, is_silent = self._heartbeat, False
        while not server.is_closed and server.silence < beat.lease:
            # A server that takes no ping is as silent as one that answers none.
            with contextlib.suppress(TimeoutError, TransportError):
                async with asyncio.timeout(beat.period):
                    await server.tell(Ping())
            await server.closed(beat.period)
            was_silent, is_silent = is_silent, server.silence > beat.suspect_after * beat.period
            if is_silent:
                self._watcher.silent(server)
            elif was_silent:
                self._watcher.heard(server)

    def _miss(self, reason: str) -> None:
        self.expected = False
        self._watcher.missing(self, reason)


def _is_hopeless(error: FfxError) -> bool:
    if isinstance(error, ConnectError):
        return error.code in HOPELESS_CODES
    return not isinstance(error, TransportError)
