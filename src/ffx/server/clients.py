"""Who is connected: each client's newest session, and how long one that went away is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

from ffx.core.messages import Message
from ffx.server.background import Background
from ffx.server.session import Session


class Clients:
    """Sessions by client. A client that connects again is spoken to on its newest connection."""

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
        self._sessions: dict[Session, None] = {}
        self._newest: dict[str, Session] = {}
        self._awaited: dict[str, asyncio.Task[None]] = {}
        self._dismissed = False

    def arrive(self, session: Session) -> None:
        self._sessions[session] = None
        self._newest[session.client_id] = session
        awaited = self._awaited.pop(session.client_id, None)
        if awaited is not None:
            awaited.cancel()

    def leave(self, session: Session) -> None:
        self._sessions.pop(session, None)
        client_id = session.client_id
        if self._newest.get(client_id) is session:
            del self._newest[client_id]
            if self._dismissed:
                return
            waiting = self._background.start(self._await_return(client_id), f"absence of {client_id}")
            self._awaited[client_id] = waiting

    def tell(self, client_id: str, message: Message, replacing: Hashable | None = None) -> bool:
        """Send a message to a client; False when it is not here."""
        session = self._newest.get(client_id)
        return session is not None and session.tell(message, replacing=replacing)

    def tell_all(self, message: Message, replacing: Hashable | None = None) -> None:
        for session in self._sessions:
            session.tell(message, replacing=replacing)

    async def dismiss(self, reason: str) -> None:
        """Say goodbye to everybody and hang up; nobody is waited for any more."""
        self._dismissed = True
        async with asyncio.TaskGroup() as farewells:
            for session in self._sessions:
                farewells.create_task(session.close(reason))

    async def _await_return(self, client_id: str) -> None:
        await asyncio.sleep(self._absence_limit)
        del self._awaited[client_id]  # from here on a return does not interrupt what is being ended
        await self._on_absent(client_id)
