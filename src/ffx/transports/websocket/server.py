"""The listening side: one port for conversations and for bulk bytes."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError
from attrs import evolve

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError
from ffx.core.identity import Identity
from ffx.core.transport import Certificate, Listener, Service
from ffx.transports.conversations import Conversations
from ffx.transports.websocket.connection import HARD_LIMIT, WebSocketConnection
from ffx.transports.websocket.crowd import RETRY_AFTER, Crowd
from ffx.transports.websocket.encryption import server_encryption
from ffx.transports.websocket.files import READ_BUFFER, FileRequests, refuse
from ffx.transports.websocket.gate import Gate, Refusal, own_names
from ffx.transports.websocket.limits import Limits
from ffx.transports.websocket.vocabulary import (
    CONVERSATION_PATH,
    FILES_PATH,
    SERVER_MARK,
    SUBPROTOCOL,
)

_log = logging.getLogger(__name__)


async def listen(
    address: Address,
    service: Service,
    limits: Limits,
    allowed_hosts: Sequence[str],
    certificate: Certificate | None = None,
) -> Listener:
    """Open a port, encrypted when there is a certificate. Raises ConnectError when it cannot be had."""
    encryption = server_encryption(certificate) if certificate is not None else None
    listener = WebSocketListener(address, service, limits, allowed_hosts, encryption)
    try:
        await listener.open()
    except OSError as error:
        await listener.close()
        raise ConnectError(_cannot_listen(address, error), code="refused") from None
    return listener


class WebSocketListener(Listener):
    """An open port."""

    def __init__(
        self,
        address: Address,
        service: Service,
        limits: Limits,
        allowed_hosts: Sequence[str],
        encryption: ssl.SSLContext | None = None,
    ) -> None:
        self.address = address
        self._encryption = encryption
        self._limits = limits
        self._gate = Gate(service.authenticate, (address.host, *own_names(), *allowed_hosts))
        self._files = FileRequests(
            service.bulk, limits, is_admitted=lambda request: self._gate.identify(request.headers) is not None
        )
        self._conversations = Conversations(service, grace=limits.grace)
        self._talking = Crowd("conversations", most=limits.conversations, most_of_one=limits.conversations_of_one)
        self._moving = Crowd("uploads and downloads", most=limits.transfers, most_of_one=limits.transfers_of_one)
        self._requests: set[asyncio.Task[object]] = set()
        self._ports: list[asyncio.Server] = []
        self._closing = False
        self._server = web.Server(
            self._answer,
            access_log=None,
            logger=_Quiet(_log),
            auto_decompress=False,  # nothing of ours is compressed, and a small body could grow without end
            keepalive_timeout=limits.keep_alive,
            lingering_time=limits.close,
            read_bufsize=READ_BUFFER,
        )
        self._runner = web.ServerRunner(self._server, shutdown_timeout=limits.close)

    async def open(self) -> None:
        """Bind every address of the host to one port. Raises OSError."""
        await self._runner.setup()
        port = self.address.port
        for host in await _addresses(self.address):
            # By asyncio itself: aiohttp has no say in how long a handshake may take.
            handshake = self._limits.handshake if self._encryption is not None else None
            bound = await asyncio.get_running_loop().create_server(
                self._server, host, port, ssl=self._encryption, ssl_handshake_timeout=handshake
            )
            self._ports.append(bound)
            port = port or bound.sockets[0].getsockname()[1]
        self.address = evolve(self.address, port=port)

    async def close(self) -> None:
        self._closing = True
        for bound in self._ports:
            bound.close()
        await self._conversations.end()
        transfers = set(self._requests)
        for transfer in transfers:
            transfer.cancel()
        if transfers:
            await asyncio.wait(transfers)
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        visitor = self._gate.check(request.headers, request.remote or "")
        if isinstance(visitor, Refusal):
            response = refuse(visitor.status, visitor.message)
            response.headers.update(visitor.headers)
            response.force_close()
            return response
        if self._closing:  # a connection from before, or one that was kept alive
            response = refuse(503, "this server is about to stop")
            response.force_close()
            return response
        if request.path == CONVERSATION_PATH:
            return await self._in_turn(self._talking, visitor, lambda: self._converse(request, visitor))
        if request.path.startswith(FILES_PATH):
            return await self._in_turn(self._moving, visitor, lambda: self._transfer(request))
        return refuse(404, "there is nothing here; ffx servers are for ffx clients")

    async def _in_turn(
        self, crowd: Crowd, identity: Identity, answer: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The answer, when there is a place for whoever asks."""
        refusal = crowd.refusal(identity.token)
        if refusal:
            response = refuse(503, refusal)
            response.headers["Retry-After"] = str(RETRY_AFTER)
            response.force_close()
            return response
        with crowd.place(identity.token):
            return await answer()

    async def _converse(self, request: web.BaseRequest, identity: Identity) -> web.StreamResponse:
        websocket: web.WebSocketResponse[bool] = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            compress=False,
            heartbeat=self._limits.heartbeat,
            max_msg_size=HARD_LIMIT,
            timeout=self._limits.close,
        )
        if not websocket.can_prepare(request).ok:
            return refuse(400, "a conversation is a WebSocket")
        websocket.headers["Server"] = SERVER_MARK
        await websocket.prepare(request)
        connection = WebSocketConnection(websocket, _peer_name(websocket), self._limits)
        await asyncio.wait([self._conversations.begin(connection, identity)])
        return websocket

    async def _transfer(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._requests.add(task)
        try:
            return await self._files.answer(request)
        finally:
            self._requests.discard(task)


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's words, without a traceback for every stranger that speaks no HTTP or is gone before its answer."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger, None)

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        level = logging.DEBUG if isinstance(exc_info, (HttpProcessingError, ConnectionError)) else logging.ERROR
        self.log(level, msg, *args, exc_info=exc_info, **more)


async def _addresses(address: Address) -> list[str]:
    """The addresses to bind: numbers, so that a picked port is the same on all of them."""
    found = await asyncio.get_running_loop().getaddrinfo(
        address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _peer_name(websocket: web.WebSocketResponse[bool]) -> str:
    peer = websocket.get_extra_info("peername")
    return Address(str(peer[0]), int(peer[1])).authority if peer else "a client that left"


def _cannot_listen(address: Address, error: OSError) -> str:
    where = address.authority
    if isinstance(error, socket.gaierror):
        return f"cannot listen at {where}: this machine does not know the name {address.host!r}; give an IP address"
    if error.errno == errno.EADDRINUSE:
        return (
            f"cannot listen at {where}: the port is in use; stop the other program or choose another port (0 picks one)"
        )
    if error.errno == errno.EACCES:
        return f"cannot listen at {where}: not allowed for this user; choose a port above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"cannot listen at {where}: the address is not one of this machine; 0.0.0.0 listens on all it has"
    return f"cannot listen at {where}: {os.strerror(error.errno) if error.errno else error}"
