"""A long body from the socket straight into blocks, past the HTTP parser, which copies every byte twice more.

asyncio lets a transport change its protocol: once the head of a message was read, the rest of its body is a known
number of bytes, and the system can put them where they will be used. The connection serves nothing else afterwards.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import cast

from aiohttp import StreamReader

from ffx.core.errors import TransferError
from ffx.transports.blocks import BLOCK_BYTES

_WORTH_IT = 4 * BLOCK_BYTES
"""Bytes of a body below which a connection that can be used again is worth more."""
_AHEAD = 2
"""Full blocks that wait before the peer has to."""


def can_take_over(transport: asyncio.Transport | None, content: StreamReader, size: int | None) -> bool:
    """Whether the rest of a body of ``size`` bytes can be had from the transport itself.

    Only while the parser has not been slowed down: it keeps bytes back then that nobody else could find.
    """
    return (
        transport is not None
        and not transport.is_closing()
        and size is not None
        and size >= _WORTH_IT
        and content.total_bytes <= BLOCK_BYTES
    )


class Intake(asyncio.BufferedProtocol):
    """The protocol of a connection while it brings in a known number of bytes."""

    def __init__(self, transport: asyncio.Transport, content: StreamReader, size: int, idle: float) -> None:
        """``idle``: seconds without a byte after which the peer is given up."""
        self._transport = transport
        self._content = content
        self._idle = idle
        self._to_come = size
        self._below = transport.get_protocol()
        self._block = bytearray()
        self._filled = 0
        self._full: deque[bytearray] = deque()
        self._fault: OSError | None = None
        self._changed = asyncio.Event()
        self._watch: asyncio.Timeout | None = None
        transport.pause_reading()  # until somebody asks for the blocks the parser gets nothing more

    @property
    def is_complete(self) -> bool:
        """Whether all of the body was read."""
        return not self._to_come

    async def blocks(self, interrupted: Callable[[OSError], TransferError]) -> AsyncGenerator[bytes, None]:
        """All of the body, in blocks; what came before a fault is handed out first.

        Raises:
            TransferError: what ``interrupted`` makes of a connection that was lost or silent (TimeoutError).
        """
        left = self._to_come
        self._take(self._content.read_nowait())
        self._transport.set_protocol(self)
        if self._to_come:
            self._transport.resume_reading()
        try:
            while left:
                block = await self._next(interrupted)
                left -= len(block)
                yield cast(bytes, block)  # as good as bytes to who reads them, and a copy less
        finally:
            self._transport.set_protocol(self._below)

    def end(self) -> None:
        """Give the connection back. It can still carry an answer; what comes in is passed over."""
        if self._to_come:
            self._transport.resume_reading()

    async def _next(self, interrupted: Callable[[OSError], TransferError]) -> bytearray:
        while not self._full:
            if self._fault is not None:
                if not self._filled:
                    raise interrupted(self._fault)
                rest, self._filled = self._block[: self._filled], 0
                return rest
            await self._wait()
        if len(self._full) == _AHEAD and self._to_come:
            self._transport.resume_reading()
        return self._full.popleft()

    async def _wait(self) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(self._idle) as self._watch:
                await self._changed.wait()
        except TimeoutError as error:
            self._fault = error
        finally:
            self._watch = None

    def _take(self, beginning: bytes) -> None:
        """What the parser had already stands in the first block, so that all of them begin at full ones of the file."""
        room = self.get_buffer(-1)
        room[: len(beginning)] = beginning
        self.buffer_updated(len(beginning))

    # -- Called by the transport ------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        if not self._filled:
            self._block = bytearray(min(BLOCK_BYTES, self._to_come))
        return memoryview(self._block)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        self._to_come -= nbytes
        if self._filled == len(self._block):
            self._full.append(self._block)
            self._filled = 0
            self._changed.set()
            if len(self._full) == _AHEAD or not self._to_come:
                self._transport.pause_reading()
        elif self._watch is not None and not self._watch.expired():
            self._watch.reschedule(asyncio.get_running_loop().time() + self._idle)

    def eof_received(self) -> None:
        self._lose(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(exc)
        self._below.connection_lost(exc)

    def pause_writing(self) -> None:
        self._below.pause_writing()

    def resume_writing(self) -> None:
        self._below.resume_writing()

    def _lose(self, error: Exception | None) -> None:
        if self._fault is None:
            self._fault = error if isinstance(error, OSError) else ConnectionResetError("the peer is gone")
        self._changed.set()
