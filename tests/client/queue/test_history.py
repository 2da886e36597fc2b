"""What became of jobs: a row each time that one ended, summed up by server and encoder."""

from __future__ import annotations

from attrs import evolve

from ffx.client.queue.history import HistoryJob, ServerHistory
from ffx.client.queue.store import JobQueue
from ffx.core.model import JobState
from tests.client.queue.support import completed, jobs

SIZE = 34_567_890


def test_jobs_are_summed_up_by_server_and_encoder(queue: JobQueue) -> None:
    records = queue.add(jobs(6), now=1.0)
    slow = completed(records[1])
    assert slow.result is not None
    queue.save(
        records=[
            completed(records[0]),
            evolve(slow, result=evolve(slow.result, duration=60.0, frames=766, file_size=50_000_000)),
            completed(records[2], state=JobState.FAILED, result=None),
            completed(records[3], server="cellar", encoder="hevc_nvenc"),
            completed(records[4], server="", encoder="", state=JobState.FAILED, result=None),
            completed(records[5], state=JobState.CANCELLED, result=None),
        ]
    )
    nobody, attic, cellar = queue.history()
    assert attic == ServerHistory(
        server="attic",
        encoder="libx265",
        completed=2,
        failed=1,
        average_fps=2000 / 80.0,
        average_seconds=40.0,
        bytes_in=2 * SIZE,
        bytes_out=60_000_000,
    )
    assert attic.bytes_saved == 2 * SIZE - 60_000_000
    assert (cellar.server, cellar.encoder, cellar.completed, cellar.failed) == ("cellar", "hevc_nvenc", 1, 0)
    assert nobody == ServerHistory("", "", 0, 1, 0.0, 0.0, 0, 0)
    assert queue.history("attic") == (attic,)
    assert queue.history("unknown") == ()


def test_what_ended_before_a_moment_is_left_out(queue: JobQueue) -> None:
    first, second = queue.add(jobs(2), now=1.0)
    queue.save(records=[completed(first, ended=10.0), completed(second, ended=20.0)])
    assert [server.completed for server in queue.history(since=20.0)] == [1]
    assert queue.history(since=21.0) == ()
    assert [row.number for row in queue.history_jobs(since=10.5).rows] == [2]
    assert queue.history_jobs("attic", 10.5).total == 1
    assert queue.history_jobs("cellar").total == 0


def test_a_row_says_how_one_job_ended(queue: JobQueue) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    done = completed(new, ended=30.0, attempt=2, server_id="id", began=5.0, reason="well")
    queue.save(records=[done])
    queue.clear([JobState.COMPLETED])
    assert queue.history_jobs().rows == (
        HistoryJob(
            job_id=new.job_id,
            number=1,
            state=JobState.COMPLETED,
            input_file=new.job.input_file,
            output_file=new.job.output_file,
            resolution="1920x1080",
            duration=41.125,
            server_id="id",
            server="attic",
            encoder="libx265",
            attempts=2,
            bytes_in=SIZE,
            bytes_out=10_000_000,
            frames=1234,
            seconds=20.0,
            average_fps=61.7,
            reason="well",
            added=1.0,
            began=5.0,
            ended=30.0,
        ),
    )


def test_an_end_is_remembered_once_and_a_second_one_too(queue: JobQueue) -> None:
    (new,) = queue.add(jobs(1), now=1.0)
    failed = completed(new, ended=10.0, state=JobState.FAILED, result=None)
    queue.save(records=[failed])
    queue.save(records=[failed])
    assert queue.history_jobs().total == 1
    queue.save(records=[new])  # it is retried
    queue.save(records=[completed(new, ended=20.0)])
    assert [row.state for row in queue.history_jobs().rows] == [JobState.COMPLETED, JobState.FAILED]


def test_rows_come_in_pages_the_newest_first(queue: JobQueue) -> None:
    records = queue.add(jobs(7), now=1.0)
    queue.save(records=[completed(record, ended=float(record.number // 2)) for record in records])
    pages = [queue.history_jobs(limit=3, page=number) for number in (1, 2, 3, 4)]
    assert [[row.number for row in page.rows] for page in pages] == [[7, 6, 5], [4, 3, 2], [1], []]
    assert {(page.total, page.pages) for page in pages} == {(7, 3)}
