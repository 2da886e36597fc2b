"""Saves what can be read of a damaged queue into a new one, and keeps the old one.

The new file is made whole under another name, then takes the place of the old one. Interrupted in between, a repair is
finished by the next one; meanwhile the queue cannot be opened.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import frozen

from ffx.client.queue import notes
from ffx.client.queue.damage import ERRORS, DamagedRow, keep_copy
from ffx.client.queue.database import connect
from ffx.client.queue.files import copy_whole, index_file, log_file, repaired_file, sync, sync_folder
from ffx.client.queue.history import SELECT_HISTORY, history_job_from
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.rows import SELECT_ATTEMPTS, SELECT_JOBS, Row, attempt_from_row, job_from_row
from ffx.client.queue.salvage import lend_contents, readable_rows
from ffx.client.queue.schema import MIGRATIONS, Migration, create, is_queue, known_version, migrate
from ffx.core.errors import QueueError

_TABLES = ("jobs", "attempts", "farewells", "set_aside", "wishes", "meta", "history")
"""What refers to a job after the jobs. ``state_counts`` counts by itself, and ``live`` is lost without harm."""

_COUNTED_UP = ("jobs", "wishes")
"""Tables whose numbers are never given twice."""

_READERS: tuple[tuple[str, str, Callable[[Row], object]], ...] = (
    ("jobs", SELECT_JOBS, job_from_row),
    ("attempts", SELECT_ATTEMPTS, attempt_from_row),
    ("farewells", notes.SELECT_FAREWELLS, notes.farewell_from),
    ("set_aside", notes.SELECT_SET_ASIDE, notes.set_aside_from),
    ("wishes", notes.SELECT_WISHES, notes.wish_from),
    ("history", SELECT_HISTORY, history_job_from),
)


@frozen
class RepairReport:
    """What a repair saved."""

    file: Path
    kept: Path
    """The damaged file, as it was."""
    saved: int
    """Jobs."""
    lost: tuple[int, ...] | None
    """The numbers of jobs that were there and are not any more; None: that cannot be known."""


def repair(file: Path) -> RepairReport:
    """Replace a damaged queue by a sound one with all that can be read of it. A sound one stays what it is.

    Raises:
        QueueError: a process works the queue, there is none, a newer ffx wrote it, or there is no room.
    """
    file = file.absolute()
    with QueueLock(file):
        try:
            return _repair(file)
        except OSError as error:
            raise QueueError(f"{file}: cannot be repaired: {error.strerror or error}") from None
        except sqlite3.OperationalError as error:  # what is damaged was dealt with: a full disk
            raise QueueError(f"{file}: cannot be repaired: {error}") from None


def _repair(file: Path) -> RepairReport:
    if not file.exists():
        raise QueueError(f"{file}: there is no queue to repair")
    kept = keep_copy(file)
    if kept is None:
        raise QueueError(f"{file}: cannot be repaired: there is no room for a copy beside it")
    ready = repaired_file(file)
    expected: frozenset[int] | None = None
    if not ready.exists():  # else an earlier repair got so far
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f"{file.name}.repair-") as name:
            fresh, expected = _salvage(kept, Path(name))
            sync(fresh)
            fresh.replace(ready)
        sync_folder(file.parent)
    with contextlib.closing(connect(ready)) as connection:
        saved = frozenset(number for (number,) in connection.execute("SELECT number FROM jobs"))
    # The log of the old file must not be taken for that of the new one; until the last line there is no queue to open.
    for rest in (log_file(file), index_file(file), log_file(ready), index_file(ready)):
        rest.unlink(missing_ok=True)
    ready.replace(file)
    sync_folder(file.parent)
    return RepairReport(file, kept, len(saved), None if expected is None else tuple(sorted(expected - saved)))


def _salvage(kept: Path, folder: Path) -> tuple[Path, frozenset[int] | None]:
    """A new queue with what could be read, and the numbers of the jobs that there were when those can be read."""
    sound, fresh = folder / "sound.db", folder / "fresh.db"
    with _made(sound, MIGRATIONS):
        pass
    with contextlib.closing(_readable(kept, folder / "scratch.db", sound)) as source:
        # Made as the old one was, then brought up to date as that would have been.
        with _made(fresh, MIGRATIONS[: known_version(source, kept)]) as target:
            _copy(source, target)
            migrate(target, fresh)
            with _transaction(target):
                for table, select, read in _READERS:
                    _drop_unreadable(target, table, select, read)
        numbers = readable_rows(source, "jobs INDEXED BY jobs_by_number", "number", ())
        expected = frozenset(number for (number,) in numbers)
    return fresh, expected or None


@contextlib.contextmanager
def _made(file: Path, migrations: Sequence[Migration]) -> Iterator[sqlite3.Connection]:
    """A new queue of the version that the migrations lead to; its file is complete when this ends."""
    file.touch(mode=0o600)
    with contextlib.closing(connect(file)) as connection:
        create(connection, migrations)
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")


def _readable(kept: Path, scratch: Path, sound: Path) -> sqlite3.Connection:
    """A connection to a copy of the damaged file that knows its tables; nothing may be readable in them.

    Raises:
        QueueError: a newer ffx wrote it.
    """
    for borrowed, with_log in ((False, True), (True, True), (True, False)):
        copy_whole(kept, scratch)
        log_file(scratch).unlink(missing_ok=True)
        if with_log and log_file(kept).exists():
            copy_whole(log_file(kept), log_file(scratch))
        if borrowed:
            lend_contents(scratch, sound)
        connection = connect(scratch)
        try:
            if is_queue(connection):
                for table in _TABLES:
                    connection.execute(f"SELECT 1 FROM {table} LIMIT 0")
                known_version(connection, kept)
                return connection
        except ERRORS:
            pass
        except BaseException:
            connection.close()
            raise
        connection.close()
    raise QueueError(f"{kept}: nothing can be read of this queue")


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    with _transaction(target):
        for table in _TABLES:
            _copy_rows(source, target, table)
        for table in _COUNTED_UP:
            _copy_sequence(source, target, table)


def _copy_rows(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    columns = tuple(name for _, name, *_ in target.execute(f"PRAGMA table_info({table})"))
    insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for _, *row in readable_rows(source, f"{table} NOT INDEXED", "rowid", columns):
        with contextlib.suppress(sqlite3.IntegrityError):  # it is no row of ours, or its job is lost
            target.execute(insert, row)


def _copy_sequence(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    with contextlib.suppress(*ERRORS):
        row = source.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        if isinstance(row[0], int):
            target.execute(
                "INSERT INTO sqlite_sequence SELECT ?, 0 WHERE NOT EXISTS "
                "(SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
                (table,),
            )
            target.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (row[0], table))


def _drop_unreadable(connection: sqlite3.Connection, table: str, select: str, read: Callable[[Row], object]) -> None:
    bad = []
    for rowid, *row in connection.execute(select.replace("SELECT", "SELECT rowid,", 1)):
        try:
            read(tuple(row))
        except (DamagedRow, ValueError):
            bad.append((rowid,))
    connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", bad)
