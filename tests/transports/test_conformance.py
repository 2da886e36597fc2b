"""The built-in transports keep every promise of ``ffx.core.transport``."""

from __future__ import annotations

import pytest

from ffx.core.addressing import Address
from ffx.core.transport import Connection, Transport
from ffx.testing.transport import TransportConformance
from ffx.transports.inproc import InprocConnection, InprocTransport
from ffx.transports.websocket import EncryptedWebSocketTransport, WebSocketTransport
from ffx.transports.websocket.connection import WebSocketConnection
from tests.certificates import Proof


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


class TestEncryptedWebSocket(TestWebSocket):
    address = Address("127.0.0.1", 0, "wss")

    @pytest.fixture(autouse=True)
    def _with_a_certificate(self, proof: Proof) -> None:
        self.certificate, self.fingerprint = proof.certificate, proof.fingerprint

    def make_transport(self) -> Transport:
        return EncryptedWebSocketTransport()
