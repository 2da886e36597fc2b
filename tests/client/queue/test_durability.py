"""What was saved is there, whenever the process that saved it is killed; and two processes at one queue."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from ffx.client.queue.files import log_file
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.records import CancelJob
from ffx.client.queue.store import JobQueue
from ffx.core.model import JobState
from tests.client.queue import saver
from tests.client.queue.support import jobs

ROOT = Path(__file__).parents[3]


def start(file: Path, output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as stream:
        return subprocess.Popen([sys.executable, "-m", saver.__name__, str(file)], stdout=stream, cwd=ROOT)


def wait_until(holds: Callable[[], bool], limit: float = 30.0) -> None:
    end = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def reported(output: Path) -> dict[int, tuple[int, str]]:
    """The last that was reported of each job; a line that was cut short by the kill was not."""
    latest = {}
    for line in output.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            number, attempt, state = line.split()
            latest[int(number)] = (int(attempt), state)
    return latest


def test_nothing_that_was_reported_is_lost_when_the_process_is_killed(file: Path, tmp_path: Path) -> None:
    chance = random.Random(7)
    known: dict[int, tuple[int, str]] = {}
    for life in range(6):
        output = tmp_path / f"{life}.txt"
        process = start(file, output)
        try:
            wait_until(lambda output=output, process=process: output.stat().st_size > 0 or process.poll() is not None)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.25))  # a moment that nobody chose
        finally:
            process.kill()
            process.wait()
        assert process.returncode == -signal.SIGKILL if os.name != "nt" else True
        known |= reported(output)
        with JobQueue.open(file, check=True) as queue:
            held = {record.number: record for record in queue.page(limit=100_000).rows}
            ended = {row.number for row in queue.history_jobs(limit=100_000).rows}
            for number, (attempt, state) in known.items():
                record = held[number]
                # What was saved after the last report may be there too, but whole.
                assert record.attempt >= attempt
                assert record.state.is_final or state == "running"
                assert record.state.is_final is (number in ended)
                assert len(queue.attempts(record.job_id)) == record.attempt
            assert queue.counts()[JobState.COMPLETED] == len(ended)
    assert len(known) > 20


def test_one_process_works_while_another_adds_and_watches(file: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    with JobQueue.open(file) as queue:
        mine = queue.add(jobs(3), now=1.0)
        process = start(file, output)
        try:
            wait_until(lambda: queue.counts()[JobState.COMPLETED] > 0 or process.poll() is not None)
            assert not QueueLock(file).acquire()
            holder = QueueLock(file).holder()
            assert holder is not None
            assert holder.pid == process.pid
            for _ in range(20):  # both write at once
                version = queue.data_version()
                mine += queue.add(jobs(2), now=2.0)
                queue.wish(CancelJob(mine[-1].job_id))
                wait_until(lambda version=version: queue.data_version() != version)  # type: ignore[misc]
            wait_until(lambda: all((queue.record(one.job_id) or one).state.is_final for one in mine[:20]))
        finally:
            process.kill()
            process.wait()
        assert len(queue.wishes()) == 20
        assert len({record.number for record in mine}) == 43
        assert QueueLock(file).acquire()  # the lock died with its holder


def test_the_worker_sees_what_is_added_after_it_looked(file: Path) -> None:
    with JobQueue.open(file) as worker, JobQueue.open(file) as other:
        seen = worker.add(jobs(2), now=1.0)
        added = other.add(jobs(2), now=2.0)
        worker.save(records=[evolve(seen[0], state=JobState.RUNNING)])
        assert worker.added_after(seen[-1].number) == added


def test_another_look_in_the_same_process_lets_go_of_no_lock(file: Path) -> None:
    """POSIX takes all locks of a process on a file away when it closes any descriptor of it: another process would
    take itself for the last one, and remove the log under the first one's feet.
    """
    with JobQueue.open(file) as queue:
        queue.add(jobs(1), 1.0)
        JobQueue.open(file).close()
        elsewhere = "import sys; from pathlib import Path; from ffx.client.queue.store import JobQueue; "
        argv = [sys.executable, "-c", f"{elsewhere}JobQueue.open(Path(sys.argv[1])).close()", str(file)]
        subprocess.run(argv, check=True, timeout=60)
        assert log_file(file).exists()
        queue.add(jobs(1), 2.0)
        assert len(queue.open_records()) == 2
