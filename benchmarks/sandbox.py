"""What confining FFmpeg costs a job: the same short command with and without, from its start to its end."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from pathlib import Path

from benchmarks.harness import Figure, Place, place, report
from ffx.core.model import SandboxLevel
from ffx.media.command import Command
from ffx.media.limits import job_limits
from ffx.media.progress import Progress
from ffx.media.run import run_command
from ffx.media.sandbox import UNCONFINED, Confinement, Sandbox
from ffx.media.sandbox_probe import find_sandbox

RUNS = 25
AT_MOST = 60.0
"""Milliseconds."""
COMMAND = Command((("-v", "error", "-f", "lavfi", "-i", "color=size=64x64", "-frames:v", "1", "-f", "null", "-"),))


def main() -> None:
    with place() as here:
        found = asyncio.run(find_sandbox("auto", here.ffmpeg, os.environ))
        if found.level is not SandboxLevel.FULL:
            raise SystemExit(f"there is no full sandbox to measure: {found.reason}")
        report(*(measure(here, sandbox) for sandbox in (found, Sandbox(SandboxLevel.LIMITS))))


def measure(here: Place, sandbox: Sandbox) -> Figure:
    confinement = Confinement(sandbox, job_limits(10**9), writable=(".",))

    async def in_turns() -> list[tuple[float, float]]:
        return [(await milliseconds(here, UNCONFINED), await milliseconds(here, confinement)) for _ in range(RUNS)]

    taken = asyncio.run(in_turns())
    plain, confined = (statistics.median(times) for times in zip(*taken, strict=True))
    detail = f"{confined:.0f} ms instead of {plain:.0f} ms, median of {RUNS} pairs"
    return Figure(f"a sandbox of level {sandbox.level}, a run of FFmpeg", confined - plain, AT_MOST, " ms", detail)


async def milliseconds(here: Place, confinement: Confinement) -> float:
    began = time.perf_counter()
    await run_command(
        here.ffmpeg,
        COMMAND,
        directory=Path(here.folder),
        total_frames=1,
        duration=0.04,
        on_progress=_unheard,
        confinement=confinement,
    )
    return (time.perf_counter() - began) * 1000


def _unheard(progress: Progress) -> None:
    pass


if __name__ == "__main__":
    main()
