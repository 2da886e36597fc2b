"""The conversations of a listener: it owns their tasks, and one that fails takes nothing else down."""

from __future__ import annotations

import asyncio
import logging

from ffx.core.errors import ConnectionClosed
from ffx.core.identity import Identity
from ffx.core.transport import Connection, Service

_log = logging.getLogger(__name__)


class Conversations:
    """Holds a service's conversations, each in a task of its own, and ends them all."""

    def __init__(self, service: Service, *, grace: float) -> None:
        """``grace``: seconds a conversation has to finish once its connection was closed by ``end``."""
        self._service = service
        self._grace = grace
        self._under_way: dict[asyncio.Task[None], Connection] = {}
        self._ended = False

    def begin(self, connection: Connection, identity: Identity) -> asyncio.Task[None]:
        """Start a conversation; the task never raises and closes the connection at its end.

        A connection that comes after ``end`` is only closed: its handshake was under way at that moment.
        """
        hold = connection.close() if self._ended else self._hold(connection, identity)
        task = asyncio.create_task(hold, name=f"conversation with {connection.peer}")
        self._under_way[task] = connection
        task.add_done_callback(self._under_way.pop)
        return task

    async def end(self) -> None:
        """Close every connection, give the conversations their grace, cancel those that stay, and wait for all."""
        self._ended = True
        under_way = dict(self._under_way)
        if not under_way:
            return
        await asyncio.gather(*(connection.close() for connection in under_way.values()))
        _, stubborn = await asyncio.wait(under_way, timeout=self._grace)
        for task in stubborn:
            task.cancel()
        if stubborn:
            await asyncio.wait(stubborn)

    async def _hold(self, connection: Connection, identity: Identity) -> None:
        try:
            await self._service.converse(connection, identity)
        except ConnectionClosed:
            pass  # the peer left: an end like any other
        except Exception:  # noqa: BLE001 - whatever a conversation raised, it is told and the listener goes on
            _log.exception("the conversation with %s failed", connection.peer)
        finally:
            await connection.close()
