"""Servers that fail job after job, and those that a person takes out."""

from __future__ import annotations

from ffx.client.events import (
    Encoding,
    Failed,
    QuarantineRequested,
    ReleaseRequested,
    ServerCame,
    ServerChanged,
    SetAsideKnown,
)
from ffx.client.queue.records import SetAside
from ffx.core.model import JobState
from tests.client.dispatcher.support import Teller, abandoned, begun, busy, ended, job, server


def bad_server(count: int = 3, *, slots: int = 3, waiting: int = 0) -> Teller:
    """Server ``bad`` has failed ``count`` jobs, a, b, c, and no other server is there."""
    tell = Teller()
    tell.open(server("bad", slots=slots, waiting=waiting))
    for name in "abc"[:count]:
        tell.add(job(name))
    for name in "abc"[:count]:
        tell(Failed(name, 1, "encode_failed", "driver broken"))
    return tell


def test_three_jobs_in_a_row_set_a_server_aside_and_do_not_pay_for_it() -> None:
    tell = bad_server()
    aside = tell.store.asides["bad"]
    assert aside.reason == "3 jobs failed in a row: driver broken"
    assert aside.until == tell.date + 300
    for name in "abc":
        record = tell.record(name)
        assert (record.state, record.failures, record.failed_on) == (JobState.PENDING, 0, ())
    assert begun(tell.wait(200)) == [], "they wait"
    assert len(begun(tell(ServerCame(server("good", slots=3))))) == 3, "or go elsewhere"


def test_one_that_did_well_in_between_is_not_set_aside() -> None:
    tell = bad_server(2)
    tell.add(job("good"))
    tell.completes("good")
    tell.add(job("d"))
    tell(Failed("d", 1, "encode_failed", "no"))
    assert not tell.store.asides


def test_what_a_set_aside_server_has_not_begun_goes_elsewhere_and_what_encodes_may_finish() -> None:
    tell = Teller()
    tell.open(server("bad", slots=4, waiting=1))
    for name in "abcde":
        tell.add(job(name))
    tell.encodes("a", "b", "c", "d")
    for name in "abc":
        said = tell(Failed(name, 1, "encode_failed", "no"))
    assert ("e", 1, "bad") in abandoned(said)
    assert tell.where("d") == "bad" and tell.where("e") == ""
    tell(Encoding("d", 1))
    tell.completes("d")
    assert tell.record("d").state is JobState.COMPLETED


def test_a_server_is_tried_again_with_one_job_and_then_with_all() -> None:
    tell = bad_server()
    ((trial, attempt, _),) = begun(tell.wait(301))
    assert "bad" not in tell.store.asides
    said = tell.completes(trial)
    assert len(begun(said)) == 2, "it did well: it is a server like any other"
    assert attempt == 2


def test_a_trial_that_fails_sets_it_aside_for_longer_and_counts_for_the_job() -> None:
    tell = bad_server()
    ((trial, attempt, _),) = begun(tell.wait(301))
    tell(Failed(trial, attempt, "encode_failed", "another reason"))
    assert tell.store.asides["bad"].until == tell.date + 600
    assert tell.store.asides["bad"].reason == "a job failed again: another reason"
    assert tell.record(trial).failures == 1, "else it would be tried for ever, and always as the first"


def test_poison_jobs_end_one_after_the_other_and_the_good_ones_are_done() -> None:
    tell = bad_server()
    tell.add(job("good"))
    for _ in range(3):
        ((trial, attempt, _),) = begun(tell.wait(3601))
        assert ended(tell(Failed(trial, attempt, "encode_failed", "driver broken")))
    assert begun(tell.wait(3601)) == [("good", 1, "bad")]
    tell.completes("good")


def test_a_poison_job_sets_no_server_aside() -> None:
    tell = Teller()
    tell.open(server("a"), server("b"))
    for number in range(4):
        name = f"poison{number}"
        tell.add(job(name))
        tell(Failed(name, 1, "encode_failed", "poison"))
        tell.wait(2)
        assert ended(tell(Failed(name, 2, "encode_failed", "poison")))
    assert not tell.store.asides


