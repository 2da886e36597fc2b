"""``ffx queue`` where nobody works the queue: what is listed, shown and changed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ffx.client.queue.records import SetAside
from ffx.client.queue.store import JobQueue
from ffx.core.model import JobState
from tests.cli.conftest import Ffx
from tests.cli.queues import queue_file, write_jobs

COMPLETED, FAILED, CANCELLED = JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED
PENDING, QUEUED, RUNNING = JobState.PENDING, JobState.QUEUED, JobState.RUNNING
FAST = ("--encoder", "libx264", "--preset", "ultrafast")


@pytest.fixture
def source(tmp_path: Path, clip: Path) -> Path:
    return Path(shutil.copy(clip, tmp_path / "in.mp4"))


def said(ffx: Ffx, *arguments: str) -> str:
    """What a command wrote that must succeed."""
    done = ffx.inside(*arguments)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


def states(ffx: Ffx) -> dict[int, str]:
    return {job["number"]: job["state"] for job in ffx.json("queue", "list")["jobs"]}


# -- Adding -----------------------------------------------------------------------------------------------------


def test_detach_adds_and_returns(ffx: Ffx, source: Path) -> None:
    output = ffx.folder / "out.mp4"
    assert said(ffx, "submit", "in.mp4", "-o", "out.mp4", *FAST, "--detach") == (
        f"job 1: in.mp4 -> {output} is in the queue; work it with: ffx queue run\n"
    )
    (job,) = ffx.json("queue")["jobs"]
    assert (job["number"], job["state"], job["input"], job["output"]) == (1, "pending", str(source), str(output))
    assert job["encoder"] == "libx264"
    assert (job["local"], job["only_on"], job["verification"]) == ("auto", "", "quick")
    assert not output.exists()


def test_detach_in_json_is_a_line_a_job(ffx: Ffx, clip: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        shutil.copy(clip, ffx.folder / name)
    arguments = (*FAST, "--verify", "full", "--local", "never", "--priority", "8", "--detach", "--json")
    page = said(ffx, "submit", "one.mp4", "two.mp4", "--out-dir", "out", *arguments)
    lines = [json.loads(line) for line in page.splitlines()]
    assert [(line["number"], Path(line["output"]).name) for line in lines] == [(1, "one.mp4"), (2, "two.mp4")]
    job = next(job for job in ffx.json("queue")["jobs"] if job["job_id"] == lines[1]["job_id"])
    assert (job["verification"], job["local"], job["priority"]) == ("full", "never", 8)


def test_what_is_typed_again_is_the_same_job(ffx: Ffx, source: Path) -> None:
    said(ffx, "submit", "in.mp4", "-o", "out.mp4", *FAST, "--detach")
    done = ffx.inside("submit", "in.mp4", "-o", "out.mp4", *FAST, "--detach")
    assert done.returncode == 0
    assert done.stderr == "ffx: in.mp4 is in the queue already: going on with job 1\n"
    assert states(ffx) == {1: "pending"}


def test_an_output_belongs_to_one_job(ffx: Ffx, source: Path) -> None:
    said(ffx, "submit", "in.mp4", "-o", "out.mp4", *FAST, "--detach")
    line = ffx.refused(2, "submit", "in.mp4", "-o", "out.mp4", "--encoder", "mpeg4", "--detach")
    assert "is being made by job 1 from" in line
    assert "ffx queue cancel 1" in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--detach", "--dry-run"), "--detach and --dry-run exclude each other"),
        (("--detach", "--ui", "lines"), "--detach and --ui exclude each other"),
        (("--verify", "harder"), "--verify: 'harder' is not one of quick, full"),
    ],
)
def test_what_does_not_go_together(arguments: tuple[str, ...], words: str, ffx: Ffx, source: Path) -> None:
    assert words in ffx.refused(2, "submit", "in.mp4", "-o", "out.mp4", *FAST, *arguments)


# -- Listing ----------------------------------------------------------------------------------------------------


def test_an_empty_queue_says_what_to_do(ffx: Ffx) -> None:
    assert said(ffx, "queue") == "the queue is empty; put jobs into it with: ffx submit\n"
    assert ffx.json("queue", "list")["jobs"] == []


def test_the_list_has_what_runs_then_what_waits_then_what_ended(ffx: Ffx) -> None:
    write_jobs(ffx, COMPLETED, PENDING, FAILED, RUNNING, PENDING, QUEUED, CANCELLED)
    listed = ffx.json("queue", "list")
    assert [job["number"] for job in listed["jobs"]] == [4, 6, 2, 5, 7, 3, 1]
    assert listed["counts"] == {s.value: 2 if s is PENDING else 1 for s in JobState}
    assert listed["worked_by"] is None
    pages = [ffx.json("queue", "list", "--limit", "3", "--page", str(page)) for page in (1, 2, 3, 4)]
    assert [[job["number"] for job in page["jobs"]] for page in pages] == [[4, 6, 2], [5, 7, 3], [1], []]
    assert {(page["total"], page["pages"]) for page in pages} == {(7, 3)}


def test_the_table_tells_progress_sizes_and_reasons(ffx: Ffx) -> None:
    write_jobs(ffx, COMPLETED, RUNNING, FAILED, PENDING)
    lines = said(ffx, "queue").splitlines()
    assert lines[0].split() == ["JOB", "STATE", "PROGRESS", "SERVER", "ENCODER", "TRIES", "FILES"]
    assert lines[1].split()[:2] == ["2", "running"]
    assert lines[1].split()[2:6] == ["encode", "43", "%", "studio"], "nobody works the queue: its speed is not known"
    assert lines[3].endswith("in3.mp4 (FFmpeg failed)")
    assert "1.0 MB -> 400 kB" in lines[4]
    assert lines[5:] == ["4 jobs: 1 pending, 1 running, 1 completed, 1 failed", "nobody works the queue: ffx queue run"]


def test_the_list_can_be_of_some_states(ffx: Ffx) -> None:
    write_jobs(ffx, COMPLETED, PENDING, FAILED, RUNNING, FAILED)
    chosen = ffx.json("queue", "list", "--state", "failed", "--state", "RUNNING")
    assert [job["number"] for job in chosen["jobs"]] == [4, 5, 3]
    assert chosen["total"] == 3
    assert "'faild' is not one of" in ffx.refused(2, "queue", "list", "--state", "faild")


def test_show_tells_every_attempt(ffx: Ffx) -> None:
    write_jobs(ffx, FAILED)
    page = said(ffx, "queue", "show", "1")
    for words in (
        "job 1: failed: FFmpeg failed\n",
        "libx265, preset fast",
        "in1.mkv (1.0 MB, 1920x1080, h264, 1:00)",
        "studio with libx265: failed after 10 s (encode_failed): FFmpeg failed\n",
        "FFmpeg ended with 187; its last words:\n",
        "| Conversion failed!\n",
    ):
        assert words in page
    shown = ffx.json("queue", "show", "00000001")
    (attempt,) = shown["attempt_list"]
    assert (attempt["server"], attempt["end"], attempt["code"]) == ("studio", "failed", "encode_failed")
    assert attempt["evidence"]["stderr_tail"][-1] == "Conversion failed!"


@pytest.mark.parametrize("command", ["show", "why", "cancel", "retry", "pause", "resume"])
def test_a_job_that_is_not_there(command: str, ffx: Ffx) -> None:
    assert "there is no job '7'; see: ffx queue list" in ffx.refused(2, "queue", command, "7")


# -- Changing ---------------------------------------------------------------------------------------------------


def test_cancel_ends_what_has_not_ended(ffx: Ffx) -> None:
    write_jobs(ffx, PENDING, COMPLETED, PENDING, PENDING)
    assert said(ffx, "queue", "cancel", "1") == "job 1: cancelled\n"
    assert said(ffx, "queue", "cancel", "1") == "job 1: cancelled\n", "it is what was asked for"
    done = ffx.inside("queue", "cancel", "2-3")
    assert (done.returncode, done.stdout) == (1, "job 3: cancelled\n")
    assert done.stderr == "ffx: job 2: it completed already\n"
    (last,) = ffx.json("queue", "cancel", "--all")
    assert (last["number"], last["state"], last["done"]) == (4, "cancelled", True)
    assert states(ffx) == {1: "cancelled", 2: "completed", 3: "cancelled", 4: "cancelled"}
    assert "name jobs, or give --all" in ffx.refused(2, "queue", "cancel")
    assert "not both" in ffx.refused(2, "queue", "cancel", "1", "--all")


def test_a_job_whose_server_is_away_is_cancelled_and_the_server_hears_of_it_later(ffx: Ffx) -> None:
    write_jobs(ffx, RUNNING)
    assert said(ffx, "queue", "cancel", "1") == "job 1: cancelled\n"
    assert "studio has not heard yet that attempt 1 is over" in said(ffx, "queue", "show", "1")
    with JobQueue.open(queue_file(ffx)) as queue:
        (farewell,) = queue.farewells()
    assert (farewell.server_id, farewell.attempt) == ("id-of-studio", 1)


def test_retry_lets_it_begin_anew(ffx: Ffx) -> None:
    write_jobs(ffx, FAILED, COMPLETED, CANCELLED, FAILED)
    assert said(ffx, "queue", "retry", "1") == "job 1: waits in the queue again\n"
    done = ffx.inside("queue", "retry", "1", "2")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "ffx: job 1: it has not ended",
        "ffx: job 2: it completed already; to make it anew, submit it with --overwrite",
    ]
    assert [job["number"] for job in ffx.json("queue", "retry", "--failed")] == [4]
    assert states(ffx) == {1: "pending", 2: "completed", 3: "cancelled", 4: "pending"}


def test_two_jobs_with_one_output_do_not_both_begin_anew(ffx: Ffx, source: Path) -> None:
    for _ in range(2):
        said(ffx, "submit", "in.mp4", "-o", "out.mp4", *FAST, "--detach")
        said(ffx, "queue", "cancel", "--all")
    done = ffx.inside("queue", "retry", "1", "2")
    assert done.returncode == 1
    assert "job 2: " in done.stderr
    assert "out.mp4 is being made by job 1" in done.stderr
    assert "is being made by job 1" in ffx.inside("queue", "retry", "2").stderr


def test_pause_and_resume_of_jobs_and_of_everything(ffx: Ffx) -> None:
    write_jobs(ffx, PENDING, PENDING, COMPLETED)
    assert said(ffx, "queue", "pause", "2") == "job 2: paused\n"
    assert "paused" in said(ffx, "queue").splitlines()[2]
    assert ffx.inside("queue", "pause", "3").returncode == 1
    assert said(ffx, "queue", "resume", "2") == "job 2: goes on\n"
    assert said(ffx, "queue", "pause") == "the queue is paused; go on with: ffx queue resume\n"
    assert "the queue is paused; go on with: ffx queue resume" in said(ffx, "queue")
    assert "the queue is paused" in said(ffx, "queue", "why", "1")
    assert ffx.json("queue")["paused"]
    assert said(ffx, "queue", "resume") == "the queue goes on\n"
    assert not ffx.json("queue")["paused"]


def test_who_submits_to_a_paused_queue_is_told(ffx: Ffx, clip: Path) -> None:
    shutil.copy(clip, ffx.folder / "in.mp4")
    assert said(ffx, "queue", "pause") == "the queue is paused; go on with: ffx queue resume\n"
    done = ffx.inside("submit", "in.mp4", "-o", "out.mp4", *FAST, "--detach")
    assert (done.returncode, done.stderr) == (0, "ffx: the queue is paused; go on with: ffx queue resume\n")


def test_priority(ffx: Ffx) -> None:
    write_jobs(ffx, PENDING, PENDING)
    assert said(ffx, "queue", "priority", "2", "9") == "job 2: has priority 9\n"
    assert said(ffx, "queue").splitlines()[0].split()[2] == "PRIORITY"
    assert "'11' is not a number from 1 (last) to 10 (first)" in ffx.refused(2, "queue", "priority", "2", "11")
    assert "1 job goes before it" in said(ffx, "queue", "why", "1")


def test_clear_forgets_and_the_history_does_not(ffx: Ffx) -> None:
    write_jobs(ffx, COMPLETED, FAILED, PENDING)
    assert ffx.json("queue", "clear", "--older-than", "2020-01-01") == {"cleared": 0}
    assert said(ffx, "queue", "clear", "--state", "completed") == "cleared 1 job; the history keeps them\n"
    assert states(ffx) == {2: "failed", 3: "pending"}
    assert "pending cannot be cleared" in ffx.refused(2, "queue", "clear", "--state", "pending")
    assert "--older-than: 'long' is no time" in ffx.refused(2, "queue", "clear", "--older-than", "long")
    assert ffx.json("queue", "clear") == {"cleared": 1}
    assert [job["number"] for job in ffx.json("history", "--jobs")["jobs"]] == [2, 1]


# -- Why --------------------------------------------------------------------------------------------------------


def test_why_without_servers(ffx: Ffx) -> None:
    write_jobs(ffx, PENDING, PENDING, FAILED)
    assert said(ffx, "queue", "why", "2").splitlines() == [
        "job 2: nobody works the queue; work it with: ffx queue run",
        "job 2: 1 job goes before it",
        "no server is known; start one with: ffx serve",
    ]
    assert said(ffx, "queue", "why", "3") == "job 3: it failed: FFmpeg failed\n"


def test_why_names_a_server_that_cannot_be_reached(ffx: Ffx) -> None:
    write_jobs(ffx, PENDING)
    ffx.inside("servers", "add", "127.0.0.1:1", "--force", "--name", "gone", environment={"FFX_TOKEN": "any"})
    (server,) = ffx.json("queue", "why", "1")["servers"]
    assert (server["server"], server["possible"]) == ("gone", False)
    assert "it cannot be reached: 127.0.0.1:1 refused the connection" in server["reason"]


# -- Damage -----------------------------------------------------------------------------------------------------


def test_a_damaged_queue_is_one_line_with_the_way_out(ffx: Ffx) -> None:
    write_jobs(ffx, PENDING, COMPLETED)
    file = queue_file(ffx)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    sound = file.read_bytes()
    file.write_bytes(b"x" * 512 + sound[512:])
    line = ffx.refused(1, "queue")
    assert "the queue is damaged" in line
    assert "ffx queue repair" in line
    report: dict[str, Any] = ffx.json("queue", "repair")
    assert (report["saved"], report["lost"]) in ((2, []), (2, None))
    assert Path(report["kept"]).read_bytes()[:512] == b"x" * 512
    assert states(ffx) == {1: "pending", 2: "completed"}


def test_servers_that_are_set_aside_are_listed_with_the_reason(ffx: Ffx) -> None:
    ffx.inside("servers", "add", "127.0.0.1:1", "--force", "--name", "gone", environment={"FFX_TOKEN": "any"})
    with JobQueue.open(queue_file(ffx)) as queue:
        queue.save(set_aside=[SetAside("id-of-gone", "gone", "3 jobs failed in a row", 1.0, 4_000_000_000.0)])
    assert "gone: set aside until 2096-" in said(ffx, "servers")
    assert ffx.json("servers")[0]["set_aside"] == {"reason": "3 jobs failed in a row", "until": 4_000_000_000.0}
    assert said(ffx, "servers", "release", "gone") == "gone gets jobs again\n"
    assert ffx.json("servers")[0]["set_aside"] is None
