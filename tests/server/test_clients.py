"""Who is spoken to, and who is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ffx.core.identity import Identity, Role
from ffx.core.messages import Disconnect, Envelope, Message, Ping
from ffx.core.transport import Connection
from ffx.server.background import Background
from ffx.server.clients import Clients
from ffx.server.session import Outbox, Session, conversation

SOMEBODY = Identity("somebody", Role.SUBMIT)


class Heard(Connection):
    """The other end: what it was told."""

    peer = "client"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, envelope: Envelope) -> None:
        self.messages.append(envelope.message)

    async def receive(self) -> Envelope:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        """There is nothing to close."""


class Town:
    """Clients that are missed at once when nobody awaits them."""

    def __init__(self) -> None:
        self.background = Background()
        self.missed: list[str] = []
        self.clients = Clients(self.background, absence_limit=0.0, on_absent=self._miss)

    def session(self, client_id: str = "client") -> Session:
        connection = Heard()
        session = Session(connection, Outbox(connection), SOMEBODY)
        session.client_id = client_id
        return session

    async def settle(self) -> None:
        """Let everything happen that is due."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def _miss(self, client_id: str) -> None:
        self.missed.append(client_id)


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    yield town
    await town.background.stop()


async def test_who_stays_away_is_missed_once(town: Town) -> None:
    session = town.session()
    town.clients.arrive(session)
    town.clients.leave(session)
    await town.settle()
    assert town.missed == ["client"]


async def test_who_returns_in_time_is_not_missed(town: Town) -> None:
    session = town.session()
    town.clients.arrive(session)
    town.clients.leave(session)
    town.clients.arrive(town.session())
    await town.settle()
    assert town.missed == []


async def test_an_old_connection_that_ends_is_no_absence(town: Town) -> None:
    old, new = town.session(), town.session()
    town.clients.arrive(old)
    town.clients.arrive(new)
    town.clients.leave(old)
    await town.settle()
    assert town.missed == []
    assert town.clients.tell("client", Ping())
    town.clients.leave(new)
    await town.settle()
    assert town.missed == ["client"]


async def test_who_still_has_another_connection_is_spoken_to_there(town: Town) -> None:
    old, new = town.session(), town.session()
    town.clients.arrive(old)
    town.clients.arrive(new)
    town.clients.leave(new)
    await town.settle()
    assert town.missed == []
    assert town.clients.tell("client", Ping("x"))
    assert town.clients.is_here("client")
    town.clients.leave(old)
    assert not town.clients.is_here("client")
    await town.settle()
    assert town.missed == ["client"]


async def test_who_is_not_there_is_told_nothing(town: Town) -> None:
    session = town.session()
    assert not town.clients.tell("client", Ping())
    town.clients.arrive(session)
    assert town.clients.tell("client", Ping())
    assert not town.clients.tell("other", Ping())
    town.clients.leave(session)
    assert not town.clients.tell("client", Ping())


async def test_after_the_farewell_nobody_is_waited_for(town: Town) -> None:
    connection = Heard()
    async with conversation(connection, SOMEBODY) as session:
        session.client_id = "client"
        town.clients.arrive(session)
        await town.clients.dismiss("closing")
        town.clients.leave(session)
    await town.settle()
    assert connection.messages == [Disconnect("closing")]
    assert town.missed == []
