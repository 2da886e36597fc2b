"""Pages of the list, the counts behind them, and that a page never walks along the table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from attrs import evolve

from ffx.client.queue.records import JobRecord
from ffx.client.queue.store import JobQueue
from ffx.core.model import JobState
from tests.client.queue.support import completed, jobs

STATES = (JobState.COMPLETED, JobState.PENDING, JobState.FAILED, JobState.COMPLETED, JobState.RUNNING)


@pytest.fixture
def records(queue: JobQueue) -> tuple[JobRecord, ...]:
    """57 jobs in mixed states, with gaps between their numbers."""
    added = queue.add(jobs(60), now=1.0)
    mixed = [evolve(record, state=state) for record, state in zip(added, itertools.cycle(STATES), strict=False)]
    cancelled = [evolve(mixed[index], state=JobState.CANCELLED) for index in (4, 20, 21)]
    queue.save(records=[*mixed, *cancelled])
    assert queue.clear([JobState.CANCELLED]) == 3
    gone = {record.number for record in cancelled}
    return tuple(record for record in mixed if record.number not in gone)


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 57, 100])
@pytest.mark.parametrize(
    "states",
    [
        (),
        (JobState.COMPLETED,),
        (JobState.RUNNING, JobState.PENDING, JobState.QUEUED),
        (JobState.FAILED, JobState.FAILED),
        tuple(JobState),
        (JobState.CANCELLED,),
    ],
)
def test_the_pages_together_are_the_list(
    queue: JobQueue, records: Sequence[JobRecord], states: Sequence[JobState], limit: int, newest_first: bool
) -> None:
    expected = [record for record in records if not states or record.state in states]
    if newest_first:
        expected.reverse()
    pages = max(1, -(-len(expected) // limit))
    found = []
    for number in range(1, pages + 1):
        page = queue.page(states, limit=limit, page=number, newest_first=newest_first)
        assert (page.total, page.page, page.pages) == (len(expected), number, pages)
        assert len(page.rows) == limit or number == pages
        found.extend(page.rows)
    assert found == expected
    assert queue.page(states, limit=limit, page=pages + 1).rows == ()


def test_counts_follow_every_change(queue: JobQueue) -> None:
    nothing = dict.fromkeys(JobState, 0)
    assert queue.counts() == nothing
    first, second, third = queue.add(jobs(3), now=1.0)
    queue.save(records=[completed(first), evolve(second, state=JobState.RUNNING)])
    assert queue.counts() == nothing | {JobState.COMPLETED: 1, JobState.RUNNING: 1, JobState.PENDING: 1}
    queue.save(records=[first, completed(second), third])
    assert queue.counts() == nothing | {JobState.COMPLETED: 1, JobState.PENDING: 2}
    queue.clear([JobState.COMPLETED])
    assert queue.counts() == nothing | {JobState.PENDING: 2}


@pytest.mark.parametrize(
    "states", [(), (JobState.PENDING,), (JobState.PENDING, JobState.RUNNING), tuple(JobState)[:-1]]
)
def test_a_deep_page_reads_few_rows_of_the_table(queue: JobQueue, states: Sequence[JobState]) -> None:
    """A page at a million jobs is quick as long as it is found in an index, and not sorted."""
    connection = queue._database._connection
    queue.add(jobs(30), now=1.0)
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    queue.page(states, limit=5, page=3)
    connection.set_trace_callback(None)
    plans = [
        detail
        for statement in statements
        if statement.startswith("SELECT")
        for _, _, _, detail in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    of_jobs = [detail for detail in plans if "jobs" in detail]
    assert of_jobs
    assert all("COVERING INDEX" in detail or "USING INTEGER PRIMARY KEY" in detail for detail in of_jobs)
    assert not any("TEMP B-TREE" in detail for detail in plans)
