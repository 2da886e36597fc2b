"""Moves one file to a server and one back: by blocks, hashed on the way, from whatever offset is already there."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from ffx.core.errors import NoRoomError, TransferError, UsageError
from ffx.core.file_opening import opened_by_thread
from ffx.core.transport import ClientConnection
from ffx.media.keeping import Keeper

BLOCK = 2 * 1024 * 1024
"""Bytes read, hashed and sent at a time: large enough that a thread's hand-over costs nothing beside it."""

DISK_RESERVE = 64 * 1024 * 1024
"""Bytes that a download leaves free on the disk."""


async def upload_file(
    connection: ClientConnection,
    resource: str,
    path: Path,
    *,
    offset: int,
    size: int,
    on_bytes: Callable[[int], None],
) -> str:
    """Send the file from ``offset`` on; returns the BLAKE3 of all of it. ``on_bytes`` hears how much is there.

    Raises:
        TransferError: the server refused it, the way broke, or the file changed meanwhile (``source_changed``).
    """
    digest = blake3()
    async with opened_by_thread(lambda: _open(path)) as source:
        before = os.fstat(source.fileno())
        if before.st_size != size:
            raise _changed(path)
        if offset:
            await asyncio.to_thread(_hash_beginning, source, offset, digest)
        blocks = _counted(_read_ahead(source, size - offset, digest, path), offset, on_bytes)
        received = await connection.upload(resource, offset, size, blocks)
        after = os.fstat(source.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise _changed(path)
    if received != size:
        raise TransferError(f"the server has {received} of {size} bytes of {path.name}", code="incomplete")
    return digest.hexdigest()


async def download_file(
    connection: ClientConnection,
    resource: str,
    part: Path,
    *,
    size: int,
    digest: str,
    on_bytes: Callable[[int], None],
) -> None:
    """Fetch a result into ``part``, on from what is there already, and check its size and BLAKE3.

    Raises:
        TransferError: the way broke, or the bytes are not those that were announced; then ``part`` is removed.
        NoRoomError: the disk is full; what arrived stays.
        UsageError: ``part`` cannot be made where it is to be.
    """
    try:
        kept = await asyncio.to_thread(_take_up, part, size)
    except OSError as error:
        raise UsageError(f"{part.parent} cannot be written to: {error.strerror}") from None
    received = kept.size
    try:
        async for block in connection.download(resource, received, digest):
            received += len(block)
            if received > size:
                break
            await kept.keep(block)
            on_bytes(received)
        await kept.sync()
    except OSError as error:
        raise NoRoomError(f"{part}: cannot be written: {error.strerror}; make room there") from None
    finally:
        await kept.release()
    if received != size or kept.digest.hexdigest() != digest:
        await asyncio.to_thread(part.unlink)
        raise TransferError(f"{part.name} arrived damaged and was discarded", code="digest_mismatch")


async def _read_ahead(source: BinaryIO, left: int, digest: blake3, path: Path) -> AsyncIterator[bytes]:
    """Blocks of the file; the next one is read and hashed while one is being sent."""
    ahead = asyncio.ensure_future(asyncio.to_thread(_read, source, min(BLOCK, left), digest))
    try:
        while left:
            block = await ahead
            if not block:
                raise _changed(path)
            left -= len(block)
            if left:
                ahead = asyncio.ensure_future(asyncio.to_thread(_read, source, min(BLOCK, left), digest))
            yield block
    finally:
        # A thread cannot be stopped: the file stays open until it has read its block.
        await asyncio.wait([ahead])


async def _counted(blocks: AsyncIterator[bytes], offset: int, on_bytes: Callable[[int], None]) -> AsyncIterator[bytes]:
    async for block in blocks:
        yield block
        offset += len(block)
        on_bytes(offset)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise TransferError(f"{path}: cannot be read: {error.strerror}", code="source_changed") from None


def _read(source: BinaryIO, length: int, digest: blake3) -> bytes:
    block = source.read(length)
    digest.update(block)
    return block


def _take_up(part: Path, size: int) -> Keeper:
    """What is there already counts, unless it is more than the whole file."""
    digest = blake3()
    with part.open("a+b") as beginning:
        offset = beginning.tell()
        if offset > size:
            beginning.truncate(0)
            offset = 0
        _check_space(part, size - offset)
        beginning.seek(0)
        _hash_beginning(beginning, offset, digest)
    return Keeper(part, size=offset, digest=digest)


def _hash_beginning(source: BinaryIO, length: int, digest: blake3) -> None:
    while length:
        block = source.read(min(BLOCK, length))
        if not block:
            return
        digest.update(block)
        length -= len(block)


def _check_space(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if free < needed + DISK_RESERVE:
        raise NoRoomError(f"{part.parent}: {needed} bytes are needed and {free} are free; make room there")


def _changed(path: Path) -> TransferError:
    return TransferError(f"{path} changed while it was being sent; submit it again", code="source_changed")
