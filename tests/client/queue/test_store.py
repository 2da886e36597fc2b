"""The queue in its file: what is written is there, together or not at all."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import attrs
import pytest
from attrs import evolve

from ffx.client.queue.records import (
    AttemptEnd,
    AttemptRecord,
    CancelJob,
    ChangePriority,
    Farewell,
    Handling,
    JobRecord,
    Live,
    MoveJob,
    PauseJob,
    PauseQueue,
    QuarantineServer,
    ReleaseServer,
    RetryJob,
    SetAside,
    Wish,
)
from ffx.client.queue.store import JobQueue
from ffx.core.errors import QueueError, UsageError
from ffx.core.events import Phase
from ffx.core.model import EncoderType, Evidence, JobResult, JobState, OtherFile, Verification
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice
from tests.client.queue.support import completed, job, jobs

EVIDENCE = Evidence(("ffmpeg", "-i", "in.mkv"), 187, ("Killed",), "attic", 3)

EVERY_WISH: tuple[Wish, ...] = (
    CancelJob("a"),
    PauseJob("a", paused=False),
    MoveJob("a", "id", "attic"),
    RetryJob("a"),
    ChangePriority("a", 9),
    PauseQueue(),
    QuarantineServer("id", "attic", "too hot"),
    ReleaseServer("id"),
)


def unlike_the_default(record: JobRecord) -> JobRecord:
    """The record with every field changed from what it is in a new one."""
    return evolve(
        record,
        job=evolve(
            record.job,
            recipe=Recipe(
                "hevc_nvenc",
                filters=("scale=640:360",),
                ffmpeg_args=("-g", "48"),
                sounds=(SoundChoice(bitrate=128_000),),
            ),
            encoder_type=EncoderType.HARDWARE_NVIDIA,
            required_capabilities=("hevc_nvenc", "mp4"),
            priority=9,
            estimated_duration=12.5,
            verification=Verification.FULL,
            other_files=(OtherFile("logo.png", "/there/logo.png", 7, 3.5),),
        ),
        handling=Handling(overwrite=True, local="never", server="attic", modified=12.5),
        state=JobState.FAILED,
        paused=True,
        attempt=3,
        server_id="server-id",
        server="attic",
        encoder="hevc_nvenc",
        at_home=True,
        failures=2,
        losses=1,
        avoids={"server-id": "it crashed", "other": "full"},
        failed_on=("a server", "another"),
        reason="FFmpeg was killed",
        no_server=True,
        began=11.5,
        ended=12.25,
        result=JobResult(record.job_id, JobState.FAILED, error_message="Killed", warnings=("a subtitle is lost",)),
        evidence=EVIDENCE,
    )


# -- Jobs ---------------------------------------------------------------------------------------------------


def test_what_is_added_is_there_when_the_queue_is_opened_again(file: Path) -> None:
    with JobQueue.open(file) as queue:
        added = queue.add(jobs(3), now=5.0)
    assert [(record.number, record.state, record.added) for record in added] == [
        (number, JobState.PENDING, 5.0) for number in (1, 2, 3)
    ]
    with JobQueue.open(file, check=True) as queue:
        assert queue.open_records() == added


def test_every_field_of_a_record_is_kept(file: Path) -> None:
    with JobQueue.open(file) as queue:
        (new,) = queue.add(jobs(1), now=5.0)
        changed = unlike_the_default(new)
        same = {
            field.name
            for kind, before, after in ((JobRecord, new, changed), (type(new.job), new.job, changed.job))
            for field in attrs.fields(kind)
            if getattr(before, field.name) == getattr(after, field.name)
        }
        # Those that never change differ from their defaults already.
        assert same == {
            *("number", "added", "job_id", "input_file", "output_file"),
            *("file_size", "frames", "duration", "resolution", "codec", "container"),
        }
        queue.save(records=[changed])
    with JobQueue.open(file) as queue:
        assert queue.record(new.job_id) == changed


def test_file_names_that_are_no_text_are_kept(file: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \xf0\x9f\x8e\xac")
    with JobQueue.open(file) as queue:
        (added,) = queue.add([(job(name), Handling())], now=1.0)
        queue.save(records=[evolve(added, reason=f"{name} is gone")])
    with JobQueue.open(file) as queue:
        (record,) = queue.open_records()
        assert record.job == added.job
        assert record.reason == f"{name} is gone"
        assert queue.open_job_for(added.job.output_file) == record


def test_a_job_that_ended_is_open_no_more(queue: JobQueue) -> None:
    first, second = queue.add(jobs(2), now=1.0)
    queue.save(records=[completed(first)])
    assert queue.open_records() == (second,)
    assert queue.record(first.job_id) == completed(first)
    assert queue.record("another") is None


def test_jobs_added_by_others_are_found_by_their_numbers(queue: JobQueue) -> None:
    queue.add(jobs(2), now=1.0)
    later = queue.add(jobs(3), now=2.0)
    queue.save(records=[completed(later[0])])
    assert queue.added_after(2) == later[1:]
    assert queue.added_after(5) == ()


def test_a_number_is_never_given_twice(queue: JobQueue) -> None:
    (first,) = queue.add(jobs(1), now=1.0)
    queue.save(records=[completed(first)])
    queue.clear([JobState.COMPLETED])
    assert queue.add(jobs(1), now=1.0)[0].number == 2


def test_of_two_records_of_one_job_the_last_counts(queue: JobQueue) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    queue.save(records=[evolve(new, attempt=1), evolve(new, attempt=2)])
    assert queue.open_records() == (evolve(new, attempt=2),)


def test_a_job_whose_row_is_gone_gets_it_back(queue: JobQueue) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    queue.save(records=[completed(new)])
    queue.clear([JobState.COMPLETED])
    queue.save(records=[evolve(new, attempt=1)])
    assert queue.open_records() == (evolve(new, attempt=1),)


# -- One output, one job --------------------------------------------------------------------------------------


def test_the_same_command_again_is_the_same_job(queue: JobQueue) -> None:
    (first,) = queue.add([(job("a"), Handling())], now=1.0)
    at_work = evolve(first, state=JobState.RUNNING, attempt=1)
    queue.save(records=[at_work])
    again = queue.add([(job("a"), Handling()), (job("b"), Handling())], now=2.0)
    assert again[0] == at_work
    assert again[1].number == 2


@pytest.mark.parametrize(
    ("other", "handling"),
    [
        ({"recipe": Recipe("libx264", container="mp4")}, Handling()),
        ({"input_file": "/home/anna/other.mkv"}, Handling()),
        ({"verification": Verification.FULL}, Handling()),
        ({}, Handling(overwrite=True)),
    ],
)
def test_another_job_with_the_output_of_an_open_one_is_refused(
    queue: JobQueue, other: dict[str, object], handling: Handling
) -> None:
    queue.add([(job("a"), Handling())], now=1.0)
    with pytest.raises(UsageError, match=r"a\.mp4 is being made by job 1 from .*a\.mkv: .*ffx queue cancel 1"):
        queue.add([(job("b"), Handling()), (job("a", **other), handling)], now=1.0)
    assert queue.counts()[JobState.PENDING] == 1


def test_an_output_is_the_same_however_it_is_spelled(queue: JobQueue, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    queue.add([(job(output_file=str(tmp_path / "real" / "a.mp4")), Handling())], now=1.0)
    for spelling in ("link/a.mp4", "real/../link/./a.mp4", "real//a.mp4"):
        with pytest.raises(UsageError, match="job 1"):
            queue.add([(job(output_file=f"{tmp_path}/{spelling}"), Handling())], now=1.0)
    assert queue.open_job_for(str(tmp_path / "link" / "a.mp4")) is not None


def test_an_output_is_free_when_its_job_has_ended(queue: JobQueue) -> None:
    (first,) = queue.add([(job("a"), Handling())], now=1.0)
    queue.save(records=[completed(first)])
    assert queue.open_job_for(first.job.output_file) is None
    (second,) = queue.add([(job("a"), Handling())], now=2.0)
    assert second.number == 2
    assert queue.open_job_for(first.job.output_file) == second


def test_a_retried_job_whose_output_is_taken_by_now_is_refused_whole(queue: JobQueue) -> None:
    (first,) = queue.add([(job("a"), Handling())], now=1.0)
    queue.save(records=[completed(first)])
    second, third = queue.add([(job("a"), Handling()), (job("b"), Handling())], now=2.0)
    with pytest.raises(QueueError, match=r"job 1 cannot begin anew: .*a\.mp4 is being made by job 2"):
        queue.save(records=[evolve(third, attempt=1), first], wishes_done=[1])
    assert queue.open_records() == (second, third)


def test_one_job_may_take_over_the_output_of_another_that_ends_at_the_same_moment(queue: JobQueue) -> None:
    (first,) = queue.add([(job("a"), Handling())], now=1.0)
    queue.save(records=[completed(first)])
    (second,) = queue.add([(job("a"), Handling())], now=2.0)
    queue.save(records=[first, completed(second)])
    assert queue.open_records() == (first,)


def test_an_id_is_taken_once(queue: JobQueue) -> None:
    (first,) = queue.add([(job("a"), Handling())], now=1.0)
    with pytest.raises(UsageError, match=first.job_id):
        queue.add([(job("b", job_id=first.job_id), Handling())], now=1.0)


# -- All that goes with it ------------------------------------------------------------------------------------


def test_everything_of_one_moment_is_saved_together(queue: JobQueue, file: Path) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    running = evolve(new, state=JobState.RUNNING, attempt=1, server_id="id", server="attic")
    attempt = AttemptRecord(new.job_id, 1, "id", "attic", "epoch", "libx265", began=2.0)
    farewell = Farewell("id", "gone", 4)
    aside = SetAside("bad", "cellar", "3 jobs in a row failed", since=2.0, until=60.0)
    live = Live(new.job_id, Phase.ENCODE, 0.5, 25.0, 1.5, eta=12.0)
    queue.wish(PauseQueue())
    ((number, _),) = queue.wishes()
    queue.save(
        records=[running],
        attempts=[attempt],
        farewells_added=[farewell, farewell],
        set_aside=[aside],
        live=[live],
        wishes_done=[number],
        queue_paused=True,
    )
    with JobQueue.open(file) as other:
        assert other.open_records() == (running,)
        assert other.attempts(new.job_id) == other.attempts_under_way() == (attempt,)
        assert other.farewells() == (farewell,)
        assert other.set_aside() == (aside,)
        assert other.live() == (live,)
        assert other.wishes() == ()
        assert other.is_paused()


def test_what_is_over_is_taken_away(queue: JobQueue) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    begun = AttemptRecord(new.job_id, 1, "id", "attic", "epoch", "libx265", began=2.0)
    queue.save(
        records=[evolve(new, state=JobState.RUNNING)],
        attempts=[begun],
        farewells_added=[Farewell("id", "a", 1), Farewell("id", "a", 2)],
        set_aside=[SetAside("bad", "cellar", "why", since=2.0)],
        live=[Live(new.job_id, Phase.ENCODE)],
        queue_paused=True,
    )
    ended = evolve(begun, ended=3.0, end=AttemptEnd.FAILED, code="encode_failed", message="no space", evidence=EVIDENCE)
    queue.save(
        records=[evolve(new, state=JobState.PENDING)],
        attempts=[ended],
        farewells_done=[Farewell("id", "a", 1)],
        released=["bad", "unknown"],
        queue_paused=False,
    )
    assert queue.attempts(new.job_id) == (ended,)
    assert queue.attempts_under_way() == ()
    assert queue.farewells() == (Farewell("id", "a", 2),)
    assert queue.set_aside() == ()
    assert queue.live() == ()  # the job is at work no more
    assert not queue.is_paused()


def test_late_words_about_jobs_that_are_gone_are_passed_over(queue: JobQueue) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    queue.save(records=[completed(new)])
    queue.save(live=[Live(new.job_id, Phase.ENCODE)])
    queue.clear([JobState.COMPLETED])
    queue.save(attempts=[AttemptRecord(new.job_id, 1, "id", "attic", "epoch", "libx265", began=2.0)])
    assert queue.live() == ()
    assert queue.attempts(new.job_id) == ()


def test_a_save_that_fails_changes_nothing(queue: JobQueue) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    with pytest.raises(sqlite3.IntegrityError):
        queue.save(
            records=[completed(new)],
            set_aside=[SetAside("id", "attic", "", since=None)],  # type: ignore[arg-type]
        )
    assert queue.open_records() == (new,)
    assert queue.history_jobs().total == 0


def test_wishes_are_kept_in_order_and_done_once(queue: JobQueue) -> None:
    queue.wish(*EVERY_WISH[:3])
    queue.wish(*EVERY_WISH[3:])
    queue.wish()
    wishes = queue.wishes()
    assert tuple(wish for _, wish in wishes) == EVERY_WISH
    queue.save(wishes_done=[number for number, _ in wishes[:-1]])
    assert queue.wishes() == wishes[-1:]
    queue.save(wishes_done=[wishes[-1][0]])
    queue.wish(PauseQueue())
    assert queue.wishes()[0][0] > wishes[-1][0]


# -- Looking on -----------------------------------------------------------------------------------------------


def test_a_job_is_found_by_number_id_and_the_beginning_of_its_id(queue: JobQueue) -> None:
    one, two, three = queue.add(
        [(job(job_id=job_id), Handling()) for job_id in ("ab12-x", "ab34-y", "2000-z")],
        now=1.0,
    )
    assert queue.find("1") == queue.find("ab12-x") == queue.find(" ab1 ") == one
    assert queue.find("2") == two  # a number before the beginning of an id
    assert queue.find("2000") == three


@pytest.mark.parametrize("text", ["", " ", "7", "abc", "9" * 30, "٣", "\udcff", "%", "1.0", "-1"])
def test_a_job_that_is_not_there_is_told(queue: JobQueue, text: str) -> None:
    queue.add([(job(job_id=job_id), Handling()) for job_id in ("ab12", "ab34")], now=1.0)
    with pytest.raises(UsageError, match="there is no job"):
        queue.find(text)


def test_what_could_be_two_jobs_is_told(queue: JobQueue) -> None:
    queue.add([(job(job_id=job_id), Handling()) for job_id in ("ab", "ab12", "ab34")], now=1.0)
    with pytest.raises(UsageError, match="more than one"):
        queue.find("a")
    assert queue.find("ab").number == 1  # the whole id of one


def test_another_connection_s_changes_are_noticed(queue: JobQueue, file: Path) -> None:
    before = queue.data_version()
    queue.add(jobs(1), now=1.0)
    assert queue.data_version() == before  # our own are none
    with JobQueue.open(file) as other:
        other.wish(PauseQueue())
        assert queue.data_version() != before
        after = queue.data_version()
        other.open_records()
        assert queue.data_version() == after


def test_clearing_keeps_what_has_not_ended(queue: JobQueue) -> None:
    records = queue.add(jobs(4), now=1.0)
    attempt = AttemptRecord(records[0].job_id, 1, "id", "attic", "epoch", "libx265", began=2.0)
    queue.save(
        records=[
            completed(records[0], ended=10.0),
            completed(records[1], ended=20.0),
            completed(records[2], ended=10.0, state=JobState.FAILED),
        ],
        attempts=[attempt],
    )
    assert queue.clear([JobState.COMPLETED], older_than=20.0) == 1
    assert queue.attempts(records[0].job_id) == ()
    assert queue.clear([JobState.COMPLETED, JobState.CANCELLED]) == 1
    assert queue.clear([JobState.COMPLETED]) == 0
    assert [queue.record(record.job_id) is not None for record in records] == [False, False, True, True]
    assert queue.history_jobs().total == 3
    with pytest.raises(UsageError, match="running"):
        queue.clear([JobState.FAILED, JobState.RUNNING])


def test_many_are_cleared_in_several_steps(queue: JobQueue) -> None:
    records = queue.add(jobs(4500), now=1.0)
    queue.save(records=[completed(record) for record in records[1:]])
    assert queue.clear([JobState.COMPLETED]) == 4499
    assert queue.counts()[JobState.COMPLETED] == 0
    assert queue.open_records() == records[:1]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits; the profile's folder guards the file")
def test_only_the_user_can_read_it(queue: JobQueue, file: Path) -> None:
    queue.add(jobs(1), now=1.0)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert {path.name for path in file.parent.iterdir()} == {"queue.db", "queue.db-wal", "queue.db-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o600}


def test_every_commit_waits_for_the_disk_but_that_of_mere_progress(queue: JobQueue) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    connection = queue._database._connection

    def synchronous() -> int:
        return int(connection.execute("PRAGMA synchronous").fetchone()[0])

    assert synchronous() == 2
    queue.save(live=[Live(new.job_id, Phase.ENCODE)])
    assert synchronous() == 1
    queue.save(records=[new])
    assert synchronous() == 2
