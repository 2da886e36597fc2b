"""Versions of the tables: an older file is brought up to date, a newer one is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ffx.client.queue.database import Database
from ffx.client.queue.schema import MIGRATIONS, is_queue, listed
from ffx.client.queue.store import JobQueue
from ffx.core.errors import QueueError
from ffx.core.model import JobState
from tests.client.queue.support import jobs


def _add_notes(connection: sqlite3.Connection) -> None:
    """A made-up next version: a column and a table, both filled from what is there."""
    connection.execute("ALTER TABLE jobs ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    connection.execute("UPDATE jobs SET note = 'was ' || state")
    connection.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, note TEXT NOT NULL)")
    connection.execute("INSERT INTO notes SELECT number, note FROM jobs")


def _fail(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE wishes")
    raise ZeroDivisionError


def _version(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_an_older_file_is_brought_up_to_date(file: Path) -> None:
    with JobQueue.open(file) as queue:
        added = queue.add(jobs(2), now=1.0)
    assert _version(file) == len(MIGRATIONS)
    for _ in range(2):  # the second time there is nothing to do
        with closing(Database.open(file, check=True, migrations=(*MIGRATIONS, _add_notes))) as database:
            with database.reading() as connection:
                assert connection.execute("SELECT * FROM notes").fetchall() == [(1, "was pending"), (2, "was pending")]
            assert JobQueue(database).open_records() == added
    assert _version(file) == len(MIGRATIONS) + 1


def test_a_migration_that_fails_changes_nothing(file: Path) -> None:
    with JobQueue.open(file) as queue:
        added = queue.add(jobs(2), now=1.0)
    with pytest.raises(ZeroDivisionError):
        Database.open(file, check=True, migrations=(*MIGRATIONS, _add_notes, _fail))
    assert _version(file) == len(MIGRATIONS)
    with JobQueue.open(file, check=True) as queue:
        assert queue.open_records() == added
        assert queue.wishes() == ()


def test_a_newer_file_is_refused_and_left_alone(file: Path) -> None:
    JobQueue.open(file).close()
    with closing(Database.open(file, check=True, migrations=(*MIGRATIONS, _add_notes))):
        pass
    before = file.read_bytes()
    with pytest.raises(QueueError, match=r"queue\.db: a newer ffx wrote this queue \(version 2, and 1 is known\)"):
        JobQueue.open(file)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["queue.db"]


def test_a_new_file_is_complete_before_it_has_its_name(file: Path) -> None:
    JobQueue.open(file).close()
    assert [path.name for path in file.parent.iterdir()] == ["queue.db"]
    with closing(sqlite3.connect(file)) as connection:
        assert is_queue(connection)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_every_table_has_row_ids(file: Path) -> None:
    """A repair walks along them."""
    JobQueue.open(file).close()
    with closing(sqlite3.connect(file)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert len(tables) > 8
        for table in tables:
            connection.execute(f"SELECT rowid FROM {table}")


def test_states_are_listed_as_sql_does() -> None:
    assert listed([JobState.FAILED, JobState.RUNNING]) == "('failed', 'running')"
