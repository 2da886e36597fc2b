"""Interrupting ``ffx submit``: it stops in order and says how to go on; what is in the queue stays there."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from ffx.cli.interrupting import ONE_SIGNAL_SECONDS
from tests.cli.conftest import SLOW, Ffx, paced
from tests.support import still_running


@pytest.fixture
def source(tmp_path: Path, clip: Path) -> Path:
    return Path(shutil.copy(clip, tmp_path / "in.mp4"))


def encoders_of(process: psutil.Process) -> list[psutil.Process]:
    """FFmpeg processes under a process that encode for a job."""
    return [child for child in process.children(recursive=True) if "-progress" in child.cmdline()]


def wait_for_the_encode(process: subprocess.Popen[str]) -> list[str]:
    """The lines up to the one which says that the encode began."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if ": encode on " in line:
            return seen
    raise AssertionError(f"it never began to encode: {seen} {process.stderr and process.stderr.read()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_local_job_leaves_nothing_but_its_place_in_the_queue(
    number: signal.Signals, ffx: Ffx, source: Path
) -> None:
    spool = ffx.folder / "spool"
    process = ffx.start("submit", "in.mp4", "-o", "out.mp4", *SLOW, FFX_TEMP_DIR=str(spool))
    wait_for_the_encode(process)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[-1] == (
        "ffx: interrupted: 1 job stays in the queue; go on with: ffx queue run; end it with: ffx queue cancel 1"
    )
    assert "Traceback" not in err
    assert still_running(family) == [], "no FFmpeg goes on"
    assert sorted(path.name for path in ffx.folder.iterdir()) == ["in.mp4", "spool"], "and no part of a file"
    assert not list(spool.iterdir())
    assert ffx.inside("queue", "cancel", "1").stdout == "job 1: cancelled\n"


def test_what_encodes_on_a_server_goes_on_and_is_taken_up_again(ffx: Ffx, source: Path) -> None:
    recipe = paced(1.5)
    with ffx.serving("--name", "studio"):
        process = ffx.start("submit", "in.mp4", "-o", "out.mp4", *recipe, "--ui", "lines")
        wait_for_the_encode(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert err == (
            "ffx: interrupted: 1 job stays in the queue (it is being encoded on studio); go on with: ffx queue run; "
            "end it with: ffx queue cancel 1\n"
        )
        again = ffx.run("submit", "in.mp4", "-o", "out.mp4", *recipe, "--json")
        assert again.returncode == 0, again.stderr
        assert again.stderr == "ffx: in.mp4 is in the queue already: going on with job 1\n"
        line = json.loads(again.stdout)
        assert (line["state"], line["server"], line["attempts"]) == ("completed", "studio", 1)


def test_twice_leaves_at_once_and_a_cancel_frees_the_server(ffx: Ffx, source: Path) -> None:
    with ffx.serving("--name", "studio") as server:
        process = ffx.start("submit", "in.mp4", "-o", "out.mp4", *SLOW, "--ui", "lines")
        wait_for_the_encode(process)
        server.process.send_signal(signal.SIGSTOP)  # so that leaving in order would take its time
        try:
            process.send_signal(signal.SIGINT)
            time.sleep(2 * ONE_SIGNAL_SECONDS)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=5)
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert process.returncode == 130
        assert err.splitlines()[-1] == ("ffx: interrupted twice: what is in the queue stays; go on with: ffx queue run")
        assert "Traceback" not in err
        began = time.monotonic()
        assert ffx.inside("queue", "cancel", "1").stdout == "job 1: cancelled\n"
        assert not encoders_of(psutil.Process(server.process.pid)), time.monotonic() - began
        assert ffx.json("servers")[0]["jobs"] == 0
    assert [path.name for path in ffx.folder.iterdir() if path.suffix != ".log"] == ["in.mp4"]


def test_a_server_that_stops_hands_its_job_back(ffx: Ffx, source: Path) -> None:
    """The job goes on elsewhere: here, on this machine."""
    with ffx.serving("--name", "studio", "--drain-limit", "1") as server:
        options = ("-o", "out.mp4", *paced(2), "--ui", "lines")
        process = ffx.start("submit", "in.mp4", *options, FFX_FARM_PATIENCE="0")
        wait_for_the_encode(process)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, (out, err)
    assert "in.mp4: done on " in out
    assert "in.mp4: done on studio" not in out
