"""Runs a short command to its end: within a time limit, without stdin, and never leaving a process behind."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence

import psutil
from attrs import frozen


@frozen
class Finished:
    """How a command ended. ``exit_status`` is None when it ran out of time; what it wrote until then is kept."""

    exit_status: int | None
    stdout: str
    stderr: str

    @property
    def timed_out(self) -> bool:
        return self.exit_status is None


async def run_tool(argv: Sequence[str], *, time_limit: float, environment: Mapping[str, str] | None = None) -> Finished:
    """Run a command; one that is late or cancelled is killed with its children, and reaped, before this returns.

    Line ends are those of Unix whatever the system (a Windows pipe has CRLF). Without an ``environment`` it has this
    process's own: it is given nothing that came from outside.

    Raises:
        OSError: it could not be started.
    """
    process = await asyncio.create_subprocess_exec(*argv, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=environment)
    reading = asyncio.ensure_future(process.communicate())
    try:
        await asyncio.wait({reading}, timeout=time_limit)
    finally:
        late = not reading.done()
        if late:
            _kill_tree(process.pid)
        stdout, stderr = await reading
    return Finished(None if late else process.returncode, _text(stdout), _text(stderr))


def _kill_tree(pid: int) -> None:
    # A wrapper script's children hold the pipes open: killing the wrapper alone would leave us waiting for them.
    try:
        process = psutil.Process(pid)
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace").replace("\r\n", "\n")
