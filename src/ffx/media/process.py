"""A child process in a group of its own, whose whole tree can be ended and never outlives its owner."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from ffx.media.process_tree import ProcessTree
from ffx.media.sandbox import UNCONFINED, Confinement

PATIENCE = 1.0
"""Seconds between asking a process to end and killing it."""
_CRASH_CODES = 0xC000
"""The upper half of Windows' 0xC0000005 (access violation) and its neighbours. FFmpeg's own statuses reach beyond."""

_PASSED_ON = frozenset(
    (
        # Where things are. HOME is where fontconfig and CUDA keep their caches.
        *("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"),
        *("DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "PATHEXT"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PROGRAMFILES", "PROGRAMDATA", "LOCALAPPDATA"),
        *("USERPROFILE", "NUMBER_OF_PROCESSORS"),
        # Which devices to use.
        *(
            "DISPLAY",
            "NVIDIA_VISIBLE_DEVICES",
            "NVIDIA_DRIVER_CAPABILITIES",
            "ONEVPL_SEARCH_PATH",
            "INTEL_MEDIA_RUNTIME",
        ),
    )
)
_PASSED_ON_BEGINNINGS = ("LIBVA_", "VDPAU_", "CUDA_", "VK_", "MESA_", "RADV_", "ANV_", "AMD_", "DRI_", "MFX_")
"""Of the variables that drivers read: a trial saw them (RADV_PERFTEST switches video encoding on), so must a job."""


def small_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What FFmpeg may know of an environment: where things are and which devices to use, no secrets."""
    kept = {name: value for name, value in environment.items() if _is_passed_on(name.upper())}
    return {**kept, "LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"}


def _is_passed_on(name: str) -> bool:
    return name in _PASSED_ON or name.startswith(_PASSED_ON_BEGINNINGS)


async def start_process(argv: Sequence[str], *, directory: Path, confinement: Confinement = UNCONFINED) -> Process:
    """Start a child without stdin, with pipes for stdout and stderr.

    Raises:
        OSError: it could not be started.
    """
    _check_executable(argv[0])
    return await asyncio.create_subprocess_exec(
        *dying_with_its_parent(confinement.command(argv, directory)),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        cwd=directory,
        env=small_environment(os.environ),
        **_own_group(),
    )


async def end_process(process: Process) -> None:
    """End a child and everything it started: asked first, killed after ``PATIENCE``, reaped in any case; also what is
    suspended.

    Somebody must read its pipes to their ends meanwhile: until then asyncio does not call it ended.
    """
    tree: list[psutil.Process] = []
    if process.returncode is None:
        tree = ProcessTree(process.pid).members()[1:]
        _signal(process.pid, tree, terminate=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await process.wait()
    _signal(process.pid, tree, terminate=False)
    await process.wait()


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await ``work`` whatever cancellations arrive meanwhile; the last of them is raised when it is done."""
    task = asyncio.ensure_future(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancellation = error
    task.result()
    if cancellation is not None:
        raise cancellation


def crash_name(exit_status: int) -> str:
    """The name of what ended a process against its will; empty when it ended by itself.

    Unix: the signal. Windows: an NTSTATUS such as 0xC0000005, an access violation.
    """
    if exit_status < 0:
        try:
            return signal.Signals(-exit_status).name
        except ValueError:
            return f"signal {-exit_status}"
    return f"0x{exit_status:08X}" if exit_status >> 16 == _CRASH_CODES else ""


def _check_executable(program: str) -> None:
    # Told here: setpriv would start first, and tell it in words of its own.
    if shutil.which(program) is None:
        number = errno.EACCES if Path(program).exists() else errno.ENOENT
        raise OSError(number, os.strerror(number))


def _signal(pid: int, tree: Sequence[psutil.Process], *, terminate: bool) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGTERM if terminate else signal.SIGKILL)
            os.killpg(pid, signal.SIGCONT)  # what is stopped does not act on SIGTERM
    else:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()
    for child in tree:
        with contextlib.suppress(psutil.Error):  # psutil checks that the id was not given to another process
            child.terminate() if terminate else child.kill()
            child.resume()


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def dying_with_its_parent(argv: Sequence[str]) -> Sequence[str]:
    """Where the system can do it, the kernel kills the child when this process is killed."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    if setpriv is None or Path(setpriv).resolve().name == "busybox":  # whose setpriv has no such option
        return argv
    return (setpriv, "--pdeathsig", "KILL", "--", *argv)
