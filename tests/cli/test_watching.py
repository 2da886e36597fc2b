"""What an onlooker tells of a job from what it sees of it in the queue."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from ffx.cli.job_names import ranges
from ffx.cli.watching import Onlooker, events_between
from ffx.client.queue.records import Handling, JobRecord, Live
from ffx.client.queue.store import JobQueue
from ffx.core.events import JobEvent, Phase
from ffx.core.model import JobConfiguration, JobResult, JobState
from ffx.core.recipe import Recipe

JOB = JobConfiguration("one", "/films/in.mkv", "/out/in.mp4", Recipe(codec="hevc"), file_size=1000)
WAITS = JobRecord(1, JOB)
RUNS = evolve(WAITS, state=JobState.RUNNING, attempt=1, server_id="s", server="studio", encoder="libx265", began=100.0)
DONE = evolve(RUNS, state=JobState.COMPLETED, server_id="", ended=112.0, result=JobResult("one", JobState.COMPLETED))
LIVE = Live("one", Phase.ENCODE, 0.5, 24.0, 1.0, 9.0)


def told(before: JobRecord, after: JobRecord, live: Live | None = None) -> list[JobEvent]:
    return list(events_between((before, None), (after, live), 200.0))


def test_nothing_new_is_nothing_to_tell() -> None:
    assert told(WAITS, WAITS) == []
    assert list(events_between((RUNS, LIVE), (RUNS, LIVE), 200.0)) == []


def test_a_job_that_began_is_told_with_its_server_encoder_and_time() -> None:
    begun, encodes = told(WAITS, RUNS, LIVE)
    assert (begun.state, begun.server, begun.message) == (JobState.QUEUED, "studio", "goes to studio")
    assert begun.time == 100.0
    assert begun.job.recipe.encoder == "libx265"
    assert (encodes.phase, encodes.attempt) == (Phase.ENCODE, 1)
    assert encodes.progress is not None
    assert (encodes.progress.progress, encodes.progress.fps, encodes.progress.eta) == (0.5, 24.0, 9.0)


def test_bytes_are_told_of_a_transfer() -> None:
    (event,) = told(RUNS, RUNS, Live("one", Phase.UPLOAD, 0.25))
    assert (event.phase, event.bytes_done, event.bytes_total, event.progress) == (Phase.UPLOAD, 250, 1000, None)


def test_a_job_that_ended_between_two_looks_began_too() -> None:
    begun, ended = told(WAITS, DONE)
    assert begun.state is JobState.QUEUED
    assert (ended.state, ended.phase, ended.time, ended.server) == (JobState.COMPLETED, Phase.DONE, 112.0, "studio")
    assert ended.result == DONE.result


def test_a_job_that_lost_its_server_waits_with_the_reason() -> None:
    back = evolve(RUNS, state=JobState.PENDING, server_id="", reason="studio was lost")
    (event,) = told(RUNS, back)
    assert (event.state, event.message) == (JobState.PENDING, "studio was lost")
    (event,) = told(back, evolve(back, paused=True))
    assert event.message == "is paused"


def test_it_looks_until_all_have_ended(tmp_path: Path) -> None:
    with JobQueue.open(tmp_path / "queue.db") as ours, JobQueue.open(tmp_path / "queue.db") as theirs:
        other = evolve(JOB, job_id="two", output_file="/out/other.mp4")
        one, two = ours.add([(JOB, Handling()), (other, Handling())], 0.0)
        events: list[JobEvent] = []
        onlooker = Onlooker(ours, (one, two), events.append)
        assert not onlooker.look()
        assert events == []
        theirs.save(records=[evolve(DONE, number=one.number)])
        assert not onlooker.look()
        assert [record.job_id for record in onlooker.open_records] == ["two"]
        theirs.save(records=[evolve(two, state=JobState.CANCELLED, ended=5.0)])
        theirs.clear((JobState.CANCELLED,))
        assert onlooker.look()
        assert {job_id: outcome.state for job_id, outcome in onlooker.outcomes.items()} == {
            "one": JobState.COMPLETED,
            "two": JobState.CANCELLED,
        }
        assert [event.state for event in events if event.state.is_final] == [JobState.COMPLETED, JobState.CANCELLED]


def test_numbers_are_written_short() -> None:
    assert ranges([7, 3, 8, 9, 12]) == "3 7-9 12"
    assert ranges([]) == ""
