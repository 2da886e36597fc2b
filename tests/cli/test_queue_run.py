"""The queue at work: who works it, who looks on, who takes over, and what is changed meanwhile. Real processes."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Ffx, paced

FAST = ("--encoder", "libx264", "--preset", "ultrafast")
SLOW = paced(0.22)
"""At a speed that no other test has: its FFmpegs are known by it."""


@pytest.fixture
def queue(farm: Ffx, clip: Path) -> Iterator[Ffx]:
    """The farm with clips ``one.mp4`` and ``two.mp4``; what is left in its queue is cancelled and cleared."""
    for name in ("one.mp4", "two.mp4"):
        shutil.copy(clip, farm.folder / name)
    yield farm
    farm.inside("queue", "cancel", "--all")
    farm.inside("queue", "clear")


@contextlib.contextmanager
def running(ffx: Ffx, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended when the block ends, if it has not by itself."""
    process = ffx.start(*arguments)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def add(ffx: Ffx, name: str, *recipe: str) -> int:
    """Put a job into the queue; its number."""
    done = ffx.inside("submit", name, "-o", f"out-{name}", *recipe, "--detach", "--json")
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["number"])


def read_until(process: subprocess.Popen[str], words: str) -> list[str]:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return seen
    raise AssertionError(f"it never said {words!r}: {seen} {process.stderr and process.stderr.read()}")


def wait_until_it_works(process: subprocess.Popen[str], ffx: Ffx) -> None:
    """Until the process has the queue for itself."""
    for _ in range(600):
        worker = ffx.json("queue")["worked_by"]
        if worker is not None and worker["pid"] == process.pid:
            return
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise AssertionError("it never came to work the queue")


