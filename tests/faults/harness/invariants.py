"""What must hold after every fault, in one place: no job lost or done twice, nothing wrong committed, nothing left."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import av
import psutil

from ffx.client.queue.records import AttemptEnd, JobRecord
from ffx.core.model import JobState
from tests.faults.harness.client import Client
from tests.faults.harness.server import Server
from tests.faults.harness.waiting import until

FRAMES = 234
"""Of the clip that every job here encodes."""

STORIES = 3
"""Jobs of a test whose stories are read: each takes two processes."""

MARK = "FAULTS_GROUND"
"""A variable in the environment of every process that a test starts; its value is the test's folder."""


def check_jobs(client: Client) -> None:
    """Every job ended as the test expects, once; what completed stands in its place, and nothing else does."""
    assert client.integrity() == "ok"
    jobs = client.jobs()
    for record in jobs:
        assert record.state in client.end_states, client.describe()
        ends = Counter(attempt.end for attempt in client.attempts(record.number))
        assert None not in ends, f"an attempt of job {record.number} never ended\n{client.describe()}"
        assert ends[AttemptEnd.COMMITTED] == (record.state is JobState.COMPLETED), client.describe()
    completed = [record for record in jobs if record.state is JobState.COMPLETED]
    expected = {Path(record.job.output_file) for record in completed}
    assert len(expected) == len(completed), "two jobs have one output"
    assert set(client.out_dir.iterdir()) == expected, client.describe()
    for record in completed:
        check_output(Path(record.job.output_file), record)


def check_story(client: Client) -> None:
    """What ``ffx queue show``, ``why`` and ``history`` say tells a person what happened, without a log."""
    jobs = client.jobs()
    if not jobs:
        return
    eventful = [record for record in jobs if record.failures or record.losses or record.state is not JobState.COMPLETED]
    for record in eventful[:STORIES]:
        story = client.ok("queue", "show", str(record.number))
        for attempt in client.attempts(record.number):
            (line,) = [line for line in story.splitlines() if line.startswith(f"  {attempt.attempt}. ")]
            assert attempt.server in line, story
            assert attempt.end is not None
            assert attempt.end.value in line, story
            if attempt.end is not AttemptEnd.COMMITTED:
                reason = line.split(f"{attempt.end.value} after", 1)[1].partition(": ")[2]
                assert len(reason.split()) > 2, f"nothing is said of why\n{story}"
        why = client.ok("queue", "why", str(record.number))
        assert record.state.value in why, why
    done = Counter(record.server for record in jobs if record.state is JobState.COMPLETED)
    told: Counter[str] = Counter()
    for row in json.loads(client.ok("history", "--json")):
        told[row["server"]] += row["completed"]
    assert +told == done


def check_output(output: Path, record: JobRecord | None = None) -> None:
    """Whether a result is whole: every packet is there and every frame can be decoded."""
    with av.open(output) as opened:
        film = opened.streams.video[0]
        packets = [packet for packet in opened.demux(film) if packet.size]
    assert len(packets) == FRAMES, f"{output} has {len(packets)} of {FRAMES} packets"
    with av.open(output) as opened:
        assert sum(1 for _ in opened.decode(video=0)) == FRAMES, f"{output}: not every frame can be decoded"
    if record is not None and record.result is not None:
        assert output.stat().st_size == record.result.file_size, f"{output} is not the result in the queue"


def check_words(client: Client) -> None:
    """Nobody sees a traceback; what went wrong is said in lines that begin with the name of the program."""
    for run in client.runs:
        assert "Traceback" not in run.err, run.err
        for line in run.err.splitlines():
            assert line.startswith("ffx: "), f"{run.name} said: {line}"


def check_server(server: Server) -> None:
    """Nothing is left of any job on a server that runs, and what it logged were no faults of its own."""
    until(
        lambda: not jobs_kept(server), f"no more jobs on {server.name}", detail=lambda: (jobs_kept(server), server.log)
    )
    assert not server.ffmpegs(), f"an FFmpeg goes on on {server.name}"
    assert "Traceback" not in server.log, server.log


def jobs_kept(server: Server) -> list[Path]:
    """Files of jobs on a server. Inputs that it keeps for a second job with the same source are no job's."""
    return [file for file in server.spool_files() if "inputs" not in file.relative_to(server.spool).parts]


def check_stopped(server: Server) -> None:
    """A server that was stopped in order leaves nothing at all."""
    assert not server.spool_files(), f"{server.name} left {server.spool_files()}"


def check_folder(folder: Path) -> None:
    """No part of a file is left anywhere."""
    parts = [path for path in folder.rglob("*.part") if path.is_file()]
    assert not parts, parts


def left_running(ground: Path) -> list[psutil.Process]:
    """Processes that belong to a test: by their environment, or by where they run."""
    return [process for process in psutil.process_iter() if _belongs(process, ground)]


def check_processes(ground: Path) -> None:
    """No process goes on, whoever started it."""
    until(lambda: not left_running(ground), "the end of every process", 5, lambda: _described(left_running(ground)))


def _belongs(process: psutil.Process, ground: Path) -> bool:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get(MARK) == str(ground) or Path(process.cwd()).is_relative_to(ground)
    except (psutil.Error, OSError):
        return False


def _described(processes: Iterable[psutil.Process]) -> list[str]:
    found = []
    for process in processes:
        try:
            found.append(f"{process.pid}: {process.cmdline()}")
        except psutil.Error:
            continue
    return found
