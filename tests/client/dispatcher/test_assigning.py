"""Which job goes to which server, and when."""

from __future__ import annotations

from ffx.client.events import (
    CancelRequested,
    Encoded,
    Encoding,
    Failed,
    Progressed,
    Rejected,
    Sent,
    ServerCame,
    ServerChanged,
    Tick,
)
from ffx.client.queue.records import AttemptEnd
from ffx.core.model import ServerStatus
from tests.client.dispatcher.support import Teller, abandoned, begun, busy, job, server


def test_a_job_goes_to_a_server_that_was_seen_to_support_it() -> None:
    tell = Teller()
    tell.open(server("small", "libx264"), server("big", "libx265"))
    assert begun(tell.add(job("j", "libx265"))) == [("j", 1, "big")]


def test_a_higher_priority_goes_first_and_then_the_older_job() -> None:
    tell = Teller()
    tell.open(server("s"))
    for name, priority in (("a", 5), ("low", 1), ("high", 10), ("higher", 10)):
        tell.add(job(name, priority=priority))
    order = [begun(tell.completes(name))[0][0] for name in ("a", "high", "higher")]
    assert order == ["high", "higher", "low"]


def test_a_preferred_server_is_asked_first() -> None:
    tell = Teller()
    tell(ServerCame(server("best", "hevc_nvenc", "libx264")))
    tell(ServerCame(server("liked", "libx264"), preferred_for=("h264",)))
    tell.open()
    assert begun(tell.add(job("j"))) == [("j", 1, "liked")]
    assert begun(tell.add(job("k", "hevc_nvenc"))) == [("k", 1, "best")]


def test_jobs_are_spread_over_the_servers_of_a_burst() -> None:
    tell = Teller()
    for name in "abcdef":
        tell.add(job(name))
    tell.open(server("s", slots=2, waiting=1), server("t", slots=2, waiting=1))
    assert [tell.where(name) for name in "abcd"].count("s") == 2
    assert {tell.where("e"), tell.where("f")} == {"s", "t"}


def test_a_job_is_sent_ahead_only_when_no_slot_is_free_for_it_anywhere() -> None:
    tell = Teller()
    tell.open(server("s", waiting=1), server("t", waiting=1), server("other", "libx265", waiting=1))
    first, second = (begun(tell.add(job(name)))[0][2] for name in "ab")
    assert {first, second} == {"s", "t"}
    assert begun(tell.add(job("c")))[0][2] in ("s", "t"), "it is sent ahead"
    assert begun(tell.add(job("d", "libx265"))) == [("d", 1, "other")]
    assert begun(tell.add(job("e")))[0][2] in ("s", "t")
    assert begun(tell.add(job("f"))) == [], "two slots and two places"


def test_a_place_that_becomes_free_is_filled_before_the_server_tells_of_it() -> None:
    tell = Teller()
    tell.open(server("s", slots=2))
    for name in "abc":
        tell.add(job(name))
    tell.encodes("a", "b")
    assert tell(ServerChanged(busy(server("s", slots=2), 2))) == (), "both are ours"
    assert begun(tell(Encoded("a", 1))) == [("c", 1, "s")]


def test_other_clients_jobs_take_slots_too() -> None:
    tell = Teller()
    tell.open(busy(server("s"), 1))
    assert begun(tell.add(job("j"))) == []
    assert begun(tell(ServerChanged(server("s")))) == [("j", 1, "s")]


def test_a_job_whose_slot_is_told_of_before_its_own_word_is_not_taken_for_another_clients() -> None:
    tell = Teller()
    tell.open(server("s", waiting=1), server("t", waiting=1))
    tell.add(job("j"))
    there = tell.where("j")
    assert tell(ServerChanged(busy(server(there, waiting=1), 1, 0))) == (), "and not taken back to the idle one"
    assert tell(Encoding("j", 1)) == ()
    assert begun(tell(Encoded("j", 1))) == []
    names = ("k", "l", "m", "n")
    assert len([name for name in names if begun(tell.add(job(name)))]) == 4, "no place is thought taken"


def test_a_full_server_is_asked_again_when_it_said() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    assert begun(tell(Rejected("j", 1, "server_full", "full", retry_after=30))) == []
    assert tell.record("j").failures == 0
    assert tell.dispatcher.next_wake() == tell.now + 30
    assert begun(tell(Tick(), after=29)) == []
    assert begun(tell(Tick(), after=1)) == [("j", 2, "s")]


def test_a_full_server_is_asked_again_when_room_shows_and_not_at_every_word() -> None:
    tell = Teller()
    tell.open(server("s", slots=2))
    tell.add(job("j"))
    tell(Rejected("j", 1, "server_full", "full", retry_after=30))
    assert begun(tell(ServerChanged(server("s", slots=2)))) == [], "it says nothing new of its room"
    assert begun(tell(ServerChanged(busy(server("s", slots=2), 2)))) == []
    assert begun(tell(ServerChanged(busy(server("s", slots=2), 1)))) == [("j", 2, "s")]


def test_a_server_that_wants_to_be_asked_again_at_once_is_left_alone_for_a_second() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    assert begun(tell(Rejected("j", 1, "server_full", "full", retry_after=0.0))) == []
    assert begun(tell.wait(1)) == [("j", 2, "s")]


