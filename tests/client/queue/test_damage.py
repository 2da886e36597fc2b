"""A queue that is damaged is told and kept: it is never started empty, and no job of it becomes another."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from ffx.client.queue import schema
from ffx.client.queue.files import log_file, repaired_file
from ffx.client.queue.records import AttemptRecord, CancelJob, Farewell, Live, SetAside
from ffx.client.queue.store import JobQueue
from ffx.core.errors import QueueError
from ffx.core.events import Phase
from ffx.core.model import JobState
from tests.client.queue.support import completed, jobs

JOBS = 300


def fill(file: Path) -> None:
    """Something in every table."""
    with JobQueue.open(file) as queue:
        records = queue.add(jobs(JOBS), now=1.0)
        running = [evolve(record, state=JobState.RUNNING, attempt=1) for record in records[:20]]
        queue.save(
            records=[*running, *(completed(record) for record in records[100:200])],
            attempts=[
                AttemptRecord(record.job_id, 1, "id", "attic", "epoch", "libx265", began=2.0) for record in records[:50]
            ],
            live=[Live(record.job_id, Phase.ENCODE) for record in running],
            farewells_added=[Farewell("id", "gone", 1)],
            set_aside=[SetAside("bad", "cellar", "too hot", since=2.0)],
        )
        queue.wish(CancelJob(records[0].job_id))


@frozen
class Contents:
    """What was read of a queue."""

    of_jobs: Any = field(repr=False)
    of_others: Any = field(repr=False)


def everything(queue: JobQueue) -> Contents:
    """All that is in the queue, read in each of the ways that there are."""
    records = queue.page(limit=JOBS + 1).rows
    return Contents(
        of_jobs=(
            records,
            [queue.record(record.job_id) for record in records],
            [queue.find(str(record.number)) for record in records],
            [queue.page((state,), limit=JOBS + 1) for state in JobState],
            queue.open_records(),
            queue.added_after(JOBS - 10),
        ),
        of_others=(
            [queue.attempts(record.job_id) for record in records],
            queue.attempts_under_way(),
            queue.wishes(),
            queue.farewells(),
            queue.set_aside(),
            queue.live(),
            queue.history_jobs(limit=JOBS + 1),
            queue.is_paused(),
        ),
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled queue, closed. Never written to."""
    file = tmp_path_factory.mktemp("sound") / "queue.db"
    fill(file)
    assert {path.name for path in file.parent.iterdir()} == {"queue.db"}
    return file


