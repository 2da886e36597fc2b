"""The listening side: one port for conversations and for bulk bytes."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from pathlib import Path
from typing import Any, BinaryIO

from attrs import evolve

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError, ConnectionClosed, TransferError
from ffx.core.identity import Identity
from ffx.core.transport import BulkStore, Listener, Service
from ffx_example_transport.bulk import Transfer, check_request
from ffx_example_transport.connection import TcpConnection
from ffx_example_transport.frames import LARGEST_BLOCK, Frames

GREETING_LIMIT = 10.0
"""Seconds that a stranger has to say who it is."""
CLOSE_GRACE = 10.0
"""Seconds that conversations have to end after their connection was closed."""

_log = logging.getLogger(__name__)


async def listen(address: Address, service: Service) -> Listener:
    """Open a port. Raises ConnectError."""
    listener = TcpListener(service)
    try:
        server = await asyncio.start_server(listener.accept, address.host or None, address.port)
    except OSError as error:
        raise ConnectError(f"cannot listen at {address}: {error.strerror or error}", code="refused") from None
    listener.opened(server, evolve(address, port=server.sockets[0].getsockname()[1]))
    return listener


class TcpListener(Listener):
    """An open port, and the owner of every task that serves it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tasks: set[asyncio.Task[None]] = set()
        self._conversations: dict[asyncio.Task[None], TcpConnection] = {}

    def opened(self, server: asyncio.Server, address: Address) -> None:
        self._server = server
        self.address = address

    async def close(self) -> None:
        self._server.close()
        conversations = dict(self._conversations)
        for task in self._tasks - conversations.keys():
            task.cancel()
        await asyncio.gather(*(connection.close() for connection in conversations.values()))
        if conversations:
            _, stubborn = await asyncio.wait(conversations, timeout=CLOSE_GRACE)
            for task in stubborn:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Called by asyncio for every TCP connection."""
        frames = Frames(reader, writer)
        task = asyncio.create_task(self._guarded(frames), name=f"serving {frames.peer}")
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._conversations.pop(task, None)

    async def _guarded(self, frames: Frames) -> None:
        try:
            await self._serve(frames)
        except (OSError, EOFError, ValueError, ConnectionClosed, TransferError):
            pass  # the peer left, or does not speak as agreed
        except Exception:  # noqa: BLE001 - whatever one peer brings about, the others are served on
            _log.exception("serving %s failed", frames.peer)
        finally:
            frames.cut()

    async def _serve(self, frames: Frames) -> None:
        async with asyncio.timeout(GREETING_LIMIT):
            greeting = await frames.read_object()
        token = greeting.get("token")
        identity = self._service.authenticate(token) if isinstance(token, str) else None
        if identity is None:
            await frames.write_object({"error": "unauthorized"})
        elif greeting.get("wants") == "conversation":
            await frames.write_object({})
            await self._converse(TcpConnection(frames), identity)
            return
        else:
            await _transfer(self._service.bulk, Transfer(frames), greeting)
        await frames.part()

    async def _converse(self, connection: TcpConnection, identity: Identity) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations[task] = connection
        try:
            await self._service.converse(connection, identity)
        finally:
            await connection.close()


async def _transfer(store: BulkStore, transfer: Transfer, request: dict[str, Any]) -> None:
    try:
        resource, offset = request.get("resource"), request.get("offset", 0)
        check_request(resource, offset, request.get("total", 2**63))
        assert isinstance(resource, str)
        match request.get("wants"):
            case "received":
                await transfer.say({"received": await store.received(resource)})
            case "upload" if "total" in request:
                async with aclosing(transfer.receive(request["total"] - offset)) as blocks:
                    await transfer.say({"received": await store.receive(resource, offset, request["total"], blocks)})
            case "download":
                await _offer(store, transfer, resource, offset, request.get("digest"))
    except TransferError as error:
        await transfer.say({"error": error.code, "message": str(error)})


async def _offer(store: BulkStore, transfer: Transfer, resource: str, offset: int, digest: object) -> None:
    stored = await store.offer(resource)
    if stored.digest != digest:
        raise TransferError("the file is another version by now", code="digest_mismatch")
    check_request(resource, offset, stored.size)
    file = await asyncio.to_thread(_open, stored.path, offset)
    try:
        left = stored.size - offset
        await transfer.say({"size": left})
        while left:
            block = await asyncio.to_thread(file.read, min(left, LARGEST_BLOCK))
            if not block:
                raise ConnectionResetError("the file became shorter while it was sent")
            left -= len(block)
            await transfer.send(block)
    finally:
        file.close()


def _open(path: Path, offset: int) -> BinaryIO:
    try:
        file = path.open("rb")
    except OSError:
        raise TransferError("the file is no longer there", code="unknown_resource") from None
    file.seek(offset)
    return file
