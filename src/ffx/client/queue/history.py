"""What became of jobs: kept when they are cleared from the queue, one row each time that one ended."""

from __future__ import annotations

import sqlite3
from typing import Any

from attrs import frozen

from ffx.client.queue.records import JobRecord
from ffx.client.queue.rows import Row, read_row, stored_text, text_from
from ffx.client.queue.schema import FINAL
from ffx.core.model import JobState

_COLUMNS = (
    "job_id", "number", "state", "input", "output", "resolution", "duration", "server_id", "server", "encoder",
    "attempts", "bytes_in", "bytes_out", "frames", "seconds", "average_fps", "reason", "added", "began", "ended",
)  # fmt: skip

SELECT_HISTORY = f"SELECT {', '.join(_COLUMNS)} FROM history"
"""Rows for ``history_job_from``."""

REMEMBER = (
    f"INSERT INTO history ({', '.join(_COLUMNS)}) SELECT {', '.join('?' * len(_COLUMNS))} "
    f"WHERE EXISTS (SELECT 1 FROM jobs WHERE number = ?2 AND state NOT IN {FINAL})"
)
"""Takes ``history_row`` of a job that ends, before its row is updated: one that had ended already is no news."""


@frozen
class HistoryJob:
    """How one job ended."""

    job_id: str
    number: int
    state: JobState
    input_file: str
    output_file: str
    resolution: str
    """Of the input."""
    duration: float
    """Seconds of the input."""
    server_id: str
    server: str
    """The name of the server of the last attempt; empty when it never had one."""
    encoder: str
    attempts: int
    bytes_in: int
    bytes_out: int
    """0 when it did not complete."""
    frames: int
    """Of the output."""
    seconds: float
    """That the encode took."""
    average_fps: float
    reason: str
    added: float
    began: float
    ended: float


@frozen
class ServerHistory:
    """What one server did with one encoder."""

    server: str
    """Its name; empty for jobs that never had one."""
    encoder: str
    completed: int
    failed: int
    average_fps: float
    """All frames by all seconds of encoding, of completed jobs; 0 when there are none."""
    average_seconds: float
    """Of encoding one completed job."""
    bytes_in: int
    bytes_out: int
    """Both of completed jobs."""

    @property
    def bytes_saved(self) -> int:
        """Negative when the outputs are larger."""
        return self.bytes_in - self.bytes_out


def history_row(record: JobRecord) -> Row:
    """For ``REMEMBER``."""
    job, result = record.job, record.result
    completed = record.state is JobState.COMPLETED and result is not None
    return (
        stored_text(job.job_id),
        record.number,
        record.state.value,
        stored_text(job.input_file),
        stored_text(job.output_file),
        stored_text(job.resolution),
        job.duration,
        stored_text(record.server_id or (result.server_id if result else "")),
        stored_text(record.server),
        stored_text(record.encoder),
        record.attempt,
        job.file_size,
        result.file_size if completed and result else 0,
        result.frames if completed and result else 0,
        result.duration if completed and result else 0.0,
        result.average_fps if completed and result else 0.0,
        stored_text(record.reason),
        record.added,
        record.began,
        record.ended,
    )


def history_job_from(row: Row) -> HistoryJob:
    """One row of ``SELECT_HISTORY``. Raises DamagedRow when it does not hold what was written."""
    ended: HistoryJob = read_row(f"history of job {row[1]}", lambda: _ended_job(*row))
    return ended


def per_server(connection: sqlite3.Connection, *, server: str | None, since: float | None) -> tuple[ServerHistory, ...]:
    """Jobs that completed or failed, by server and encoder."""
    where, values = _where(server, since)
    rows = connection.execute(
        "SELECT server, encoder, sum(state = 'completed'), sum(state = 'failed'), sum(frames), sum(seconds), "
        "sum(bytes_in * (state = 'completed')), sum(bytes_out) FROM history INDEXED BY history_sums "
        f"WHERE {where} AND state <> 'cancelled' GROUP BY server, encoder ORDER BY server, encoder",
        values,
    )
    return tuple(
        ServerHistory(
            server=text_from(name),
            encoder=text_from(encoder),
            completed=completed,
            failed=failed,
            average_fps=frames / seconds if seconds else 0.0,
            average_seconds=seconds / completed if completed else 0.0,
            bytes_in=bytes_in,
            bytes_out=bytes_out,
        )
        for name, encoder, completed, failed, frames, seconds, bytes_in, bytes_out in rows
    )


def ended_jobs(
    connection: sqlite3.Connection, *, server: str | None, since: float | None, limit: int, offset: int
) -> tuple[tuple[HistoryJob, ...], int]:
    """Some of the jobs that ended, newest first, and how many there are in all."""
    where, values = _where(server, since)
    total: int = connection.execute(f"SELECT count(*) FROM history WHERE {where}", values).fetchone()[0]
    # The inner query walks along an index only, however far it goes.
    rows = connection.execute(
        f"{SELECT_HISTORY} WHERE id IN (SELECT id FROM history WHERE {where} "
        "ORDER BY ended DESC, id DESC LIMIT ? OFFSET ?) ORDER BY ended DESC, id DESC",
        (*values, limit, offset),
    )
    return tuple(map(history_job_from, rows)), total


def _where(server: str | None, since: float | None) -> tuple[str, Row]:
    conditions = {"server = ?": None if server is None else stored_text(server), "ended >= ?": since}
    asked = {condition: value for condition, value in conditions.items() if value is not None}
    return " AND ".join(asked) or "1", tuple(asked.values())


def _ended_job(*row: Any) -> HistoryJob:
    job_id, number, state, input_file, output_file, resolution, duration, server_id, server, encoder, *rest = row
    attempts, bytes_in, bytes_out, frames, seconds, average_fps, reason, added, began, ended = rest
    return HistoryJob(
        job_id=text_from(job_id),
        number=number,
        state=JobState(state),
        input_file=text_from(input_file),
        output_file=text_from(output_file),
        resolution=text_from(resolution),
        duration=duration,
        server_id=text_from(server_id),
        server=text_from(server),
        encoder=text_from(encoder),
        attempts=attempts,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        frames=frames,
        seconds=seconds,
        average_fps=average_fps,
        reason=text_from(reason),
        added=added,
        began=began,
        ended=ended,
    )
