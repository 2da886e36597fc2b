"""The work on one job: from input bytes that arrived whole to an output that was checked."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.errors import EncodeError, FfxError, ProbeError, RecipeError, VerificationError
from ffx.core.messages import JobCompleted, JobFailed
from ffx.core.model import EncoderSetup, Evidence, JobConfiguration, JobProgress, JobResult, JobState, Verification
from ffx.core.recipe import ArgumentPolicy
from ffx.core.transport import StoredFile
from ffx.media.analysis import Analysis
from ffx.media.changes import expected_frames, expected_length
from ffx.media.command import Command, build_command, seen_here
from ffx.media.decoding import verify_decodable
from ffx.media.digest import file_digest
from ffx.media.findings import Findings
from ffx.media.hardware_nodes import hardware_nodes
from ffx.media.inspector import Examined, Inspector
from ffx.media.joining import LIST, Part, joined_media, joined_packets, list_text, mismatch
from ffx.media.limits import job_limits
from ffx.media.other_files import PlacedFile, files_looked_at, place_names
from ffx.media.probe import MediaInfo, PacketCounts
from ffx.media.progress import Progress
from ffx.media.run import RunOutcome, run_command
from ffx.media.sandbox import Confinement, Sandbox
from ffx.media.verify import check_input, verify_examined
from ffx.server.capabilities import CapabilityService
from ffx.server.files import is_disk_full
from ffx.server.job import Finished, Job, Way, WorkEnd
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
class Workbench:
    """Where a server's jobs are worked on."""

    capabilities: CapabilityService
    modify_command: ModifyCommand
    argument_policy: ArgumentPolicy
    sandbox: Sandbox
    inspector: Inspector
    server_id: str
    server_name: str

    async def work(self, job: Job, way: Way) -> WorkEnd:
        """Encode and check; what goes wrong is the answer. Cancelling it ends FFmpeg before it returns."""
        try:
            return await self._encode(job, way)
        except (FfxError, OSError) as error:
            return self._failure(job, error)

    async def _encode(self, job: Job, way: Way) -> Finished:
        recipe = job.configuration.recipe
        source, packets = await self.inspector.examine(
            job.folder.input, owner=job.client_id, first_frame=recipe.edits_picture
        )
        check_input(source, packets)
        others = await self._other_files(job)
        if recipe.joins:
            source, packets = await self._joined(job, Part(job.configuration.input_file, source, packets), others)
        command = self._command(job, source, packets, others)  # what cannot be is told before there is a slot
        analysis = self._analysis(job, source)
        async with way.slot():
            if analysis.is_needed:
                command = self._command(job, source, packets, others, await self._analyse(job, source, analysis))
            outcome = await self._run(job, command, source, way.report)
        async with way.check():
            found = await self._examine_output(job)
            verified = verify_examined(*found, recipe, source, packets, outcome, size=command.size)
            digest = await asyncio.to_thread(_on_disk, job.folder.output)
            if job.configuration.verification is Verification.FULL:
                await self._decode(job, found)
        result = JobResult(
            job_id=job.job_id,
            status=JobState.COMPLETED,
            output_file=job.configuration.output_file,
            file_size=verified.size,
            duration=outcome.seconds,
            average_fps=verified.frames / outcome.seconds if outcome.seconds else 0.0,
            frames=verified.frames,
            server_id=self.server_id,
            completed_at=time.time(),
            digest=digest,
            warnings=command.warnings,
        )
        return Finished(StoredFile(job.folder.output, verified.size, digest), JobCompleted(job.attempt, result))

    async def _other_files(self, job: Job) -> tuple[PlacedFile, ...]:
        """The job's other files, those examined that FFmpeg could take for something else."""
        if not job.configuration.other_files:
            return ()
        looked_at = files_looked_at(job.configuration.recipe)
        places = place_names(job.configuration.other_files, IN)
        return tuple(
            [
                await self._looked_at(job, name, place) if name in looked_at else PlacedFile(name, place)
                for name, place in places.items()
            ]
        )

    async def _joined(self, job: Job, first: Part, others: Sequence[PlacedFile]) -> Examined:
        """What the input and the files behind it are together, and their list, which FFmpeg reads."""
        files = {file.name: file for file in others}
        parts = [first]
        for name in job.configuration.recipe.joins:
            file = files[name]
            assert file.media is not None
            assert file.packets is not None
            parts.append(Part(name, file.media, file.packets))
        if why := mismatch(parts):
            raise RecipeError(f"these files cannot be joined as they are: {why}")
        places = (job.folder.input_name, *(files[name].place for name in job.configuration.recipe.joins))
        await asyncio.to_thread((job.folder.path / IN / LIST).write_text, list_text(places), "utf-8")
        return joined_media(parts), joined_packets(parts)

    async def _looked_at(self, job: Job, name: str, place: str) -> PlacedFile:
        media, packets = await self.inspector.examine(job.folder.path / place, owner=job.client_id, subtitles=True)
        if media.films or media.audio:
            check_input(media, packets)
        return PlacedFile(name, place, media, packets)

    async def _examine_output(self, job: Job) -> Examined:
        try:
            return await self.inspector.examine(job.folder.output, owner=job.client_id)
        except ProbeError as error:
            raise VerificationError(f"the output cannot be read: {error}") from None

    async def _decode(self, job: Job, found: Examined) -> None:
        """Look at every frame of the output. Raises VerificationError, or EncodeError where FFmpeg cannot say."""
        await verify_decodable(
            self.capabilities.ffmpeg,
            job.folder.output,
            job.configuration.recipe,
            ffmpeg_version=self.capabilities.build.version,
            control=job.control,
            sandbox=self.sandbox,
            examined=found,
        )

    def _analysis(self, job: Job, source: MediaInfo) -> Analysis:
        return Analysis(
            job.configuration.recipe,
            source,
            input_name=job.folder.input_name,
            notes_name=f"{OUT}/{NOTES}",
            ffmpeg_version=self.capabilities.build.version,
        )

    async def _analyse(self, job: Job, source: MediaInfo, analysis: Analysis) -> Findings:
        """What the recipe wants to be found out before the encode."""
        notes = job.folder.path / OUT / NOTES

        async def run(argv: tuple[str, ...]) -> tuple[str, ...]:
            outcome = await run_command(
                self.capabilities.ffmpeg,
                Command((argv,)),
                directory=job.folder.path,
                total_frames=0,
                duration=0.0,
                on_progress=lambda progress: None,
                control=job.control,
                confinement=self._confinement(job, source),
            )
            return outcome.complaints

        try:
            return await analysis.complete(run, lambda: notes.read_text("utf-8", "replace"))
        finally:
            notes.unlink(missing_ok=True)

    def _command(
        self,
        job: Job,
        source: MediaInfo,
        packets: PacketCounts,
        other_files: Sequence[PlacedFile],
        findings: Findings | None = None,
    ) -> Command:
        recipe = job.configuration.recipe
        report = self.capabilities.report(recipe.encoder)
        command = build_command(
            recipe,
            source,
            SeenEncoders(self.capabilities),
            report.setup if report is not None else EncoderSetup(),
            input_name=job.folder.input_name,
            output_name=job.folder.output_name,
            other_files=other_files,
            packets=packets,
            findings=findings,
            ffmpeg_version=self.capabilities.build.version,
            policy=self.argument_policy,
        )
        modified = tuple(self.modify_command(job.configuration, argv) for argv in command.passes)
        return evolve(command, passes=modified)

    async def _run(
        self, job: Job, command: Command, source: MediaInfo, on_progress: Callable[[JobProgress], None]
    ) -> RunOutcome:
        film, recipe = source.video, job.configuration.recipe
        total_frames = expected_frames(recipe, film.frames, source.duration) if film is not None else 0
        last = 0.0

        def tell(progress: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= PROGRESS_INTERVAL:
                last = now
                on_progress(self._progress(job, progress, total_frames))

        return await run_command(
            self.capabilities.ffmpeg,
            command,
            directory=job.folder.path,
            total_frames=total_frames,
            duration=expected_length(recipe, source.duration) if source.duration else 0.0,
            on_progress=tell,
            control=job.control,
            confinement=self._confinement(job, source),
        )

    def _confinement(self, job: Job, source: MediaInfo) -> Confinement:
        return Confinement(
            self.sandbox,
            job_limits(source.size),
            readable=(IN,),
            writable=(OUT,),
            devices=hardware_nodes(self.capabilities.report(job.configuration.recipe.encoder)),
        )

    def _progress(self, job: Job, progress: Progress, total_frames: int) -> JobProgress:
        return JobProgress(
            job_id=job.job_id,
            progress=progress.progress,
            current_frame=progress.frame,
            total_frames=total_frames,
            fps=progress.fps,
            bitrate=progress.bitrate,
            speed=progress.speed,
            eta=progress.eta,
            server_id=self.server_id,
        )

    def _failure(self, job: Job, error: FfxError | OSError) -> JobFailed:
        evidence = error.evidence if isinstance(error, EncodeError) else Evidence()
        evidence = evolve(
            evidence,
            argv=tuple(self._without_paths(word, job) for word in evidence.argv),
            stderr_tail=tuple(self._without_paths(line, job) for line in evidence.stderr_tail),
            server=self.server_name,
            attempt=job.attempt,
        )
        return JobFailed(job.job_id, job.attempt, _code(error), self._without_paths(str(error), job), evidence)

    def _without_paths(self, text: str, job: Job) -> str:
        """The text as a client may see it: its own file names instead of this machine's."""
        folder = job.folder
        for place, shown in (
            *((file.path, file.shown) for file in reversed(job.files)),  # else in/1 is found in in/10
            (folder.output, job.configuration.output_file),
            (self.capabilities.ffmpeg, "ffmpeg"),
        ):
            text = text.replace(str(place), shown)
        return text.replace(f"{folder.path}{os.sep}", "").replace(str(folder.path), ".")


def _on_disk(output: Path) -> str:
    """The digest of an output, of what is on the disk itself."""
    if output.is_symlink():  # FFmpeg makes none; who took it over could have another file sent to the client
        raise VerificationError("the output is a link and not a file")
    with output.open("rb+") as file:
        os.fsync(file.fileno())
    return file_digest(output)


def _code(error: Exception) -> str:
    if isinstance(error, EncodeError):
        return error.code
    if isinstance(error, OSError) and is_disk_full(error):
        return "disk_full"
    codes: dict[type[Exception], str] = {
        ProbeError: "bad_input",
        RecipeError: "invalid_recipe",
        VerificationError: "verification_failed",
    }
    return next((code for kind, code in codes.items() if isinstance(error, kind)), "internal")
