"""A process that works a queue until it is killed: saves change after change, and reports each when it was saved."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from ffx.client.queue.lock import QueueLock
from ffx.client.queue.records import AttemptRecord, JobRecord
from ffx.client.queue.store import JobQueue
from ffx.core.model import JobState
from tests.client.queue.support import completed, jobs


def main(file: Path) -> None:
    """Prints ``number attempt state`` a line: what the queue holds from then on."""
    with QueueLock(file), JobQueue.open(file, check=True) as queue:
        while True:
            records = [*queue.open_records(), *queue.add(jobs(5), now=1.0)]
            for _ in range(5):
                records = [evolve(record, attempt=record.attempt + 1, state=JobState.RUNNING) for record in records]
                attempts = [
                    AttemptRecord(record.job_id, record.attempt, "id", "attic", "epoch", "libx265", began=1.0)
                    for record in records
                ]
                queue.save(records=records, attempts=attempts)
                _report(records)
            done = [completed(record) for record in records[:-2]]
            queue.save(records=done)
            _report(done)


def _report(records: Sequence[JobRecord]) -> None:
    sys.stdout.write("".join(f"{record.number} {record.attempt} {record.state}\n" for record in records))
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