def encoders() -> list[psutil.Process]:
    """FFmpegs that encode slowly."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "-progress" in process.cmdline() and any(SLOW[-1] in word for word in process.cmdline()):
                found.append(process)
    return found


# -- Working it -------------------------------------------------------------------------------------------------


def test_run_works_the_queue_to_its_end(queue: Ffx) -> None:
    numbers = [add(queue, "one.mp4", *FAST), add(queue, "two.mp4", *FAST)]
    done = queue.run("queue", "run", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {json.loads(line)["state"] for line in done.stdout.splitlines()} == {"completed"}
    assert all((queue.folder / f"out-{name}.mp4").stat().st_size > 10_000 for name in ("one", "two"))
    (row, *_) = [job for job in queue.json("history", "--jobs")["jobs"] if job["number"] == numbers[1]]
    assert row["state"] == "completed"
    assert queue.run("queue", "run").returncode == 0, "and there is nothing left to do"


def test_what_nobody_can_do_stays_and_is_told(queue: Ffx) -> None:
    number = add(queue, "one.mp4", "--encoder", "hevc_nvenc")
    paused = add(queue, "two.mp4", *FAST)
    queue.inside("queue", "pause", str(paused))
    done = queue.run("queue", "run")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"ffx: paused: {paused}; let them go on with: ffx queue resume {paused}" in done.stderr
    assert f"ffx: no server can do: {number}; see: ffx queue why {number}" in done.stderr
    reasons = {one["server"]: one["reason"] for one in queue.json("queue", "why", str(number))["servers"]}
    assert reasons["studio"] == reasons["attic"] == "it cannot do hevc_nvenc"


def test_a_job_that_fails_is_status_1(queue: Ffx) -> None:
    done = queue.inside("submit", "one.mp4", "-o", "bad.mp4", *FAST, "--detach", "--", "-profile:v", "nonsense")
    assert done.returncode == 0
    assert queue.run("queue", "run").returncode == 1
    (job,) = queue.json("queue", "list", "--state", "failed")["jobs"]
    page = queue.inside("queue", "show", str(job["number"])).stdout
    assert "nonsense" in page


def test_the_servers_can_be_cared_for(queue: Ffx) -> None:
    assert queue.inside("servers", "quarantine", "attic", "--reason", "smells of smoke").returncode == 0
    states = {server["name"]: server["set_aside"] for server in queue.json("servers")}
    assert states == {"attic": {"reason": "smells of smoke", "until": None}, "studio": None}
    number = str(add(queue, "one.mp4", *FAST))
    reasons = {one["server"]: one for one in queue.json("queue", "why", number)["servers"]}
    assert "it is set aside: smells of smoke" in reasons["attic"]["reason"]
    assert reasons["studio"]["possible"]
    assert "attic is set aside" in queue.refused(3, "queue", "reassign", number, "attic")
    assert queue.inside("servers", "release", "attic").stdout == "attic gets jobs again\n"
    assert queue.inside("queue", "reassign", number, "attic").stdout == f"job {number}: goes to attic and to no other\n"
    (line,) = queue.run("queue", "run", "--json").stdout.splitlines()
    assert json.loads(line)["server"] == "attic"


def test_a_drained_server_takes_nothing_new(queue: Ffx) -> None:
    assert queue.inside("servers", "drain", "attic").returncode == 0
    try:
        draining = {server["name"]: server["draining"] for server in queue.json("servers")}
        assert draining == {"attic": True, "studio": False}
        number = str(add(queue, "one.mp4", *FAST))
        assert "takes nothing new" in queue.refused(3, "queue", "reassign", number, "attic")
        (line,) = queue.run("queue", "run", "--json").stdout.splitlines()
        assert json.loads(line)["server"] == "studio"
    finally:
        assert queue.inside("servers", "undrain", "attic").stdout == "attic takes jobs again\n"
    assert not any(server["draining"] for server in queue.json("servers"))


def test_reassign_names_what_is_missing(queue: Ffx) -> None:
    number = str(add(queue, "one.mp4", "--encoder", "hevc_nvenc"))
    line = queue.refused(3, "queue", "reassign", number, "attic")
    assert f"attic cannot do job {number}: it lacks hevc_nvenc" in line
    assert "can do libx265 instead of hevc_nvenc" in line
    assert "did you mean 'attic'?" in queue.refused(2, "queue", "reassign", number, "atic")


# -- Beside the one who works it --------------------------------------------------------------------------------


def test_one_works_it_and_the_others_look_on_and_change_it(queue: Ffx) -> None:
    with running(queue, "queue", "run", "--forever") as worker:
        wait_until_it_works(worker, queue)
        slow = add(queue, "two.mp4", *SLOW, "--server", "attic")
        read_until(worker, "two.mp4: encode on attic")
        second = queue.run("queue", "run")
        assert second.returncode == 1
        assert second.stderr == f"ffx: process {worker.pid} works the queue already; see: ffx queue\n"

        done = queue.run("submit", "one.mp4", "-o", "out.mp4", *FAST, "--server", "studio")
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines[0] == f"one.mp4: waits in the queue, which process {worker.pid} works"
        assert lines[-1].startswith("one.mp4: done on studio in ")

        (job,) = queue.json("queue", "list", "--state", "running")["jobs"]
        assert (job["number"], job["progress"]["phase"]) == (slow, "encode")
        assert queue.json("queue")["worked_by"]["pid"] == worker.pid
        assert "it runs on attic with libx264" in queue.inside("queue", "why", str(slow)).stdout
        assert queue.inside("queue", "priority", str(slow), "2").stdout == f"job {slow}: has priority 2\n"
        assert queue.inside("queue", "cancel", str(slow)).stdout == f"job {slow}: cancelled\n"
        read_until(worker, "two.mp4: cancelled")
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=30)
        assert (worker.returncode, err) == (130, "ffx: interrupted: all jobs had ended\n")
    assert not encoders()


def test_when_the_one_who_works_it_is_killed_another_takes_over(queue: Ffx) -> None:
    recipe = (*paced(1.5), "--server", "studio")
    with running(queue, "queue", "run", "--forever") as worker, contextlib.ExitStack() as stack:
        wait_until_it_works(worker, queue)
        looker = stack.enter_context(running(queue, "submit", "one.mp4", "-o", "out.mp4", *recipe, "--ui", "lines"))
        read_until(worker, "one.mp4: encode on studio")
        worker.kill()
        out, err = looker.communicate(timeout=90)
        assert looker.returncode == 0, (out, err)
        assert "one.mp4: goes on at studio" in out, "the same attempt"
        assert "one.mp4: done on studio" in out
    (job,) = queue.json("queue", "list", "--state", "completed", "--limit", "1")["jobs"]
    assert job["attempts"] == 1
