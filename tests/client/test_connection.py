"""What a client knows of a server after its updates, and what its questions come to when the server goes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterable, AsyncIterator

import pytest
from attrs import evolve

from ffx.client.connection import ServerConnection, updated
from ffx.core.errors import ConnectionClosed
from ffx.core.messages import CapabilityUpdate, Disconnect, Envelope, Ping, Pong, ServerInfoMessage
from ffx.core.model import EncoderReport, ServerCapabilities, ServerInfo
from ffx.core.transport import ClientConnection

KNOWN = ServerInfo(
    "id",
    "studio",
    capabilities=ServerCapabilities(encoders=(EncoderReport("libx264", "h264", works=True),), current_load=0.1),
    current_jobs=1,
    uptime=10.0,
)


def test_a_word_on_the_state_keeps_what_is_known_of_the_encoders() -> None:
    state = evolve(KNOWN, capabilities=ServerCapabilities(current_load=0.9), current_jobs=2, uptime=11.0)
    info = updated(KNOWN, CapabilityUpdate(state, unchanged=True))
    assert (info.current_jobs, info.capabilities.current_load) == (2, 0.9)
    assert info.capabilities.encoders == KNOWN.capabilities.encoders


def test_the_whole_replaces_everything() -> None:
    whole = evolve(KNOWN, capabilities=ServerCapabilities(complete=True), current_jobs=0, uptime=11.0)
    assert updated(KNOWN, CapabilityUpdate(whole)) == whole


def test_a_state_that_was_overtaken_changes_no_slots() -> None:
    late = evolve(KNOWN, capabilities=ServerCapabilities(complete=True), current_jobs=2, uptime=9.0)
    info = updated(KNOWN, CapabilityUpdate(late))
    assert (info.current_jobs, info.uptime) == (1, 10.0)
    assert info.capabilities.complete


class Breaking(ClientConnection):
    """A connection that takes a message when its end is near: first the reader hears of it, then the sender."""

    peer = "studio:8765"

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def send(self, envelope: Envelope) -> None:
        if isinstance(envelope.message, Disconnect):
            return
        self._over.set()
        for _ in range(3):  # the reader is faster
            await asyncio.sleep(0)
        raise ConnectionClosed("studio is gone")

    async def receive(self) -> Envelope:
        await self._over.wait()
        raise ConnectionClosed("studio is gone")

    async def close(self) -> None:
        self._over.set()

    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        raise NotImplementedError

    async def uploaded(self, resource: str) -> int:
        raise NotImplementedError

    def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        raise NotImplementedError


async def test_a_question_that_breaks_at_sending_leaves_nothing_to_complain_of() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with ServerConnection(Breaking(), ServerInfoMessage(KNOWN, "epoch")) as server:
        with pytest.raises(ConnectionClosed):
            await server.ask(Ping(), Pong)
    gc.collect()
    assert not complaints
