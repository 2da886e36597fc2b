"""Runs a short command to its end: within a time limit, without stdin, and never leaving a process behind."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence

from attrs import frozen


@frozen
class Finished:
    """How a command ended. ``exit_status`` is None when it ran out of time."""

    exit_status: int | None
    stdout: str
    stderr: str

    @property
    def timed_out(self) -> bool:
        return self.exit_status is None


async def run_tool(argv: Sequence[str], *, time_limit: float) -> Finished:
    """Run a command; a cancelled or late one is killed and reaped before this returns.

    Line ends are those of Unix whatever the system (a Windows pipe has CRLF).

    Raises:
        OSError: it could not be started.
    """
    process = await asyncio.create_subprocess_exec(*argv, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(time_limit):
            stdout, stderr = await process.communicate()
    except TimeoutError:
        return Finished(None, "", "")
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())
    return Finished(process.returncode, _text(stdout), _text(stderr))


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace").replace("\r\n", "\n")
