"""One end of a conversation: an envelope is a frame of JSON text."""

from __future__ import annotations

import asyncio

from ffx.core import wire
from ffx.core.errors import ConnectionClosed, DecodeError
from ffx.core.messages import Envelope
from ffx.core.transport import Connection
from ffx_example_transport.frames import LINGER, Frames, FrameTooLarge

SEND_LIMIT = 30.0
"""Seconds for one message: a peer that takes nothing any more is gone."""


class TcpConnection(Connection):
    """Envelopes over a TCP connection of their own."""

    def __init__(self, frames: Frames) -> None:
        self.peer = frames.peer
        self._frames = frames
        self._closed = False
        self._receiving = asyncio.Lock()

    async def send(self, envelope: Envelope) -> None:
        await self.send_text(wire.encode(envelope))

    async def send_text(self, text: str) -> None:
        """Send a message that is text already. Raises ConnectionClosed."""
        if self._closed:
            raise self._gone()
        try:
            async with asyncio.timeout(SEND_LIMIT):
                await self._frames.write(text.encode("utf-8", "surrogatepass"))
        except (OSError, TimeoutError):
            self._frames.cut()
            raise self._gone() from None

    async def receive(self) -> Envelope:
        async with self._receiving:
            if self._closed:
                raise self._gone()
            try:
                frame = await self._frames.read(wire.MAX_MESSAGE_BYTES)
            except FrameTooLarge as error:
                await self._skip()
                limit = wire.MAX_MESSAGE_BYTES
                raise DecodeError(f"a message may have {limit} bytes, this one has {error.size}") from None
            except (OSError, EOFError):
                raise self._gone() from None
        return wire.decode(frame)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._frames.end()
        try:
            async with asyncio.timeout(LINGER), self._receiving:  # whoever receives now reads to the end first
                await self._frames.drain()
        except TimeoutError:
            pass  # it had its time
        finally:
            self._frames.cut()

    async def _skip(self) -> None:
        try:
            await self._frames.skip()
        except (OSError, EOFError):
            raise self._gone() from None

    def _gone(self) -> ConnectionClosed:
        return ConnectionClosed(f"{self.peer} closed the connection")
