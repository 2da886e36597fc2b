"""The table of jobs: adding, saving, finding and clearing, each inside a transaction of the caller's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from attrs import evolve

from ffx.client.queue.damage import DamagedRow
from ffx.client.queue.history import REMEMBER, history_row
from ffx.client.queue.listing import counts
from ffx.client.queue.notes import DROP_LIVE
from ffx.client.queue.places import Places
from ffx.client.queue.records import Handling, JobRecord
from ffx.client.queue.rows import (
    INSERT_JOB,
    SELECT_JOBS,
    UPDATE_JOB,
    Row,
    inserted_row,
    job_from_row,
    stored_text,
    updated_row,
)
from ffx.client.queue.schema import OPEN, listed
from ffx.core.errors import QueueError, UsageError
from ffx.core.model import JobConfiguration, JobState

_AT_WORK = (JobState.QUEUED, JobState.RUNNING)


def add(
    connection: sqlite3.Connection, jobs: Sequence[tuple[JobConfiguration, Handling]], now: float
) -> tuple[JobRecord, ...]:
    """Insert jobs, or find the open ones that they are. Raises UsageError when an output or an id is taken."""
    places = Places()
    records = []
    for job, handling in jobs:
        place = places.of(job.output_file)
        record = open_job_at(connection, place)
        if record is None:
            record = _insert(connection, JobRecord(number=0, job=job, handling=handling, added=now), place)
        elif not _is_same_work(record, job, handling, places):
            raise UsageError(
                f"{record.job.output_file} is being made by job {record.number} from {record.job.input_file}: wait for "
                f"it, cancel it (ffx queue cancel {record.number}), or name another output"
            )
        records.append(record)
    return tuple(records)


def save(connection: sqlite3.Connection, records: Sequence[JobRecord]) -> None:
    """Write records of jobs, one a job, and into the history those that end now.

    A job whose row is gone gets it back: what is worked on is in the queue.

    Raises:
        QueueError: the output of a job that is open again belongs to another one.
    """
    connection.executemany(REMEMBER, [history_row(record) for record in records if record.state.is_final])
    # Those that end first: the output of one may be that of another that is open again.
    records = sorted(records, key=lambda record: not record.state.is_final)
    try:
        updated = connection.executemany(UPDATE_JOB, [updated_row(record) for record in records]).rowcount
        if updated != len(records):
            _insert_missing(connection, records)
    except sqlite3.IntegrityError:
        raise _doubled(connection, records) from None
    connection.executemany(
        DROP_LIVE, [(stored_text(record.job_id),) for record in records if record.state not in _AT_WORK]
    )


def open_records(connection: sqlite3.Connection) -> tuple[JobRecord, ...]:
    """Every job that has not ended, by number. Raises DamagedRow when one is missing."""
    records = [job_from_row(row) for row in connection.execute(f"{SELECT_JOBS} WHERE state IN {OPEN}")]
    expected = sum(count for state, count in counts(connection).items() if not state.is_final)
    if len(records) != expected:
        raise DamagedRow(f"{expected} open jobs were written, {len(records)} are there")
    records.sort(key=lambda record: record.number)
    return tuple(records)


def added_after(connection: sqlite3.Connection, number: int) -> tuple[JobRecord, ...]:
    """Open jobs with larger numbers."""
    # The plus keeps SQLite from walking along all that is open.
    rows = connection.execute(f"{SELECT_JOBS} WHERE number > ? AND +state IN {OPEN} ORDER BY number", (number,))
    return tuple(map(job_from_row, rows))


def open_job_at(connection: sqlite3.Connection, place: str) -> JobRecord | None:
    """The open job whose output has that place."""
    return first(connection, f"place = ? AND state IN {OPEN}", stored_text(place))


def first(connection: sqlite3.Connection, condition: str, value: str | bytes | int) -> JobRecord | None:
    """The job for which a condition on one value holds."""
    row = connection.execute(f"{SELECT_JOBS} WHERE {condition}", (value,)).fetchone()
    return None if row is None else job_from_row(row)


def find(connection: sqlite3.Connection, text: str) -> JobRecord:
    """The job of that number or id, or the only one whose id begins so. Raises UsageError."""
    word = text.strip()
    if word.isascii() and word.isdecimal() and len(word) < 19:  # digits of 64 bits
        record = first(connection, "number = ?", int(word))
        if record is not None:
            return record
    found = _beginning_with(connection, word) if word else []
    if not found:
        raise UsageError(f"there is no job {text!r}; see: ffx queue list")
    if len(found) > 1 and found[0].job_id != word:
        raise UsageError(f"more than one job's id begins with {text!r}: give more of it, or the job's number")
    return found[0]


def clear(
    connection: sqlite3.Connection, states: Sequence[JobState], *, older_than: float | None, after: int, limit: int
) -> tuple[int, ...]:
    """Remove some jobs in these states with larger numbers than ``after``; returns theirs."""
    age, ended = ("", ()) if older_than is None else (" AND ended < ?", (older_than,))
    rows = connection.execute(
        f"SELECT number FROM jobs WHERE state IN {listed(states)} AND number > ?{age} ORDER BY number LIMIT ?",
        (after, *ended, limit),
    ).fetchall()
    connection.executemany("DELETE FROM jobs WHERE number = ?", rows)
    return tuple(number for (number,) in rows)


def _insert(connection: sqlite3.Connection, record: JobRecord, place: str) -> JobRecord:
    try:
        number = connection.execute(INSERT_JOB, inserted_row(record, None, place)).lastrowid
    except sqlite3.IntegrityError:
        raise UsageError(f"there is a job {record.job_id} already; see: ffx queue show {record.job_id}") from None
    assert number is not None
    return evolve(record, number=number)


def _insert_missing(connection: sqlite3.Connection, records: Iterable[JobRecord]) -> None:
    places = Places()
    for record in records:
        if connection.execute("SELECT 1 FROM jobs WHERE number = ?", (record.number,)).fetchone() is None:
            place = places.of(record.job.output_file)
            connection.execute(INSERT_JOB, inserted_row(record, record.number, place))


def _doubled(connection: sqlite3.Connection, records: Iterable[JobRecord]) -> QueueError:
    places = Places()
    for record in records:
        other = None if record.state.is_final else open_job_at(connection, places.of(record.job.output_file))
        if other is not None and other.number != record.number:
            return QueueError(
                f"job {record.number} cannot begin anew: {record.job.output_file} is being made by job {other.number}"
            )
    return QueueError("two jobs of one id, or with one output, cannot be saved")


def _beginning_with(connection: sqlite3.Connection, word: str) -> list[JobRecord]:
    bounds: Row = (stored_text(word), stored_text(f"{word}\U0010ffff"))
    rows = connection.execute(f"{SELECT_JOBS} WHERE job_id >= ? AND job_id < ? ORDER BY job_id LIMIT 2", bounds)
    return [job_from_row(row) for row in rows]


def _is_same_work(record: JobRecord, job: JobConfiguration, handling: Handling, places: Places) -> bool:
    return (
        record.handling == handling
        and record.job.recipe == job.recipe
        and record.job.verification is job.verification
        and places.of(record.job.input_file) == places.of(job.input_file)
    )
