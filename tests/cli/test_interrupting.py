"""Interrupting ``ffx submit``: everything that ran is stopped, here and on the servers, and nothing is left behind."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Ffx

SLOW = ("--encoder", "libx265", "--preset", "veryslow", "--filter", "scale=1920:-2")


@pytest.fixture
def source(tmp_path: Path, clip: Path) -> Path:
    return Path(shutil.copy(clip, tmp_path / "in.mp4"))


def encoders_of(process: psutil.Process) -> list[psutil.Process]:
    """FFmpeg processes under a process that encode for a job."""
    return [child for child in process.children(recursive=True) if "libx265" in child.cmdline()]


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
def test_an_interrupted_local_job_leaves_nothing(number: signal.Signals, ffx: Ffx, source: Path) -> None:
    spool = ffx.folder / "spool"
    process = ffx.start("submit", "in.mp4", "-o", "out.mp4", *SLOW, FFX_TEMP_DIR=str(spool))
    wait_for_the_encode(process)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "ffx: interrupted: 1 job cancelled"
    assert "Traceback" not in err
    assert "in.mp4: cancelled" in out
    assert not any(child.is_running() for child in family), "no FFmpeg goes on"
    assert sorted(path.name for path in ffx.folder.iterdir()) == ["in.mp4", "spool"], "and no part of a file"
    assert not list(spool.iterdir())


def test_an_interrupted_job_frees_its_server(ffx: Ffx, source: Path) -> None:
    with ffx.serving("--name", "studio") as server:
        process = ffx.start("submit", "in.mp4", "-o", "out.mp4", *SLOW, "--ui", "lines")
        wait_for_the_encode(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert err == "ffx: interrupted: 1 job cancelled\n"
        assert not encoders_of(psutil.Process(server.process.pid))
        assert ffx.json("servers")[0]["jobs"] == 0
    assert [path.name for path in ffx.folder.iterdir() if path.suffix != ".log"] == ["in.mp4"]


def test_json_has_a_line_for_what_was_cancelled(ffx: Ffx, source: Path) -> None:
    with ffx.serving("--name", "studio") as server:
        process = ffx.start("submit", "in.mp4", "-o", "out.mp4", *SLOW, "--json")
        deadline = 600
        while not encoders_of(psutil.Process(server.process.pid)) and deadline and process.poll() is None:
            deadline -= 1
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    (line,) = map(json.loads, out.splitlines())
    assert (line["state"], line["server"], line["verified"]) == ("cancelled", "studio", False)


def test_a_server_that_stops_hands_its_job_back(ffx: Ffx, source: Path) -> None:
    """The job goes on elsewhere: here, on this machine."""
    quick = ("--encoder", "libx265", "--preset", "fast", "--filter", "scale=640:-2")
    with ffx.serving("--name", "studio") as server:
        process = ffx.start("submit", "in.mp4", "-o", "out.mp4", *quick, "--ui", "lines")
        wait_for_the_encode(process)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, (out, err)
    assert "in.mp4: done on this machine" in out
    assert err == "ffx: no usable server; encoding on this machine\n"
