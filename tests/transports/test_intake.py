"""Bodies that go past the HTTP parser: every byte once and in order, whatever the parser had already."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.base_protocol import BaseProtocol
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from ffx.core.errors import TransferError
from ffx.testing.laboratory import content
from ffx.transports.blocks import BLOCK_BYTES
from ffx.transports.websocket.intake import Intake, can_take_over

MIB = 1024 * 1024
DATA = content(3 * BLOCK_BYTES + 7)


@frozen
class Line:
    """Both ends of a connection; at this one stands what aiohttp would have."""

    far: socket.socket
    transport: asyncio.Transport
    parsed: aiohttp.StreamReader

    def intake(self, size: int, *, idle: float = 60) -> Intake:
        return Intake(self.transport, self.parsed, size, idle)


def broken(error: OSError) -> TransferError:
    return TransferError(type(error).__name__, code="interrupted")


@asynccontextmanager
async def line(beginning: bytes = b"") -> AsyncIterator[Line]:
    loop = asyncio.get_running_loop()
    far, near = socket.socketpair()
    far.setblocking(False)
    transport, protocol = await loop.create_connection(lambda: BaseProtocol(loop), sock=near)
    parsed = aiohttp.StreamReader(protocol, 2 * MIB, loop=loop)
    parsed.feed_data(beginning)
    try:
        yield Line(far, transport, parsed)
    finally:
        far.close()
        transport.abort()
        await asyncio.sleep(0)


@settings(max_examples=30)
@given(beginning=st.integers(0, BLOCK_BYTES), size=st.integers(BLOCK_BYTES, len(DATA)))
def test_all_of_a_body_arrives(beginning: int, size: int) -> None:
    async def check() -> None:
        async with line(DATA[:beginning]) as there:
            sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(there.far, DATA[beginning:size]))
            blocks = [block async for block in there.intake(size).blocks(broken)]
            await sending
            assert b"".join(blocks) == DATA[:size]
            assert all(len(block) == BLOCK_BYTES for block in blocks[:-1])
            assert not there.transport.is_reading()  # nothing that follows is taken for a body

    asyncio.run(check())


@settings(max_examples=30)
@given(beginning=st.integers(0, BLOCK_BYTES), more=st.integers(0, 2 * BLOCK_BYTES))
def test_what_came_before_the_peer_left_is_handed_out(beginning: int, more: int) -> None:
    async def check() -> None:
        got = bytearray()
        async with line(DATA[:beginning]) as there:
            sending = asyncio.create_task(
                asyncio.get_running_loop().sock_sendall(there.far, DATA[beginning : beginning + more])
            )
            sending.add_done_callback(lambda _: there.far.close())
            with pytest.raises(TransferError, match="ConnectionResetError"):
                async for block in there.intake(len(DATA)).blocks(broken):
                    got += block
        assert got == DATA[: beginning + more]

    asyncio.run(check())


async def test_what_came_before_a_silence_is_handed_out() -> None:
    got = bytearray()
    async with line(DATA[:10]) as there:
        await asyncio.get_running_loop().sock_sendall(there.far, DATA[10:20])
        with pytest.raises(TransferError, match="TimeoutError"):
            async for block in there.intake(len(DATA), idle=0.2).blocks(broken):
                got += block
    assert got == DATA[:20]


async def test_a_consumer_that_is_slow_slows_the_peer() -> None:
    async with line() as there:
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(there.far, 8 * DATA))
        blocks = there.intake(8 * len(DATA)).blocks(broken)
        first = await anext(blocks)
        await asyncio.wait([sending], timeout=0.1)
        assert not sending.done()
        rest = [block async for block in blocks]
        await sending
        assert b"".join([first, *rest]) == 8 * DATA


async def test_who_stops_in_the_middle_leaves_the_connection_to_the_one_before() -> None:
    async with line() as there:
        before = there.transport.get_protocol()
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(there.far, DATA))
        intake = there.intake(len(DATA))
        blocks = intake.blocks(broken)
        await anext(blocks)
        assert there.transport.get_protocol() is not before
        await blocks.aclose()
        intake.end()
        assert there.transport.get_protocol() is before
        assert there.transport.is_reading()
        assert not there.parsed.is_eof()
        there.transport.abort()
        with pytest.raises(ConnectionError):
            await sending


async def test_nothing_more_goes_to_the_parser_before_the_blocks_are_asked_for() -> None:
    async with line() as there:
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(there.far, DATA))
        intake = there.intake(len(DATA))
        await asyncio.wait([sending], timeout=0.1)
        assert there.parsed.total_bytes == 0
        assert b"".join([block async for block in intake.blocks(broken)]) == DATA
        assert intake.is_complete
        await sending


async def test_short_bodies_and_those_that_the_parser_holds_back_are_not_taken_over() -> None:
    async with line(b"x" * BLOCK_BYTES) as there:
        assert can_take_over(there.transport, there.parsed, 100 * MIB)
        assert not can_take_over(there.transport, there.parsed, MIB)
        assert not can_take_over(there.transport, there.parsed, None)
        assert not can_take_over(None, there.parsed, 100 * MIB)
        there.parsed.feed_data(b"x")
        assert not can_take_over(there.transport, there.parsed, 100 * MIB)
        there.transport.close()
        assert not can_take_over(there.transport, there.parsed, 100 * MIB)
