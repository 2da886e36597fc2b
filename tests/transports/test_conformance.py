"""Both built-in transports keep every promise of ``ffx.core.transport``."""

from __future__ import annotations

from ffx.core.addressing import Address
from ffx.core.transport import Connection, Transport
from ffx.testing.transport import TransportConformance
from ffx.transports.inproc import InprocConnection, InprocTransport
from ffx.transports.websocket import WebSocketTransport
from ffx.transports.websocket.connection import WebSocketConnection


class TestInproc(TransportConformance):
    address = Address("conformance", scheme="inproc")

    def make_transport(self) -> Transport:
        return InprocTransport()

    @staticmethod
    async def send_raw(connection: Connection, text: str) -> None:
        assert isinstance(connection, InprocConnection)
        await connection.send_text(text)


class TestWebSocket(TransportConformance):
    address = Address("127.0.0.1", 0)

    def make_transport(self) -> Transport:
        return WebSocketTransport()

    @staticmethod
    async def send_raw(connection: Connection, text: str) -> None:
        assert isinstance(connection, WebSocketConnection)
        await connection.send_text(text)
