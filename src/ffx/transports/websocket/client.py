"""The connecting side: the handshake, and one plain line for each way it can fail."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Any

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

from ffx.core.addressing import ENCRYPTED_SCHEME, Address
from ffx.core.errors import ConnectError
from ffx.core.transport import ClientConnection
from ffx.transports.websocket.connection import HARD_LIMIT, WebSocketConnection
from ffx.transports.websocket.encryption import Trust, changed, shown_fingerprint, unknown
from ffx.transports.websocket.limits import Limits
from ffx.transports.websocket.sockets import Sockets
from ffx.transports.websocket.transfers import READ_BUFFER, Transfers
from ffx.transports.websocket.vocabulary import CHALLENGE, CONVERSATION_PATH, SERVER_MARK, SUBPROTOCOL

_NOT_IN_A_HEADER = re.compile(r"[\x00-\x1f\x7f]")


async def connect(address: Address, token: str, limits: Limits, trust: Trust = True) -> ClientConnection:
    """Open a conversation; ``trust`` says which certificates are good, where it is encrypted. Raises ConnectError."""
    if _NOT_IN_A_HEADER.search(token):
        raise ConnectError(
            f"{address.authority} was not asked: the token for it has a line break or the like; copy it anew",
            code="unauthorized",
        )
    sockets = Sockets()
    session = _session(token, trust, sockets)
    try:
        websocket = await _handshake(session, address, limits)
    except BaseException:
        await session.close()
        await sockets.close()
        raise
    return WebSocketClient(websocket, session, sockets, address, limits)


class WebSocketClient(WebSocketConnection, ClientConnection):
    """A client's end: a WebSocket, and a pool of HTTP connections for bulk bytes."""

    def __init__(
        self,
        websocket: aiohttp.ClientWebSocketResponse[Any],
        session: aiohttp.ClientSession,
        sockets: Sockets,
        address: Address,
        limits: Limits,
    ) -> None:
        super().__init__(websocket, address.authority, limits)
        self._session = session
        self._sockets = sockets
        self._transfers = Transfers(session, _url(address), address.authority, limits)

    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        return await self._transfers.upload(resource, offset, total, blocks)

    async def uploaded(self, resource: str) -> int:
        return await self._transfers.uploaded(resource)

    def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        return self._transfers.download(resource, offset, digest)

    async def close(self) -> None:
        try:
            await super().close()
        finally:
            await self._session.close()
            await self._sockets.close()


class _RedirectedError(aiohttp.ClientError):
    """An answer that points elsewhere; the token is for this server alone."""


async def _refuse_redirect(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise _RedirectedError(f"status {response.status}")
    return response


def _session(token: str, trust: Trust, sockets: Sockets) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=trust, socket_factory=sockets.make),  # trusted by all of them
        headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        middlewares=(_refuse_redirect,),
        auto_decompress=False,
        trust_env=False,  # a proxy from the environment would see the token
        read_bufsize=READ_BUFFER,
    )


def _url(address: Address) -> URL:
    return URL.build(
        scheme="https" if address.scheme == ENCRYPTED_SCHEME else "http", host=address.host, port=address.port
    )


async def _handshake(
    session: aiohttp.ClientSession, address: Address, limits: Limits
) -> aiohttp.ClientWebSocketResponse[Any]:
    where = address.authority
    try:
        websocket = await session.ws_connect(
            _url(address) / CONVERSATION_PATH.lstrip("/"),
            protocols=(SUBPROTOCOL,),
            heartbeat=limits.heartbeat,
            max_msg_size=HARD_LIMIT,
            compress=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=limits.close),
        )
    except aiohttp.WSServerHandshakeError as error:
        raise _turned_away(where, error) from None
    except aiohttp.ServerFingerprintMismatch as error:
        raise changed(address, error) from None
    except aiohttp.ClientConnectorCertificateError:
        raise await unknown(address) from None
    except aiohttp.ClientConnectorSSLError:
        raise _no_tls(where) from None
    except aiohttp.ClientConnectorError as error:
        raise _not_reached(address, error.os_error) from None
    except (aiohttp.InvalidURL, UnicodeError):
        raise ConnectError(
            f"{where} cannot be reached: {address.host!r} is neither a name nor an IP address", code="unreachable"
        ) from None
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError):
        if address.scheme != ENCRYPTED_SCHEME and await shown_fingerprint(address):
            raise _only_tls(where) from None
        # A server that is killed at this moment, or a tunnel whose other end is away: it may be back.
        raise ConnectError(
            f"{where} hung up before it said what it is; it may be starting or stopping", code="refused"
        ) from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise _not_ffx(where) from None
    if websocket.protocol != SUBPROTOCOL:
        await websocket.close()
        raise _not_ffx(where)
    return websocket


def _turned_away(where: str, error: aiohttp.WSServerHandshakeError) -> ConnectError:
    headers: Mapping[str, str] = error.headers or {}
    if error.status == 401 and headers.get("WWW-Authenticate") == CHALLENGE:
        return ConnectError(
            f"{where} refused the token: it does not know it, or no longer; `ffx token create` there makes another",
            code="unauthorized",
        )
    if error.status == 429 and headers.get("Server") == SERVER_MARK:
        seconds = headers.get("Retry-After", "")
        wait = f" for {seconds} s" if re.fullmatch("[0-9]{1,5}", seconds) else ""
        return ConnectError(
            f"{where} refused the token, and more of them from here{wait}: take the right one", code="unauthorized"
        )
    if error.status == 403 and headers.get("Server") == SERVER_MARK:
        return ConnectError(f"{where} does not go by that name: connect by its IP address", code="refused")
    if error.status == 503 and headers.get("Server") == SERVER_MARK and "Retry-After" in headers:
        return ConnectError(f"{where} has all the conversations that it takes: it is asked again", code="refused")
    if error.status == 503 and headers.get("Server") == SERVER_MARK:
        return ConnectError(f"{where} is about to stop: start `ffx serve` there again", code="refused")
    return _not_ffx(where)


def _no_tls(where: str) -> ConnectError:
    return ConnectError(
        f"{where} does not speak TLS as it should: it may be another program, or a server that does not encrypt; "
        "nothing was sent to it",
        code="not_encrypted",
    )


def _only_tls(where: str) -> ConnectError:
    return ConnectError(f"{where} speaks TLS only: add it with the join string that it prints", code="encrypted")


def _not_reached(address: Address, error: OSError) -> ConnectError:
    where = address.authority
    if isinstance(error, socket.gaierror):
        return ConnectError(
            f"{where}: no machine of the name {address.host!r} is known; check it or give an IP address",
            code="unreachable",
        )
    if isinstance(error, ConnectionRefusedError):
        return ConnectError(
            f"{where} refused the connection: start `ffx serve` on that machine, or check the port", code="refused"
        )
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return ConnectError(f"{where} does not answer: check that the machine is on and the port open", code="timeout")
    return ConnectError(f"{where} cannot be reached: check the address and the network", code="unreachable")


def _not_ffx(where: str) -> ConnectError:
    return ConnectError(f"{where} answers, but is not an ffx server: check the port", code="not_ffx")
