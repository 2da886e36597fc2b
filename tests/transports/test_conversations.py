"""A listener's conversations: those that fail are told in the log, those that stay are cancelled, none is forgotten."""

from __future__ import annotations

import asyncio
import logging

import pytest

from ffx.core.addressing import Address
from ffx.core.errors import ConnectionClosed
from ffx.core.transport import Connection, Transport
from ffx.testing.laboratory import TOKEN, LaboratoryService
from ffx.transports.inproc import InprocTransport
from ffx.transports.websocket import WebSocketTransport
from ffx.transports.websocket.limits import Limits

INPROC, WEBSOCKET = Address("here", scheme="inproc"), Address("127.0.0.1", 0)
BOTH = pytest.mark.parametrize(
    ("transport", "address"),
    [
        (InprocTransport(close_grace=0.1), INPROC),
        (WebSocketTransport(limits=Limits(grace=0.1, close=0.2)), WEBSOCKET),
    ],
    ids=["inproc", "ws"],
)


@BOTH
async def test_a_conversation_that_stays_is_cancelled_after_its_grace(transport: Transport, address: Address) -> None:
    ends: list[str] = []

    async def stay(connection: Connection) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    service = LaboratoryService(stay)
    listener = await transport.listen(address, service)
    client = await transport.connect(listener.address, TOKEN)
    await service.begun.acquire()
    await listener.close()
    assert ends == ["cancelled"]
    with pytest.raises(ConnectionClosed):
        await client.receive()
    await client.close()


@BOTH
async def test_a_conversation_that_fails_is_in_the_log_with_its_peer(
    transport: Transport, address: Address, caplog: pytest.LogCaptureFixture
) -> None:
    peers: list[str] = []

    async def fail(connection: Connection) -> None:
        peers.append(connection.peer)
        raise ZeroDivisionError("on purpose")

    listener = await transport.listen(address, LaboratoryService(fail))
    client = await transport.connect(listener.address, TOKEN)
    with pytest.raises(ConnectionClosed):
        await client.receive()
    await client.close()
    await listener.close()
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.getMessage() == f"the conversation with {peers[0]} failed"
    assert record.exc_info is not None and record.exc_info[0] is ZeroDivisionError


@BOTH
async def test_a_client_that_leaves_is_not_in_the_log(
    transport: Transport, address: Address, caplog: pytest.LogCaptureFixture
) -> None:
    async def wait(connection: Connection) -> None:
        await connection.receive()

    listener = await transport.listen(address, LaboratoryService(wait))
    await (await transport.connect(listener.address, TOKEN)).close()
    await listener.close()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    "words", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\nno header\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
async def test_strangers_do_not_fill_the_log(words: bytes, caplog: pytest.LogCaptureFixture) -> None:
    listener = await WebSocketTransport().listen(WEBSOCKET, LaboratoryService())
    reader, writer = await asyncio.open_connection(listener.address.host, listener.address.port)
    writer.write(words)
    assert b" 400 " in await reader.read()
    writer.close()
    await listener.close()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
