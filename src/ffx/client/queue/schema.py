"""The tables of the queue, and how a file of an older version becomes one of this version.

Nothing here needs more than SQLite 3.34. Every table has row ids: a repair walks along them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from ffx.core.errors import QueueError
from ffx.core.model import JobState

APPLICATION_ID = 0x66667871
"""``ffxq``: marks a database as a queue of ffx."""

PAGE_SIZE = 4096
"""Bytes."""

OPEN_STATES = tuple(state for state in JobState if not state.is_final)
FINAL_STATES = tuple(state for state in JobState if state.is_final)


def listed(states: Sequence[JobState]) -> str:
    """The states as SQL lists them."""
    return f"({', '.join(repr(state.value) for state in states)})"


OPEN = listed(OPEN_STATES)
FINAL = listed(FINAL_STATES)

Migration = Callable[[sqlite3.Connection], None]
"""Brings the tables from one version to the next, inside a transaction that it does not end."""


def _first(connection: sqlite3.Connection) -> None:
    for statement in _VERSION_1:
        connection.execute(statement)
    connection.executemany("INSERT INTO state_counts VALUES (?, 0)", [(state.value,) for state in JobState])


_VERSION_1 = (
    # `place` is the output's path in one spelling: two open jobs never share one. `configuration` holds what the
    # columns do not. `checksum` is that of the row: a flipped bit never becomes another job.
    """CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL UNIQUE,
        input TEXT NOT NULL, output TEXT NOT NULL, place TEXT NOT NULL, added REAL NOT NULL,
        state TEXT NOT NULL, priority INTEGER NOT NULL, paused INTEGER NOT NULL,
        file_size INTEGER NOT NULL, frames INTEGER NOT NULL, duration REAL NOT NULL, estimated_duration REAL NOT NULL,
        configuration TEXT NOT NULL, handling TEXT NOT NULL, modified REAL NOT NULL,
        attempt INTEGER NOT NULL, server_id TEXT NOT NULL, server TEXT NOT NULL, encoder TEXT NOT NULL,
        at_home INTEGER NOT NULL, failures INTEGER NOT NULL, losses INTEGER NOT NULL,
        avoids TEXT NOT NULL, failed_on TEXT NOT NULL,
        reason TEXT NOT NULL, no_server INTEGER NOT NULL, began REAL NOT NULL, ended REAL NOT NULL,
        result TEXT, evidence TEXT, checksum INTEGER NOT NULL
    )""",
    # Lists are walked along these two, which are small, and never along the table.
    "CREATE INDEX jobs_by_number ON jobs (number)",
    "CREATE INDEX jobs_by_state ON jobs (state)",
    f"CREATE UNIQUE INDEX open_places ON jobs (place) WHERE state IN {OPEN}",
    # How many jobs are in each state, so that nobody counts a million rows.
    "CREATE TABLE state_counts (state TEXT PRIMARY KEY, jobs INTEGER NOT NULL)",
    """CREATE TRIGGER count_added AFTER INSERT ON jobs BEGIN
        UPDATE state_counts SET jobs = jobs + 1 WHERE state = NEW.state;
    END""",
    """CREATE TRIGGER count_removed AFTER DELETE ON jobs BEGIN
        UPDATE state_counts SET jobs = jobs - 1 WHERE state = OLD.state;
    END""",
    """CREATE TRIGGER count_changed AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN
        UPDATE state_counts SET jobs = jobs - 1 WHERE state = OLD.state;
        UPDATE state_counts SET jobs = jobs + 1 WHERE state = NEW.state;
    END""",
    """CREATE TABLE attempts (
        job_id TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE, attempt INTEGER NOT NULL,
        server_id TEXT NOT NULL, server TEXT NOT NULL, epoch TEXT NOT NULL, encoder TEXT NOT NULL,
        began REAL NOT NULL, ended REAL NOT NULL, outcome TEXT, code TEXT NOT NULL, message TEXT NOT NULL,
        evidence TEXT, PRIMARY KEY (job_id, attempt)
    )""",
    "CREATE INDEX attempts_under_way ON attempts (job_id) WHERE outcome IS NULL",
    """CREATE TABLE farewells (
        server_id TEXT NOT NULL, job_id TEXT NOT NULL, attempt INTEGER NOT NULL,
        PRIMARY KEY (server_id, job_id, attempt)
    )""",
    """CREATE TABLE set_aside (
        server_id TEXT PRIMARY KEY, server TEXT NOT NULL, reason TEXT NOT NULL, since REAL NOT NULL, until REAL
    )""",
    "CREATE TABLE wishes (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, wish TEXT NOT NULL)",
    """CREATE TABLE live (
        job_id TEXT PRIMARY KEY, phase TEXT NOT NULL, progress REAL NOT NULL, fps REAL NOT NULL, speed REAL NOT NULL,
        eta REAL
    )""",
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE history (
        id INTEGER PRIMARY KEY, job_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
        input TEXT NOT NULL, output TEXT NOT NULL, resolution TEXT NOT NULL, duration REAL NOT NULL,
        server_id TEXT NOT NULL, server TEXT NOT NULL, encoder TEXT NOT NULL, attempts INTEGER NOT NULL,
        bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, frames INTEGER NOT NULL, seconds REAL NOT NULL,
        average_fps REAL NOT NULL, reason TEXT NOT NULL, added REAL NOT NULL, began REAL NOT NULL, ended REAL NOT NULL
    )""",
    "CREATE INDEX history_by_end ON history (ended)",
    "CREATE INDEX history_by_server ON history (server, ended)",
    # All that sums are made of: four times as quick as the table.
    """CREATE INDEX history_sums ON history
        (server, encoder, state, ended, frames, seconds, bytes_in, bytes_out)""",
)

MIGRATIONS: tuple[Migration, ...] = (_first,)
"""From nothing to version 1, from 1 to 2, and so on. One that was released is never changed."""


def create(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Make an empty queue in an empty database."""
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(connection, Path(), migrations)


def is_queue(connection: sqlite3.Connection) -> bool:
    """Whether the database is a queue of ffx, of whatever version."""
    return _pragma(connection, "application_id") == APPLICATION_ID and _pragma(connection, "user_version") > 0


def known_version(connection: sqlite3.Connection, file: Path, known: int = len(MIGRATIONS)) -> int:
    """The version of the tables. Raises QueueError when a newer ffx made them."""
    version = _pragma(connection, "user_version")
    if version > known:
        raise QueueError(f"{file}: a newer ffx wrote this queue (version {version}, and {known} is known); update ffx")
    return version


def migrate(connection: sqlite3.Connection, file: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the tables up to date, all or nothing.

    Raises:
        QueueError: a newer ffx wrote the file.
    """
    if _pragma(connection, "user_version") == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = known_version(connection, file, len(migrations))  # now: another process may have been first
        for migration in migrations[version:]:
            migration(connection)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