def test_an_attempt_that_a_server_thinks_ended_is_followed_by_a_new_one() -> None:
    tell = Teller()
    tell.open(server("s", slots=2))
    tell.add(job("j"))
    assert begun(tell(Rejected("j", 1, "duplicate_job", "it ended here"))) == []
    assert begun(tell.add(job("k"))) == [("k", 1, "s")], "other jobs are none the worse for it"
    assert begun(tell.wait(2)) == [("j", 2, "s")]


def test_a_refusal_for_good_is_not_asked_for_again_in_that_life_of_the_server() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell(Rejected("j", 1, "too_large", "at most 1 GB"))
    assert tell.record("j").avoids == {"s": "at most 1 GB"}
    assert begun(tell(ServerCame(server("s"), "epoch"))) == []
    assert begun(tell(ServerCame(server("s"), "another epoch"))) == [("j", 2, "s")]


def test_a_draining_server_takes_nothing_new_and_finishes() -> None:
    tell = Teller()
    tell.open(server("s", slots=2))
    tell.add(job("a"))
    tell(ServerChanged(busy(server("s", slots=2), 1, status=ServerStatus.MAINTENANCE)))
    assert tell.add(job("b")) == ()
    tell.completes("a")
    assert begun(tell(ServerChanged(server("s", slots=2)))) == [("b", 1, "s")]


# -- Hardware that is full ------------------------------------------------------------------------------


def hardware(slots: int = 3) -> Teller:
    tell = Teller()
    tell.open(server("gpu", "hevc_nvenc", "libx264", slots=slots))
    for name in "abc":
        tell.add(job(name, "hevc_nvenc"))
    return tell


def test_a_session_limit_is_learned_and_no_failure() -> None:
    tell = hardware()
    tell.encodes("a", "b", "c")
    assert begun(tell(Failed("c", 1, "encoder_full", "out of memory (10)"))) == []
    assert (tell.record("c").failures, tell.record("c").failed_on) == (0, ())
    assert begun(tell.add(job("soft"))) == [("soft", 1, "gpu")], "software has its slot"
    tell(CancelRequested("soft"))
    assert begun(tell(Encoded("a", 1))) == [("c", 2, "gpu")], "one session is free, though slots were all the time"


def test_a_learned_limit_is_forgotten_after_a_while() -> None:
    tell = hardware()
    tell.encodes("a", "b", "c")
    tell(Failed("c", 1, "encoder_full", "full"))
    assert begun(tell.wait(899)) == []
    assert begun(tell.wait(2)) == [("c", 2, "gpu")]


def test_hardware_that_others_fill_is_asked_again_soon_and_other_servers_at_once() -> None:
    tell = Teller()
    tell.open(server("gpu", "hevc_nvenc"))
    tell.add(job("j", "hevc_nvenc"))
    tell.encodes("j")
    assert begun(tell(Failed("j", 1, "encoder_full", "full"))) == []
    assert begun(tell.wait(29)) == []
    assert begun(tell.wait(2)) == [("j", 2, "gpu")]
    tell.encodes("j")
    tell(ServerCame(server("second", "hevc_nvenc")))
    assert begun(tell(Failed("j", 2, "encoder_full", "full"))) == [("j", 3, "second")]


# -- From the busy to the idle --------------------------------------------------------------------------


def one_busy() -> Teller:
    """Server ``s`` encodes ``a`` and has ``b`` ahead."""
    tell = Teller()
    tell.open(server("s", waiting=1))
    tell.add(job("a", size=1000))
    tell.add(job("b", size=1000))
    tell.encodes("a")
    return tell


def test_an_idle_server_gets_what_waits_elsewhere() -> None:
    tell = one_busy()
    tell(Progressed("a", 1, 600.0))
    said = tell(ServerCame(server("idle", waiting=1)))
    assert abandoned(said) == [("b", 1, "s")]
    assert begun(said) == [("b", 2, "idle")]
    assert tell.store.attempts["b", 1].end is AttemptEnd.MOVED


def test_a_job_stays_where_its_turn_comes_sooner_than_it_could_be_moved() -> None:
    tell = one_busy()
    tell(Progressed("a", 1, 1.5))
    assert tell(ServerCame(server("idle", waiting=1))) == ()
    tell(Progressed("a", 1, 60.0))
    tell.add(job("c"))
    tell(Sent("c", 1, 10, 1.0))  # a way of 10 bytes a second
    assert tell.where("c") == "idle"
    assert tell(Encoded("c", 1)) == (), "its 1000 bytes would travel for 100 s"


def test_a_job_is_not_taken_to_where_it_failed_or_may_not_go() -> None:
    tell = Teller()
    tell.open(server("s", waiting=1), server("t"))
    tell.add(job("a"))
    tell.add(job("b"))
    failing = next(name for name in "ab" if tell.where(name) == "t")
    tell(Failed(failing, 1, "encode_failed", "no"))
    tell.encodes("ab".replace(failing, ""))
    tell(ServerChanged(busy(server("t"), 1)))
    tell.wait(2)
    assert tell.where(failing) == "s"
    assert tell(ServerChanged(server("t"))) == ()


def test_what_began_before_we_were_connected_is_not_taken_back() -> None:
    tell = one_busy().crash()
    tell.recover()
    tell.open(server("idle"))
    assert begun(tell(ServerCame(busy(server("s", waiting=1), 1, 1), "epoch"))) == [("a", 1, "s"), ("b", 1, "s")]
    assert tell.wait(29) == ()
