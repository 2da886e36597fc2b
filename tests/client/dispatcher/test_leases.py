"""Servers that fall silent, are lost and come back, and a client that is started again."""

from __future__ import annotations

from attrs import evolve

from ffx.client.events import (
    Committed,
    Encoded,
    FarewellKnown,
    JobKnown,
    Lost,
    Opened,
    QueuePaused,
    ServerCame,
    ServerHeard,
    ServerSilent,
    Tick,
    Told,
    Verified,
)
from ffx.client.instructions import Abandon, Begin, Commit, Suspend
from ffx.client.queue.records import AttemptEnd, Farewell
from ffx.core.model import JobState
from tests.client.dispatcher.support import Teller, abandoned, begun, busy, job, result, server, waits


def test_a_silent_server_gets_nothing_and_loses_its_jobs_after_the_lease() -> None:
    tell = Teller()
    tell.open(server("s", slots=2))
    tell.add(job("j"))
    tell(ServerSilent("s", "reset"))
    assert tell.add(job("k")) == ()
    assert tell.dispatcher.next_wake() == tell.now + 30
    assert tell(Tick(), after=29.9) == ()
    said = tell(Tick(), after=0.1)
    assert abandoned(said) == [("j", 1, "s")] and waits(said) == [("j", "s was lost")]
    assert (tell.record("j").losses, tell.record("j").failures) == (1, 0), "it does not count against the job"
    assert tell.store.attempts["j", 1].end is AttemptEnd.LOST


def test_silence_counts_from_when_it_began() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell(ServerSilent("s", since=10.0))
    assert tell.dispatcher.next_wake() == tell.now + 20


def test_coming_back_inside_the_lease_goes_on_with_the_same_attempt() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell.encodes("j")
    tell(ServerSilent("s"))
    (begin,) = tell(ServerCame(busy(server("s"), 1), "epoch"), after=29)
    assert isinstance(begin, Begin) and begin.resumed and begin.attempt == 1
    assert tell.wait(60) == ()
    assert tell.record("j").losses == 0


def test_a_heartbeat_that_is_back_ends_the_silence_without_a_word() -> None:
    tell = Teller()
    tell.open(server("s", slots=2))
    tell.add(job("j"))
    tell(ServerSilent("s", since=10.0))
    assert tell(ServerHeard("s")) == ()
    assert begun(tell.add(job("k"))) == [("k", 1, "s")]
    assert tell.wait(60) == ()


def test_a_server_that_was_given_up_and_is_heard_again_takes_jobs_again() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell(ServerSilent("s", since=10.0))
    tell.wait(120)
    assert tell.where("j") == ""
    said = tell(ServerHeard("s"))
    assert abandoned(said) == [("j", 1, "s")] and begun(said) == [("j", 2, "s")]


def test_a_lost_server_gives_its_jobs_to_another_and_hears_of_it_when_it_returns() -> None:
    tell = Teller()
    tell.open(server("a"), server("b"))
    ((_, _, first),) = begun(tell.add(job("j")))
    other = "b" if first == "a" else "a"
    tell(ServerSilent(first))
    said = tell.wait(30)
    assert begun(said) == [("j", 2, other)]
    assert Abandon("j", 1, first) in said
    assert tell(ServerCame(server(first), "new")) == (Abandon("j", 1, first),)
    assert tell(ServerCame(server(first), "new")) == (Abandon("j", 1, first),), "until it has heard it"
    tell(Told(Farewell(first, "j", 1)))
    assert tell(ServerCame(server(first), "new")) == ()
    assert tell(Verified("j", 1, result("j"))) == (), "a late result changes nothing"


def test_a_result_that_is_here_survives_the_loss_of_its_server() -> None:
    tell = Teller()
    tell.open(server("s"), server("t"))
    tell.add(job("j"))
    tell(Verified("j", 1, result("j")))
    tell(ServerSilent(tell.where("j")))
    assert tell.wait(40) == ()
    tell(Committed("j", 1))
    assert tell.record("j").state is JobState.COMPLETED


def test_the_embedded_server_has_no_lease_and_hears_no_farewell() -> None:
    tell = Teller()
    tell(ServerCame(server("home"), at_home=True))
    tell.open()
    tell.add(job("j"))
    assert tell.record("j").at_home
    tell(ServerSilent("home"))
    assert tell.where("j") == "" and not tell.record("j").at_home
    assert not tell.store.farewells


