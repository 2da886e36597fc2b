"""What failed: whether it is tried again, where, when, and what it costs."""

from __future__ import annotations

import pytest

from ffx.client.events import Failed, Lost, Rejected
from ffx.client.queue.records import AttemptEnd
from ffx.client.retrying import pause_before
from ffx.core.model import Evidence, JobState
from tests.client.dispatcher.support import Teller, abandoned, begun, ended, job, server, waits


def test_a_failed_encode_is_tried_on_another_server_first() -> None:
    tell = Teller()
    tell.open(server("a"), server("b"), server("c"))
    ((_, _, first),) = begun(tell.add(job("j")))
    said = tell(Failed("j", 1, "encode_failed", "no good", Evidence(("ffmpeg",), 1)))
    assert waits(said) == [("j", "no good")] and begun(said) == []
    assert abandoned(said) == [("j", 1, first)], "what the server may hold of it is let go"
    attempt = tell.store.attempts["j", 1]
    assert (attempt.end, attempt.code, attempt.message) == (AttemptEnd.FAILED, "encode_failed", "no good")
    assert attempt.evidence is not None and (attempt.evidence.server, attempt.evidence.attempt) == (first, 1)
    ((_, _, second),) = begun(tell.wait(2))
    tell(Failed("j", 2, "encode_failed", "no good either"))
    ((_, _, third),) = begun(tell.wait(3))
    assert len({first, second, third}) == 3
    (end,) = ended(tell(Failed("j", 3, "encode_failed", "never")))
    assert (end.state, end.reason, end.no_server) == (JobState.FAILED, "never", False)


def test_on_the_only_server_it_is_tried_again_there() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell(Failed("j", 1, "encode_failed", "one"))
    assert begun(tell.wait(2)) == [("j", 2, "s")]
    tell(Failed("j", 2, "encode_failed", "two"))
    assert begun(tell.wait(4)) == [("j", 3, "s")]
    assert ended(tell(Failed("j", 3, "encode_failed", "three")))


def test_the_very_same_failure_is_not_asked_for_a_third_time_where_no_server_is_left() -> None:
    tell = Teller()
    tell.open(server("a"), server("b"))
    tell.add(job("j"))
    tell(Failed("j", 1, "encode_failed", "the same"))
    tell.wait(2)
    (end,) = ended(tell(Failed("j", 2, "encode_failed", "the same")))
    assert end.failures == 2


@pytest.mark.parametrize("code", ["crashed", "out_of_memory"])
def test_what_brings_a_machine_down_counts_double(code: str) -> None:
    tell = Teller()
    tell.open(*(server(name) for name in "abc"))
    tell.add(job("j"))
    tell(Failed("j", 1, code, "signal 9"))
    assert tell.record("j").failures == 2
    tell.wait(2)
    assert ended(tell(Failed("j", 2, "encode_failed", "else")))


@pytest.mark.parametrize("code", ["bad_input", "invalid_recipe", "source_changed", "output_refused"])
def test_what_another_server_would_repeat_is_not_tried_twice(code: str) -> None:
    tell = Teller()
    tell.open(server("a"), server("b"))
    tell.add(job("j"))
    (end,) = ended(tell(Failed("j", 1, code, "it is so")))
    assert end.reason == "it is so"


def test_a_refusal_that_every_server_would_repeat_ends_the_job() -> None:
    tell = Teller()
    tell.open(server("a"), server("b"))
    tell.add(job("j"))
    (end,) = ended(tell(Rejected("j", 1, "invalid_recipe", "no such filter")))
    assert (end.reason, tell.store.attempts["j", 1].end) == ("no such filter", AttemptEnd.REJECTED)


def test_pauses_grow_and_are_scattered_by_half_either_way() -> None:
    for number, pause in ((1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (50, 60)):
        pauses = [pause_before(number, f"job{i}") for i in range(200)]
        assert all(0.5 * pause <= p < 1.5 * pause for p in pauses)
        assert max(pauses) - min(pauses) > 0.9 * pause
    assert pause_before(3, "j") == pause_before(3, "j")


def test_a_job_rests_longer_each_time() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    for number in range(1, 12):
        tell(Lost("j", number, "reset"))
        wake = tell.dispatcher.next_wake()
        assert wake == tell.now + pause_before(number, "j")
        assert begun(tell.wait(pause_before(number, "j"))) == [("j", number + 1, "s")]
    assert tell.record("j").losses == 11 and tell.record("j").failures == 0, "that is no reason to fail"


def test_a_server_that_was_lost_is_no_failure_however_often() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    for _ in range(5):
        tell(Lost("j", tell.attempt("j"), "reset"))
        tell.wait(90)
    tell.completes("j")
    assert tell.record("j").state is JobState.COMPLETED
