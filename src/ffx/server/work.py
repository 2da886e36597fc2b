"""The work on one job: from input bytes that arrived whole to an output that was checked."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.errors import EncodeError, FfxError, ProbeError, RecipeError, VerificationError
from ffx.core.messages import JobCompleted, JobFailed
from ffx.core.model import Evidence, JobResult, JobState, Verification
from ffx.core.transport import StoredFile
from ffx.media.decoding import verify_decodable
from ffx.media.digest import file_digest
from ffx.media.inspector import Examined, Inspector
from ffx.media.joining import LIST, Part, joined_media, joined_packets, list_text, mismatch
from ffx.media.likeness import check_size, instead_of, with_quality
from ffx.media.other_files import PlacedFile, files_looked_at, place_names
from ffx.media.verify import check_input, verify_examined
from ffx.server.files import is_disk_full
from ffx.server.job import Finished, Job, Way, WorkEnd
from ffx.server.runs import JobRuns, Runner
from ffx.server.spool import IN


@frozen
class Workbench:
    """Where a server's jobs are worked on."""

    runner: Runner
    inspector: Inspector
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
        runs = JobRuns(self.runner, job, source, packets, others)
        command, likeness = runs.command(recipe), None  # what cannot be is told before there is a slot
        async with way.slot():
            seen = await runs.looked_at()
            if recipe.target is not None:
                likeness = (await seen.likeness(recipe.target)).likeness
            if seen is not runs or likeness is not None:
                command = seen.command(with_quality(recipe, likeness))
            outcome = await runs.encode(command, way.report)
        async with way.check():
            found = await self._examine_output(job)
            verified = verify_examined(*found, recipe, source, packets, outcome, size=command.size)
            check_size(recipe.target, source.size, verified.size)
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
            server_id=self.runner.server_id,
            completed_at=time.time(),
            digest=digest,
            warnings=(*command.warnings, *instead_of(recipe.target, likeness)),
            likeness=likeness,
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
            self.runner.capabilities.ffmpeg,
            job.folder.output,
            job.configuration.recipe,
            ffmpeg_version=self.runner.capabilities.build.version,
            control=job.control,
            sandbox=self.runner.sandbox,
            examined=found,
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
            (self.runner.capabilities.ffmpeg, "ffmpeg"),
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