def test_a_transfer_that_broke_is_tried_again_after_a_pause() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    said = tell(Lost("j", 1, "reset"))
    assert abandoned(said) == [("j", 1, "s")] and begun(said) == []
    assert begun(tell.wait(1.5)) == [("j", 2, "s")]
    assert (tell.record("j").losses, tell.record("j").failures) == (1, 0)


# -- A client that is started again -----------------------------------------------------------------------


def recovered(before: Teller) -> Teller:
    tell = before.crash()
    assert tell.recover() == ()
    tell(Opened())
    return tell


def running() -> Teller:
    tell = Teller()
    tell.open(server("s", waiting=1))
    tell.add(job("j"))
    return tell


def test_a_job_that_was_on_its_way_is_taken_up_where_it_is() -> None:
    for stage in (lambda tell: None, lambda tell: tell.encodes("j"), lambda tell: tell(Encoded("j", 1))):
        before = running()
        stage(before)
        tell = recovered(before)
        (begin,) = tell(ServerCame(server("s", waiting=1), "epoch"))
        assert isinstance(begin, Begin) and begin.resumed and begin.attempt == 1
        tell.completes("j")
        assert tell.record("j").state is JobState.COMPLETED
        assert tell.store.attempts["j", 1].end is AttemptEnd.COMMITTED
        assert tell.store.attempts["j", 1].epoch == "epoch"


def test_a_server_that_came_before_its_jobs_were_known_is_asked_for_them_too() -> None:
    before = running()
    tell = before.crash()
    tell.open(server("s", waiting=1))
    (begin,) = tell(JobKnown(before.record("j")))
    assert isinstance(begin, Begin) and begin.resumed


def test_a_job_whose_server_does_not_show_itself_goes_elsewhere_after_the_lease() -> None:
    tell = recovered(running())
    tell(ServerCame(server("t")))
    assert tell.wait(29) == ()
    assert begun(tell.wait(1)) == [("j", 2, "t")]
    assert tell.store.attempts["j", 1].end is AttemptEnd.LOST
    assert list(tell.store.farewells) == [Farewell("s", "j", 1)]


def test_a_result_in_the_record_is_put_in_place_without_its_server() -> None:
    before = running()
    before(Verified("j", 1, result("j")))
    tell = before.crash()
    (commit,) = tell.recover()
    assert isinstance(commit, Commit) and commit.resumed
    tell(Opened())
    assert tell.wait(60) == (), "no server is needed any more"
    tell(Committed("j", 1))
    assert tell.record("j").state is JobState.COMPLETED


def test_what_was_at_home_begins_anew_unless_its_result_is_here() -> None:
    before = Teller()
    before(ServerCame(server("home", slots=2), at_home=True))
    before.open()
    before.add(job("runs"))
    before.add(job("done"))
    before(Verified("done", 1, result("done")))
    tell = before.crash()
    said = tell.recover()
    assert [type(i).__name__ for i in said] == ["Wait", "Commit"]
    assert tell.store.attempts["runs", 1].end is AttemptEnd.LOST
    assert begun((*tell(Opened()), *tell(ServerCame(server("t"))))) == [("runs", 2, "t")]


def test_farewells_are_said_by_the_next_process() -> None:
    before = running()
    before(ServerSilent("s"))
    before.wait(30)
    tell = recovered(before)
    assert abandoned(tell(ServerCame(server("s"), "new")))[0] == ("j", 1, "s")
    assert tell(FarewellKnown(Farewell("s", "k", 7))) == (Abandon("k", 7, "s"),)


def test_what_a_server_refused_an_earlier_process_is_asked_again() -> None:
    before = running()
    tell = before.crash()
    tell(JobKnown(evolve(before.record("j"), state=JobState.PENDING, server_id="", avoids={"s": "too large"})))
    tell(Opened())
    assert begun(tell(ServerCame(server("s")))) == [("j", 2, "s")]


def test_a_paused_queue_is_paused_for_the_next_process() -> None:
    before = running()
    before(QueuePaused())
    tell = before.crash()
    assert tell.recover() == (Suspend("j", 1, "s", True),)
    tell(Opened())
    (begin,) = tell(ServerCame(server("s", waiting=1), "epoch"))
    assert isinstance(begin, Begin) and begin.paused
