"""For tests of runs: commands, bits of shims, and a run that is watched and ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ffx.media.command import Command
from ffx.media.control import RunControl
from ffx.media.progress import Progress
from ffx.media.run import RunOutcome, run_command
from ffx.media.watchdog import STALL_LIMIT
from tests.support import children

START = ("-hide_banner", "-nostdin", "-y", "-loglevel", "warning", "-nostats", "-progress", "pipe:1")
FAST = ("-c:v", "libx264", "-preset", "ultrafast", "-an")
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25")
ENDLESS = (*START, "-stats_period", "0.1", "-re", *PICTURE, *FAST, "file:out.mkv")

STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
SPEAK = "tell('frame=1'); tell('progress=continue')\n"
CHILD = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)


class Running:
    """A run that can be paused, and what it told."""

    def __init__(
        self,
        ffmpeg: Path,
        directory: Path,
        *passes: tuple[str, ...],
        paused: bool = False,
        stall_limit: float = STALL_LIMIT,
        longest: float = 0.0,
    ) -> None:
        self.passes = passes
        self.control = RunControl()
        if paused:
            self.control.pause()
        self.told: list[Progress] = []
        self.on_progress: Callable[[Progress], None] = lambda progress: None
        self._spoke = asyncio.Event()
        self.task = asyncio.create_task(
            run_command(
                ffmpeg,
                Command(passes, longest=longest),
                directory=directory,
                total_frames=0,
                duration=0.0,
                on_progress=self._tell,
                control=self.control,
                stall_limit=stall_limit,
            )
        )

    def _tell(self, progress: Progress) -> None:
        self.told.append(progress)
        self.on_progress(progress)
        self._spoke.set()

    async def speaks(self) -> None:
        """Wait for the next word on progress."""
        self._spoke.clear()
        waiting = asyncio.create_task(self._spoke.wait())
        await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        assert self._spoke.is_set(), self.task

    async def ends(self) -> RunOutcome:
        async with asyncio.timeout(60):
            return await self.task

    async def cancel(self) -> float:
        """End it and see that nothing is left; the seconds that it took."""
        began = time.monotonic()
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task
        took = time.monotonic() - began
        assert children() == []
        return took


async def are_stopped(number: int = 1) -> None:
    """Wait until that many children are there and all are stopped: a signal takes a moment to reach a process."""
    await until(lambda: [child.status() for child in children()] == [psutil.STATUS_STOPPED] * number)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what other processes do and no event tells."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the system knows, and does not say
            await asyncio.sleep(0.01)
