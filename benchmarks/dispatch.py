"""The dispatcher and its queue with 100,000 jobs and 1,000 servers, every step of every job on the disk.

The dispatcher, the bookkeeper and SQLite are those of ``ffx queue run``, and so are the turns: what the servers said
while the last commit was on its way to the disk is handled, brought to the disk in one commit, and only then acted
upon. The servers are in memory; each answers like a real one after what a network, a transfer, an encode and a check
take. An assignment counts when its job has gone the whole way: begun, sent, encoded, verified, in place, acknowledged.

The growth of the cost is that of the processor time of the turns alone, with queue and dispatcher full to the number
told at every moment: a job that ends is followed by a new one.

Sizes for a quick look: ``python -m benchmarks.dispatch 10000 100`` (jobs, servers).
"""

from __future__ import annotations

import asyncio
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import asdict, frozen

from benchmarks.harness import ROOT, Figure, report
from benchmarks.simulation import HEVC, NVENC, SimulatedServers
from ffx.client.bookkeeper import Bookkeeper
from ffx.client.dispatcher import Dispatcher
from ffx.client.events import Event, JobKnown, Opened, Tick
from ffx.client.instructions import Conclude
from ffx.client.queue.records import Handling
from ffx.client.queue.store import JobQueue
from ffx.core.encoders import EncoderSpec
from ffx.core.model import JobConfiguration, JobState
from ffx.core.pluginhost import PluginHost
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice
from ffx.plugins.weighted import WeightedPolicy

JOBS = 100_000
SERVERS = 1_000
ASSIGNMENTS_A_SECOND = 1_000.0
MEMORY = 300.0
"""MB."""

GROWTH_JOBS = (1_000, 10_000, 100_000)
GROWTH_SERVERS = (10, 100, 1_000)
MEASURED = 3_000
"""Assignments whose cost is measured for each pair."""

RECIPES = (
    Recipe(codec=HEVC, container="matroska", sounds=(SoundChoice(encoder="copy"),)),
    Recipe(encoder="libx264", container="mp4", sounds=(SoundChoice(encoder="aac"),)),
    Recipe(encoder="libsvtav1", container="matroska", sounds=(SoundChoice(encoder="copy"),)),
    Recipe(encoder=NVENC, container="matroska", sounds=(SoundChoice(encoder="copy"),)),
)
SIZES = (40_000_000, 300_000_000, 2_000_000_000, 9_000_000_000)
"""With the recipes: 16 kinds of job, as several submissions leave them behind."""
ADDED_AT_A_TIME = 5_000


@frozen
class Run:
    """What a run came to."""

    jobs: int
    """That went the whole way."""
    seconds: float
    """From the first assignment to the last acknowledgement."""
    loading: float
    """Seconds until queue and servers were known."""
    turns: int
    cost: float
    """Seconds of processor time of the turns for one of the jobs that were measured."""
    processor: float
    """Seconds of processor time of all turns."""
    memory: float
    """The most that the process had, MB."""


# -- The process that works the queue -----------------------------------------------------------------------


class Worker:
    """What ``Shell`` does, with servers in memory."""

    def __init__(self, queue: JobQueue, servers: SimulatedServers, specs: dict[str, EncoderSpec], further: int) -> None:
        """``further``: so many of the jobs come one by one as others end."""
        self._queue = queue
        self._books = Bookkeeper(queue)
        self._servers = servers
        self._dispatcher = Dispatcher(WeightedPolicy(), specs)
        self._further = further
        self._later: list[JobKnown] = []
        self._ended: set[str] = set()
        self._turns = 0
        self._processor = 0.0

    async def run(self) -> Run:
        started = time.monotonic()
        total = await self._load()
        opened = time.monotonic()
        await self._turn([Opened()])
        begin_at, end_at = (total - self._further) // 3, total
        if self._further:
            begin_at, end_at = self._further - MEASURED, self._further
        marks: list[tuple[int, float]] = []
        while self._dispatcher.open_jobs or self._servers.under_way:
            await self._turn(await self._gathered())
            if len(marks) < 2 and len(self._ended) >= (begin_at, end_at)[len(marks)]:
                marks.append((len(self._ended), self._processor))
                if len(marks) == 2 and self._further:
                    break
        seconds = time.monotonic() - opened
        (before, processor_before), (after, processor_after) = marks
        self._check(total)
        self._books.close()
        return Run(
            jobs=len(self._ended),
            seconds=seconds,
            loading=opened - started,
            turns=self._turns,
            cost=(processor_after - processor_before) / (after - before),
            processor=self._processor,
            memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        )

    async def _load(self) -> int:
        """Take up what is in the queue, and let the servers come; returns how many jobs there are."""
        known = [event for event in (await self._books.everything()).events if isinstance(event, JobKnown)]
        at_once = known[: len(known) - self._further]
        self._later = known[len(at_once) :][::-1]
        await self._turn(at_once)
        await self._turn(self._servers.arrivals())
        return len(known)

    async def _gathered(self) -> list[Event]:
        """What has come since the last time; waits for the first when there is nothing."""
        events = self._servers.said(time.monotonic())
        while not events:
            due = self._servers.next_word()
            wake = self._dispatcher.next_wake()
            moments = [moment for moment in (due, wake) if moment is not None]
            assert moments, "jobs are left and nothing will ever happen"
            await asyncio.sleep(max(0.0, min(moments) - time.monotonic()))
            now = time.monotonic()
            events = self._servers.said(now)
            if wake is not None and wake <= now:
                events.append(Tick())
        return events

    async def _turn(self, events: Sequence[Event]) -> None:
        began = time.process_time()
        now, date = time.monotonic(), time.time()
        instructions = self._dispatcher.handle_all(events, now, date)
        changes = self._dispatcher.take_changes()
        if changes:
            await self._books.keep(changes)
        self._processor += time.process_time() - began
        self._turns += 1
        now = time.monotonic()
        for instruction in instructions:
            if isinstance(instruction, Conclude):
                self._conclude(instruction)
            else:
                self._servers.follow(instruction, now)

    def _conclude(self, end: Conclude) -> None:
        assert end.record.state is JobState.COMPLETED, end.record.reason
        assert end.record.job_id not in self._ended, "a job ended twice"
        self._ended.add(end.record.job_id)
        if self._later:
            self._servers.say(self._later.pop())

    def _check(self, total: int) -> None:
        """What the dispatcher said is what the queue holds."""
        counts = self._queue.counts()
        assert counts[JobState.COMPLETED] == len(self._ended), counts
        assert sum(counts.values()) == total, counts
        assert self._further or len(self._ended) == total, counts


