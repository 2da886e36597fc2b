"""Who is connected: the sessions of each client, and how long one that went away is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable

from ffx.core.messages import Message
from ffx.server.background import Background
from ffx.server.session import Session

Tell = Callable[[str, Message, Hashable | None], bool]
"""Sends a message to a client, and says whether it is there; one that waits under the same key is outdated by it."""


class Clients:
    """Sessions by client. One with several is spoken to on the newest that is still here."""

    def __init__(
        self,
        background: Background,
        *,
        absence_limit: float,
        on_absent: Callable[[str], Awaitable[None]],
    ) -> None:
        """``on_absent`` is called with a client that stayed away for ``absence_limit`` seconds."""
        self._background = background
        self._absence_limit = absence_limit
        self._on_absent = on_absent
        self._sessions: dict[str, dict[Session, None]] = {}
        self._awaited: dict[str, asyncio.Task[None]] = {}
        self._dismissed = False

    def arrive(self, session: Session) -> None:
        self._sessions.setdefault(session.client_id, {})[session] = None
        awaited = self._awaited.pop(session.client_id, None)
        if awaited is not None:
            awaited.cancel()

    def leave(self, session: Session) -> None:
        client_id = session.client_id
        sessions = self._sessions.get(client_id, {})
        sessions.pop(session, None)
        if sessions or self._sessions.pop(client_id, None) is None or self._dismissed:
            return
        waiting = self._background.start(self._await_return(client_id), f"absence of {client_id}")
        self._awaited[client_id] = waiting

    def is_here(self, client_id: str) -> bool:
        return client_id in self._sessions

    def tell(self, client_id: str, message: Message, replacing: Hashable | None = None) -> bool:
        """Send a message to a client; False when it is not here."""
        sessions = self._sessions.get(client_id, {})
        # One that lost its connection a moment ago may still stand among them.
        return any(session.tell(message, replacing=replacing) for session in reversed(sessions))

    def tell_all(self, message: Message, replacing: Hashable | None = None) -> None:
        """Send a message on every connection."""
        for session in self.sessions():
            session.tell(message, replacing=replacing)

    async def dismiss(self, reason: str) -> None:
        """Say goodbye to everybody and hang up; nobody is waited for any more."""
        self._dismissed = True
        await self.part(self.sessions(), reason)

    async def part(self, sessions: Iterable[Session], reason: str) -> None:
        """Say goodbye to some and hang up."""
        async with asyncio.TaskGroup() as farewells:
            for session in sessions:
                farewells.create_task(session.close(reason))

    def sessions(self) -> list[Session]:
        """Everybody's."""
        return [session for sessions in self._sessions.values() for session in sessions]

    async def _await_return(self, client_id: str) -> None:
        await asyncio.sleep(self._absence_limit)
        del self._awaited[client_id]  # from here on a return does not interrupt what is being ended
        await self._on_absent(client_id)
