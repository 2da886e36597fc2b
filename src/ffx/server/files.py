"""The bulk bytes of a server: what arrives is appended and hashed once, what is offered lies ready."""

from __future__ import annotations

import asyncio
import errno
import secrets
from collections.abc import AsyncIterable, Callable
from pathlib import Path

from blake3 import blake3

from ffx.core.errors import TransferError
from ffx.core.transport import BulkStore, StoredFile
from ffx.media.keeping import Keeper

BLOCK_SIZE = 1024 * 1024
"""Bytes that are gathered before they are written and hashed."""

_WITHDRAWN = -1

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


class FileStore(BulkStore):
    """Files by *resource*: a random name that says nothing and cannot be guessed."""

    def __init__(self, check_room: Callable[[], None] = lambda: None) -> None:
        """``check_room`` is called before each block and raises TransferError when there is no room for more."""
        self._check_room = check_room
        self._uploads: dict[str, _Upload] = {}
        self._offers: dict[str, StoredFile] = {}

    # -- For the transport ------------------------------------------------------------------------------------

    async def received(self, resource: str) -> int:
        return await self._upload(resource).settled()

    async def receive(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        """Append ``blocks``; the newest call for a resource is the one that writes, an older one ends
        ``interrupted``: a client that reconnected does not wait for its own broken connection.
        """
        upload = self._upload(resource)
        turn = await upload.begin(offset, total)
        arrived, gathered = offset, bytearray()
        try:
            async for block in blocks:
                arrived += len(block)
                self._check_room()
                if arrived > total:
                    raise TransferError(f"more than the {total} bytes that were announced", code="too_large")
                if gathered or len(block) < BLOCK_SIZE:
                    gathered += block
                    if len(gathered) < BLOCK_SIZE:
                        continue
                    block, gathered = bytes(gathered), bytearray()
                await upload.append(block, turn)
        finally:
            received = await upload.finish(bytes(gathered), turn)
        return received

    async def offer(self, resource: str) -> StoredFile:
        try:
            return self._offers[resource]
        except KeyError:
            raise _unknown_resource() from None

    # -- For the server ---------------------------------------------------------------------------------------

    def expect(self, path: Path, size: int) -> str:
        """Receive an upload of ``size`` bytes in a file, whose beginning may be there already; returns its resource.

        Raises:
            OSError: the file cannot be made.
        """
        path.touch()
        resource = _new_resource()
        self._uploads[resource] = _Upload(path, size)
        return resource

    async def digest(self, resource: str) -> str:
        """BLAKE3 of what arrived so far, in hexadecimal; only what was there before is read for it."""
        upload = self._upload(resource)
        await upload.settled()
        await upload.hashed()
        return upload.keeper.digest.hexdigest()

    async def start_over(self, resource: str) -> None:
        """Throw away what arrived."""
        await self._upload(resource).start_over()

    def offer_file(self, file: StoredFile) -> str:
        """Let clients fetch a file; returns its resource."""
        resource = _new_resource()
        self._offers[resource] = file
        return resource

    async def withdraw(self, *resources: str) -> None:
        """Forget resources; nothing is written to their files any more when this returns."""
        for resource in resources:
            self._offers.pop(resource, None)
            upload = self._uploads.pop(resource, None)
            if upload is not None:
                upload.turn = _WITHDRAWN
                await upload.settled()
                await upload.hashed()
                await upload.keeper.release()

    def _upload(self, resource: str) -> _Upload:
        try:
            return self._uploads[resource]
        except KeyError:
            raise _unknown_resource() from None


class _Upload:
    """One file that is being received. One block is kept while the next is gathered."""

    def __init__(self, path: Path, size: int) -> None:
        there = path.stat().st_size
        self.path = path
        self.size = size
        self.keeper = Keeper(path, size=there if there <= size else 0)
        self.turn = 0
        """Whose blocks count: the number of the newest call, or ``_WITHDRAWN``."""
        self._writing: asyncio.Task[None] | None = None
        # How much is there can be told at once; nothing is added to it before it is hashed.
        self._hashing = asyncio.create_task(self._hash()) if self.keeper.size else None

    async def begin(self, offset: int, total: int) -> int:
        written = await self.settled()
        if self.turn == _WITHDRAWN:
            raise _unknown_resource()
        if total != self.size:
            code = "too_large" if total > self.size else "source_changed"
            raise TransferError(f"{self.size} bytes were announced, not {total}", code=code)
        if offset != written:
            raise TransferError(f"the server has {written} bytes and cannot go on at {offset}", code="wrong_offset")
        self._writing = None
        self.turn += 1
        return self.turn

    async def append(self, block: bytes, turn: int) -> None:
        """Hand a block over; waits for the one before, not for this one."""
        await self._ready(turn)
        self._writing = asyncio.create_task(self.keeper.keep(block))

    async def finish(self, rest: bytes, turn: int) -> int:
        """Keep the last block and wait until all is on the disk itself."""
        await self.append(rest, turn)
        await self._ready(turn)
        self._writing = asyncio.create_task(self.keeper.sync())
        await self._ready(turn)
        return self.keeper.size

    async def settled(self) -> int:
        """Wait until nothing is being written; returns how much was. A failed write is its caller's affair."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])
        if self._writing is not None:
            self._writing.exception()  # seen: asyncio would complain about one that nobody asked for
        return self.keeper.size

    async def hashed(self) -> None:
        """Wait until what was there before is hashed."""
        if self._hashing is not None:
            await asyncio.wait([self._hashing])

    async def start_over(self) -> None:
        self.turn += 1
        await self.settled()
        await self.hashed()
        await self.keeper.release()
        # A file of its own: that which was there may be an input of other jobs.
        self.path.unlink(missing_ok=True)
        self.path.touch()
        self.keeper = Keeper(self.path)

    async def _hash(self) -> None:
        try:
            self.keeper.digest = await asyncio.to_thread(_digest_of, self.path)
        except OSError:  # what cannot be read is as good as not there
            if self.turn != _WITHDRAWN:
                self.turn += 1
            self.keeper = Keeper(self.path)

    async def _ready(self, turn: int) -> None:
        await self.settled()
        await self.hashed()
        if self.turn == _WITHDRAWN:
            raise _unknown_resource()
        if turn != self.turn:
            raise TransferError("another connection sends this file now", code="interrupted")
        writing, self._writing = self._writing, None
        if writing is not None:
            try:
                writing.result()
            except OSError as error:
                raise _write_error(error) from None


def is_disk_full(error: OSError) -> bool:
    """Whether a write failed for want of room, or of what the user may take of it."""
    return error.errno in _DISK_FULL


def _digest_of(path: Path) -> blake3:
    return blake3(max_threads=blake3.AUTO).update_mmap(path)


def _new_resource() -> str:
    return secrets.token_urlsafe(24)


def _unknown_resource() -> TransferError:
    return TransferError("there is no such resource on this server", code="unknown_resource")


def _write_error(error: OSError) -> TransferError:
    if is_disk_full(error):
        return TransferError("the server's disk is full", code="disk_full")
    return TransferError(f"the server cannot write: {error.strerror}", code="interrupted")
