"""Real sockets for the tests of the network transport: listeners, raw requests, and other programs at a port."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import pytest
from attrs import define

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError
from ffx.core.messages import Envelope, Ping
from ffx.core.transport import ClientConnection, Connection, Listener
from ffx.testing.laboratory import TOKEN, LaboratoryService, echo
from ffx.transports.websocket import WebSocketTransport
from ffx.transports.websocket.limits import Limits

LOOPBACK = "127.0.0.1"


# -- What the tests stand on --------------------------------------------------------------------------------


@asynccontextmanager
async def listening(
    conversation: Callable[[Connection], Awaitable[None]] = echo,
    *,
    limits: Limits | None = None,
    allowed_hosts: tuple[str, ...] = (),
    host: str = LOOPBACK,
) -> AsyncIterator[tuple[Listener, LaboratoryService]]:
    """A real listener on a port that the system picked."""
    service = LaboratoryService(conversation)
    transport = WebSocketTransport(limits=limits, allowed_hosts=allowed_hosts)
    listener = await transport.listen(Address(host, 0), service)
    try:
        yield listener, service
    finally:
        await listener.close()


@asynccontextmanager
async def connected(address: Address, *, limits: Limits | None = None) -> AsyncIterator[ClientConnection]:
    client = await WebSocketTransport(limits=limits).connect(address, TOKEN)
    try:
        yield client
    finally:
        await client.close()


async def check_alive(listener: Listener) -> None:
    """The listener serves clients as if nothing had happened."""
    async with connected(listener.address) as client:
        await client.send(Envelope(Ping("alive")))
        assert (await client.receive()).message == Ping("alive")


@asynccontextmanager
async def dialled(
    listener: Listener, *, narrow: bool = False
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A socket to a listener; a ``narrow`` one holds little, so that it is soon felt when nobody reads from it."""
    bare = socket.socket()
    bare.setblocking(False)
    if narrow:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.get_running_loop().sock_connect(bare, (listener.address.host, listener.address.port))
    reader, writer = await asyncio.open_connection(sock=bare, limit=1024 if narrow else 65_536)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def raw(listener: Listener, sent: bytes, *, end: bool = False) -> bytes:
    """Whatever the listener answers to bytes on a socket, until it ends the connection; ``end``: nothing follows."""
    answer = b""
    async with dialled(listener) as (reader, writer):
        with suppress(ConnectionError):
            writer.write(sent)
            if end:
                writer.write_eof()
            while piece := await reader.read(65_536):
                answer += piece
    return answer


def request(line: str, headers: Mapping[str, str] | None = None, *, body: bytes = b"") -> bytes:
    """An HTTP request with the right token, on a connection that ends with it; an empty header is left out."""
    named = {"Host": LOOPBACK, "Authorization": f"Bearer {TOKEN}", "Connection": "close"}
    named |= headers or {}
    lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items() if value)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def upgrade(headers: Mapping[str, str] | None = None) -> bytes:
    """The request that opens a conversation."""
    key = base64.b64encode(os.urandom(16)).decode()
    named = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Protocol": "ffx",
    }
    return request("GET /ws", named | dict(headers or {}))


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@asynccontextmanager
async def program(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], *, port: int = 0
) -> AsyncIterator[Address]:
    """Some other program at a port; its connections end with it."""
    tasks: set[asyncio.Task[None]] = set()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await speak(reader, writer)
                await writer.drain()
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(hold, LOOPBACK, port)
    try:
        yield Address(LOOPBACK, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


@define
class Stranger:
    """A program that answers every connection the same way."""

    address: Address
    heard: list[bytes]
    """What it was sent first, for each connection."""


@asynccontextmanager
async def stranger(answer: bytes, *, stay_open: bool = False) -> AsyncIterator[Stranger]:
    heard: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        if stay_open:
            await reader.read()

    async with program(speak) as address:
        yield Stranger(address, heard)


async def refusal(address: Address, token: str = TOKEN) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await WebSocketTransport().connect(address, token)
    message = str(caught.value)
    assert message and "\n" not in message
    assert token not in message
    return caught.value
