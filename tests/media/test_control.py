"""Pausing FFmpeg before it starts, between passes and while it works; its clock stands still, cancelling ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from ffx.media import control as control_module
from ffx.media import run as run_module
from ffx.media.control import RunControl
from ffx.media.packets import count_packets
from ffx.media.process import start_process
from ffx.media.process_tree import ProcessTree
from ffx.media.progress import Progress
from ffx.media.sandbox import Confinement
from tests.media.conftest import Shim
from tests.media.running import CHILD, ENDLESS, FAST, SPEAK, START, STUBBORN, Running, are_stopped, until
from tests.support import children

if sys.platform == "win32":
    pytest.skip("stopped is a state of processes that Windows does not show", allow_module_level=True)


# -- Pausing ------------------------------------------------------------------------------------------------


async def test_a_paused_encode_stands_still_and_ends_well(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    argv = (*START, "-stats_period", "0.05", "-i", f"file:{clip}", "-vf", "realtime=speed=8", *FAST, "file:out.mkv")
    running = Running(ffmpeg, tmp_path, argv)
    began = time.monotonic()
    await running.speaks()
    running.control.pause()
    running.control.pause()
    await are_stopped()
    used = children()[0].cpu_times()
    await asyncio.sleep(0.7)
    assert running.control.paused
    assert children()[0].cpu_times() == used
    running.control.resume()
    running.control.resume()
    outcome = await running.ends()
    assert outcome.frames == 234
    assert outcome.seconds < time.monotonic() - began - 0.6
    assert count_packets(tmp_path / "out.mkv").streams[0].packets == 234


async def test_a_run_that_is_paused_beforehand_starts_when_it_is_resumed(shim: Shim, tmp_path: Path) -> None:
    running = Running(shim("open(out, 'w').write('x')"), tmp_path, ("file:out",), paused=True)
    await asyncio.sleep(0.2)
    assert children() == []
    assert not (tmp_path / "out").exists()
    running.control.resume()
    assert (await running.ends()).seconds < 10
    assert (tmp_path / "out").exists()


async def test_a_pause_while_ffmpeg_is_being_started_suspends_it(
    ffmpeg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start_and_pause(argv: Sequence[str], *, directory: Path, confinement: Confinement) -> Process:
        running.control.pause()
        return await start_process(argv, directory=directory, confinement=confinement)

    monkeypatch.setattr(run_module, "start_process", start_and_pause)
    running = Running(ffmpeg, tmp_path, ENDLESS)
    await are_stopped()
    assert running.told == []
    running.control.resume()
    await running.speaks()
    await running.cancel()


async def test_a_run_that_is_paused_between_passes_goes_on_with_the_second(shim: Shim, tmp_path: Path) -> None:
    script = shim("open('calls', 'a').write(out + ' '); open(out, 'w').write('x'); tell('progress=end')")
    running = Running(script, tmp_path, ("one",), ("two",))

    def pause_behind_the_first(progress: Progress) -> None:
        if len(running.told) == 1:
            first = psutil.Process().children()
            while any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in first):
                time.sleep(0.01)
            running.control.pause()

    running.on_progress = pause_behind_the_first
    await running.speaks()
    await until(lambda: not children())
    await asyncio.sleep(0.2)
    assert children() == []
    assert (tmp_path / "calls").read_text() == "one "
    running.control.resume()
    await running.ends()
    assert (tmp_path / "calls").read_text() == "one two "


async def test_all_of_a_tree_is_paused(shim: Shim, tmp_path: Path) -> None:
    sleeper = "import time; time.sleep(600)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleeper!r}])"
    speak_again = SPEAK.replace("\n", "; ")
    script = shim(
        f"subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)\n"
        f"while True: {speak_again}time.sleep(0.05)"
    )
    running = Running(script, tmp_path, ("file:out",))
    await until(lambda: len(children()) == 3)
    running.control.pause()
    await are_stopped(3)
    running.control.resume()
    await running.speaks()
    assert psutil.STATUS_STOPPED not in [child.status() for child in children()]
    running.control.pause()
    assert await running.cancel() < 1.5


async def test_a_control_outlives_its_run(shim: Shim, tmp_path: Path) -> None:
    running = Running(shim("open(out, 'w').write('x')"), tmp_path, ("file:out",))
    await running.ends()
    running.control.pause()
    assert running.control.paused
    running.control.resume()
    assert not running.control.paused


def test_a_tree_that_has_ended_is_nothing() -> None:
    tree = ProcessTree(2**22 + 1)  # above the largest id that Linux gives
    tree.suspend()
    tree.resume()
    assert tree.members() == []


def test_the_clock_stands_still_during_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(control_module.time, "monotonic", lambda: now)
    control = RunControl()
    assert control.now() == 100
    now = 110.0
    control.pause()
    now = 150.0
    control.pause()
    assert control.now() == 110
    control.resume()
    now = 155.0
    control.resume()
    assert control.now() == 115


# -- Cancelling what stands still ---------------------------------------------------------------------------


async def test_cancelling_a_paused_encode_ends_it(ffmpeg: Path, tmp_path: Path) -> None:
    running = Running(ffmpeg, tmp_path, ENDLESS)
    await running.speaks()
    running.control.pause()
    await are_stopped()
    assert await running.cancel() < 1.5


async def test_cancelling_an_encode_that_somebody_stopped_ends_it(ffmpeg: Path, tmp_path: Path) -> None:
    running = Running(ffmpeg, tmp_path, ENDLESS)
    await running.speaks()
    os.kill(children()[0].pid, signal.SIGSTOP)
    await are_stopped()
    assert await running.cancel() < 1.5


async def test_what_is_paused_is_asked_to_end_before_it_is_killed(shim: Shim, tmp_path: Path) -> None:
    # Killed, FFmpeg would leave devices as they are.
    ask = "def end(*_): open('asked', 'w').close(); sys.exit()\nsignal.signal(signal.SIGTERM, end)\n"
    running = Running(shim(f"{ask}{SPEAK}time.sleep(600)"), tmp_path, ("file:out",))
    await running.speaks()
    running.control.pause()
    await are_stopped()
    await running.cancel()
    assert (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    "body",
    [
        f"{STUBBORN}{SPEAK}time.sleep(600)",
        f"child = subprocess.Popen([sys.executable, '-c', {CHILD!r}], start_new_session=True); {SPEAK}child.wait()",
    ],
)
async def test_cancelling_ends_what_is_paused_and_does_not_want_to(shim: Shim, tmp_path: Path, body: str) -> None:
    running = Running(shim(body), tmp_path, ("file:out",))
    await running.speaks()
    running.control.pause()
    assert await running.cancel() < 1.5


async def test_cancelling_what_waits_for_its_start_ends_it(ffmpeg: Path, tmp_path: Path) -> None:
    running = Running(ffmpeg, tmp_path, ENDLESS, paused=True)
    await asyncio.sleep(0)
    assert await running.cancel() < 1.5
