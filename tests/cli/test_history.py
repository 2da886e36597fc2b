"""``ffx history``: what servers did with which encoder."""

from __future__ import annotations

import time

from ffx.core.model import JobState
from tests.cli.conftest import Ffx
from tests.cli.queues import write_jobs


def test_without_jobs(ffx: Ffx) -> None:
    assert ffx.inside("history").stdout == "no job has ended yet\n"
    assert ffx.json("history") == []


def test_by_server_and_encoder(ffx: Ffx) -> None:
    write_jobs(ffx, JobState.COMPLETED, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.PENDING)
    (row,) = ffx.json("history")
    assert (row["server"], row["encoder"], row["completed"], row["failed"]) == ("studio", "libx265", 2, 1)
    assert (row["average_fps"], row["average_seconds"]) == (30.0, 8.0)
    assert (row["bytes_in"], row["bytes_out"], row["bytes_saved"], row["saved"]) == (2_000_000, 800_000, 1_200_000, 0.6)
    heading, line = ffx.inside("history").stdout.splitlines()
    assert heading.split() == ["SERVER", "ENCODER", "DONE", "FAILED", "FPS", "TIME", "IN", "OUT", "SAVED"]
    assert line.split(maxsplit=5)[:5] == ["studio", "libx265", "2", "1", "30"]
    assert line.endswith("2.0 MB  800 kB  1.2 MB (60 %)")


def test_since_and_of_one_server(ffx: Ffx) -> None:
    write_jobs(ffx, JobState.COMPLETED, now=time.time() - 3600)
    assert len(ffx.json("history", "--since", "2h", "--server", "studio")) == 1
    assert ffx.json("history", "--since", "30m") == []
    assert ffx.json("history", "--server", "attic") == []
    assert "--since: 'yesterday' is no time; write it like 30m" in ffx.refused(2, "history", "--since", "yesterday")


def test_job_by_job(ffx: Ffx) -> None:
    write_jobs(ffx, JobState.COMPLETED, JobState.FAILED)
    found = ffx.json("history", "--jobs", "--limit", "1", "--page", "2")
    assert (found["total"], found["pages"], [job["number"] for job in found["jobs"]]) == (2, 2, [1])
    page = ffx.inside("history", "--jobs").stdout
    assert "(1.0 MB -> 400 kB)" in page
    assert "(FFmpeg failed)" in page
