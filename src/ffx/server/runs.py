"""FFmpeg's runs for one job whose files were examined: what it looks at beforehand, and the encode."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from attrs import evolve, frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup, JobConfiguration, JobProgress
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.core.targets import Target
from ffx.media.analysis import Analysis
from ffx.media.changes import expected_frames, expected_length
from ffx.media.command import Command, build_command, seen_here
from ffx.media.findings import Findings
from ffx.media.hardware_nodes import hardware_nodes
from ffx.media.likeness import Found, LikenessTask, Workplace, kept_sounds
from ffx.media.limits import job_limits
from ffx.media.measuring import metric_here
from ffx.media.other_files import PlacedFile
from ffx.media.probe import MediaInfo, PacketCounts
from ffx.media.progress import Progress
from ffx.media.run import RunOutcome, run_command
from ffx.media.sandbox import Confinement, Sandbox
from ffx.media.timing import read_version
from ffx.server.capabilities import CapabilityService
from ffx.server.job import Job
from ffx.server.machine import usable_cores
from ffx.server.probe_cache import ProbeCache, search_key
from ffx.server.spool import IN, OUT

PROGRESS_INTERVAL = 0.45
"""Seconds between two words on progress at the least: FFmpeg reports twice a second, not to the millisecond."""

NOTES = "seen.txt"
"""Beside the output, while a source is looked at before its encode."""

ModifyCommand = Callable[[JobConfiguration, tuple[str, ...]], tuple[str, ...]]


class SeenEncoders(Mapping[str, EncoderSpec]):
    """What is known of every encoder of this FFmpeg as it was seen here, looked up when it is asked for."""

    def __init__(self, capabilities: CapabilityService) -> None:
        self._capabilities = capabilities

    def __getitem__(self, name: str) -> EncoderSpec:
        spec, report = self._capabilities.spec(name), self._capabilities.report(name)
        if spec is None:
            raise KeyError(name)
        return seen_here({name: spec}, {name} if report is not None and report.ten_bit else ())[name]

    def __iter__(self) -> Iterator[str]:
        return (listed.name for listed in self._capabilities.build.encoders)

    def __len__(self) -> int:
        return len(self._capabilities.build.encoders)


@frozen
class Runner:
    """The FFmpeg that a server has, and how it is run there."""

    capabilities: CapabilityService
    modify_command: ModifyCommand
    """Lets plugins change an argv before it runs."""
    argument_policy: ArgumentPolicy
    sandbox: Sandbox
    probes: ProbeCache
    server_id: str


@frozen
class JobRuns:
    """The runs for one job."""

    runner: Runner
    job: Job
    source: MediaInfo
    packets: PacketCounts
    other_files: tuple[PlacedFile, ...]
    findings: Findings | None = None
    """What was found out of the source; None before ``looked_at``."""

    @property
    def recipe(self) -> Recipe:
        return self.job.configuration.recipe

    # -- Commands -----------------------------------------------------------------------------------------------

    def command(self, recipe: Recipe, *, output_name: str = "") -> Command:
        """The command for the job's recipe, or for one of its samples, as plugins want it. Raises RecipeError."""
        command = self._plain_command(recipe, output_name=output_name)
        modified = tuple(self.runner.modify_command(self.job.configuration, argv) for argv in command.passes)
        return evolve(command, passes=modified)

    def _plain_command(self, recipe: Recipe, *, output_name: str = "") -> Command:
        capabilities, folder = self.runner.capabilities, self.job.folder
        report = capabilities.report(recipe.encoder)
        return build_command(
            recipe,
            self.source,
            SeenEncoders(capabilities),
            report.setup if report is not None else EncoderSetup(),
            input_name=folder.input_name,
            output_name=output_name or folder.output_name,
            other_files=self.other_files,
            packets=self.packets,
            findings=self.findings,
            ffmpeg_version=capabilities.build.version,
            policy=self.runner.argument_policy,
        )

    # -- Before the encode --------------------------------------------------------------------------------------

    async def looked_at(self) -> JobRuns:
        """The same, once it is found out what the recipe leaves to be found out. Raises EncodeError."""
        analysis = Analysis(
            self.recipe,
            self.source,
            input_name=self.job.folder.input_name,
            notes_name=f"{OUT}/{NOTES}",
            ffmpeg_version=self.runner.capabilities.build.version,
        )
        if not analysis.is_needed:
            return self
        notes = self.job.folder.path / OUT / NOTES

        async def run(argv: tuple[str, ...]) -> tuple[str, ...]:
            return (await self._look(Command((argv,)))).complaints

        try:
            findings = await analysis.complete(run, lambda: notes.read_text("utf-8", "replace"))
        finally:
            notes.unlink(missing_ok=True)
        return evolve(self, findings=findings)

    async def likeness(self, target: Target) -> Found:
        """How close to its source the picture comes, and the quality that a target asks for.

        Raises:
            EncodeError: FFmpeg failed, or the target cannot be met (code ``target_missed``).
        """
        runner, build = self.runner, self.runner.capabilities.build
        metric = metric_here(target.metric, await runner.capabilities.filters())
        spec = runner.capabilities.spec(self.recipe.encoder)
        place = Workplace(
            self.job.folder.path,
            OUT,
            encode=lambda sample, name: self._look(self.command(sample, output_name=name)),
            keep=lambda reference, name: self._look(self._plain_command(reference, output_name=name)),
            run=self._look,
            metric=metric,
            threads=usable_cores(),
            version=read_version(build.version),
        )
        scale, sounds = spec.quality if spec is not None else None, kept_sounds(self.recipe, self.source)
        task = LikenessTask(self.recipe, target, self.source, scale, sounds, place)
        key = search_key(build.fingerprint, [file.digest for file in self.job.files], self.recipe, metric)
        known = await runner.probes.find(key)
        found = await task.complete(known)
        if found.probes != known:
            await runner.probes.add(key, found.probes)
        return found

    async def _look(self, command: Command) -> RunOutcome:
        """Run what only finds something out, without a word on progress."""
        return await run_command(
            self.runner.capabilities.ffmpeg,
            command,
            directory=self.job.folder.path,
            total_frames=0,
            duration=0.0,
            on_progress=lambda progress: None,
            control=self.job.control,
            confinement=self._confinement(),
        )

    # -- The encode ---------------------------------------------------------------------------------------------

    async def encode(self, command: Command, on_progress: Callable[[JobProgress], None]) -> RunOutcome:
        """Run the command of the job. Cancelling it ends FFmpeg. Raises EncodeError."""
        film, length = self.source.video, self.source.duration
        total_frames = expected_frames(self.recipe, film.frames, length) if film is not None else 0
        last = 0.0

        def tell(progress: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= PROGRESS_INTERVAL:
                last = now
                on_progress(self._progress(progress, total_frames))

        return await run_command(
            self.runner.capabilities.ffmpeg,
            command,
            directory=self.job.folder.path,
            total_frames=total_frames,
            duration=expected_length(self.recipe, length) if length else 0.0,
            on_progress=tell,
            control=self.job.control,
            confinement=self._confinement(),
        )

    def _confinement(self) -> Confinement:
        return Confinement(
            self.runner.sandbox,
            job_limits(self.source.size),
            readable=(IN,),
            writable=(OUT,),
            devices=hardware_nodes(self.runner.capabilities.report(self.recipe.encoder)),
        )

    def _progress(self, progress: Progress, total_frames: int) -> JobProgress:
        return JobProgress(
            job_id=self.job.job_id,
            progress=progress.progress,
            current_frame=progress.frame,
            total_frames=total_frames,
            fps=progress.fps,
            bitrate=progress.bitrate,
            speed=progress.speed,
            eta=progress.eta,
            server_id=self.runner.server_id,
        )
