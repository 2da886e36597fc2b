"""Ended attempts: remembered up to a number, in memory and on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.messages import JobFailed
from ffx.core.model import Evidence, JobConfiguration
from ffx.server import ended
from ffx.server.ended import EndedAttempt, EndedAttempts, Journal, ended_attempt
from ffx.server.job import Job
from ffx.server.spool import JobFolder
from tests.server.talk import COPY


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(ended, "REMEMBERED", 5)
    return 5


def attempts(count: int) -> list[EndedAttempt]:
    return [EndedAttempt("client", f"job {number}", 1) for number in range(count)]


def test_the_newest_are_remembered(few: int) -> None:
    memory = EndedAttempts()
    for each in attempts(few + 3):
        memory.add(each)
    memory.add(EndedAttempt("client", "job 3", 2))
    memory.add(EndedAttempt("client", "new", 1))
    assert memory.find("client", "job 3") == EndedAttempt("client", "job 3", 2)
    assert memory.find("other", "job 3") is None
    assert memory.find("client", "job 4") is None


def test_the_journal_is_read_again_and_stays_short(few: int, tmp_path: Path) -> None:
    file = tmp_path / "ended.jsonl"
    journal = Journal(file)
    assert journal.read() == []
    many = attempts(few * 10)
    for each in many:
        journal.append(each)
        assert len(file.read_text().splitlines()) <= 2 * few
    assert Journal(file).read()[-few:] == many[-few:]
    assert len(file.read_text().splitlines()) == few


def test_a_torn_line_costs_that_line_alone(tmp_path: Path) -> None:
    file = tmp_path / "ended.jsonl"
    journal = Journal(file)
    journal.read()
    one, two = attempts(2)
    journal.append(one)
    with file.open("ab") as torn:
        torn.write(b'{"client_id": "cli\xff\n[]\n{"client_id": 5, "job_id": "x", "attempt": 1}\n')
    journal.append(two)
    assert Journal(file).read() == [one, two]


def test_of_a_failure_the_word_is_kept_without_its_pages() -> None:
    job = Job("client", JobConfiguration("job", "in", "out", COPY), 2, JobFolder(Path("nowhere")))
    evidence = Evidence(("ffmpeg", "-i"), 1, ("line",) * 100, "studio", 2)
    job.outcome = JobFailed("job", 2, "encode_failed", "FFmpeg failed", evidence)
    kept = ended_attempt(job)
    assert kept == EndedAttempt(
        "client", "job", 2, JobFailed("job", 2, "encode_failed", "FFmpeg failed", Evidence((), 1, (), "studio", 2))
    )