def work(file: Path, servers: int, further: int) -> None:
    plugins = PluginHost()
    plugins.load_entry_points()
    specs = dict(plugins.encoders())
    with JobQueue.open(file) as queue:
        run = asyncio.run(Worker(queue, SimulatedServers(servers, specs), specs, further).run())
    print(json.dumps(asdict(run)))


def fill(file: Path, count: int) -> None:
    """A queue of so many jobs."""
    with JobQueue.open(file) as queue:
        for first in range(0, count, ADDED_AT_A_TIME):
            numbers = range(first, min(count, first + ADDED_AT_A_TIME))
            queue.add([(job(number), Handling()) for number in numbers], time.time())


def job(number: int) -> JobConfiguration:
    folder = f"/films/season {number // 100}"
    return JobConfiguration(
        job_id=f"{number:08x}-0000-4000-8000-{number:012x}",
        input_file=f"{folder}/episode {number}.mkv",
        output_file=f"{folder}/encoded/episode {number}.mkv",
        recipe=RECIPES[number % len(RECIPES)],
        file_size=SIZES[number // len(RECIPES) % len(SIZES)] + number,
        resolution="1920x1080",
        codec="h264",
        container="matroska",
        frames=60_000 + number % 1000,
        duration=2400.0 + number % 100,
    )


# -- Measuring ----------------------------------------------------------------------------------------------


def child(*arguments: object) -> str:
    """Another process of this script, so that its memory is its own; returns what it printed."""
    command = [sys.executable, "-m", "benchmarks.dispatch", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}")
    return done.stdout


def run_of(jobs: int, servers: int, further: int = 0) -> Run:
    with tempfile.TemporaryDirectory(prefix="ffx-benchmark-") as folder:
        file = Path(folder) / "queue.db"
        child("fill", file, jobs + further)
        return Run(**json.loads(child("work", file, servers, further)))


def whole_way(jobs: int, servers: int) -> tuple[Figure, ...]:
    run = run_of(jobs, servers)
    detail = (
        f"{run.jobs / run.seconds:,.0f} a second: {run.jobs:,} jobs on {servers:,} servers in {run.seconds:.1f} s and "
        f"{run.turns:,} turns, {1e6 * run.processor / run.jobs:.0f} µs of processor time each; "
        f"{run.loading:.1f} s of loading before"
    )
    return (
        Figure("1,000 durable assignments", 1000 * run.seconds / run.jobs, 1000 / ASSIGNMENTS_A_SECOND, " s", detail),
        Figure(f"memory with {jobs:,} jobs and {servers:,} servers", run.memory, MEMORY, " MB"),
    )


def growth() -> tuple[Figure, ...]:
    """How the cost of one assignment grows, in ratios to that with the fewest jobs or servers.

    What is a + b log(jobs) + c servers grows with the jobs at most as their logarithm does, and with the servers at
    most as their number does, whatever a, b and c are.
    """
    costs = {}
    for jobs in GROWTH_JOBS:
        for servers in GROWTH_SERVERS:
            # Measuring starts when as many have come through as the servers hold, and some more.
            costs[jobs, servers] = run_of(jobs, servers, further=5 * servers + MEASURED).cost
            print(
                f"  {jobs:,} jobs, {servers:,} servers: {1e6 * costs[jobs, servers]:.0f} µs an assignment", flush=True
            )
    few_jobs, many_jobs = GROWTH_JOBS[0], GROWTH_JOBS[-1]
    few_servers, many_servers = GROWTH_SERVERS[0], GROWTH_SERVERS[-1]
    by_jobs = max(costs[many_jobs, servers] / costs[few_jobs, servers] for servers in GROWTH_SERVERS)
    by_servers = max(costs[jobs, many_servers] / costs[jobs, few_servers] for jobs in GROWTH_JOBS)
    return (
        Figure(
            f"growth of the cost from {few_jobs:,} to {many_jobs:,} jobs",
            by_jobs,
            round(math.log(many_jobs) / math.log(few_jobs), 2),
            "x",
        ),
        Figure(
            f"growth of the cost from {few_servers:,} to {many_servers:,} servers",
            by_servers,
            many_servers / few_servers,
            "x",
        ),
    )


def main(jobs: int, servers: int) -> None:
    report(*whole_way(jobs, servers), *growth())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", file, count]:
            fill(Path(file), int(count))
        case ["work", file, servers, further]:
            work(Path(file), int(servers), int(further))
        case [jobs, servers]:
            report(*whole_way(int(jobs), int(servers)))
        case _:
            main(JOBS, SERVERS)