@pytest.fixture(scope="module")
def contents(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    copy = tmp_path_factory.mktemp("copy") / "queue.db"
    shutil.copy(sound, copy)
    with JobQueue.open(copy) as queue:
        return everything(queue)


@pytest.fixture
def filled(sound: Path, tmp_path: Path) -> Path:
    """A filled queue to be damaged."""
    return Path(shutil.copy(sound, tmp_path / "queue.db"))


def copies(file: Path) -> list[Path]:
    return sorted(file.parent.glob("queue.db.damaged-*[0-9]"))


def check_refused(file: Path) -> None:
    """It is told in one line how to go on, kept, and left alone; a second start keeps no second copy."""
    before = file.read_bytes()
    for _ in range(2):
        with pytest.raises(QueueError) as caught, JobQueue.open(file, check=True) as queue:
            everything(queue)
        (copy,) = copies(file)
        text = str(caught.value)
        assert text.startswith(f"{file}: the queue is damaged (")
        assert text.endswith(f"); a copy is kept as {copy.name}; save what can be read with: ffx queue repair")
        assert "\n" not in text
    assert file.read_bytes() == before
    assert copy.read_bytes() == before
    assert copy.stat().st_mode == file.stat().st_mode


# -- Damage to the file -----------------------------------------------------------------------------------------


def test_a_truncated_file_is_refused(filled: Path) -> None:
    size = filled.stat().st_size
    sizes = [0, 1, 15, 16, 99, 100, 511, *range(schema.PAGE_SIZE, size, size // 40), size - 4096, size - 1]
    whole = filled.read_bytes()
    for length in sizes:
        filled.write_bytes(whole[:length])
        check_refused(filled)
        copies(filled)[0].unlink()


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\0" * 8192, b"<html>404</html>", "🎬 not a queue".encode() * 1000])
def test_a_file_of_something_else_is_refused(filled: Path, content: bytes) -> None:
    filled.write_bytes(content)
    check_refused(filled)


def test_another_program_s_database_is_refused(filled: Path) -> None:
    filled.unlink()
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("CREATE TABLE jobs (number INTEGER PRIMARY KEY)")
    check_refused(filled)


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_told_or_changes_nothing(sound: Path, contents: Contents, place: float, bit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        damaged = Path(folder) / "queue.db"
        content = bytearray(sound.read_bytes())
        content[int(place * len(content))] ^= 1 << bit
        damaged.write_bytes(content)
        try:
            with JobQueue.open(damaged, check=True) as queue:
                found = everything(queue)
        except QueueError as error:
            assert "\n" not in str(error)
            # A version that is not known may be a flipped bit too; then the file is as it was.
            assert copies(damaged) or "a newer ffx wrote this queue" in str(error)
        else:
            assert found.of_jobs == contents.of_jobs


def test_what_is_damaged_later_is_told_when_it_is_read(queue: JobQueue) -> None:
    (record, *_) = queue.add(jobs(3), now=1.0)
    with closing(sqlite3.connect(queue.file)) as connection:
        connection.execute("UPDATE jobs SET output = '/elsewhere' WHERE number = 1")
        connection.commit()
    for read in (queue.open_records, queue.page, lambda: queue.record(record.job_id), lambda: queue.find("1")):
        with pytest.raises(QueueError, match=r"is damaged \(job 1 does not hold what was written\)"):
            read()
    assert copies(queue.file)


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ("INSERT INTO wishes (kind, wish) VALUES ('CancelJob', '{')", "wishes"),
        ("INSERT INTO wishes (kind, wish) VALUES ('CancelJob', '{}')", "wishes"),
        ("INSERT INTO wishes (kind, wish) VALUES ('DanceJob', '{}')", "wishes"),
        ("UPDATE state_counts SET jobs = jobs + 1 WHERE state = 'pending'", "open_records"),
        ("DELETE FROM jobs WHERE number = 2; UPDATE state_counts SET jobs = 3 WHERE state = 'pending'", "open_records"),
        ("DROP INDEX jobs_by_number", "page"),
        ("INSERT INTO live VALUES ('a', 'dancing', 0, 0, 0, 0)", "live"),
    ],
)
def test_rows_that_were_never_written_so_are_damage(queue: JobQueue, change: str, read: str) -> None:
    queue.add(jobs(3), now=1.0)
    with closing(sqlite3.connect(queue.file)) as connection:
        connection.executescript(change)
    with pytest.raises(QueueError, match="the queue is damaged"):
        getattr(queue, read)()


def test_a_new_damage_is_kept_beside_the_old_one(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.write_bytes(b"once")
    check_refused(filled)
    first = copies(filled)[0]
    first.rename(first.with_name("queue.db.damaged-20260101-000000"))
    filled.write_bytes(b"twice")
    with pytest.raises(QueueError):
        JobQueue.open(filled)
    assert [copy.read_bytes() for copy in copies(filled)] == [b"once", b"twice"]


# -- Other things in the way ------------------------------------------------------------------------------------


def test_a_file_that_is_missing_beside_its_log_is_not_made_anew(filled: Path) -> None:
    with JobQueue.open(filled) as queue:
        queue.add(jobs(1), now=1.0)
        assert log_file(filled).stat().st_size
        log = log_file(filled).read_bytes()
    filled.unlink()
    log_file(filled).write_bytes(log)
    with pytest.raises(QueueError, match=r"queue\.db is missing, but queue\.db-wal beside it"):
        JobQueue.open(filled)
    assert not filled.exists()


def test_an_empty_file_beside_its_log_does_not_cost_the_log(filled: Path) -> None:
    with JobQueue.open(filled) as queue:
        queue.add(jobs(1), now=1.0)
        log = log_file(filled).read_bytes()
    filled.write_bytes(b"")
    log_file(filled).write_bytes(log)
    check_refused(filled)
    assert log_file(filled).read_bytes() == log
    assert log_file(copies(filled)[0]).read_bytes() == log


def test_a_repair_that_was_interrupted_is_finished_first(filled: Path) -> None:
    repaired_file(filled).touch()
    with pytest.raises(QueueError, match="a repair was interrupted; finish it with: ffx queue repair"):
        JobQueue.open(filled)


def test_a_queue_that_was_moved_away_is_not_written_on(queue: JobQueue) -> None:
    (record,) = queue.add(jobs(1), now=1.0)
    queue.file.rename(queue.file.with_name("moved.db"))
    with pytest.raises(QueueError, match="moved or replaced while it was in use"):
        queue.save(records=[completed(record)])
    with pytest.raises(QueueError, match="moved or replaced"):
        queue.add(jobs(1), now=1.0)


def test_a_queue_that_is_held_for_long_is_told(filled: Path) -> None:
    with JobQueue.open(filled, patience=0.05) as queue, closing(sqlite3.connect(filled)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(QueueError, match=r"another process has held the queue for 0\.05 seconds"):
            queue.add(jobs(1), now=1.0)
        assert len(queue.open_records()) == 200  # reading goes on
        other.rollback()
        queue.add(jobs(1), now=1.0)
    assert not copies(filled)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(QueueError, match="ffx keeps its queue there"):
        JobQueue.open(tmp_path / "state" / "queue.db")
