"""Short commands end in time, with their children, and are reaped."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import psutil
import pytest

from ffx.media.tool import run_tool


async def test_output_and_status() -> None:
    code = "import sys; sys.stdout.write('a\\r\\nb'); sys.stderr.write('c'); sys.exit(3)"
    finished = await run_tool((sys.executable, "-c", code), time_limit=30)
    assert (finished.exit_status, finished.stdout, finished.stderr) == (3, "a\nb", "c")


async def test_stdin_is_empty() -> None:
    finished = await run_tool((sys.executable, "-c", "import sys; print(len(sys.stdin.read()))"), time_limit=30)
    assert finished.stdout.strip() == "0"


async def test_a_late_one_is_killed_with_its_children_and_what_it_said_is_kept() -> None:
    child = "import time; time.sleep(1000)"
    code = (
        f"import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', {child!r}]);"
        "print(c.pid, flush=True); c.wait()"
    )
    finished = await run_tool((sys.executable, "-c", code), time_limit=1.0)
    assert finished.timed_out
    assert finished.exit_status is None
    assert not _lives(int(finished.stdout))


async def test_a_cancelled_one_is_gone_before_the_cancellation_is_over(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    os.mkfifo(mark)  # reading from it waits for the program to have started
    code = f"import os, time; f = open({str(mark)!r}, 'w'); f.write(str(os.getpid())); f.close(); time.sleep(1000)"
    running = asyncio.create_task(run_tool((sys.executable, "-c", code), time_limit=100))
    pid = int(await asyncio.to_thread(mark.read_text))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not psutil.pid_exists(pid)


async def test_a_program_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        await run_tool(("/nowhere/at/all",), time_limit=1)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
