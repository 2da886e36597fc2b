"""The transport keeps every promise of ``ffx.core.transport``: the suite that ffx's own transports pass."""

from __future__ import annotations

from ffx.core.addressing import Address
from ffx.core.transport import Connection, Transport
from ffx.testing.transport import TransportConformance
from ffx_example_transport import TcpTransport
from ffx_example_transport.connection import TcpConnection


class TestTcp(TransportConformance):
    address = Address("127.0.0.1", 0, "tcp")

    def make_transport(self) -> Transport:
        return TcpTransport()

    @staticmethod
    async def send_raw(connection: Connection, text: str) -> None:
        assert isinstance(connection, TcpConnection)
        await connection.send_text(text)
