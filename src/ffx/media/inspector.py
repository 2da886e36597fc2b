"""Examines files in processes of their own: what is wrong with a file, or made to be, is no fault of this process.

One process has PyAV loaded and sees no file; its copies, the readers, are handed files open: see ``inspector_process``.
A reader reads the files of one owner alone. What a file does to it can harm no other's, and its owner's no more than
what he sends could anyway; and only the first of many small files pays for the copy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import define, field, frozen

from ffx.core.errors import DecodeError, FfxError, ProbeError
from ffx.media.inspection import LARGEST_ANSWER, read_examination
from ffx.media.inspector_process import ANY_STREAMS, FILMS, FIRST_FRAME
from ffx.media.inspector_start import InspectorStarter, Running, examine_apart
from ffx.media.probe import MediaInfo, PacketCounts
from ffx.media.process import crash_name
from ffx.media.sandbox import NO_SANDBOX, Sandbox

TIME_LIMIT = 300.0
"""Seconds for a file of any size, and as many more as it has ``TIME_SHARE`` bytes: a slow disk is no fault."""
TIME_SHARE = 2_000_000
READER_KEPT = 5.0
"""Seconds that a reader waits for another file of its owner."""

_BLOCK = 65536
_STATUS_DIGITS = 12

Examined = tuple[MediaInfo, PacketCounts]


class Inspector:
    """Owns the process: it starts with the first file, and ends with ``close``."""

    def __init__(self, sandbox: Sandbox = NO_SANDBOX) -> None:
        self._starter = InspectorStarter(sandbox)
        self._running: asyncio.Task[Running] | None = None
        self._idle: list[_Reader] = []

    async def examine(
        self, path: Path, *, owner: str = "", subtitles: bool = False, first_frame: bool = False
    ) -> Examined:
        """What the header of a media file says, and what its packets are; takes as long as reading the file.

        ``owner`` says whose file it is: files of different owners never meet in one reader. ``subtitles``: whether a
        file that holds nothing else will do; of such a file no ``first_frame`` is looked at.

        Raises:
            ProbeError: one line that names the file and what is wrong with it, also that it brought its reader down.
        """
        with _opened(path) as source:
            size = os.fstat(source).st_size
            limit = TIME_LIMIT + size / TIME_SHARE
            word = ANY_STREAMS if subtitles else FIRST_FRAME if first_frame else FILMS
            try:
                async with asyncio.timeout(limit):
                    answer = await self._answer(_Question(source, path, word), owner, limit)
            except TimeoutError:
                raise ProbeError(f"{path}: reading it took too long and was ended") from None
        if not answer.startswith(b"{"):
            raise ProbeError(f"{path}: {_how_it_ended(answer)}")
        try:
            return read_examination(answer, path, size)
        except DecodeError as error:
            raise ProbeError(f"{path}: its reader said what cannot be: {error}") from None

    async def close(self) -> None:
        """End it. What is being read is given up."""
        for reader in self._idle:
            reader.dismiss()
        self._idle.clear()
        running, self._running = self._running, None
        if running is None:
            return
        running.cancel()  # nothing, where it has started
        await asyncio.wait([running])
        if not running.cancelled() and running.exception() is None:
            await running.result().end()

    async def _answer(self, question: _Question, owner: str, time_limit: float) -> bytes:
        """The answer about a file; or how its reader ended, as a number."""
        if sys.platform == "win32":
            return await examine_apart(question.path, question.word, time_limit)
        answer = await self._ask(question, owner)
        # Once more where the process itself was ended, by a person or for want of memory.
        return answer or await self._ask(question, owner)

    async def _ask(self, question: _Question, owner: str) -> bytes:
        """The answer of a reader; nothing where the process ended, which is another one the next time."""
        reader = self._waiting_for(owner) or await self._new_reader(owner)
        try:
            answer = await reader.ask(question)
        except BaseException:  # nobody waits for it any more
            reader.dismiss()
            raise
        if not answer:
            await self._forget(reader.of)
        if answer.startswith(b"{"):
            self._keep(reader)
        else:
            reader.dismiss()
        return answer

    # -- Readers ------------------------------------------------------------------------------------------------

    def _waiting_for(self, owner: str) -> _Reader | None:
        """The reader that read a file of this owner last and is well."""
        for reader in reversed(self._idle):
            if reader.owner == owner:
                self._idle.remove(reader)
                if reader.is_well():
                    return reader
                reader.dismiss()
        return None

    async def _new_reader(self, owner: str) -> _Reader:
        running = self._running = self._running or asyncio.create_task(self._starter.start(), name="inspector's start")
        try:
            # Shielded: who is cancelled is not the only one that waits.
            ours = (await asyncio.shield(running)).new_reader()
        except (FfxError, OSError):
            await self._forget(running)
            raise
        return _Reader(owner, ours, running)

    def _keep(self, reader: _Reader) -> None:
        if reader.of is self._running:
            self._idle.append(reader)
            reader.expire_in(READER_KEPT, self._expire)
        else:
            reader.dismiss()

    def _expire(self, reader: _Reader) -> None:
        self._idle.remove(reader)
        reader.dismiss()

    async def _forget(self, running: asyncio.Task[Running]) -> None:
        if self._running is running:
            await self.close()


@frozen
class _Question:
    """A file that is open, and what it may be."""

    source: int
    path: Path
    word: bytes
    """One of those of ``inspector_process``."""


@define(eq=False)
class _Reader:
    """One process that reads the files of one owner, from this side."""

    owner: str
    socket: socket.socket
    of: asyncio.Task[Running]
    """The process that it is a copy of."""
    _expiry: asyncio.TimerHandle | None = field(default=None, init=False)

    async def ask(self, question: _Question) -> bytes:
        """The line that it says of a file; where it ends instead, how it ended, or nothing when all ended."""
        loop = asyncio.get_running_loop()
        line = bytearray()
        try:
            socket.send_fds(self.socket, [question.word], [question.source])
            while len(line) <= LARGEST_ANSWER and (block := await loop.sock_recv(self.socket, _BLOCK)):
                line += block
                if block.endswith(b"\n"):
                    return bytes(line[:-1])
        except (BrokenPipeError, ConnectionResetError):
            pass
        return bytes(line)

    def is_well(self) -> bool:
        """Whether it still waits; it says nothing unasked. Then it no longer expires."""
        if self._expiry is not None:
            self._expiry.cancel()
        try:
            self.socket.recv(1)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def expire_in(self, seconds: float, expire: Callable[[_Reader], None]) -> None:
        self._expiry = asyncio.get_running_loop().call_later(seconds, expire, self)

    def dismiss(self) -> None:
        """End it, whatever it does."""
        if self._expiry is not None:
            self._expiry.cancel()
        self.socket.close()


def _how_it_ended(status: bytes) -> str:
    """What became of a reader that did not come to its end."""
    number = int(status) if status.isdigit() and len(status) < _STATUS_DIGITS else 0
    ended = crash_name(number if os.name == "nt" else os.waitstatus_to_exitcode(number)) if number else ""
    if ended == "SIGXCPU":
        return "reading it took too long and was ended"
    return f"it brought its reader down{f' ({ended})' if ended else ''}: it is damaged, or made to do harm"


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """The file, as a number. Raises ProbeError where there is no regular one."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(path, flags)
    except OSError as error:
        raise ProbeError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise ProbeError(f"{path}: is not a regular file")
        yield number
    finally:
        os.close(number)
