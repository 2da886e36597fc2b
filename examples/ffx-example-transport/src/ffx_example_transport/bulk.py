"""Bulk bytes over a TCP connection of their own, the same for both ends: time limits, and one kind of error."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ffx.core.errors import TransferError
from ffx_example_transport.frames import LARGEST_BLOCK, Frames

IDLE_LIMIT = 60.0
"""Seconds without a frame in either direction, then a transfer counts as broken."""

_RESOURCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_request(resource: object, offset: object = 0, total: object = 2**63) -> None:
    """Refuse what cannot be meant, whichever end asks. Raises TransferError."""
    if not isinstance(resource, str) or not _RESOURCE.fullmatch(resource):
        raise TransferError("there is no such resource", code="unknown_resource")
    if not isinstance(offset, int) or not isinstance(total, int) or not 0 <= offset <= total:
        raise TransferError(f"offset {offset} lies outside of a file of {total} bytes", code="wrong_offset")


class Transfer:
    """One upload or download. Every method raises TransferError ``interrupted`` when the way breaks."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    async def send(self, block: bytes) -> None:
        """Send bytes, in frames of an allowed size."""
        for start in range(0, len(block), LARGEST_BLOCK):
            async with self._watched():
                await self._frames.write(block[start : start + LARGEST_BLOCK])

    async def receive(self, size: int) -> AsyncGenerator[bytes, None]:
        """The blocks of the next ``size`` bytes."""
        while size:
            async with self._watched():
                block = await self._frames.read(min(size, LARGEST_BLOCK))
            size -= len(block)
            yield block

    async def say(self, words: dict[str, Any]) -> None:
        async with self._watched():
            await self._frames.write_object(words)

    async def hear(self, *, waiting: bool = False) -> dict[str, Any]:
        """What the other side says; ``waiting``: it may first have a lot to do."""
        async with self._watched(None if waiting else IDLE_LIMIT):
            return await self._frames.read_object()

    @asynccontextmanager
    async def _watched(self, seconds: float | None = IDLE_LIMIT) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise TransferError(f"{self._frames.peer} moved no byte for {seconds} s", code="interrupted") from None
        except (OSError, EOFError, ValueError):
            raise TransferError(
                f"the connection to {self._frames.peer} broke during the transfer", code="interrupted"
            ) from None
