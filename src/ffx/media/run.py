"""Running FFmpeg for a job: progress out, evidence kept, nothing left behind when it is cancelled."""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import frozen

from ffx.core.errors import EncodeError
from ffx.core.model import Evidence
from ffx.media.command import Command
from ffx.media.complaints import Complaints
from ffx.media.process import crash_name, end_process, start_process, to_the_end
from ffx.media.progress import Progress, ProgressEstimator, ProgressReader, Report

_BLOCK = 65536


@frozen
class RunOutcome:
    """What FFmpeg said of a run that it called a success. A claim, to be verified."""

    frames: int | None = None
    """Frames of the first picture written; None where there is none."""
    drop: int = 0
    """Frames it left out of the source's."""
    dup: int = 0
    """Frames it repeated."""
    out_time: float | None = None
    """Seconds of output."""
    seconds: float = 0.0
    """How long it took, all passes."""
    complaints: tuple[str, ...] = ()
    """What it wrote to stderr, shortened."""


async def run_command(
    ffmpeg: Path,
    command: Command,
    *,
    directory: Path,
    total_frames: int,
    duration: float,
    on_progress: Callable[[Progress], None],
) -> RunOutcome:
    """Run every pass of a command in ``directory``. Cancelling it ends FFmpeg's process tree and waits for that.

    ``total_frames`` and ``duration`` (seconds) are what the output is expected to have, 0 when unknown.

    Raises:
        EncodeError: FFmpeg could not be started, failed, was ended by a signal (code ``crashed``), filled the disk
            (code ``disk_full``) or left no output; carries the Evidence.
    """
    started = time.monotonic()
    estimator = ProgressEstimator(duration, total_frames, len(command.passes), started)
    last = Report()
    complaints: tuple[str, ...] = ()
    for number, argv in enumerate(command.passes):
        estimator.begin_pass(number, time.monotonic())
        run = _Run(estimator, on_progress)
        await run.complete(ffmpeg, argv, directory)
        last, complaints = run.last, (*complaints, *run.complaints.lines)
    return RunOutcome(last.frame, last.drop, last.dup, last.out_time, time.monotonic() - started, complaints)


class _Run:
    """One pass."""

    def __init__(self, estimator: ProgressEstimator, on_progress: Callable[[Progress], None]) -> None:
        self.complaints = Complaints()
        self.last = Report()
        self._estimator = estimator
        self._on_progress = on_progress

    async def complete(self, ffmpeg: Path, argv: tuple[str, ...], directory: Path) -> None:
        try:
            process = await start_process((str(ffmpeg), *argv), directory=directory)
        except OSError as error:
            raise self._failure(f"{ffmpeg} could not be started: {error.strerror or error}", argv, None) from None
        assert process.stdout is not None  # pipes, as start_process says
        assert process.stderr is not None
        reading = {
            process.stdout: asyncio.create_task(self._read_progress(process.stdout)),
            process.stderr: asyncio.create_task(self._read_complaints(process.stderr)),
        }
        try:
            await asyncio.shield(asyncio.gather(*reading.values()))
            await process.wait()
        finally:
            # Nothing of the tree may go on, whether this was cancelled or FFmpeg left a child behind.
            await to_the_end(_end(process, reading))
        self.complaints.close()
        self._judge(argv, process.returncode, directory)

    async def _read_progress(self, stdout: asyncio.StreamReader) -> None:
        reader = ProgressReader()
        while data := await stdout.read(_BLOCK):
            for report in reader.feed(data):
                self.last = report
                self._on_progress(self._estimator.update(report, time.monotonic()))

    async def _read_complaints(self, stderr: asyncio.StreamReader) -> None:
        while data := await stderr.read(_BLOCK):
            self.complaints.feed(data)

    def _judge(self, argv: tuple[str, ...], exit_status: int | None, directory: Path) -> None:
        if self.complaints.disk_full:  # FFmpeg 5.1 exits with 0 and a short file
            raise self._failure("the disk is full where FFmpeg writes", argv, exit_status, code="disk_full")
        if crash := crash_name(exit_status or 0):
            raise self._failure(f"FFmpeg crashed: it was ended by {crash}", argv, exit_status, code="crashed")
        if exit_status != 0:
            raise self._failure(f"FFmpeg failed: {self._cause(exit_status)}", argv, exit_status)
        output = argv[-1].removeprefix("file:")
        if output != "-" and not _has_content(directory / output):
            raise self._failure(f"FFmpeg ended without an output: {self._cause(0)}", argv, exit_status)

    def _cause(self, exit_status: int | None) -> str:
        return self.complaints.cause() or f"it said nothing and exited with status {exit_status}"

    def _failure(
        self, message: str, argv: tuple[str, ...], exit_status: int | None, code: str = "encode_failed"
    ) -> EncodeError:
        evidence = Evidence(argv=argv, exit_status=exit_status, stderr_tail=self.complaints.lines)
        return EncodeError(message, evidence=evidence, code=code)


async def _end(process: Process, reading: Mapping[asyncio.StreamReader, asyncio.Task[None]]) -> None:
    """End a process while its pipes are read to their ends: a full one would keep it from ending."""
    async with asyncio.TaskGroup() as group:
        group.create_task(end_process(process))
        for stream, reader in reading.items():
            group.create_task(_drain(stream, reader))


async def _drain(stream: asyncio.StreamReader, reader: asyncio.Task[None]) -> None:
    await asyncio.wait({reader})
    while await stream.read(_BLOCK):
        pass  # what was left by a reader that failed


def _has_content(output: Path) -> bool:
    try:
        return output.stat().st_size > 0
    except OSError:
        return False
