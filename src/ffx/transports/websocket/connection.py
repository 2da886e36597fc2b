"""One end of a conversation over an aiohttp WebSocket, the same for client and server."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from ffx.core import wire
from ffx.core.errors import ConnectionClosed, DecodeError
from ffx.core.messages import Envelope
from ffx.core.transport import Connection
from ffx.transports.websocket.limits import Limits

if TYPE_CHECKING:
    from aiohttp import web  # a client has no use for it

HARD_LIMIT = 2 * wire.MAX_MESSAGE_BYTES
"""Bytes of a frame that ends the connection; one between the wire's limit and this is only refused."""


class WebSocketConnection(Connection):
    """Envelopes over a WebSocket."""

    def __init__(
        self,
        socket: ClientWebSocketResponse[Any] | web.WebSocketResponse[Any],
        peer: str,
        limits: Limits,
    ) -> None:
        self.peer = peer
        self._socket = socket
        self._limits = limits
        self._tcp_socket = socket.get_extra_info("socket")
        self._sends: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Lock()
        self._closed = False

    async def send(self, envelope: Envelope) -> None:
        await self.send_text(wire.encode(envelope))

    async def send_text(self, text: str) -> None:
        """Send a message that is text already.

        Raises:
            ConnectionClosed: the other side is gone, or takes nothing any more.
        """
        # aiohttp's senders share one future for "there is room again": cancelling one of them would cancel the
        # others. So each send runs to its end in a task of its own, whoever waits for it.
        sending = asyncio.create_task(self._deliver(text))
        self._sends.add(sending)
        sending.add_done_callback(self._forget)
        await asyncio.shield(sending)

    async def receive(self) -> Envelope:
        if self._closed:
            raise self._gone()
        message = await self._socket.receive()
        if message.type is WSMsgType.TEXT:
            return wire.decode(message.data)
        if message.type is WSMsgType.BINARY:
            raise DecodeError("a message is JSON text, and this one is binary")
        await self.close()
        raise self._gone()

    async def close(self) -> None:
        async with self._closing:
            if self._closed:
                return
            self._closed = True
            watchdog = asyncio.get_running_loop().call_later(self._limits.close, self._abort)
            try:
                await self._socket.close()
            finally:
                watchdog.cancel()
                self._abort()
                if self._sends:
                    await asyncio.wait(self._sends)

    async def _deliver(self, text: str) -> None:
        stuck = asyncio.Event()

        def give_up() -> None:
            stuck.set()
            self._abort()

        watchdog = asyncio.get_running_loop().call_later(self._limits.send, give_up)
        try:
            await self._socket.send_str(text)
        except (ConnectionError, RuntimeError):
            if not stuck.is_set():
                raise self._gone() from None
        finally:
            watchdog.cancel()
        if stuck.is_set():
            raise ConnectionClosed(f"{self.peer} took no message for {self._limits.send:g} seconds")

    def _abort(self) -> None:
        """Cut the TCP connection at once: whatever waits for it fails."""
        if self._tcp_socket is not None:
            with suppress(OSError):  # it is cut already
                self._tcp_socket.shutdown(SHUT_RDWR)

    def _forget(self, sending: asyncio.Task[None]) -> None:
        self._sends.discard(sending)
        if not sending.cancelled():
            sending.exception()  # whoever sent may have been cancelled, and then nobody else asks

    def _gone(self) -> ConnectionClosed:
        return ConnectionClosed(f"{self.peer} closed the connection")
