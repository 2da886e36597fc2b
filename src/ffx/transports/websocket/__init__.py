"""The network transport, ``ws://`` and ``wss://``: JSON text on a WebSocket, bulk bytes over HTTP on the same port.

======================  ==========================================================================================
``GET /ws``             the conversation; subprotocol ``ffx``, text frames, no compression
``HEAD /files/ID``      how much of an upload is there: ``Upload-Offset``
``PUT /files/ID``       upload from ``Content-Range``; a wrong start is 409 with the right ``Upload-Offset``
``GET /files/ID``       download; ``Range`` resumes, ``If-Match`` names the version by its BLAKE3 (412: another one)
======================  ==========================================================================================

Every request carries ``Authorization: Bearer TOKEN``; nothing secret is ever part of a URL. Refusals have a line of
plain text and, where it is a transfer's, its code in ``Ffx-Code``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ffx import hookimpl
from ffx.core.addressing import ENCRYPTED_SCHEME, PLAIN_SCHEME, Address
from ffx.core.errors import ConnectError
from ffx.core.transport import Certificate, ClientConnection, Listener, Service, Transport, refuse_fingerprint
from ffx.transports.websocket.limits import Limits


@hookimpl
def ffx_register_transports() -> Sequence[Transport]:
    return [WebSocketTransport(), EncryptedWebSocketTransport()]


class WebSocketTransport(Transport):
    """Connects to and listens at TCP ports."""

    scheme = PLAIN_SCHEME

    def __init__(self, *, limits: Limits | None = None, allowed_hosts: Sequence[str] = ()) -> None:
        """``allowed_hosts``: names that a listener may be called by, beside IP addresses, localhost, the name of
        the machine and the host it is bound to.
        """
        self._limits = limits or Limits()
        self._allowed_hosts = tuple(allowed_hosts)

    # aiohttp takes long to import, and most commands of ffx never open a connection.

    async def connect(self, address: Address, token: str, fingerprint: str = "") -> ClientConnection:
        from ffx.transports.websocket.client import connect

        refuse_fingerprint(address, fingerprint)
        return await connect(address, token, self._limits)

    async def listen(self, address: Address, service: Service, certificate: Certificate | None = None) -> Listener:
        from ffx.transports.websocket.server import listen

        return await listen(address, service, self._limits, self._allowed_hosts)


class EncryptedWebSocketTransport(WebSocketTransport):
    """The same inside TLS, between a server with a certificate and clients that know which one it has."""

    scheme = ENCRYPTED_SCHEME
    encrypts = True

    async def connect(self, address: Address, token: str, fingerprint: str = "") -> ClientConnection:
        from ffx.transports.websocket.client import connect
        from ffx.transports.websocket.encryption import client_encryption

        return await connect(address, token, self._limits, client_encryption(fingerprint))

    async def listen(self, address: Address, service: Service, certificate: Certificate | None = None) -> Listener:
        from ffx.transports.websocket.server import listen

        if certificate is None:
            raise ConnectError(f"cannot listen at {address}: it needs a certificate", code="refused")
        return await listen(address, service, self._limits, self._allowed_hosts, certificate)
