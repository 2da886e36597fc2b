"""Running FFmpeg for a job: progress out, evidence kept, nothing left behind when it is cancelled."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence, Set
from pathlib import Path

from attrs import define, field, frozen

from ffx.core.errors import EncodeError
from ffx.core.model import Evidence
from ffx.media.command import Command
from ffx.media.complaints import Complaints
from ffx.media.control import RunControl
from ffx.media.failures import failure_of, said
from ffx.media.process import end_process, start_process, to_the_end
from ffx.media.process_tree import ProcessTree
from ffx.media.progress import Progress, ProgressEstimator, ProgressReader, Report
from ffx.media.sandbox import UNCONFINED, Confinement
from ffx.media.watchdog import STALL_LIMIT, Signs, until_stuck

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
    """How long it took, all passes, without pauses."""
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
    control: RunControl | None = None,
    stall_limit: float = STALL_LIMIT,
    confinement: Confinement = UNCONFINED,
) -> RunOutcome:
    """Run every pass of a command in ``directory``. Cancelling it ends FFmpeg's process tree and waits for that.

    ``total_frames`` and ``duration`` (seconds) are what the output is expected to have, 0 when unknown. ``control``
    is the owner's means to pause it; pauses do not count as time that it took, nor as time without a sign of life, of
    which ``stall_limit`` seconds are allowed. ``confinement`` names what FFmpeg sees of the directory.

    Raises:
        EncodeError: FFmpeg could not be started, failed (the codes of ``failure_of``), left no output, or had to be
            ended because it did nothing (code ``stuck``) or wrote far more than it should (code ``endless``);
            carries the Evidence.
    """
    control = control or RunControl()
    started = control.now()
    estimator = ProgressEstimator(duration, total_frames, len(command.passes), started)
    last = Report()
    complaints: tuple[str, ...] = ()
    for number, argv in enumerate(command.passes):
        await control.until_going()
        estimator.begin_pass(number, control.now())
        run = _Run(
            argv, directory, command.longest, command.hardware_encoder, estimator, on_progress, control, confinement
        )
        await run.complete(ffmpeg, stall_limit)
        last, complaints = run.last, (*complaints, *run.complaints.lines)
    return RunOutcome(last.frame, last.drop, last.dup, last.out_time, control.now() - started, complaints)


@define
class _Run:
    """One pass."""

    argv: tuple[str, ...]
    directory: Path
    longest: float
    hardware_encoder: str
    estimator: ProgressEstimator
    on_progress: Callable[[Progress], None]
    control: RunControl
    confinement: Confinement
    complaints: Complaints = field(factory=Complaints, init=False)
    last: Report = field(factory=Report, init=False)

    async def complete(self, ffmpeg: Path, stall_limit: float) -> None:
        try:
            process = await start_process(
                (str(ffmpeg), *self.argv), directory=self.directory, confinement=self.confinement
            )
        except OSError as error:
            raise self._failure(f"{ffmpeg} could not be started: {error.strerror or error}") from None
        tree = ProcessTree(process.pid)
        reading = [asyncio.create_task(self._read_progress(process)), asyncio.create_task(self._read_words(process))]
        ended = asyncio.create_task(_ended(process, reading))
        stuck = asyncio.create_task(until_stuck(lambda: self._look(tree), self.control.now, stall_limit))
        try:
            with self.control.holding(tree):
                await asyncio.wait({ended, stuck}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Nothing of the tree may go on, whether this was cancelled or FFmpeg left a child behind.
            await to_the_end(_end(process, {ended, stuck, *reading}))
        self.complaints.close()
        if ended.cancelled():
            stuck.result()
            place = f" at frame {self.last.frame}" if self.last.frame else ""
            idle = f"no frame, no byte, no CPU time for {stall_limit:.0f} s"
            raise self._failure(f"FFmpeg was stuck{place} and was ended: {idle}", "stuck")
        ended.result()
        assert process.returncode is not None  # it was waited for
        self._judge(self.confinement.sandbox.exit_status(process.returncode))

    async def _read_progress(self, process: Process) -> None:
        assert process.stdout is not None  # a pipe, as start_process says
        reader = ProgressReader()
        while data := await process.stdout.read(_BLOCK):
            for report in reader.feed(data):
                self.last = report
                self.on_progress(self.estimator.update(report, self.control.now()))
                self._check_end(report)

    async def _read_words(self, process: Process) -> None:
        assert process.stderr is not None
        while data := await process.stderr.read(_BLOCK):
            self.complaints.feed(data)

    def _look(self, tree: ProcessTree) -> Signs:
        return Signs(self.last.frame, self.last.out_time, _written(self._output), tree.cpu_seconds())

    def _check_end(self, report: Report) -> None:
        if self.longest and (report.out_time or 0.0) > self.longest:
            raise self._failure(
                f"FFmpeg found no end and was ended: it wrote {report.out_time:.0f} s, far more than the input lasts",
                "endless",
            )

    def _judge(self, exit_status: int) -> None:
        failure = failure_of(exit_status, self.complaints, self.hardware_encoder)
        if failure is not None:
            raise self._failure(failure.message, failure.code, exit_status)
        if self._output is not None and not _written(self._output)[0]:
            cause = said(self.complaints, exit_status)
            raise self._failure(f"FFmpeg ended without an output: {cause}", exit_status=exit_status)

    @property
    def _output(self) -> Path | None:
        """None where nothing is to be written."""
        name = self.argv[-1].removeprefix("file:")
        return None if name == "-" else self.directory / name

    def _failure(self, message: str, code: str = "encode_failed", exit_status: int | None = None) -> EncodeError:
        evidence = Evidence(argv=self.argv, exit_status=exit_status, stderr_tail=self.complaints.lines)
        return EncodeError(message, evidence=evidence, code=code)


async def _ended(process: Process, reading: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*reading)
    await process.wait()


async def _end(process: Process, tasks: Set[asyncio.Task[None]]) -> None:
    """End a process and who deals with it. Its pipes are read to their ends: a full one would keep it from ending."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    async with asyncio.TaskGroup() as group:
        group.create_task(end_process(process))
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            group.create_task(_drain(stream))


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(_BLOCK):
        pass


def _written(output: Path | None) -> tuple[int, int]:
    """Size of a file in bytes and when it was written to, in nanoseconds; zeros where there is none."""
    try:
        status = output.stat() if output is not None else None
    except OSError:
        return 0, 0
    return (status.st_size, status.st_mtime_ns) if status is not None else (0, 0)
