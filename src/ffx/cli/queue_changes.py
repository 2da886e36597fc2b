"""What ``ffx queue cancel``, ``retry``, ``pause``, ``resume``, ``priority`` and ``clear`` do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from attrs import frozen

from ffx.cli.assembly import Assembly
from ffx.cli.boundary import print_error
from ffx.cli.granting import grant
from ffx.cli.job_names import find_jobs, ranges
from ffx.cli.moments import moment
from ffx.cli.priorities import priority_named
from ffx.cli.queue_list import state_named
from ffx.cli.queue_rows import plain_job
from ffx.cli.text import QUEUE_PAUSED, print_json, print_line
from ffx.client.queue.holder import Holder
from ffx.client.queue.records import CancelJob, ChangePriority, JobRecord, PauseJob, PauseQueue, RetryJob, Wish
from ffx.client.queue.store import JobQueue
from ffx.core.errors import UsageError
from ffx.core.model import JobState

TOLD_ONE_BY_ONE = 20
"""Jobs up to which each gets a line of its own."""


@frozen
class Change:
    """Something that can be asked of a job."""

    doing: str
    """As in: asked to ``cancel it``."""
    wish: Callable[[JobRecord], Wish]
    outcome: Callable[[JobRecord], str]
    """What is so when it is done; empty while it is not."""
    refusal: Callable[[JobRecord], str] = lambda record: ""
    """Why it makes no sense; empty when it does."""


@frozen
class Changed:
    """What came of it for one job."""

    record: JobRecord
    """As it is now."""
    words: str
    done: bool


def make_change(
    assembly: Assembly, queue: JobQueue, records: Sequence[JobRecord], change: Change
) -> tuple[Changed, ...]:
    """Ask it of each job, and look what came of it."""
    refusals = {record.job_id: words for record in records if (words := change.refusal(record))}
    wishes = [change.wish(r) for r in records if r.job_id not in refusals and not change.outcome(r)]
    worker = grant(assembly, queue, wishes)
    now = [queue.record(record.job_id) or record for record in records]
    return tuple(
        Changed(
            record,
            refusals.get(record.job_id) or _told(record, change, worker),
            done=record.job_id not in refusals and bool(change.outcome(record)),
        )
        for record in now
    )


def change_jobs(
    assembly: Assembly, queue: JobQueue, records: Sequence[JobRecord], change: Change, *, as_json: bool
) -> int:
    """Ask it of each job and say what came of it; 1 when that is not what was asked for with every one."""
    changed = make_change(assembly, queue, records, change)
    all_done = all(one.done for one in changed)
    if as_json:
        print_json([plain_job(one.record) | {"outcome": one.words, "done": one.done} for one in changed])
    elif len(changed) > TOLD_ONE_BY_ONE and all_done:
        print_line(f"{len(changed)} jobs ({ranges(one.record.number for one in changed)}): done")
    else:
        for one in changed:
            say = print_line if one.done else print_error
            say(f"job {one.record.number}: {one.words}")
    return 0 if all_done else 1


def _told(record: JobRecord, change: Change, worker: Holder | None) -> str:
    words = change.outcome(record)
    if words:
        return words
    if worker is not None:
        return f"{worker}, which works the queue, was asked to {change.doing} and has not done so yet"
    return f"it is {record.state.value} now" + (f": {record.reason}" if record.reason else "")


# -- What can be asked ------------------------------------------------------------------------------------------


def cancelling() -> Change:
    return Change(
        doing="cancel it",
        wish=lambda record: CancelJob(record.job_id),
        outcome=lambda record: "cancelled" if record.state is JobState.CANCELLED else "",
        refusal=lambda record: _ended(record) if record.state is not JobState.CANCELLED else "",
    )


def retrying(queue: JobQueue) -> Change:
    return Change(
        doing="let it begin anew",
        wish=lambda record: RetryJob(record.job_id),
        outcome=lambda record: "" if record.state.is_final else "waits in the queue again",
        refusal=_Retries(queue).refusal,
    )


def pausing(paused: bool) -> Change:
    return Change(
        doing="pause it" if paused else "let it go on",
        wish=lambda record: PauseJob(record.job_id, paused),
        outcome=lambda record: ("paused" if paused else "goes on") if record.paused is paused else "",
        refusal=_ended,
    )


def prioritising(priority: int) -> Change:
    return Change(
        doing=f"give it priority {priority}",
        wish=lambda record: ChangePriority(record.job_id, priority),
        outcome=lambda record: f"has priority {priority}" if record.job.priority == priority else "",
        refusal=_ended,
    )


# -- Commands ---------------------------------------------------------------------------------------------------


def cancel(assembly: Assembly, names: Sequence[str], *, every: bool, as_json: bool) -> int:
    """End jobs that have not ended. Raises UsageError when a job cannot be found."""
    _check_choice(names, every, "--all")
    with JobQueue.open(assembly.folders.queue_file) as queue:
        records = queue.open_records() if every else find_jobs(queue, names)
        return change_jobs(assembly, queue, records, cancelling(), as_json=as_json)


def retry(assembly: Assembly, names: Sequence[str], *, every: bool, as_json: bool) -> int:
    """Let jobs that failed or were cancelled begin anew. Raises UsageError when a job cannot be found."""
    _check_choice(names, every, "--failed")
    with JobQueue.open(assembly.folders.queue_file) as queue:
        records = _failed(queue) if every else find_jobs(queue, names)
        return change_jobs(assembly, queue, records, retrying(queue), as_json=as_json)


def pause(assembly: Assembly, names: Sequence[str], *, paused: bool, as_json: bool) -> int:
    """Let jobs stand still, or go on; without names the whole queue. Raises UsageError when a job cannot be found."""
    with JobQueue.open(assembly.folders.queue_file) as queue:
        if not names:
            return _pause_queue(assembly, queue, paused=paused, as_json=as_json)
        return change_jobs(assembly, queue, find_jobs(queue, names), pausing(paused), as_json=as_json)


def prioritise(assembly: Assembly, name: str, text: str, *, as_json: bool) -> int:
    """Give a job another priority. Raises UsageError when it cannot be found, or that is none."""
    change = prioritising(priority_named(text))
    with JobQueue.open(assembly.folders.queue_file) as queue:
        return change_jobs(assembly, queue, (queue.find(name),), change, as_json=as_json)


def clear(assembly: Assembly, states: Sequence[str], older_than: str | None, *, as_json: bool) -> int:
    """Forget jobs that have ended; the history keeps them. Raises UsageError when a state or a time is none."""
    chosen = tuple(map(state_named, states)) or tuple(state for state in JobState if state.is_final)
    before = None if older_than is None else moment(older_than, option="--older-than", now=time.time())
    with JobQueue.open(assembly.folders.queue_file) as queue:
        count = queue.clear(chosen, before)
    if as_json:
        print_json({"cleared": count})
    else:
        print_line(f"cleared {_jobs(count)}" + ("; the history keeps them" if count else ""))
    return 0


def _pause_queue(assembly: Assembly, queue: JobQueue, *, paused: bool, as_json: bool) -> int:
    worker = grant(assembly, queue, (PauseQueue(paused),)) if queue.is_paused() is not paused else None
    is_paused = queue.is_paused()
    if as_json:
        print_json({"paused": is_paused, "done": is_paused is paused})
    elif is_paused is paused:
        print_line(QUEUE_PAUSED if paused else "the queue goes on")
    else:
        print_error(f"{worker or 'the process'}, which works the queue, was asked to and has not done so yet")
    return 0 if is_paused is paused else 1


# -- What makes no sense ----------------------------------------------------------------------------------------


class _Retries:
    """Which jobs can begin anew, one after the other: an output belongs to one job."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._outputs: dict[str, int] = {}

    def refusal(self, record: JobRecord) -> str:
        output = record.job.output_file
        if not record.state.is_final:
            return "it has not ended"
        if record.state is JobState.COMPLETED:
            return "it completed already; to make it anew, submit it with --overwrite"
        other = self._queue.open_job_for(output)
        place = os.path.normcase(os.path.abspath(output))  # noqa: PTH100 - as the queue compares them
        number = other.number if other is not None else self._outputs.setdefault(place, record.number)
        return "" if number == record.number else f"{output} is being made by job {number}"


def _failed(queue: JobQueue) -> tuple[JobRecord, ...]:
    first = queue.page((JobState.FAILED,), limit=1000, newest_first=False)
    further = (
        queue.page((JobState.FAILED,), limit=1000, page=number, newest_first=False).rows
        for number in range(2, first.pages + 1)
    )
    return (*first.rows, *(record for rows in further for record in rows))


def _ended(record: JobRecord) -> str:
    return f"it {_PAST[record.state]} already" if record.state.is_final else ""


_PAST = {JobState.COMPLETED: "completed", JobState.FAILED: "failed", JobState.CANCELLED: "was cancelled"}


def _check_choice(names: Sequence[str], every: bool, option: str) -> None:
    if bool(names) is every:
        raise UsageError(f"name jobs, or give {option}" + (", not both" if names else ""))


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
