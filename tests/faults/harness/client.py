"""One user of the farm: a home with a queue, and the commands that are run from it."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ffx.client.queue.records import AttemptRecord, Farewell, JobRecord
from ffx.client.queue.store import JobQueue
from ffx.client.serverbook import RememberedServer, ServerBook
from ffx.core.folders import folders
from ffx.core.model import JobState
from tests.faults.harness.process import Run
from tests.faults.harness.server import TOKEN
from tests.faults.harness.waiting import LIMIT

HEARTBEAT = 0.5
PATIENT = 10.0
"""Seconds for which a silent server keeps its jobs: longer than one takes to start again on two busy cores."""
HASTY = 3.0
"""The same where a test is about the end of that time."""

HASTE: Mapping[str, object] = {
    "ffx.client.link:RECONNECT_PAUSES": "(0.2,0.3,0.5,0.5,0.5,0.5,0.5,0.5)",
    "ffx.client.link:RETURN_PAUSE": 0.5,
    "ffx.client.on_attempts:REFUSED_SECONDS": 1.0,
    "ffx.client.on_attempts:FULL_HARDWARE_SECONDS": 1.0,
    "ffx.client.standing:ASIDE_SECONDS": 3.0,
    "ffx.client.retrying:FIRST_PAUSE": 0.2,
}
"""Constants of the client that are minutes for people and seconds here."""


class Client:
    """Runs ``ffx`` with one home, in one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        environment: dict[str, str],
        lease: float = PATIENT,
        constants: Mapping[str, object] = MappingProxyType({}),
        prefix: Sequence[str] = (),
    ) -> None:
        """``lease``: seconds for which a silent server keeps its jobs; ``constants``: further ones beside ``HASTE``;
        ``prefix``: a command that the client's own follows, such as one that enters a network.
        """
        self.folder = folder
        self.home = folder / "home"
        self.out_dir = folder / "out"
        self.out_dir.mkdir(parents=True)
        self.environment = environment | {
            "FFX_HOME": str(self.home),
            "FFX_LOCAL": "never",
            "FFX_FARM_HEARTBEAT": str(HEARTBEAT),
            "FFX_FARM_LOST_AFTER": str(round(lease / HEARTBEAT)),
            "FAULTS_CONSTANTS": " ".join(f"{name}={literal}" for name, literal in {**HASTE, **constants}.items()),
            "COLUMNS": "200",
        }
        self._prefix = tuple(prefix)
        self._numbers = itertools.count(1)
        self.runs: list[Run] = []
        self.end_states: set[JobState] = {JobState.COMPLETED}
        """How its jobs may end; the invariants look at it."""

    @property
    def queue_file(self) -> Path:
        return folders({"FFX_HOME": str(self.home)}).queue_file

    def remember(self, name: str, address: str, *, preferred: bool = False) -> None:
        """Have a server in the book, as ``ffx servers add`` puts it there; ``preferred``: it is asked first."""
        book = ServerBook(folders({"FFX_HOME": str(self.home)}).servers_file)
        book.add(RememberedServer(name, f"ws://{address}", TOKEN, ("any",) if preferred else ()))

    # -- Commands -----------------------------------------------------------------------------------------------

    def start(self, *arguments: str | Path, **environment: str) -> Run:
        command = [*self._prefix, sys.executable, "-m", "ffx", *map(str, arguments)]
        name = f"{next(self._numbers)}-{arguments[0]}"
        run = Run(command, folder=self.folder, environment=self.environment | environment, name=name)
        self.runs.append(run)
        return run

    def submit(self, *inputs: Path, options: Sequence[str] = (), **environment: str) -> Run:
        """Start ``ffx submit`` on inputs whose outputs go to ``out_dir``."""
        return self.start("submit", *inputs, "--out-dir", self.out_dir, *options, **environment)

    def work(self, *options: str, **environment: str) -> Run:
        """Start ``ffx queue run``."""
        return self.start("queue", "run", *options, **environment)

    def detach(self, *inputs: Path, options: Sequence[str] = ()) -> None:
        """Put inputs into the queue and leave them there."""
        self.ok("submit", *inputs, "--out-dir", self.out_dir, *options, "--detach")

    def ok(self, *arguments: str | Path) -> str:
        """Run to the end, which must be a good one; what it said on stdout."""
        done = self.run(*arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._prefix, sys.executable, "-m", "ffx", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    # -- Its queue ----------------------------------------------------------------------------------------------

    def jobs(self) -> list[JobRecord]:
        """Every job of the queue, by number."""
        if not self.queue_file.exists():
            return []
        with JobQueue.open(self.queue_file) as queue:
            return list(queue.page(limit=100_000, newest_first=False).rows)

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        with JobQueue.open(self.queue_file) as queue:
            return queue.counts()

    def job(self, number: int = 1) -> JobRecord:
        return next(record for record in self.jobs() if record.number == number)

    def attempts(self, number: int = 1) -> list[AttemptRecord]:
        with JobQueue.open(self.queue_file) as queue:
            return list(queue.attempts(self.job(number).job_id))

    def farewells(self) -> tuple[Farewell, ...]:
        with JobQueue.open(self.queue_file) as queue:
            return queue.farewells()

    def integrity(self) -> str:
        """What SQLite finds wrong with the queue; ``ok`` when nothing is."""
        with contextlib.closing(sqlite3.connect(self.queue_file)) as connection:
            return "\n".join(row[0] for row in connection.execute("PRAGMA integrity_check"))

    def describe(self) -> str:
        """All that is known of its jobs, for messages of tests that failed."""
        lines = []
        for record in self.jobs():
            lines.append(
                f"job {record.number} ({record.job_id}): {record.state}, attempt {record.attempt} on {record.server}, "
                f"failures {record.failures}, losses {record.losses}: {record.reason}"
            )
            with JobQueue.open(self.queue_file) as queue:
                lines += [f"  {attempt}" for attempt in queue.attempts(record.job_id)]
        for run in self.runs:
            lines.append(f"--- {run.name} ({'running' if run.is_running else 'ended'}):\n{run.out}{run.err}")
        return "\n".join(lines)
