"""Examines files in a process of its own: what is wrong with a file, or made to be, is no fault of this process.

One process has PyAV loaded and sees no file; it is handed each one open, forks, and the copy reads it: see
``inspector_process``. Where the sandbox is full it is inside.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import socket
import stat
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from attrs import evolve, frozen

from ffx.core.errors import DecodeError, FfxError, ProbeError
from ffx.core.model import SandboxLevel
from ffx.media.inspection import LARGEST_ANSWER, read_examination
from ffx.media.limits import Limits
from ffx.media.probe import MediaInfo, PacketCounts
from ffx.media.process import crash_name, dying_with_its_parent, end_process, small_environment, to_the_end
from ffx.media.sandbox import NO_SANDBOX, Confinement, Sandbox
from ffx.media.tool import run_tool

START_LIMIT = 30.0
"""Seconds until the process is ready, on a machine that is busy."""
TIME_LIMIT = 300.0
"""Seconds for a file of any size, and as many more as it has ``TIME_SHARE`` bytes: a slow disk is no fault."""
TIME_SHARE = 2_000_000

_PACKAGES = ("ffx", "av", "attr", "attrs", "cattrs")
_PYTHON = (sys.executable, "-P", "-s", "-B", "-m", "ffx.media.inspector_process")
_BLOCK = 65536
_STATUS_DIGITS = 12

Examined = tuple[MediaInfo, PacketCounts]

log = logging.getLogger(__name__)


class Inspector:
    """Owns the process: it starts with the first file, and ends with ``close``."""

    def __init__(self, sandbox: Sandbox = NO_SANDBOX) -> None:
        self._sandbox = sandbox
        self._running: asyncio.Task[_Running] | None = None

    async def examine(self, path: Path) -> Examined:
        """What the header of a media file says, and what its packets are; takes as long as reading the file.

        Raises:
            ProbeError: one line that names the file and what is wrong with it, also that it brought its reader down.
        """
        with _opened(path) as source:
            size = os.fstat(source).st_size
            limit = TIME_LIMIT + size / TIME_SHARE
            try:
                async with asyncio.timeout(limit):
                    text = await self._answer(source, path, limit)
            except TimeoutError:
                raise ProbeError(f"{path}: reading it took too long and was ended") from None
        answer, _, status = text.rpartition(b"\n")
        if status != b"0":
            raise ProbeError(f"{path}: {_how_it_ended(status)}")
        try:
            return read_examination(answer, path, size)
        except DecodeError as error:
            raise ProbeError(f"{path}: its reader said what cannot be: {error}") from None

    async def close(self) -> None:
        """End it. What is being read is given up."""
        running, self._running = self._running, None
        if running is None:
            return
        running.cancel()  # nothing, where it has started
        await asyncio.wait([running])
        if not running.cancelled() and running.exception() is None:
            await running.result().end()

    async def _answer(self, source: int, path: Path, time_limit: float) -> bytes:
        if sys.platform == "win32":
            return await examine_apart(path, time_limit)
        text = await self._ask(source)
        # Once more where the process itself was ended, by a person or for want of memory.
        return text or await self._ask(source)

    async def _ask(self, source: int) -> bytes:
        """The answer about an open file; nothing where the process ended, which is another one the next time."""
        running = self._running = self._running or asyncio.create_task(self._start(), name="start of an inspector")
        try:
            # Shielded: who is cancelled is not the only one that waits.
            text = await (await asyncio.shield(running)).ask(source)
        except (FfxError, OSError):
            await self._forget(running)
            raise
        if not text:
            await self._forget(running)
        return text

    async def _forget(self, running: asyncio.Task[_Running]) -> None:
        if self._running is running:
            await self.close()

    async def _start(self) -> _Running:
        try:
            return await _start(self._sandbox)
        except _NotReady as error:
            if self._sandbox.level is not SandboxLevel.FULL or self._sandbox.required:
                raise
            log.warning("what comes is read outside of the sandbox, for Python does not run inside: %s", error)
        self._sandbox = evolve(self._sandbox, level=SandboxLevel.LIMITS, walls=())
        return await _start(self._sandbox)


class _NotReady(FfxError):
    """The process did not start."""


@frozen
class _Running:
    """One life of the process."""

    process: Process
    control: socket.socket

    async def ask(self, source: int) -> bytes:
        """The answer about an open file, with how its reader ended; nothing where all of it ended."""
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb", 0) as pipe:
            try:
                socket.send_fds(self.control, [b"?"], [source, writing])
            except OSError:
                return b""
            finally:
                os.close(writing)
            return await _read(pipe)

    async def end(self) -> None:
        self.control.close()
        await _end(self.process)


async def _start(sandbox: Sandbox) -> _Running:
    """Start the process and wait until it is ready. Raises _NotReady."""
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as undo, theirs:
        undo.callback(ours.close)
        ours.setblocking(False)
        confinement = Confinement(sandbox, Limits(largest_file=0), places=_places_of_python())
        process = await asyncio.create_subprocess_exec(
            *dying_with_its_parent(confinement.command(_PYTHON, Path(tempfile.gettempdir()))),
            stdin=theirs.fileno(),
            stdout=DEVNULL,
            stderr=PIPE,
            start_new_session=True,
            env=_environment(),
        )
        theirs.close()
        try:
            ready = await _says_that_it_is_ready(ours)
        except BaseException:  # nobody waits any more
            await to_the_end(_end(process))
            raise
        if ready:
            undo.pop_all()
            return _Running(process, ours)
    await to_the_end(end_process(process))
    words = (await _last_words(process)).splitlines()
    raise _NotReady(f"files cannot be examined on this server: {words[-1] if words else 'the process ended at once'}")


async def _says_that_it_is_ready(control: socket.socket) -> bool:
    """Wait for its word, for a while."""
    try:
        async with asyncio.timeout(START_LIMIT):
            return bool(await asyncio.get_running_loop().sock_recv(control, 1))
    except TimeoutError:
        return False


async def _end(process: Process) -> None:
    """End it; its pipe is at its end then too."""
    await end_process(process)
    await _last_words(process)


async def _last_words(process: Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode(errors="replace").strip()


async def _read(pipe: IO[bytes]) -> bytes:
    """All that comes out of a pipe; of too much, no more than is too much."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    text = bytearray()
    try:
        while len(text) <= LARGEST_ANSWER and (block := await reader.read(_BLOCK)):
            text += block
    finally:
        transport.close()  # who still writes is ended for it
    return bytes(text)


async def examine_apart(path: Path, time_limit: float) -> bytes:
    """The answer of a process that is started for one file: where open files cannot be handed over.

    Raises:
        TimeoutError: it took longer than so many seconds.
    """
    finished = await run_tool((*_PYTHON, str(path)), time_limit=time_limit, environment=_environment())
    if finished.timed_out:
        raise TimeoutError
    return f"{finished.stdout}\n{finished.exit_status}".encode()


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


def _environment() -> dict[str, str]:
    return small_environment(os.environ) | {"PYTHONPATH": os.pathsep.join(_package_folders())}


def _package_folders() -> tuple[str, ...]:
    """Where the packages are that the process imports."""
    specs = (importlib.util.find_spec(name) for name in _PACKAGES)
    return tuple(dict.fromkeys(str(Path(spec.origin).parent.parent) for spec in specs if spec and spec.origin))


def _places_of_python() -> tuple[str, ...]:
    """What of this Python is not among the system's own files."""
    places = (Path(place) for place in dict.fromkeys((sys.base_prefix, sys.prefix, *_package_folders())))
    return tuple(str(place) for place in places if place.is_dir() and not place.is_relative_to("/usr"))
