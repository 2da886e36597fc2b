"""What the benchmarks share: a home of their own, a server that has settled, fair pairs, and one way to report."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ffx.media.locate import locate_ffmpeg

ROOT = Path(__file__).resolve().parent.parent
CLIP = ROOT / "tests" / "data" / "big-buck-bunny-720p-5s.mp4"
FFX = (sys.executable, "-m", "ffx")
SETTLING_LIMIT = 1800.0
"""Seconds that a server may take to try and measure everything it has: minutes with a large FFmpeg on two cores."""
SETTLED_HOME = "FFX_BENCHMARK_HOME"
"""The variable with a home that all benchmarks share, so that only the first server has to settle."""


@frozen
class Place:
    """A folder for one benchmark, and the environment of what runs in it."""

    folder: Path
    environment: dict[str, str]
    ffmpeg: Path

    def run(self, *command: str | Path) -> str:
        """Run to the end; what it wrote on stdout. Raises CalledProcessError, after showing stderr."""
        done = subprocess.run(
            list(map(str, command)),
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{command} ended with {done.returncode}\n{done.stdout}")
        return done.stdout

    def ffx(self, *arguments: str | Path) -> str:
        return self.run(*FFX, *arguments)

    def make(self, name: str, *options: str) -> Path:
        """A file made by FFmpeg."""
        self.run(self.ffmpeg, "-v", "error", "-y", *options, name)
        return self.folder / name

    def commands(self, address: str, inputs: Sequence[Path], out_dir: Path, *options: str) -> list[list[str]]:
        """FFmpeg's command for each input: the very one that the server would run."""
        lines = self.ffx(
            "submit", *inputs, "--out-dir", out_dir, "--server", address, *options, "--dry-run", "--json"
        ).splitlines()
        found = []
        for line in lines:
            ((program, *arguments),) = json.loads(line)["servers"][0]["command"]
            assert program == "ffmpeg"
            found.append([str(self.ffmpeg), "-v", "error", "-nostdin", *arguments])
        return found

    @contextlib.contextmanager
    def serving(self, *options: str) -> Iterator[tuple[str, int]]:
        """A server that has tried and measured everything; yields its address and process id."""
        command = [*FFX, "serve", "--port", "0", "--log-level", "WARNING", *options]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                address = server.stdout.readline().split(" listens on ")[1].strip()
                self._settle(address)
                yield address, server.pid
            finally:
                server.terminate()

    def _settle(self, address: str) -> None:
        deadline = time.monotonic() + SETTLING_LIMIT
        while not plain_capabilities(self.ffx("capabilities", address, "--json"))["complete"]:
            if time.monotonic() > deadline:
                raise SystemExit(f"the server did not settle within {SETTLING_LIMIT:g} s")
            time.sleep(3)


def plain_capabilities(text: str) -> dict[str, Any]:
    """The capabilities of the one server in the answer of ``ffx capabilities --json``."""
    value = json.loads(text)
    first = value[0] if isinstance(value, list) else value
    assert isinstance(first, dict)
    return first


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """A temporary folder with a home of its own for ffx."""
    with tempfile.TemporaryDirectory(prefix="ffx-benchmark-") as name:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FFX_")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # for people Python compiles a program once, not at each start
        ffmpeg = locate_ffmpeg("", os.environ)
        home = os.environ.get(SETTLED_HOME, str(Path(name) / "home"))
        environment |= {"FFX_HOME": home, "FFX_FFMPEG": str(ffmpeg)}
        yield Place(Path(name), environment, ffmpeg)


def seconds(work: Callable[[], object]) -> float:
    """What one run takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def paired(one: Callable[[], object], other: Callable[[], object], *, runs: int) -> tuple[float, float]:
    """The median seconds of each; the two take turns, so that a busy moment of the machine hits both alike."""
    taken = [(seconds(one), seconds(other)) for _ in range(runs)]
    return statistics.median(first for first, _ in taken), statistics.median(second for _, second in taken)


@frozen
class Figure:
    """One figure and its limit."""

    name: str
    value: float
    at_most: float
    unit: str = ""
    detail: str = ""

    @property
    def holds(self) -> bool:
        return self.value <= self.at_most

    def __str__(self) -> str:
        verdict = "ok" if self.holds else "TOO MUCH"
        detail = f"; {self.detail}" if self.detail else ""
        return f"{self.name}: {self.value:.3g}{self.unit} (at most {self.at_most:g}{self.unit}) {verdict}{detail}"


def report(*figures: Figure) -> None:
    """A line each; one beyond its limit ends the script with status 1."""
    for figure in figures:
        print(figure, flush=True)
    if not all(figure.holds for figure in figures):
        raise SystemExit(1)
