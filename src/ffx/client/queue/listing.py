"""Pages of the list of jobs: quick at a million, however deep.

The number of jobs in a state is kept, not counted; a page is found by walking along a small index from its nearer end.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from typing import Generic, TypeVar

from attrs import frozen

from ffx.client.queue.records import JobRecord
from ffx.client.queue.rows import SELECT_JOBS, job_from_row
from ffx.core.model import JobState

_Row = TypeVar("_Row")


@frozen
class Page(Generic[_Row]):
    """A part of a list."""

    rows: tuple[_Row, ...]
    total: int
    """Rows on all pages."""
    page: int
    """From 1; one beyond the last is empty."""
    pages: int
    """At least 1."""


def page_of(rows: tuple[_Row, ...], total: int, page: int, limit: int) -> Page[_Row]:
    return Page(rows, total, page, max(1, math.ceil(total / limit)))


def counts(connection: sqlite3.Connection) -> dict[JobState, int]:
    """How many jobs are in each state; every state is there."""
    kept = dict(connection.execute("SELECT state, jobs FROM state_counts"))
    return {state: kept.get(state.value, 0) for state in JobState}


def job_page(
    connection: sqlite3.Connection, states: Sequence[JobState], *, limit: int, page: int, newest_first: bool
) -> Page[JobRecord]:
    """Jobs in any of these states by their numbers; ``states`` empty: all jobs."""
    asked = tuple(dict.fromkeys(states)) or tuple(JobState)
    by_state = counts(connection)
    total = sum(by_state[state] for state in asked)
    first = (page - 1) * limit
    size = max(0, min(limit, total - first))
    if not size:
        return page_of((), total, page, limit)
    after = total - first - size
    from_the_end = after < first
    downwards = newest_first is not from_the_end
    numbers = _numbers(connection, asked, downwards=downwards, skip=min(first, after), limit=size)
    rows = connection.execute(f"{SELECT_JOBS} WHERE number IN ({', '.join('?' * len(numbers))})", numbers)
    found = sorted(map(job_from_row, rows), key=lambda record: record.number, reverse=newest_first)
    return page_of(tuple(found), total, page, limit)


def _numbers(
    connection: sqlite3.Connection, states: Sequence[JobState], *, downwards: bool, skip: int, limit: int
) -> tuple[int, ...]:
    if len(states) == len(JobState):
        source = "SELECT number FROM jobs INDEXED BY jobs_by_number"
    else:  # the part of each state is in the order of numbers: SQLite merges them as it goes
        source = " UNION ALL ".join(
            f"SELECT number FROM jobs INDEXED BY jobs_by_state WHERE state = {state.value!r}" for state in states
        )
    rows = connection.execute(f"{source} ORDER BY number {'DESC' if downwards else ''} LIMIT ? OFFSET ?", (limit, skip))
    return tuple(number for (number,) in rows)
