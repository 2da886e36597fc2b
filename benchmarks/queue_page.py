"""Pages of a queue of a million jobs: the first ones, those in the middle, the last ones, of all jobs and of one state.

Each page is asked for by a process of its own that opens the queue as ``ffx queue list`` does, counts included. The
whole command is told too, less what it takes with an empty queue.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from attrs import evolve

from benchmarks.harness import ROOT, Figure, Place, paired, place, report
from ffx.client.queue.database import connect
from ffx.client.queue.records import JobRecord
from ffx.client.queue.rows import INSERT_JOB, inserted_row
from ffx.client.queue.store import JobQueue
from ffx.core.folders import folders
from ffx.core.model import JobConfiguration, JobResult, JobState
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice

ROWS = 1_000_000
LIMIT = 50
SECONDS = 0.2
RUNS = 5

STATES = (JobState.COMPLETED,) * 13 + (JobState.PENDING,) * 5 + (JobState.FAILED, JobState.CANCELLED)
"""In turn: most jobs of a large queue have ended, and they lie among those that have not."""
LISTS: dict[str, tuple[JobState, ...]] = {
    "all": (),
    "pending": (JobState.PENDING,),
    "failed and cancelled": (JobState.FAILED, JobState.CANCELLED),
}


def main(rows: int) -> None:
    with place() as here:
        home = here.folder / "home with a large queue"
        file = folders({"FFX_HOME": str(home)}).queue_file
        began = time.monotonic()
        fill(file, rows)
        print(f"  {rows:,} rows in {time.monotonic() - began:.0f} s, {file.stat().st_size / 1e6:.0f} MB", flush=True)
        taken = {name: [slowest(file, states) for _ in range(RUNS)] for name, states in LISTS.items()}
        figures = [
            Figure(f"page of {LIMIT} of {rows:,} jobs, {name}", statistics.median(runs), SECONDS, " s")
            for name, runs in taken.items()
        ]
        report(*figures, whole_command(here, home, rows))


def whole_command(here: Place, large: Path, rows: int) -> Figure:
    """The slowest of three pages, as a person asks for them, over the same command with an empty queue."""
    full = evolve(here, environment=here.environment | {"FFX_HOME": str(large)})
    empty = evolve(here, environment=here.environment | {"FFX_HOME": str(here.folder / "home with an empty queue")})
    command = ("queue", "list", "--limit", str(LIMIT), "--page")
    found = []
    for number in map(str, (1, rows // LIMIT // 2, rows // LIMIT)):
        page = (*command, number)
        found.append(paired(lambda: full.ffx(*page), lambda: empty.ffx(*page), runs=RUNS))  # noqa: B023
    slowest_page, bare = max(found, key=lambda pair: pair[0] - pair[1])
    name = f"ffx queue list with {rows:,} jobs, over one with an empty queue"
    return Figure(name, slowest_page - bare, SECONDS, " s", f"{slowest_page:.2f} s and {bare:.2f} s")


def slowest(file: Path, states: tuple[JobState, ...]) -> float:
    """Seconds that the slowest of three pages took, each in a new process: from opening the queue to its rows."""
    command = [sys.executable, "-m", "benchmarks.queue_page", "pages", str(file), *(state.value for state in states)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    taken: list[float] = json.loads(done.stdout)
    return max(taken)


def pages(file: Path, states: tuple[JobState, ...]) -> list[float]:
    with JobQueue.open(file) as queue:
        last = queue.page(states, limit=LIMIT).pages
    taken = []
    for number in (1, last // 2, last):
        began = time.perf_counter()
        with JobQueue.open(file) as queue:
            page = queue.page(states, limit=LIMIT, page=number)
            counts = queue.counts()
        taken.append(time.perf_counter() - began)
        assert len(page.rows) == LIMIT or number == last
        assert page.total == sum(counts[state] for state in states or JobState)
    return taken


# -- The queue ----------------------------------------------------------------------------------------------


def fill(file: Path, rows: int) -> None:
    """A queue of so many jobs. Straight into the table: a million submissions one by one would take minutes."""
    JobQueue.open(file).close()
    with closing(connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("BEGIN")
        connection.executemany(INSERT_JOB, many_rows(rows))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


def many_rows(count: int) -> Iterator[tuple[object, ...]]:
    """Rows for ``INSERT_JOB``. Those of a state differ in three columns, and the checksum is made here: were it wrong,
    the first page that is read would say so.
    """
    rests = {state: inserted_row(sample(state), 0, "")[5:-1] for state in STATES}
    texts = {state: "\x1f".join(map(str, rest)) for state, rest in rests.items()}
    for number in range(1, count + 1):
        state = STATES[number % len(STATES)]
        name = f"/films/season {number // 100}/episode {number}"
        job_id, source, output = f"{number:032x}", f"{name}.mkv", f"{name}.hevc.mkv"
        checksum = zlib.crc32(f"{job_id}\x1f{source}\x1f{output}\x1f{texts[state]}".encode())
        yield (number, output, job_id, source, output, *rests[state], checksum)


def sample(state: JobState) -> JobRecord:
    recipe = Recipe(encoder="libx265", preset="slow", container="matroska", sounds=(SoundChoice(encoder="copy"),))
    job = JobConfiguration(
        "", "", "", recipe, file_size=2 * 10**9, resolution="1920x1080", codec="h264", frames=60_000, duration=2400.0
    )
    if state is JobState.PENDING:
        return JobRecord(number=0, job=job, added=1.8e9)
    result = None
    if state is JobState.COMPLETED:
        result = JobResult(
            "", state, "", file_size=10**9, duration=600.0, average_fps=100.0, frames=60_000, digest="ab" * 32
        )
    return JobRecord(
        number=0,
        job=job,
        state=state,
        attempt=1,
        server="studio",
        encoder="libx265",
        reason="" if result else "FFmpeg ended with 1: Conversion failed!",
        added=1.8e9,
        began=1.8e9 + 60,
        ended=1.8e9 + 660,
        result=result,
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pages", file, *states]:
            print(json.dumps(pages(Path(file), tuple(map(JobState, states)))))
        case [rows]:
            main(int(rows))
        case _:
            main(ROWS)
