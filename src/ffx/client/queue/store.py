"""The queue of one client: every job, on disk before anything that depends on it happens.

One process works the queue (it holds the ``QueueLock``) and saves what changes, all of a moment in one transaction;
others add jobs, leave wishes, and look on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ffx.client.queue import history, jobs, listing, notes
from ffx.client.queue.database import PATIENCE, Database
from ffx.client.queue.history import HistoryJob, ServerHistory
from ffx.client.queue.listing import Page
from ffx.client.queue.places import Places
from ffx.client.queue.records import AttemptRecord, Farewell, Handling, JobRecord, Live, SetAside, Wish
from ffx.client.queue.rows import PUT_ATTEMPT, SELECT_ATTEMPTS, attempt_from_row, attempt_to_row, stored_text
from ffx.core.errors import UsageError
from ffx.core.model import JobConfiguration, JobState

_CLEARED_AT_A_TIME = 2000
"""Jobs that are removed in one transaction: short enough for the process that works the queue to get in between."""


class JobQueue:
    """The queue in a file. Blocking; for one thread at a time, whichever it is.

    Every method raises QueueError when the file is damaged (a copy of it is kept first), was moved away, cannot be
    read or written, or is held by another process for longer than the patience it was opened with.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, file: Path, *, check: bool = False, patience: float = PATIENCE) -> JobQueue:
        """Open the queue in a file, which is made when there is none; readable by this user only.

        ``check``: look the whole file through for damage, unless it is large; for the process that works it.
        ``patience``: seconds to wait for another process, each time.
        """
        return cls(Database.open(file, check=check, patience=patience))

    @property
    def file(self) -> Path:
        return self._database.file

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- Writing --------------------------------------------------------------------------------------------

    def add(self, added: Sequence[tuple[JobConfiguration, Handling]], now: float) -> tuple[JobRecord, ...]:
        """Add jobs, all or none; returns their records in the same order.

        A job whose output is that of an open job with the same input, recipe, verification and handling is that job:
        a command that is typed again goes on with it.

        Raises:
            UsageError: an output is that of another open job (``open_job_for`` tells before), or an id is taken.
        """
        with self._database.writing() as connection:
            return jobs.add(connection, added, now)

    def save(
        self,
        *,
        records: Iterable[JobRecord] = (),
        attempts: Iterable[AttemptRecord] = (),
        farewells_added: Iterable[Farewell] = (),
        farewells_done: Iterable[Farewell] = (),
        set_aside: Iterable[SetAside] = (),
        released: Iterable[str] = (),
        live: Iterable[Live] = (),
        wishes_done: Iterable[int] = (),
        queue_paused: bool | None = None,
    ) -> None:
        """Write everything that changed in one transaction, which is on the disk when this returns.

        Of several records of one job the last counts. A job that ends now is written into the history too. Attempts
        of a job that was cleared, and what is ``live`` of one that has ended, are passed over; with nothing but
        ``live`` the disk is not waited for. ``released``: ids of servers. ``wishes_done``: numbers of ``wishes``.

        Raises:
            QueueError: the output of a job that had ended and is open again belongs to another open job by now
                (``open_job_for`` tells before); nothing was written.
        """
        latest = tuple({record.number: record for record in records}.values())
        lasting = (
            (PUT_ATTEMPT, [attempt_to_row(attempt) for attempt in attempts]),
            (notes.PUT_FAREWELL, [notes.farewell_row(farewell) for farewell in farewells_added]),
            (notes.DROP_FAREWELL, [notes.farewell_row(farewell) for farewell in farewells_done]),
            (notes.PUT_SET_ASIDE, [notes.set_aside_row(one) for one in set_aside]),
            (notes.DROP_SET_ASIDE, [(stored_text(server_id),) for server_id in released]),
            (notes.DROP_WISH, [(number,) for number in wishes_done]),
            (notes.PUT_META, [] if queue_paused is None else [("paused", str(int(queue_paused)))]),
        )
        progress = [notes.live_row(one) for one in live]
        durable = bool(latest) or any(rows for _, rows in lasting)
        if not durable and not progress:
            return
        with self._database.writing(durable=durable) as connection:
            jobs.save(connection, latest)
            for statement, rows in (*lasting, (notes.PUT_LIVE, progress)):
                connection.executemany(statement, rows)

    def wish(self, *wishes: Wish) -> None:
        """Ask the process that works the queue, or the next one that does, for something."""
        if not wishes:
            return
        with self._database.writing() as connection:
            connection.executemany(notes.PUT_WISH, [notes.wish_row(wish) for wish in wishes])

    def clear(self, states: Sequence[JobState], older_than: float | None = None) -> int:
        """Remove jobs that ended with one of these states, and their attempts; returns how many there were.

        ``older_than``: only those that ended before this moment. The history keeps them all.

        Raises:
            UsageError: jobs in one of these states have not ended.
        """
        for state in states:
            if not state.is_final:
                raise UsageError(f"jobs that are {state} cannot be cleared: cancel them first")
        removed = last = 0
        while True:
            with self._database.writing() as connection:
                numbers = jobs.clear(connection, states, older_than=older_than, after=last, limit=_CLEARED_AT_A_TIME)
            removed += len(numbers)
            if len(numbers) < _CLEARED_AT_A_TIME:
                return removed
            last = numbers[-1]

    # -- Reading: for the process that works the queue --------------------------------------------------------

    def open_records(self) -> tuple[JobRecord, ...]:
        """Every job that has not ended, by number. What they have in common is in memory once."""
        with self._database.reading() as connection:
            return jobs.open_records(connection)

    def added_after(self, number: int) -> tuple[JobRecord, ...]:
        """Jobs that have not ended, with larger numbers; none ever appears below a number that was seen."""
        with self._database.reading() as connection:
            return jobs.added_after(connection, number)

    def attempts_under_way(self) -> tuple[AttemptRecord, ...]:
        """Attempts that have not ended."""
        with self._database.reading() as connection:
            rows = connection.execute(f"{SELECT_ATTEMPTS} INDEXED BY attempts_under_way WHERE outcome IS NULL")
            return tuple(map(attempt_from_row, rows))

    def farewells(self) -> tuple[Farewell, ...]:
        """In the order in which they were added."""
        with self._database.reading() as connection:
            return tuple(map(notes.farewell_from, connection.execute(notes.SELECT_FAREWELLS)))

    def wishes(self) -> tuple[tuple[int, Wish], ...]:
        """What others asked for and is not done, each with its number, in the order in which they asked."""
        with self._database.reading() as connection:
            return tuple(map(notes.wish_from, connection.execute(notes.SELECT_WISHES)))

    def data_version(self) -> int:
        """Another number than before: another connection has changed something. Costs next to nothing."""
        return self._database.data_version()

    # -- Reading: for everybody -------------------------------------------------------------------------------

    def record(self, job_id: str) -> JobRecord | None:
        """The job of that id; None when there is none, or no more."""
        with self._database.reading() as connection:
            return jobs.first(connection, "job_id = ?", stored_text(job_id))

    def find(self, text: str) -> JobRecord:
        """The job that a person means by its number, its id, or the beginning of its id.

        Raises:
            UsageError: there is none, or more than one.
        """
        with self._database.reading() as connection:
            return jobs.find(connection, text)

    def open_job_for(self, output_file: str) -> JobRecord | None:
        """The job that has not ended and whose output this is."""
        with self._database.reading() as connection:
            return jobs.open_job_at(connection, Places().of(output_file))

    def page(
        self, states: Sequence[JobState] = (), *, limit: int = 50, page: int = 1, newest_first: bool = True
    ) -> Page[JobRecord]:
        """A page of the jobs in any of these states (none: all), by number. Quick at a million jobs."""
        with self._database.reading() as connection:
            return listing.job_page(connection, states, limit=limit, page=page, newest_first=newest_first)

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        with self._database.reading() as connection:
            return listing.counts(connection)

    def attempts(self, job_id: str) -> tuple[AttemptRecord, ...]:
        """Of one job, the first one first."""
        with self._database.reading() as connection:
            rows = connection.execute(f"{SELECT_ATTEMPTS} WHERE job_id = ? ORDER BY attempt", (stored_text(job_id),))
            return tuple(map(attempt_from_row, rows))

    def set_aside(self) -> tuple[SetAside, ...]:
        """The one that is set aside the longest first."""
        with self._database.reading() as connection:
            return tuple(map(notes.set_aside_from, connection.execute(notes.SELECT_SET_ASIDE)))

    def live(self) -> tuple[Live, ...]:
        """How far the jobs at work are."""
        with self._database.reading() as connection:
            return tuple(map(notes.live_from, connection.execute(notes.SELECT_LIVE)))

    def is_paused(self) -> bool:
        """Whether everything is suspended."""
        with self._database.reading() as connection:
            row = connection.execute(notes.SELECT_META, ("paused",)).fetchone()
        return row is not None and row[0] == "1"

    def history(self, server: str | None = None, since: float | None = None) -> tuple[ServerHistory, ...]:
        """Jobs that completed or failed, by server and encoder. ``server``: a name; ``since``: a moment."""
        with self._database.reading() as connection:
            return history.per_server(connection, server=server, since=since)

    def history_jobs(
        self, server: str | None = None, since: float | None = None, *, limit: int = 50, page: int = 1
    ) -> Page[HistoryJob]:
        """A page of the single jobs behind ``history``, and of the cancelled ones; the last that ended first."""
        with self._database.reading() as connection:
            rows, total = history.ended_jobs(
                connection, server=server, since=since, limit=limit, offset=(page - 1) * limit
            )
        return listing.page_of(rows, total, page, limit)
