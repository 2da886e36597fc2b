"""Blocks of bulk bytes, and what every transport asks of a resource and of a client's source."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable

from ffx.core.errors import TransferError

BLOCK_BYTES = 2 * 1024 * 1024
"""Bytes a block: a block is one hop to a thread that writes or hashes it, and smaller ones cost more than they win."""

_RESOURCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_resource(resource: str) -> None:
    """Refuse what cannot be a resource before any store looks at it.

    Raises:
        TransferError: ``unknown_resource``.
    """
    if not _RESOURCE.fullmatch(resource):
        raise TransferError(
            "there is no such resource: its name is not one that a server gives", code="unknown_resource"
        )


def check_range(offset: int, total: int) -> None:
    """Refuse an offset that lies outside the file.

    Raises:
        TransferError: ``wrong_offset``.
    """
    if not 0 <= offset <= total:
        raise TransferError(f"offset {offset} lies outside of a file of {total} bytes", code="wrong_offset")


async def gathered(read: Callable[[], Awaitable[bytes]]) -> AsyncGenerator[bytes, None]:
    """Blocks of about ``BLOCK_BYTES`` out of the pieces that ``read`` returns until it returns nothing.

    What was read before ``read`` failed is handed out before its error is raised.
    """
    pieces: list[bytes] = []
    size = 0
    fault: TransferError | None = None
    while True:
        try:
            piece = await read()
        except TransferError as error:
            fault = error
            break
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
        if size >= BLOCK_BYTES:
            yield b"".join(pieces)
            pieces.clear()
            size = 0
    if pieces:
        yield b"".join(pieces)
    if fault is not None:
        raise fault


async def exactly(blocks: AsyncIterable[bytes], size: int) -> AsyncGenerator[bytes, None]:
    """``blocks`` as they are, as long as they are ``size`` bytes together; closes a generator at its end.

    Raises:
        TransferError: ``source_changed``, when they are more or fewer; nothing beyond ``size`` is handed out.
    """
    left = size
    source = aiter(blocks)
    try:
        async for block in source:
            if len(block) > left:
                raise TransferError(f"the source has more than the announced {size} bytes", code="source_changed")
            left -= len(block)
            if block:
                yield block
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()
    if left:
        raise TransferError(f"the source ended {left} bytes before the announced {size}", code="source_changed")
