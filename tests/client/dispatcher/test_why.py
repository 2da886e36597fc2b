"""Jobs without a server: why they wait, when they are given up, and when the embedded server is started."""

from __future__ import annotations

import pytest

from ffx.client.events import (
    Expecting,
    Failed,
    LocalEnded,
    PauseRequested,
    Progressed,
    QuarantineRequested,
    QueuePaused,
    Rejected,
    ServerCame,
    ServerChanged,
    ServerSilent,
    Unreachable,
)
from ffx.client.instructions import StartLocal
from ffx.client.queue.records import Handling
from ffx.core.model import ServerStatus
from tests.client.dispatcher.support import Teller, begun, busy, ended, job, server


def reasons(tell: Teller, job_id: str) -> dict[str, str]:
    return {reason.server: reason.reason for reason in tell.dispatcher.why(tell.record(job_id))[1]}


def test_every_server_has_its_reason() -> None:
    tell = Teller()
    tell.open(
        server("busy"), server("other", "libx265"), server("small"), server("lost"), server("hot"), server("leaving")
    )
    tell(QuarantineRequested("hot", "hot", "its fan is loud"))
    tell(ServerChanged(busy(server("leaving"), 0, status=ServerStatus.MAINTENANCE)))
    tell(ServerSilent("lost"))
    tell.wait(42)
    tell(ServerChanged(busy(server("busy"), 1)))
    tell(ServerChanged(busy(server("small"), 1)))
    tell(ServerCame(server("silent")))
    tell(ServerSilent("silent", since=12.0))
    tell.add(job("j"))
    tell(ServerChanged(server("small")))
    tell(Rejected("j", 1, "too_large", "at most 1 GB"))
    assert reasons(tell, "j") == {
        "busy": "it is full: 1 of 1 slots are taken",
        "other": "it cannot do libx264",
        "small": "at most 1 GB",
        "lost": "it was lost 12 s ago",
        "silent": "nothing is heard of it for 12 s",
        "hot": "it is set aside: its fan is loud; use it again with: ffx servers release hot",
        "leaving": "it finishes its jobs and takes nothing new",
    }
    possible = [reason.server for reason in tell.dispatcher.why(tell.record("j"))[1] if reason.possible]
    assert possible == ["busy"]


def test_a_server_that_asked_to_be_left_alone_and_one_whose_hardware_is_full_say_so() -> None:
    tell = Teller()
    tell.open(server("gpu", "hevc_nvenc", slots=2))
    tell.add(job("j", "hevc_nvenc"))
    tell.encodes("j")
    tell(Failed("j", 1, "encoder_full", "full"))
    assert reasons(tell, "j") == {"gpu": "its hardware does not take another hevc_nvenc at a time"}
    tell.wait(31)
    tell(Rejected("j", 2, "server_full", "full", retry_after=30.0))
    assert reasons(tell, "j") == {"gpu": "it has no room and is asked again in 30 s"}


def test_a_job_of_one_server_only_and_one_of_this_machine_only_say_so() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell(ServerCame(server("home"), at_home=True))
    tell.add(job("pinned"), handling=Handling(server="elsewhere"))
    assert reasons(tell, "pinned")["s"] == "the job is for elsewhere only"
    tell.add(job("local"), handling=Handling(local="only"))
    assert reasons(tell, "local") == {"home": "the job is there", "s": "the job is for this machine only"}
    tell.add(job("away"), handling=Handling(local="never"))
    assert reasons(tell, "away") == {"s": "the job is there", "home": "the job is not for this machine"}


def test_the_job_itself_has_a_reason_too() -> None:
    tell = Teller()
    tell.open(server("s"))

    def reason() -> str:
        return tell.dispatcher.why(tell.record("j"))[0]

    tell.add(job("j"))
    assert reason() == "it is on s, and begins there as soon as its input has come and a slot is free"
    tell.encodes("j")
    assert reason() == "it runs on s with libx264"
    tell(Failed("j", 1, "encode_failed", "no good"))
    assert reason().startswith("it is tried again in") and reason().endswith("s: no good")
    tell(PauseRequested("j"))
    assert reason() == "it is paused; go on with: ffx queue resume 1"
    tell(QueuePaused())
    assert reason() == "the queue is paused; go on with: ffx queue resume"
    tell(QueuePaused(False))
    tell(PauseRequested("j", False))
    tell.wait(5)
    tell(Failed("j", 2, "bad_input", "no film"))
    assert reason() == "it failed: no film"


# -- Nobody can do it -------------------------------------------------------------------------------------


def test_a_job_that_nobody_waits_for_stays_until_a_server_comes() -> None:
    tell = Teller()
    tell.open(server("s"))
    assert tell.add(job("j", "libx265")) == ()
    assert tell.wait(100_000) == ()
    assert begun(tell(ServerCame(server("t", "libx265")))) == [("j", 1, "t")]


