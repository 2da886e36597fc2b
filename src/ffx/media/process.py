"""A child process in a group of its own, whose whole tree can be ended and never outlives its owner."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

PATIENCE = 2.0
"""Seconds between asking a process to end and killing it."""

_PASSED_ON = (
    # Where things are.
    *("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PROGRAMFILES", "PROGRAMDATA", "LOCALAPPDATA", "USERPROFILE"),
    # What drivers of encoders read.
    *("LIBVA_DRIVER_NAME", "LIBVA_DRIVERS_PATH", "ONEVPL_SEARCH_PATH", "VK_ICD_FILENAMES", "VK_DRIVER_FILES"),
    *("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"),
    *("AMD_VULKAN_ICD", "DISPLAY", "FONTCONFIG_PATH", "FONTCONFIG_FILE"),
)


def small_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What FFmpeg may know of an environment: where things are and which devices to use, no secrets."""
    kept = {name: value for name, value in environment.items() if name.upper() in _PASSED_ON}
    return {**kept, "LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"}


async def start_process(argv: Sequence[str], *, directory: Path) -> Process:
    """Start a child without stdin, with pipes for stdout and stderr.

    Raises:
        OSError: it could not be started.
    """
    return await asyncio.create_subprocess_exec(
        *_dying_with_its_parent(argv),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        cwd=directory,
        env=small_environment(os.environ),
        **_own_group(),
    )


async def end_process(process: Process) -> None:
    """End a child and everything it started: asked first, killed after ``PATIENCE``, reaped in any case.

    Being cancelled meanwhile is put off until that is done: it takes little more than ``PATIENCE``.
    """
    ending = asyncio.create_task(_end(process))
    cancelled: asyncio.CancelledError | None = None
    while not ending.done():
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError as error:
            cancelled = error
    ending.result()
    if cancelled is not None:
        raise cancelled


async def _end(process: Process) -> None:
    tree = _tree(process.pid)
    if process.returncode is None:
        _signal(process.pid, tree, terminate=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await process.wait()
    _signal(process.pid, tree, terminate=False)
    await process.wait()


def _tree(pid: int) -> list[psutil.Process]:
    """What a process started, even what left its group."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _signal(pid: int, tree: Sequence[psutil.Process], *, terminate: bool) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGTERM if terminate else signal.SIGKILL)
    else:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()
    for child in tree:
        with contextlib.suppress(psutil.Error):  # psutil checks that the id was not given to another process
            child.terminate() if terminate else child.kill()


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _dying_with_its_parent(argv: Sequence[str]) -> Sequence[str]:
    """Where the system can do it, the kernel kills the child when this process is killed."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return (setpriv, "--pdeathsig", "KILL", "--", *argv) if setpriv else argv
