"""Frames over TCP: four bytes of length, most significant first, then as many bytes."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

HEADER = 4
LARGEST_BLOCK = 1024 * 1024
"""Bytes of a frame with bulk bytes."""
LARGEST_GREETING = 64 * 1024
"""Bytes of a greeting and of its answer; a stranger may make us hold no more."""
LINGER = 2.0
"""Seconds that the other side gets to read our last words before the connection is cut."""


class FrameTooLarge(ValueError):
    """A frame was longer than allowed; its bytes were not read."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a frame of {size} bytes")
        self.size = size


class Frames:
    """Both directions of one TCP connection. Every method raises OSError or EOFError when the other side is gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._size_read: int | None = None

    @property
    def peer(self) -> str:
        name = self._writer.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if name else "a peer that is gone"

    async def read(self, limit: int) -> bytes:
        """The next frame. A call that is cancelled has read nothing that the next call would miss.

        Raises:
            FrameTooLarge: call ``skip`` to go on.
        """
        if self._size_read is None:
            self._size_read = int.from_bytes(await self._reader.readexactly(HEADER))
        if self._size_read > limit:
            raise FrameTooLarge(self._size_read)
        frame = await self._reader.readexactly(self._size_read)
        self._size_read = None
        return frame

    async def skip(self) -> None:
        """Pass over the frame that was too large."""
        while self._size_read:
            piece = await self._reader.read(min(self._size_read, LARGEST_BLOCK))
            if not piece:
                raise EOFError
            self._size_read -= len(piece)
        self._size_read = None

    async def write(self, frame: bytes) -> None:
        """Send a frame; safe to call from several tasks."""
        if self._reader.at_eof():
            raise ConnectionResetError("the other side is gone")
        self._writer.write(len(frame).to_bytes(HEADER) + frame)
        await self._writer.drain()

    async def read_object(self) -> dict[str, Any]:
        """The next frame as a JSON object.

        Raises:
            ValueError: it is none, or is too large.
        """
        try:
            value = json.loads(await self.read(LARGEST_GREETING))
        except RecursionError:
            raise ValueError("nested too deep") from None
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value

    async def write_object(self, value: dict[str, Any]) -> None:
        await self.write(json.dumps(value).encode())

    async def part(self) -> None:
        """End our side, let the other side read what is on the way, then cut the connection."""
        try:
            async with asyncio.timeout(LINGER):
                self.end()
                await self.drain()
        except TimeoutError:
            pass  # it had its time
        finally:
            self.cut()

    def end(self) -> None:
        """Nothing more will be written."""
        with suppress(OSError):
            self._writer.write_eof()

    async def drain(self) -> None:
        """Pass over whatever the other side still writes, to the end."""
        with suppress(OSError):
            while await self._reader.read(LARGEST_BLOCK):
                pass

    def cut(self) -> None:
        """Cut the connection at once: whatever waits for it fails."""
        self._writer.transport.abort()
