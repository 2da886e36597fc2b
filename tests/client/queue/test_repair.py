"""A repair saves what can be read, says what is lost, and keeps the damaged file."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ffx.client.queue.files import log_file, repaired_file
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.repair import RepairReport, repair
from ffx.client.queue.schema import PAGE_SIZE
from ffx.client.queue.store import JobQueue
from ffx.core.errors import QueueError
from tests.client.queue.support import completed, jobs
from tests.client.queue.test_damage import JOBS, Contents, everything, fill


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sound") / "queue.db"
    fill(file)
    return file


@pytest.fixture(scope="module")
def contents(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    copy = tmp_path_factory.mktemp("copy") / "queue.db"
    shutil.copy(sound, copy)
    with JobQueue.open(copy) as queue:
        return everything(queue)


def repaired(folder: Path, content: bytes, contents: Contents) -> tuple[RepairReport, set[int]]:
    """The report on a repair of such a file, and the numbers that are left; all that must hold is checked."""
    file = folder / "queue.db"
    file.write_bytes(content)
    report = repair(file)
    originals = {record.number: record for record in contents.of_jobs[0]}
    with JobQueue.open(file, check=True) as queue:
        found = everything(queue).of_jobs[0]
        assert queue.add(jobs(1), now=1.0)[0].number > max((record.number for record in found), default=0)
    assert all(record == originals[record.number] for record in found)
    assert report.saved == len(found)
    assert report.kept.read_bytes() == content
    assert {path.name for path in folder.iterdir()} == {"queue.db", "queue.db.lock", report.kept.name}
    return report, {record.number for record in found}


@pytest.mark.parametrize("page", [1, 3, 5, 6, 7, 23, 24, 60, -1])
def test_a_page_that_is_lost_costs_its_jobs_only(sound: Path, contents: Contents, tmp_path: Path, page: int) -> None:
    content = bytearray(sound.read_bytes())
    place = (page - 1) * PAGE_SIZE if page > 0 else len(content) - PAGE_SIZE
    content[place : place + PAGE_SIZE] = random.Random(page).randbytes(PAGE_SIZE)
    report, left = repaired(tmp_path, bytes(content), contents)
    assert len(left) >= JOBS - 12
    assert report.lost is None or set(report.lost) == set(range(1, JOBS + 1)) - left
    assert (report.lost is None) is (page == 5)  # the index that knows the numbers


@settings(max_examples=25)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_costs_a_page_at_most(sound: Path, contents: Contents, place: float, bit: int) -> None:
    content = bytearray(sound.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    with tempfile.TemporaryDirectory() as folder:
        _, left = repaired(Path(folder), bytes(content), contents)
    # The first page of the table of jobs leads to all the others.
    assert len(left) >= JOBS - 12 or int(place * len(content)) // PAGE_SIZE == 1


@pytest.mark.parametrize(("share", "at_least"), [(0.0, 0), (0.01, 0), (0.3, 10), (0.6, 60), (0.99, 270)])
def test_what_is_before_the_cut_is_saved(
    sound: Path, contents: Contents, tmp_path: Path, share: float, at_least: int
) -> None:
    content = sound.read_bytes()
    _, left = repaired(tmp_path, content[: int(share * len(content))], contents)
    assert len(left) >= at_least


def test_of_something_else_nothing_is_saved_and_all_is_kept(contents: Contents, tmp_path: Path) -> None:
    report, left = repaired(tmp_path, b"<html>404</html>" * 1000, contents)
    assert (report.saved, report.lost, left) == (0, None, set())


def test_a_sound_queue_stays_what_it_is(sound: Path, contents: Contents, tmp_path: Path) -> None:
    file = Path(shutil.copy(sound, tmp_path / "queue.db"))
    report = repair(file)
    assert (report.saved, report.lost) == (JOBS, ())
    with JobQueue.open(file, check=True) as queue:
        found = everything(queue)
    assert found.of_jobs == contents.of_jobs
    live = 5
    for index, (before, after) in enumerate(zip(contents.of_others, found.of_others, strict=True)):
        assert after == (() if index == live else before)


def test_what_is_in_the_log_only_is_saved_too(tmp_path: Path) -> None:
    file = tmp_path / "queue.db"
    with JobQueue.open(file) as queue:
        (record, other) = queue.add(jobs(2), now=1.0)
        queue.save(records=[completed(record)])
        shutil.copy(file, tmp_path / "early.db")
        shutil.copy(log_file(file), log_file(tmp_path / "early.db"))
    file = tmp_path / "early.db"
    content = bytearray(file.read_bytes())
    content[:16] = b"no database here"
    file.write_bytes(content)
    report = repair(file)
    assert (report.saved, report.lost) == (2, ())
    assert log_file(report.kept).exists()
    assert not log_file(file).exists()
    with JobQueue.open(file, check=True) as queue:
        assert queue.record(record.job_id) == completed(record)
        assert queue.open_records() == (other,)


def test_a_repair_that_was_interrupted_is_finished(sound: Path, contents: Contents, tmp_path: Path) -> None:
    file = tmp_path / "queue.db"
    file.write_bytes(b"damaged")
    shutil.copy(sound, repaired_file(file))
    report = repair(file)
    assert (report.saved, report.lost) == (JOBS, None)
    assert report.kept.read_bytes() == b"damaged"
    with JobQueue.open(file, check=True) as queue:
        assert everything(queue) == contents


def test_a_queue_that_is_being_worked_is_left_alone(sound: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(sound, tmp_path / "queue.db"))
    with QueueLock(file), pytest.raises(QueueError, match=r"is being worked by process \d+"):
        repair(file)


def test_without_a_queue_there_is_nothing_to_repair(tmp_path: Path) -> None:
    with pytest.raises(QueueError, match="there is no queue to repair"):
        repair(tmp_path / "queue.db")
