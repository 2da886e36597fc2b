"""Detection: until a server is ready on a machine that it never saw, and when it is remembered."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from pathlib import Path

import imageio_ffmpeg

from benchmarks.harness import Figure, place, report
from ffx.cli.assembly import assemble
from ffx.cli.local_capabilities import capability_service

RUNS = 3
COLD = 3.0
CACHED = 0.1


def main() -> None:
    with place() as here:
        environment = here.environment | {"FFX_FFMPEG": imageio_ffmpeg.get_ffmpeg_exe()}
        cold, cached = [], []
        for run in range(RUNS):
            home = environment | {"FFX_HOME": str(here.folder / f"home-{run}")}
            cold.append(asyncio.run(prepare(home)))
            cached.append(asyncio.run(prepare(home)))
    report(
        Figure("detection on a new machine until ready", statistics.median(cold), COLD, " s"),
        Figure("detection when it is remembered", statistics.median(cached), CACHED, " s"),
    )


async def prepare(environment: dict[str, str]) -> float:
    """Seconds of what ``ffx serve`` does before it says that it is ready, without the start of Python."""
    assembly = assemble(os.environ | environment)
    service = capability_service(assembly, disk=Path(tempfile.gettempdir()), max_file_size=10**10)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await service.prepare()
    return loop.time() - began


if __name__ == "__main__":
    main()
