"""The way of a job through the dispatcher, and what people may do to it on the way."""

from __future__ import annotations

import pytest

from ffx.client.events import (
    CancelRequested,
    Committed,
    Encoded,
    Encoding,
    Failed,
    MoveRequested,
    Opened,
    PauseRequested,
    PriorityRequested,
    QueuePaused,
    RetryRequested,
    ServerCame,
    ServerChanged,
    ServerSilent,
    Told,
    Verified,
)
from ffx.client.instructions import Abandon, Acknowledge, Begin, Commit, Conclude, Suspend
from ffx.client.queue.records import AttemptEnd, Farewell
from ffx.core.model import EncoderType, JobState
from tests.client.dispatcher.support import Teller, abandoned, begun, busy, ended, job, result, server


def test_a_job_goes_all_the_way() -> None:
    tell = Teller()
    tell.open(server("s"))
    assert begun(tell.add(job("j"))) == [("j", 1, "s")]
    assert tell.record("j").state is JobState.QUEUED
    tell(Encoding("j", 1))
    assert tell.record("j").state is JobState.RUNNING
    assert tell(Encoded("j", 1)) == ()
    (commit,) = tell(Verified("j", 1, result("j")))
    assert isinstance(commit, Commit) and not commit.resumed
    assert tell.record("j").result == result("j"), "it is kept before it is put in place"
    assert [type(i) for i in tell(Committed("j", 1))] == [Conclude, Acknowledge]
    assert tell.record("j").state is JobState.COMPLETED
    assert tell.store.attempts["j", 1].end is AttemptEnd.COMMITTED
    assert tell.dispatcher.open_jobs == 0


def test_a_server_is_reminded_of_a_finished_job_until_it_has_heard_of_it() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell.completes("j")
    assert list(tell.store.farewells) == [Farewell("s", "j", 1)]
    tell(ServerSilent("s"))
    assert abandoned(tell(ServerCame(server("s"), "epoch"))) == [("j", 1, "s")]
    tell(Told(Farewell("s", "j", 1)))
    assert not tell.store.farewells


def test_a_second_word_of_the_same_kind_changes_nothing() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    assert tell(Committed("j", 1)) == (), "nothing was checked yet"
    tell(Verified("j", 1, result("j")))
    assert tell(Verified("j", 1, result("j"))) == (), "one commit is enough"
    assert tell(Encoding("j", 1)) == ()
    tell(Committed("j", 1))
    assert tell(Committed("j", 1)) == ()


def test_a_codec_becomes_the_encoder_of_the_server() -> None:
    tell = Teller()
    tell.open(server("s", "libx265", "hevc_nvenc"))
    (begin,) = tell.add(job("j", "", codec="hevc"))
    assert isinstance(begin, Begin)
    assert (begin.job.recipe.encoder, begin.job.encoder_type) == ("hevc_nvenc", EncoderType.HARDWARE_NVIDIA)
    assert tell.record("j").job.recipe.encoder == "", "another server may use another one"


def test_nothing_begins_before_the_first_look_around_is_over() -> None:
    tell = Teller()
    tell(ServerCame(server("slow", "libx265")))
    assert tell.add(job("j", "", codec="hevc")) == ()
    tell(ServerCame(server("fast", "hevc_nvenc")))
    assert begun(tell(Opened())) == [("j", 1, "fast")]


def test_cancelling_stops_the_attempt_and_ends_the_job() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    said = tell(CancelRequested("j"))
    assert said[0] == Abandon("j", 1, "s")
    assert ended(said)[0].state is JobState.CANCELLED
    assert tell(CancelRequested("j")) == ()


def test_what_is_being_put_in_place_cannot_be_cancelled_or_moved() -> None:
    tell = Teller()
    tell.open(server("s"), server("t"))
    tell.add(job("j"))
    tell(Verified("j", 1, result("j")))
    assert tell(CancelRequested("j")) == tell(MoveRequested("j", "t", "t")) == ()
    assert tell(PauseRequested("j")) == ()
    tell(Committed("j", 1))
    assert tell.record("j").state is JobState.COMPLETED


def test_a_commit_that_fails_leaves_no_result_in_the_record() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell(Verified("j", 1, result("j")))
    said = tell(Failed("j", 1, "output_refused", "it is there already"))
    assert abandoned(said) == [("j", 1, "s")], "the server still holds the result"
    assert (tell.record("j").state, tell.record("j").result) == (JobState.FAILED, None)


