"""A relay between a client and a server that can do to their bytes what a network would not: hold a transfer at a
byte, flip one bit of it, let none through while words pass, say a message twice or after the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Literal, TypeVar

from tests.faults.harness.waiting import until

T = TypeVar("T")

Kind = Literal["control", "upload", "download"]
"""What a connection is for: words, or the bytes of a file one way or the other."""

_BLOCK = 64 * 1024


class Relay:
    """Listens on ``port`` and passes everything on to ``target``. Every method may be called from the test's thread."""

    def __init__(self, port: int, target: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.repeats = False
        """Say every word of the server twice."""
        self.swaps = False
        """Say every word of the server after the next one."""
        self.refuses: Kind | None = None
        """Break every connection of this kind off when it is asked for something."""
        self.passed: dict[Kind, int] = {"control": 0, "upload": 0, "download": 0}
        """Bytes of the main direction that were passed on, all connections together."""
        self.words = 0
        """Words of the server that were said twice or late."""
        self._port, self._target = port, target
        self._holds: dict[Kind, int] = {}
        self._flips: dict[Kind, int] = {}
        self._held: set[Kind] = set()
        self._going: dict[Kind, asyncio.Event] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"relay {port}", daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._accept, "127.0.0.1", port))

    def close(self) -> None:
        self.cut()
        self._server.close()
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # -- Faults -------------------------------------------------------------------------------------------------

    def hold(self, kind: Kind, after: int = 0) -> None:
        """Pass on so many bytes of such a connection and then no more, until ``go_on``."""
        self._call(self._hold(kind, after))

    def held(self, kind: Kind) -> None:
        """Wait until a connection of this kind stands still."""
        until(lambda: kind in self._held, f"a held {kind}")

    def go_on(self) -> None:
        self._call(self._go_on())

    def flip(self, kind: Kind, at: int) -> None:
        """Flip one bit of the byte at this place of the next such connection, once."""
        self._flips[kind] = at

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        self._call(self._cut())

    # -- Inside -------------------------------------------------------------------------------------------------

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _hold(self, kind: Kind, after: int) -> None:
        self._holds[kind], self._going[kind] = after, asyncio.Event()

    async def _go_on(self) -> None:
        self._holds.clear()
        self._held.clear()
        for going in self._going.values():
            going.set()
        self._going.clear()

    async def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()  # as a port where nobody listens
            return
        self._writers |= {writer, there_writer}
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                line = _Line()
                up = self._pump(_requests(reader, line), there_writer, line, upwards=True)
                down = self._pump(self._answers(there_reader, line), writer, line, upwards=False)
                await _all_ended(up, down)
        finally:
            for one in (writer, there_writer):
                self._writers.discard(one)
                one.transport.abort()

    async def _pump(
        self, pieces: AsyncIterator[bytes], writer: asyncio.StreamWriter, line: _Line, *, upwards: bool
    ) -> None:
        """Pass on one direction."""
        async for piece in pieces:
            if upwards and line.kind == self.refuses:
                writer.transport.abort()
                return
            rest = piece
            if upwards == (line.kind == "upload"):  # the direction in which its bytes travel
                rest = await self._meddle(rest, writer, line)
            writer.write(rest)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def _meddle(self, piece: bytes, writer: asyncio.StreamWriter, line: _Line) -> bytes:
        """Do to a piece what is to be done to it; returns what of it is to be passed on now."""
        kind = line.kind
        at = self._flips.get(kind, -1) - line.done
        if 0 <= at < len(piece):
            piece = piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :]
            del self._flips[kind]
        while kind in self._holds and line.done + len(piece) > self._holds[kind]:
            before = max(0, self._holds[kind] - line.done)
            writer.write(piece[:before])
            self.passed[kind] += before
            piece, line.done = piece[before:], line.done + before
            self._held.add(kind)
            await self._going[kind].wait()
        self.passed[kind] += len(piece)
        line.done += len(piece)
        return piece

    async def _answers(self, reader: asyncio.StreamReader, line: _Line) -> AsyncIterator[bytes]:
        """What a server says: bytes of files, or, on a line for words, one frame after the other."""
        first = await reader.read(_BLOCK)
        if line.kind != "control" or not first:
            yield first
            while block := await reader.read(_BLOCK):
                yield block
            return
        head, _, rest = first.partition(b"\r\n\r\n")
        yield head + b"\r\n\r\n"
        async for frame in self._words(_Ahead(reader, rest)):
            yield frame

    async def _words(self, reader: _Ahead) -> AsyncIterator[bytes]:
        """One WebSocket frame after the other, as they are to arrive."""
        late: bytes | None = None
        while True:
            try:
                frame, is_text = await _frame(reader)
            except asyncio.IncompleteReadError:
                break
            if not is_text or not (self.repeats or self.swaps or late):
                yield frame
            elif self.repeats:
                self.words += 1
                yield frame + frame
            elif late is None:
                late = frame
                self.words += 1
            else:
                yield frame + late
                late = None
        if late is not None:
            yield late


class _Line:
    """One connection, which may serve several requests one after the other."""

    def __init__(self) -> None:
        self.kind: Kind = "control"
        self.done = 0
        """Bytes of the present request that travelled in its main direction."""


class _Ahead:
    """A reader of which some bytes were read already."""

    def __init__(self, reader: asyncio.StreamReader, first: bytes) -> None:
        self._reader, self._first = reader, first

    async def exactly(self, count: int) -> bytes:
        piece, self._first = self._first[:count], self._first[count:]
        return piece + await self._reader.readexactly(count - len(piece)) if len(piece) < count else piece


async def _requests(reader: asyncio.StreamReader, line: _Line) -> AsyncIterator[bytes]:
    """What a client says; a new request begins a block, since it waits for the answer to the one before it."""
    while block := await reader.read(_BLOCK):
        for beginning, kind in _KINDS:
            if block.startswith(beginning):
                line.kind, line.done = kind, 0
        yield block


_KINDS: tuple[tuple[bytes, Kind], ...] = (
    (b"PUT /files/", "upload"),
    (b"GET /files/", "download"),
    (b"HEAD /files/", "download"),
)


async def _frame(reader: _Ahead) -> tuple[bytes, bool]:
    """One whole frame of a server, which masks nothing, and whether it is a text."""
    head = await reader.exactly(2)
    length = head[1] & 0x7F
    if length >= 126:
        more = await reader.exactly(2 if length == 126 else 8)
        head, length = head + more, int.from_bytes(more)
    return head + await reader.exactly(length), head[0] & 0x0F == 1


async def _all_ended(*works: Coroutine[Any, Any, None]) -> None:
    """Wait for both directions: one may be closed while the other goes on; one that is reset ends both."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
