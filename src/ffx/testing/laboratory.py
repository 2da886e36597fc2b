"""What the conformance suites work with: a service whose conversations a test writes, and a store in memory."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from pathlib import Path

from ffx.core.errors import ConnectionClosed, DecodeError, TransferError
from ffx.core.identity import Identity, Role
from ffx.core.messages import Envelope, ValidationErrorMessage
from ffx.core.transport import BulkStore, Connection, Service, StoredFile

TOKEN = "the-token-of-the-laboratory"
LABORANT = Identity("laborant", Role.SUBMIT)
"""Whom it proves."""
BLOCK = 1024 * 1024

Conversation = Callable[[Connection], Awaitable[None]]


async def echo(connection: Connection) -> None:
    """Answer every message with itself, and what does not fit with a validation error that names the path."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            try:
                envelope = await connection.receive()
            except DecodeError as error:
                await connection.send(Envelope(ValidationErrorMessage(error.detail, error.path)))
                continue
            await connection.send(envelope.reply(envelope.message))


class MemoryStore(BulkStore):
    """Uploads in memory, downloads from files; it remembers what it was asked for."""

    def __init__(self) -> None:
        self.uploads: dict[str, bytearray] = {}
        self.asked: list[str] = []
        """Every resource that anybody asked for."""
        self.receiving = 0
        """Calls of ``receive`` under way."""
        self.open = asyncio.Event()
        """While it is clear, no block after the first is taken."""
        self.open.set()
        self.fault: TransferError | None = None
        """Raised when the next block is taken."""
        self._limits: dict[str, int] = {}
        self._offers: dict[str, StoredFile] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._arrival = asyncio.Condition()

    def expect(self, resource: str, size: int, *, beginning: bytes = b"") -> None:
        """Be ready for an upload of ``size`` bytes, of which some are there already."""
        self.uploads[resource] = bytearray(beginning)
        self._limits[resource] = size
        self._turns[resource] = asyncio.Lock()

    def give(self, resource: str, path: Path) -> str:
        """Offer a file for download; returns its digest."""
        content = path.read_bytes()
        stored = StoredFile(path, len(content), hashlib.sha256(content).hexdigest())
        self._offers[resource] = stored
        return stored.digest

    async def arrived(self, resource: str, size: int) -> None:
        """Wait until at least ``size`` bytes of an upload are there."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.uploads[resource]) >= size)

    async def received(self, resource: str) -> int:
        self._known(resource, self.uploads)
        async with self._turns[resource]:  # an upload that breaks off may still be bringing its last bytes in
            return len(self.uploads[resource])

    async def receive(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        self._known(resource, self.uploads)
        async with self._turns[resource]:
            self.receiving += 1
            try:
                await self._append(resource, offset, total, blocks)
            finally:
                self.receiving -= 1
        return len(self.uploads[resource])

    async def offer(self, resource: str) -> StoredFile:
        self._known(resource, self._offers)
        return self._offers[resource]

    async def _append(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> None:
        content = self.uploads[resource]
        if offset != len(content):
            raise TransferError(f"{len(content)} bytes are there, not {offset}", code="wrong_offset")
        if total > self._limits[resource]:
            raise TransferError(f"{total} bytes are more than were announced", code="too_large")
        async for block in blocks:
            if self.fault is not None:
                raise self.fault
            async with self._arrival:
                content += block
                self._arrival.notify_all()
            await self.open.wait()

    def _known(self, resource: str, where: dict[str, bytearray] | dict[str, StoredFile]) -> None:
        self.asked.append(resource)
        if resource not in where:
            raise TransferError("there is no such resource", code="unknown_resource")


class LaboratoryService(Service):
    """A service that holds whatever conversation a test gives it."""

    bulk: MemoryStore

    def __init__(self, conversation: Conversation = echo) -> None:
        self.bulk = MemoryStore()
        self.conversation = conversation
        self.begun = asyncio.Semaphore(0)
        """Released when a conversation begins."""
        self.identities: list[Identity] = []
        """Who holds or held the conversations."""
        self.revoked = False
        """Whether the token opens nothing any more."""

    def authenticate(self, token: str) -> Identity | None:
        right = not self.revoked and hmac.compare_digest(token.encode(), TOKEN.encode())
        return LABORANT if right else None

    async def converse(self, connection: Connection, identity: Identity) -> None:
        self.identities.append(identity)
        self.begun.release()
        await self.conversation(connection)


def content(size: int, *, seed: int = 0) -> bytes:
    """``size`` bytes that look like nothing else: a lost, doubled or swapped block changes them."""
    block = hashlib.shake_256(seed.to_bytes(8, "big")).digest(min(size, 64 * 1024))
    pieces = bytearray()
    while len(pieces) < size:
        pieces += (len(pieces) ^ seed).to_bytes(8, "big") + block
    return bytes(pieces[:size])


async def in_blocks(data: bytes, block: int = BLOCK) -> AsyncIterator[bytes]:
    """The bytes, block by block."""
    for start in range(0, len(data), block):
        yield data[start : start + block]
