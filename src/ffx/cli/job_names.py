"""Which jobs a person means: numbers, ids, beginnings of ids, and ranges of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ffx.client.queue.records import JobRecord
from ffx.client.queue.store import JobQueue
from ffx.core.errors import UsageError

LONGEST_RANGE = 100_000


def find_jobs(queue: JobQueue, names: Sequence[str]) -> tuple[JobRecord, ...]:
    """The jobs of these names, each once.

    Raises:
        UsageError: a name is nobody's, or that of more than one job.
    """
    found: dict[str, JobRecord] = {}
    for name in names:
        bounds = re.fullmatch(r"([0-9]{1,7})-([0-9]{1,7})", name.strip())  # the first part of an id has 8 characters
        for record in _in_range(queue, name, int(bounds[1]), int(bounds[2])) if bounds else (queue.find(name),):
            found[record.job_id] = record
    return tuple(found.values())


def _in_range(queue: JobQueue, name: str, first: int, last: int) -> tuple[JobRecord, ...]:
    if not first <= last < first + LONGEST_RANGE:
        raise UsageError(f"{name!r} is no range of jobs; write it like 7-12")
    found = []
    for number in range(first, last + 1):
        try:
            found.append(queue.find(str(number)))
        except UsageError:
            continue  # one that was cleared
    if not found:
        raise UsageError(f"there is no job from {first} to {last}; see: ffx queue list")
    return tuple(found)


def ranges(numbers: Iterable[int]) -> str:
    """Numbers of jobs as short as they can be typed: ``3 7-12``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)