def test_pausing_keeps_a_waiting_job_back_and_suspends_one_that_runs() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("runs"))
    tell.add(job("waits"))
    assert tell(PauseRequested("runs")) == (Suspend("runs", 1, "s", True),)
    assert tell(PauseRequested("waits")) == ()
    assert tell(CancelRequested("runs"))[0] == Abandon("runs", 1, "s")
    assert tell.where("waits") == ""
    assert begun(tell(PauseRequested("waits", False))) == [("waits", 1, "s")]


def test_a_paused_queue_begins_nothing_and_suspends_what_was_not_paused_itself() -> None:
    tell = Teller()
    tell.open(server("s", slots=2))
    tell.add(job("a"))
    tell.add(job("b"))
    tell.add(job("c"))
    tell(PauseRequested("b"))
    assert tell(QueuePaused()) == (Suspend("a", 1, "s", True),)
    assert tell.store.paused
    assert begun(tell(CancelRequested("a"))) == []
    assert begun(tell(QueuePaused(False))) == [("c", 1, "s")]


def test_a_job_that_was_paused_on_a_server_begins_paused_elsewhere() -> None:
    tell = Teller()
    tell.open(server("s"), server("t"))
    tell.add(job("j"))
    tell(QueuePaused())
    tell(QueuePaused(False))
    tell(ServerSilent(tell.where("j"), since=30.0))
    tell(PauseRequested("j"))
    there = tell.where("j")
    (begin,) = [i for i in tell(ServerCame(server(there), "epoch")) if isinstance(i, Begin)]
    assert begin.resumed and begin.paused


@pytest.mark.parametrize("runs", [False, True])
def test_a_job_is_given_to_a_named_server(runs: bool) -> None:
    tell = Teller()
    tell.open(server("a"), server("b"))
    tell.add(job("first"))
    other = "a" if tell.where("first") == "b" else "b"
    if runs:
        tell(Encoding("first", 1))
    said = tell(MoveRequested("first", other, other))
    assert abandoned(said) == [("first", 1, "b" if other == "a" else "a")]
    assert begun(said) == [("first", 2, other)]
    assert tell.store.attempts["first", 1].end is AttemptEnd.MOVED
    assert tell(MoveRequested("first", other, other)) == (), "it is there"


def test_of_two_servers_with_one_name_the_one_that_was_meant_gets_the_job() -> None:
    tell = Teller()
    tell.open(busy(server("id1"), 0, name="studio"), busy(server("id2"), 0, name="studio"))
    tell.add(job("j"))
    other = "id1" if tell.where("j") == "id2" else "id2"
    assert begun(tell(MoveRequested("j", other, "studio"))) == [("j", 2, other)]


def test_a_job_that_rests_begins_at_once_where_a_person_sends_it() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell(Failed("j", 1, "encode_failed", "no"))
    assert tell.where("j") == ""
    assert begun(tell(MoveRequested("j", "s", "s"))) == [("j", 2, "s")]


def test_a_job_that_failed_begins_anew_on_request_with_the_next_number() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell(Failed("j", 1, "bad_input", "no film"))
    assert tell.record("j").state is JobState.FAILED
    assert begun(tell(RetryRequested(tell.record("j")))) == [("j", 2, "s")]
    assert tell.record("j").failures == 0 and tell.record("j").failed_on == ()
    tell.completes("j")
    assert tell(RetryRequested(tell.record("j"))) == (), "what is completed stays"


def test_a_new_priority_counts_at_once() -> None:
    tell = Teller()
    tell.open(server("s"))
    for name in "abc":
        tell.add(job(name))
    tell(PriorityRequested("c", 99))
    assert tell.record("c").job.priority == 10
    assert begun(tell(CancelRequested("a"))) == [("c", 1, "s")]


def test_it_rests_when_nothing_happens_by_itself_any_more() -> None:
    tell = Teller()
    tell.open(server("s"))
    assert tell.dispatcher.rests
    tell.add(job("j"))
    assert not tell.dispatcher.rests
    tell(Failed("j", 1, "encode_failed", "no"))
    assert not tell.dispatcher.rests, "it is about to be tried again"
    tell.wait(5)
    tell.completes("j")
    assert tell.dispatcher.rests
    tell.add(job("k", "libx265"))
    assert tell.dispatcher.rests, "it waits for a server that is not there"
    tell(ServerChanged(server("s", "libx265")))
    assert not tell.dispatcher.rests
