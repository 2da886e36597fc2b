"""Starts the process that examines files, inside the sandbox where there is one."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import socket
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.errors import FfxError
from ffx.core.model import SandboxLevel
from ffx.media.limits import Limits
from ffx.media.process import dying_with_its_parent, end_process, small_environment, to_the_end
from ffx.media.sandbox import Confinement, Sandbox
from ffx.media.tool import run_tool

START_LIMIT = 30.0
"""Seconds until the process is ready, on a machine that is busy."""

_PACKAGES = ("ffx", "av", "attr", "attrs", "cattrs")
_PYTHON = (sys.executable, "-P", "-s", "-B", "-m", "ffx.media.inspector_process")

log = logging.getLogger(__name__)


@frozen
class Running:
    """One life of the process."""

    process: Process
    control: socket.socket

    def new_reader(self) -> socket.socket:
        """Have it copy itself; returns the socket to the copy. Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(ours.close)
            ours.setblocking(False)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # then the copy's socket is at its end
                socket.send_fds(self.control, [b"?"], [theirs.fileno()])
            undo.pop_all()
        return ours

    async def end(self) -> None:
        self.control.close()
        await _end(self.process)


class InspectorStarter:
    """Starts it in the sandbox; outside of it, with a warning, where Python does not run inside."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def start(self) -> Running:
        """Start the process and wait until it is ready. Raises FfxError where that cannot be, in one line."""
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


async def _start(sandbox: Sandbox) -> Running:
    """Raises _NotReady."""
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
            return Running(process, ours)
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


async def examine_apart(path: Path, word: bytes, time_limit: float) -> bytes:
    """The answer of a process that is started for one file, or its exit status: where open files cannot be handed over.
    ``word`` is one of those of ``inspector_process``.

    Raises:
        TimeoutError: it took longer than so many seconds.
    """
    finished = await run_tool((*_PYTHON, word.decode(), str(path)), time_limit=time_limit, environment=_environment())
    if finished.timed_out:
        raise TimeoutError
    return f"{finished.exit_status}".encode() if finished.exit_status else finished.stdout.encode()


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