def test_a_hurried_job_that_no_server_can_do_ends_with_the_reason_of_each_and_what_could_be_done() -> None:
    tell = Teller()
    tell.open(server("studio", "libx265"))
    tell(Unreachable("attic", "connection refused"))
    (end,) = ended(tell.add(job("j", "hevc_nvenc"), hurried=True))
    assert end.no_server
    assert "attic: connection refused" in end.reason
    assert "studio: it cannot do hevc_nvenc" in end.reason
    assert "studio can do libx265 instead of hevc_nvenc" in end.reason


def test_a_server_that_came_under_its_name_in_the_book_is_not_called_unreachable() -> None:
    tell = Teller()
    tell(Unreachable("attic", "connection refused"))
    tell(ServerCame(server("hostname-7"), names=("attic",)))
    tell.open()
    (end,) = ended(tell.add(job("j", "libx265"), hurried=True))
    assert "attic" not in end.reason


def test_a_hurried_job_is_not_given_up_while_a_server_may_still_come() -> None:
    tell = Teller()
    tell(Expecting(1))
    tell.open()
    assert tell.add(job("j"), hurried=True) == ()
    (end,) = ended(tell(Expecting(0)))
    assert end.reason == "no server could do it: there is none; start one with: ffx serve"


def test_what_every_server_refused_ends_a_hurried_job() -> None:
    tell = Teller()
    tell.open(server("a"), server("b"))
    ((_, _, first),) = begun(tell.add(job("j"), hurried=True))
    ((_, attempt, second),) = begun(tell(Rejected("j", 1, "too_large", "at most 1 GB")))
    (end,) = ended(tell(Rejected("j", attempt, "too_large", "at most 2 GB")))
    assert f"{first}: at most 1 GB" in end.reason and f"{second}: at most 2 GB" in end.reason


@pytest.mark.parametrize("leaves", [False, True])
def test_a_hurried_job_has_patience_with_servers_that_were_lost_or_leave(leaves: bool) -> None:
    tell = Teller()
    tell.open(server("s"))
    if leaves:  # it is shut down: it says so before it goes
        tell(ServerChanged(busy(server("s"), 0, status=ServerStatus.MAINTENANCE)))
        tell.wait(20)
    tell(ServerSilent("s"))
    assert ended(tell.add(job("j"), hurried=True)) == []
    assert ended(tell.wait(629)) == []
    (end,) = ended(tell.wait(2))
    assert "s: it was lost 600 s ago" in end.reason


def test_a_hurried_job_has_patience_with_a_draining_server_and_an_end_of_it() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell(ServerChanged(busy(server("s"), 0, status=ServerStatus.MAINTENANCE)))
    tell.add(job("j"), hurried=True)
    assert ended(tell.wait(599)) == []
    (end,) = ended(tell.wait(2))
    assert "s: it finishes its jobs and takes nothing new" in end.reason


def test_jobs_that_nobody_waits_for_stay_in_a_line_where_others_end() -> None:
    tell = Teller()
    tell.open()
    tell.add(job("patient"))
    (end,) = ended(tell.add(job("hurried"), hurried=True))
    assert end.job_id == "hurried" and tell.dispatcher.open_jobs == 1


# -- On this machine --------------------------------------------------------------------------------------


def test_the_embedded_server_is_started_once_and_only_when_no_other_can_do_it() -> None:
    tell = Teller(may_start_local=True)
    tell.open(server("a", "libx264"))
    assert begun(tell.add(job("fits"), hurried=True)) == [("fits", 1, "a")]
    assert tell.add(job("never", "libx265"), handling=Handling(local="never")) == ()
    assert tell.add(job("other", "libx265"), hurried=True) == (StartLocal(),)
    assert tell.add(job("another", "libx265"), hurried=True) == ()
    tell(LocalEnded("no FFmpeg"))
    ends = ended(tell(Expecting(0)))
    assert [end.job_id for end in ends] == ["other", "another"]
    assert all("this machine: no FFmpeg" in end.reason for end in ends)


def test_a_job_for_this_machine_only_starts_it_whatever_servers_there_are() -> None:
    tell = Teller(may_start_local=True)
    tell.open(server("a", slots=3))
    assert tell.add(job("j"), handling=Handling(local="only"), hurried=True) == (StartLocal(),)
    assert begun(tell(ServerCame(server("home", slots=2), at_home=True))) == [("j", 1, "home")]
    tell.add(job("away"), handling=Handling(local="never"))
    assert tell.where("away") == "a"


def test_it_is_not_started_while_a_server_may_still_come_nor_for_a_job_of_another() -> None:
    tell = Teller(may_start_local=True)
    tell(Expecting(1))
    tell.open()
    assert tell.add(job("j")) == ()
    assert tell(Expecting(0)) == (StartLocal(),)
    other = Teller(may_start_local=True)
    other.open()
    assert other.add(job("pinned"), handling=Handling(server="attic")) == ()


def test_progress_alone_changes_nothing_that_is_kept() -> None:
    tell = Teller()
    tell.open(server("s"))
    tell.add(job("j"))
    tell.keeps = False
    tell(Progressed("j", 1, 5.0))
    assert not tell.dispatcher.take_changes()
