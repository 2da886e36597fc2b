"""A server's heartbeat: silence is noticed on a connection that stands, and ends it when it lasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.link import Heartbeat, Link
from ffx.core.addressing import Address
from ffx.core.errors import DecodeError
from ffx.core.identity import Identity, Role
from ffx.core.messages import CapabilityRequest, CapabilityResponse, Hello, Ping, Pong, ServerInfoMessage
from ffx.core.model import ServerInfo
from ffx.core.transport import BulkStore, Connection, Service
from ffx.server.files import FileStore
from ffx.transports.inproc import InprocTransport

BEAT = Heartbeat(period=0.1, suspect_after=2, lost_after=6)
ADDRESS = Address("studio", scheme="inproc")


class Mute(Service):
    """A server that says what it is, and answers pings while it is told to."""

    def __init__(self) -> None:
        self.bulk: BulkStore = FileStore()
        self.answers = True
        self.greeted = 0

    def authenticate(self, token: str) -> Identity | None:
        return Identity("anybody", Role.SUBMIT)

    async def converse(self, connection: Connection, identity: Identity) -> None:
        while True:
            try:
                envelope = await connection.receive()
            except DecodeError:
                continue
            match envelope.message:
                case Hello():
                    self.greeted += 1
                    await connection.send(envelope.reply(ServerInfoMessage(ServerInfo("id", "studio"))))
                case CapabilityRequest():
                    await connection.send(envelope.reply(CapabilityResponse((), (), 1.0, 0.0, 0.0)))
                case Ping(data) if self.answers:
                    await connection.send(envelope.reply(Pong(data)))


class Watcher:
    """Notes what a link tells."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def came(self, link: Link, server: ServerConnection) -> None:
        self.told.put_nowait("came")

    def changed(self, info: ServerInfo) -> None:
        self.told.put_nowait("changed")

    def silent(self, server: ServerConnection) -> None:
        self.told.put_nowait("silent")

    def heard(self, server: ServerConnection) -> None:
        self.told.put_nowait("heard")

    def gone(self, link: Link, server: ServerConnection) -> None:
        self.told.put_nowait("gone")

    def missing(self, link: Link, reason: str) -> None:
        self.told.put_nowait("missing")

    async def until(self, word: str) -> list[str]:
        """What is told up to and with a word."""
        words = []
        async with asyncio.timeout(10):
            while not words or words[-1] != word:
                words.append(await self.told.get())
        return words


@pytest.fixture
async def mute() -> AsyncIterator[tuple[Mute, Watcher]]:
    service, watcher, transport = Mute(), Watcher(), InprocTransport()
    listener = await transport.listen(ADDRESS, service)
    link = Link(
        Endpoint("studio", ADDRESS, "token"),
        transport,
        client_id="client",
        needed=tuple,
        watcher=watcher,
        is_known=lambda server_id: False,
        heartbeat=BEAT,
        clock=time.monotonic,
    )
    keeping = asyncio.create_task(link.keep())
    yield service, watcher
    keeping.cancel()
    await asyncio.wait([keeping])
    await listener.close()


async def test_a_server_that_answers_is_never_suspected(mute: tuple[Mute, Watcher]) -> None:
    _, watcher = mute
    assert await watcher.until("came") == ["came"]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(BEAT.lease * 1.5):
            await watcher.told.get()


async def test_silence_is_noticed_and_so_is_its_end(mute: tuple[Mute, Watcher]) -> None:
    service, watcher = mute
    await watcher.until("came")
    service.answers = False
    began = time.monotonic()
    assert await watcher.until("silent") == ["silent"]
    assert BEAT.period < time.monotonic() - began < BEAT.lease
    service.answers = True
    assert set(await watcher.until("heard")) <= {"silent", "heard"}
    assert service.greeted == 1


async def test_a_connection_without_a_sign_of_life_is_given_up_for_a_new_one(mute: tuple[Mute, Watcher]) -> None:
    service, watcher = mute
    await watcher.until("came")
    service.answers = False
    assert set(await watcher.until("gone")) == {"silent", "gone"}
    assert await watcher.until("came") == ["came"]
    assert service.greeted == 2


def test_the_lease_is_as_long_as_the_beats_that_may_stay_away() -> None:
    assert Heartbeat().lease == 30.0
    assert Heartbeat(2.0, 1, 3).lease == 6.0
