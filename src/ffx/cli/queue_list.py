"""What ``ffx queue list`` shows: what runs, then what waits, then what ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ffx.cli.assembly import Assembly
from ffx.cli.priorities import USUAL_PRIORITY
from ffx.cli.queue_rows import plain_job, progress_text, reason_text, state_text, when_last_heard
from ffx.cli.text import QUEUE_PAUSED, print_json, print_line, print_table
from ffx.cli.worker import working_process
from ffx.client.queue.listing import Page, page_of
from ffx.client.queue.records import JobRecord, Live
from ffx.client.queue.store import JobQueue
from ffx.core.errors import UsageError
from ffx.core.model import JobState
from ffx.core.registry import suggestion

_GROUPS: tuple[tuple[tuple[JobState, ...], bool], ...] = (
    ((JobState.RUNNING,), False),
    ((JobState.QUEUED,), False),
    ((JobState.PENDING,), False),
    ((JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED), True),
)
"""What is shown first, and whether the newest of a group goes first."""


def list_queue(assembly: Assembly, states: Sequence[str], *, limit: int, page: int, as_json: bool) -> int:
    """Print one page.

    Raises:
        UsageError: there is no such state.
        QueueError: the queue cannot be read.
    """
    asked = tuple(map(state_named, states))
    with JobQueue.open(assembly.folders.queue_file) as queue:
        found = page_in_order(queue, asked, limit=limit, page=page)
        live, counts, paused = queue.live(), queue.counts(), queue.is_paused()
    worker = working_process(assembly.folders.queue_file)
    known = {one.job_id: one if worker is not None else when_last_heard(one) for one in live}
    if as_json:
        print_json(
            {
                "jobs": [plain_job(record, known.get(record.job_id)) for record in found.rows],
                "total": found.total,
                "page": found.page,
                "pages": found.pages,
                "counts": {state.value: count for state, count in counts.items()},
                "paused": paused,
                "worked_by": None if worker is None else {"pid": worker.pid, "host": worker.host},
            }
        )
        return 0
    if found.rows:
        _print_rows(found.rows, known)
    print_line(_summary(found, counts))
    if paused:
        print_line(QUEUE_PAUSED)
    elif any(count for state, count in counts.items() if not state.is_final):
        print_line(f"{worker} works the queue" if worker is not None else "nobody works the queue: ffx queue run")
    return 0


def state_named(text: str) -> JobState:
    """Raises UsageError when there is no such state."""
    word = text.strip().lower()
    try:
        return JobState(word)
    except ValueError:
        near = suggestion(word, [state.value for state in JobState])
        raise UsageError(f"--state: {text!r} is not one of {', '.join(JobState)}{near}") from None


def page_in_order(queue: JobQueue, states: Sequence[JobState], *, limit: int, page: int) -> Page[JobRecord]:
    """A page of the groups one after the other; ``states`` empty: all jobs."""
    counts = queue.counts()
    rows: list[JobRecord] = []
    total, start = 0, (page - 1) * limit
    for group, newest_first in _GROUPS:
        chosen = tuple(state for state in group if not states or state in states)
        size = sum(counts[state] for state in chosen)
        if start < total + size and len(rows) < limit and chosen:
            first = max(0, start - total)
            rows += _part(queue, chosen, first, limit - len(rows), limit, newest_first)
        total += size
    return page_of(tuple(rows), total, page, limit)


def _part(
    queue: JobQueue, states: Sequence[JobState], first: int, count: int, limit: int, newest_first: bool
) -> list[JobRecord]:
    """So many jobs of a group from one on; the queue knows only pages, of which this is in at most two."""
    number, skipped = first // limit + 1, first % limit
    rows = list(queue.page(states, limit=limit, page=number, newest_first=newest_first).rows)[skipped:]
    if len(rows) < count:
        rows += queue.page(states, limit=limit, page=number + 1, newest_first=newest_first).rows
    return rows[:count]


def _print_rows(records: Sequence[JobRecord], live: dict[str, Live]) -> None:
    heading = ["JOB", "STATE", "PROGRESS", "SERVER", "ENCODER", "TRIES", "FILES"]
    rows = [_row(record, live.get(record.job_id)) for record in records]
    if any(record.job.priority != USUAL_PRIORITY for record in records):
        heading.insert(2, "PRIORITY")
        for row, record in zip(rows, records, strict=True):
            row.insert(2, str(record.job.priority))
    print_table(rows, heading=heading)


def _row(record: JobRecord, live: Live | None) -> list[str]:
    job = record.job
    files = f"{Path(job.input_file).name} -> {job.output_file}"
    reason = reason_text(record)
    return [
        str(record.number),
        state_text(record),
        progress_text(record, live),
        record.server,
        record.encoder or job.recipe.encoder or job.recipe.codec,
        str(record.attempt),
        f"{files} ({reason})" if reason else files,
    ]


def _summary(found: Page[JobRecord], counts: dict[JobState, int]) -> str:
    total = sum(counts.values())
    if not total:
        return "the queue is empty; put jobs into it with: ffx submit"
    states = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    words = f"{total} job{'' if total == 1 else 's'}: {states}"
    return f"{words}; page {found.page} of {found.pages}" if found.pages > 1 or found.page > 1 else words
