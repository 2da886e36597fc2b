"""One ``ffx serve`` that can be killed, stopped and started again as the same server."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.faults.harness.orders import Encode, Orders
from tests.faults.harness.process import Run
from tests.faults.harness.waiting import until

TOKEN = "the token of these tests, and of nothing else"
INSIDE = Path(__file__).parent.parent / "inside"


class Server:
    """A server with a home, a spool and a port of its own, which it keeps over its lives."""

    def __init__(
        self,
        folder: Path,
        name: str,
        port: int,
        *,
        environment: dict[str, str],
        host: str = "127.0.0.1",
        prefix: Sequence[str] = (),
    ) -> None:
        """``prefix``: a command that the server's own follows, such as one that enters a network."""
        self.name = name
        self.folder = folder
        self.home = folder / "home"
        self.spool = folder / "spool"
        self.host, self.port = host, port
        self.orders = Orders(folder)
        self.environment = environment | {"FFX_HOME": str(self.home), "FFX_TEMP_DIR": str(self.spool)}
        self._prefix = tuple(prefix)
        self._run: Run | None = None

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def run(self) -> Run:
        assert self._run is not None, f"{self.name} was not started"
        return self._run

    def launch(self, *options: str) -> None:
        """Start it, without waiting until it is there."""
        command = [sys.executable, "-m", "ffx", "serve", "--name", self.name]
        # In the clear also where a network lies between: what is done to the way must be what the messages feel.
        command += ["--host", self.host, "--port", str(self.port), "--tls", "off", "--insecure", *options]
        environment = self.environment | {"FFX_TOKEN": TOKEN}
        self._run = Run(
            [*self._prefix, *command], folder=self.folder, environment=environment, name="serve", append=True
        )

    def start(self, *options: str) -> None:
        """Start it, and wait until it can be given jobs."""
        self.launch(*options)
        self.run.said(" listens on ")

    def kill(self) -> None:
        """-9. What it started dies with it."""
        self.run.kill()

    def stop(self, limit: float = 40.0) -> None:
        """SIGTERM, and wait for the clean end."""
        self.run.signal(signal.SIGTERM)
        assert self.run.wait(limit) == 0, self.run.err

    def forget(self) -> None:
        """Lose all that it keeps of jobs; who it is stays."""
        shutil.rmtree(self.spool)

    @property
    def was_started(self) -> bool:
        return self._run is not None

    @property
    def is_running(self) -> bool:
        return self._run is not None and self._run.is_running

    # -- What it does -------------------------------------------------------------------------------------------

    @property
    def log(self) -> str:
        return self.run.err

    def encodes(self) -> list[Encode]:
        return self.orders.encodes()

    def completed(self) -> list[str]:
        """The job of each encode that came to a result that stood the check, by its id."""
        return [found[1] for found in re.finditer(r"job (\S+) \(attempt \d+\) completed", self.log)]

    def ffmpegs(self) -> list[psutil.Process]:
        """FFmpegs of jobs that run now."""
        return [process for encode in self.encodes() if (process := _alive(encode.pid, self.spool)) is not None]

    def encoding(self, count: int = 1) -> list[psutil.Process]:
        """Wait until so many FFmpegs have written something of their outputs."""
        until(
            lambda: len(self.ffmpegs()) >= count and len(self.outputs_begun()) >= count,
            f"{count} encodes on {self.name}",
            detail=lambda: self.log,
        )
        return self.ffmpegs()

    def outputs_begun(self) -> list[Path]:
        return [file for file in self.spool_files() if file.parent.name == "out" and file.stat().st_size]

    def spool_files(self) -> list[Path]:
        """Files of jobs that it holds, and inputs that it keeps for further ones."""
        found = []
        for folder, _, names in os.walk(self.spool):
            if len(Path(folder).relative_to(self.spool).parts) > 1:  # what lies above is the server's own bookkeeping
                found += [Path(folder, name) for name in names]
        return [file for file in found if file.exists()]


def _alive(pid: int, folder: Path) -> psutil.Process | None:
    """The process of that number, when it runs within the folder."""
    try:
        process = psutil.Process(pid)
        is_there = Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return None
    return process if is_there else None