def test_bad_inputs_say_nothing_of_a_server() -> None:
    tell = Teller()
    tell.open(server("s", slots=5))
    for name in "abcde":
        tell.add(job(name))
        tell(Failed(name, 1, "bad_input", "no film"))
    assert not tell.store.asides


def test_a_full_disk_is_the_servers_own_fault_even_with_one_job() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    for attempt in (1, 2, 3):
        tell(Failed("j", attempt, "disk_full", f"{attempt} GB are free"))
        assert (tell.record("j").failures, tell.record("j").state) == (0, JobState.PENDING)
        tell.wait(6)
    assert tell.store.asides["s"].reason == "it failed 3 times in a row: 3 GB are free"


def test_a_hurried_job_waits_for_a_server_that_is_tried_again_soon_and_not_for_ever() -> None:
    tell = Teller()
    tell.open(server("bad", slots=3))
    for name in "abc":
        tell.add(job(name), hurried=True)
    tell.add(job("d"), hurried=True)
    for name in "abc":
        said = tell(Failed(name, 1, "encode_failed", f"broken {name}"))
        assert not ended(said)
    for number in (1, 2):
        ((trial, attempt, _),) = begun(tell.wait(601))
        said = tell(Failed(trial, attempt, "encode_failed", f"broken again {number}"))
    assert {record.job_id for record in (*ended(said), *ended(tell.wait(10)))} >= {"d"}
    assert "bad: it is set aside: a job failed again: broken again 2" in tell.record("d").reason


# -- By a person ------------------------------------------------------------------------------------------


def test_a_quarantined_server_gets_nothing_until_it_is_released() -> None:
    tell = Teller()
    tell.open(server("s", waiting=1))
    tell.add(job("a"))
    tell.add(job("b"))
    tell.encodes("a")
    said = tell(QuarantineRequested("s", "s", "its fan is loud"))
    assert abandoned(said) == [("b", 1, "s")]
    assert tell.store.asides["s"] == SetAside("s", "s", "its fan is loud", tell.date)
    assert begun(tell.wait(100_000)) == []
    tell.completes("a")
    assert begun(tell(ReleaseRequested("s"))) == [("b", 2, "s")]
    assert not tell.store.asides


def test_jobs_that_fail_on_a_quarantined_server_do_not_release_it_and_do_not_pay() -> None:
    tell = Teller()
    tell.open(server("s", slots=3))
    for name in "abc":
        tell.add(job(name))
    tell.encodes("a", "b", "c")
    tell(QuarantineRequested("s", "s", "hot"))
    for name in "abc":
        tell(Failed(name, 1, "encode_failed", "no"))
        assert tell.record(name).failures == 0
    assert tell.store.asides["s"].until is None
    assert begun(tell.wait(5000)) == []


def test_a_server_is_set_aside_before_it_came_and_for_as_long_as_was_left() -> None:
    tell = Teller()
    tell(SetAsideKnown(SetAside("s", "s", "3 jobs failed in a row", 0.0, 1.0), 100.0))
    tell(QuarantineRequested("t", "t", "hot"))
    tell.open()
    tell.add(job("j"))
    tell.wait(60)
    assert tell(ServerCame(server("s"))) == tell(ServerCame(server("t"))) == ()
    assert begun(tell.wait(39)) == []
    assert begun(tell.wait(1)) == [("j", 1, "s")]


def test_a_server_whose_time_is_over_when_it_comes_is_tried() -> None:
    tell = Teller()
    tell(SetAsideKnown(SetAside("s", "s", "reason", 0.0, 1.0), 100.0))
    tell.open()
    for name in "ab":
        tell.add(job(name))
    tell.wait(200)
    assert begun(tell(ServerCame(server("s", slots=2)))) == [("a", 1, "s")], "one job first"


def test_set_aside_servers_are_known_to_the_next_process() -> None:
    tell = bad_server().crash()
    tell.recover()
    tell.open(server("bad", slots=3))
    assert begun(tell.wait(298)) == []
    assert len(begun(tell.wait(2))) == 1
    assert tell(ServerChanged(busy(server("bad", slots=3), 0))) == ()
