"""A transport over plain TCP: ``tcp://HOST:PORT``."""

from __future__ import annotations

from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.addressing import Address
from ffx.core.transport import Certificate, ClientConnection, Listener, Service, Transport, refuse_fingerprint

__all__ = ["TcpTransport", "ffx_register_transports"]


class TcpTransport(Transport):
    """Connects and listens over plain TCP."""

    scheme = "tcp"

    async def connect(self, address: Address, token: str, fingerprint: str = "") -> ClientConnection:
        from ffx_example_transport.client import connect

        refuse_fingerprint(address, fingerprint)
        return await connect(address, token)

    async def listen(self, address: Address, service: Service, certificate: Certificate | None = None) -> Listener:
        from ffx_example_transport.server import listen

        return await listen(address, service)


@hookimpl
def ffx_register_transports() -> Sequence[Transport]:
    return [TcpTransport()]
