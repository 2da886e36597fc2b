"""The network transport and peers that say, read or take nothing: each is given up in time, and no other.

Where a limit has to pass without harm, the loop's clock is moved instead of waiting: a busy machine changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from ffx.core.errors import ConnectionClosed, TransferError
from ffx.core.messages import Envelope, Pong
from ffx.core.transport import Connection, Listener
from ffx.testing.laboratory import content, in_blocks
from ffx.transports.websocket.limits import Limits
from ffx.transports.websocket.transfers import Body
from tests.transports.sockets import connected, dialled, listening, program, raw, request, status, upgrade

MIB = 1024 * 1024
FOR_EVER = 10.0**6
FAST = 10.0**9


@pytest.fixture
async def pass_time() -> Callable[[float], None]:
    """Moves the clock of the loop on by seconds: whatever waits for that long is over at once."""
    loop = asyncio.get_running_loop()
    real, passed = loop.time, 0.0

    def move(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    loop.time = lambda: real() + passed  # type: ignore[method-assign] # the one clock that all limits go by
    return move


async def time_flies(pass_time: Callable[[float], None]) -> None:
    """A minute passes again and again."""
    while True:
        pass_time(61)
        await asyncio.sleep(0.02)


async def flood(connection: Connection) -> None:
    """Say much, and never listen."""
    while True:
        await connection.send(Envelope(Pong("x" * 500_000)))


@asynccontextmanager
async def mute(listener: Listener) -> AsyncIterator[asyncio.StreamWriter]:
    """A conversation that reads nothing more than its handshake."""
    async with dialled(listener, narrow=True) as (reader, writer):
        writer.write(upgrade())
        assert b" 101 " in await reader.readuntil(b"\r\n")
        yield writer


async def trickle(writer: asyncio.StreamWriter, sent: bytes) -> None:
    """Send the same few bytes for ever. Raises ConnectionError."""
    while True:
        writer.write(sent)
        await writer.drain()
        await asyncio.sleep(0.02)


# -- Conversations ------------------------------------------------------------------------------------------


async def test_a_client_that_never_reads_is_cut() -> None:
    ends: asyncio.Queue[ConnectionClosed] = asyncio.Queue()

    async def talk(connection: Connection) -> None:
        try:
            await flood(connection)
        except ConnectionClosed as error:
            ends.put_nowait(error)

    async with listening(talk, limits=Limits(send=0.3)) as (listener, _), mute(listener):
        assert "took no message for 0.3 seconds" in str(await ends.get())


async def test_a_client_that_only_trickles_is_cut_all_the_same() -> None:
    """Each byte that arrives resets a heartbeat; the limit for sending does not go by what arrives."""
    over = asyncio.Event()

    async def hear(connection: Connection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await connection.receive()

    async def talk(connection: Connection) -> None:
        hearing = asyncio.create_task(hear(connection))
        with suppress(ConnectionClosed):
            await flood(connection)
        await connection.close()
        await hearing
        over.set()

    async with listening(talk, limits=Limits(send=0.3, heartbeat=0.2)) as (listener, _), mute(listener) as writer:
        pongs = asyncio.create_task(trickle(writer, b"\x8a\x80\0\0\0\0"))  # unasked, masked
        await over.wait()
        pongs.cancel()
        await asyncio.wait([pongs])
        if not pongs.cancelled():
            assert isinstance(pongs.exception(), ConnectionError)


async def test_a_server_that_never_reads_is_left() -> None:
    hold = asyncio.Event()

    async def deaf(connection: Connection) -> None:
        await hold.wait()

    async with listening(deaf) as (listener, _), connected(listener.address, limits=Limits(send=0.3)) as client:
        with pytest.raises(ConnectionClosed, match=r"took no message for 0\.3 seconds"):
            await flood(client)
        hold.set()


async def test_a_machine_that_vanished_is_noticed() -> None:
    """The peer is there as far as TCP goes, and never answers a ping."""
    over = asyncio.Event()

    async def listen(connection: Connection) -> None:
        with pytest.raises(ConnectionClosed):
            await connection.receive()
        over.set()

    async with listening(listen, limits=Limits(heartbeat=0.2)) as (listener, _), mute(listener):
        await over.wait()


async def test_a_quiet_conversation_lives_on(pass_time: Callable[[float], None]) -> None:
    async with listening() as (listener, _), connected(listener.address) as client:
        hearing = asyncio.create_task(client.receive())
        for _ in range(20):
            pass_time(21)  # a heartbeat each
            await asyncio.sleep(0.02)
        assert not hearing.done()
        await client.send(Envelope(Pong("still here")))
        assert (await hearing).message == Pong("still here")


@pytest.mark.parametrize("beginning", [b"", b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
async def test_a_stranger_that_says_nothing_is_hung_up_on(beginning: bytes) -> None:
    async with listening(limits=Limits(keep_alive=0.2)) as (listener, _):
        answer = await raw(listener, beginning)
        assert answer == b"" or status(answer) in (400, 408)


# -- Transfers ----------------------------------------------------------------------------------------------


async def test_an_upload_that_stalls_keeps_what_arrived(pass_time: Callable[[float], None]) -> None:
    data = content(MIB)
    headers = {"Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}", "Content-Length": str(len(data))}
    async with (
        listening(limits=Limits(close=0.2)) as (listener, service),
        dialled(listener) as (_, writer),
        connected(listener.address, limits=Limits(heartbeat=FOR_EVER, idle=FOR_EVER)) as client,
    ):
        service.bulk.expect("file", len(data))
        writer.write(request("PUT /files/file", headers, body=data[:1000]))
        days = asyncio.create_task(time_flies(pass_time))
        await service.bulk.arrived("file", 1000)
        days.cancel()
        assert await client.uploaded("file") == 1000
        assert await client.upload("file", 1000, len(data), in_blocks(data[1000:])) == len(data)
        assert service.bulk.uploads["file"] == data


async def test_a_download_that_nobody_reads_is_broken_off(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content(32 * MIB))
    async with (
        listening(limits=Limits(idle=0.2, slowest=FAST)) as (listener, service),
        dialled(listener, narrow=True) as (reader, writer),
    ):
        service.bulk.give("file", tmp_path / "file")
        writer.write(request("GET /files/file"))
        await reader.readuntil(b"\r\n\r\n")
        with pytest.raises(ConnectionError):  # what is written reaches nobody any more
            await trickle(writer, b"\r\n")


async def test_a_server_that_takes_no_bytes_is_given_up() -> None:
    data = content(64 * MIB)
    impatient = Limits(idle=0.3, slowest=FAST)
    async with listening() as (listener, service), connected(listener.address, limits=impatient) as client:
        service.bulk.expect("file", len(data))
        service.bulk.open.clear()
        with pytest.raises(TransferError, match=r"moved no byte for 0\.3 seconds") as caught:
            await client.upload("file", 0, len(data), in_blocks(data))
        service.bulk.open.set()
        assert caught.value.code == "interrupted"


@pytest.mark.parametrize("size", [10, 64 * MIB])
async def test_a_server_that_sends_no_bytes_is_given_up(size: int) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nhalf." % size)
        await reader.read()

    async with listening() as (listener, _), connected(listener.address, limits=Limits(idle=0.3)) as client:
        await listener.close()
        async with program(silent, port=listener.address.port):
            blocks = client.download("file", 0, "0" * 64)
            assert await anext(blocks) == b"half."
            with pytest.raises(TransferError, match=r"moved no byte for 0\.3 seconds"):
                await anext(blocks)


async def test_a_slow_source_is_no_stalled_transfer(pass_time: Callable[[float], None]) -> None:
    async with listening(limits=Limits(idle=FOR_EVER)) as (listener, service), connected(listener.address) as client:
        ready = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"o" * 4 * MIB
            await ready.wait()
            yield b"ne"

        service.bulk.expect("file", 4 * MIB + 2)
        upload = asyncio.create_task(client.upload("file", 0, 4 * MIB + 2, slow()))
        await service.bulk.arrived("file", 1)
        pass_time(3600)
        await asyncio.wait([upload], timeout=0.1)
        ready.set()
        assert await upload == 4 * MIB + 2


async def test_a_slow_reader_is_no_stalled_transfer(pass_time: Callable[[float], None], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data := content(32 * MIB))
    async with listening(limits=Limits(idle=FOR_EVER)) as (listener, service), connected(listener.address) as client:
        got = bytearray()
        async for block in client.download("file", 0, service.bulk.give("file", tmp_path / "file")):
            got += block
            if len(got) < 8 * MIB:
                pass_time(3600)
                await asyncio.sleep(0.02)
        assert got == data


async def test_a_slow_line_is_no_stalled_transfer(pass_time: Callable[[float], None]) -> None:
    """64 kbit/s: a block takes two minutes, and that is twice what a transfer may stand still."""
    data, sent = content(4 * MIB), bytearray()
    body = Body(in_blocks(data), Limits())
    async with body.watched():
        async for piece in body:
            pass_time(len(piece) / 8000)
            await asyncio.sleep(0.001)
            sent += piece
    assert sent == data
