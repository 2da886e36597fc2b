"""For tests of the pipeline: sources made with FFmpeg, and whole jobs from a request to a verified output."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup, OtherFile
from ffx.core.pluginhost import PluginHost
from ffx.core.recipe import QualityMode, Recipe
from ffx.core.tracks import SoundChoice
from ffx.media.analysis import Analysis
from ffx.media.command import Command, build_command
from ffx.media.equivalents import reference_encoder, with_encoder
from ffx.media.findings import Findings
from ffx.media.other_files import PlacedFile, named_files
from ffx.media.plan import Request, plan_job
from ffx.media.probe import MediaInfo, PacketCounts, count_packets, probe
from ffx.media.progress import Progress
from ffx.media.run import RunOutcome, run_command
from ffx.media.verify import Verified, check_input, verify_output


def built_in_specs() -> Mapping[str, EncoderSpec]:
    host = PluginHost()
    host.load_entry_points()
    return host.encoders()


SPECS = built_in_specs()


def request_for(source: Path, output: Path, encoder: str = "", **wishes: Any) -> Request:
    """A request by the fields of its recipe, and of its own; ``audio`` and ``audio_bitrate`` are those of every sound,
    ``quality`` and ``bitrate`` the two kinds of quality.
    """
    if "audio" in wishes or "audio_bitrate" in wishes:
        wishes["sounds"] = sounds(wishes.pop("audio", ""), wishes.pop("audio_bitrate", None))
    for name, mode in (("quality", QualityMode.CRF), ("bitrate", QualityMode.BITRATE)):
        if name in wishes:
            wishes["quality_value"] = wishes.pop(name)
            wishes.setdefault("quality_mode", mode)
    own = {name: wishes.pop(name) for name in ("other_files", "priority") if name in wishes}
    return Request(source, output, Recipe(encoder, **wishes), **own)


def sounds(encoder: str = "", bitrate: int | None = None) -> tuple[SoundChoice, ...]:
    return () if encoder == "none" else (SoundChoice(encoder=encoder, bitrate=bitrate),)


def make(ffmpeg: Path, *arguments: str | Path) -> None:
    """Run FFmpeg with some arguments, the last of which is usually the file to make."""
    argv = [str(ffmpeg), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    finished = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def frame_hashes(ffmpeg: Path, media: Path, *arguments: str) -> list[str]:
    """The digest of every frame of the first film, decoded."""
    argv = [str(ffmpeg), "-v", "error", "-nostdin", "-i", str(media), "-map", "0:v:0", *arguments]
    argv += ["-fps_mode", "passthrough", "-f", "framemd5", "-"]
    output = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return [line.split(",")[-1].strip() for line in output.splitlines() if not line.startswith("#")]


@frozen
class Done:
    """A job that went through."""

    command: Command
    outcome: RunOutcome
    verified: Verified
    output: Path
    media: MediaInfo
    packets: PacketCounts
    progress: tuple[Progress, ...]

    def streams(self, kind: str) -> list[str]:
        """The codecs of one kind of stream, covers left out."""
        return [s.codec for s in self.media.streams if s.kind == kind and not s.attached_picture]


async def encode(
    ffmpeg: Path, request: Request, directory: Path, *, specs: Mapping[str, EncoderSpec] | None = None
) -> Done:
    """A whole job in a directory of its own, as a server does it."""
    specs = SPECS if specs is None else specs
    source = probe(request.input, first_frame=request.recipe.edits_picture)
    others = tuple(_placed(name, number, directory) for number, name in enumerate(_named(request), 1))
    request = evolve(request, other_files=tuple(OtherFile(o.name, o.name, Path(o.name).stat().st_size) for o in others))
    source_packets = count_packets(request.input)
    check_input(source, source_packets)
    job = plan_job(request, source, specs, job_id="job")
    if job.recipe.codec and not job.recipe.encoder:
        reference = reference_encoder(job.recipe.codec, specs)
        assert reference is not None
        job = with_encoder(job, reference.name, specs, reference.encoder_type)
    name = request.output.name
    (directory / "source").symlink_to(request.input.resolve())
    findings = await _findings(ffmpeg, job.recipe, source, directory)
    command = build_command(
        job.recipe,
        source,
        specs,
        EncoderSetup(),
        input_name="source",
        output_name=name,
        other_files=others,
        packets=source_packets,
        findings=findings,
    )
    progress: list[Progress] = []
    outcome = await run_command(
        ffmpeg,
        command,
        directory=directory,
        total_frames=job.frames,
        duration=job.duration,
        on_progress=progress.append,
    )
    output = directory / name
    verified = verify_output(output, job.recipe, source, source_packets, outcome, size=command.size)
    found = probe(output, first_frame=True)
    return Done(command, outcome, verified, output, found, count_packets(output), tuple(progress))


def _named(request: Request) -> tuple[str, ...]:
    return tuple(dict.fromkeys(named.name for named in named_files(request.recipe)))


def _placed(name: str, number: int, directory: Path) -> PlacedFile:
    (directory / str(number)).symlink_to(Path(name).resolve())
    return PlacedFile(name, str(number), probe(Path(name), subtitles=True))


async def _findings(ffmpeg: Path, recipe: Recipe, source: MediaInfo, directory: Path) -> Findings | None:
    analysis = Analysis(recipe, source, input_name="source", notes_name="seen.txt")
    if not analysis.is_needed:
        return None

    async def run(argv: tuple[str, ...]) -> tuple[str, ...]:
        command = Command((argv,))
        outcome = await run_command(
            ffmpeg, command, directory=directory, total_frames=0, duration=0.0, on_progress=lambda progress: None
        )
        return outcome.complaints

    return await analysis.complete(run, (directory / "seen.txt").read_text)


def without_ten_bit(specs: Mapping[str, EncoderSpec]) -> Mapping[str, EncoderSpec]:
    """Specs of a machine whose encoders have 8 bit only."""
    return {name: evolve(specs[name], ten_bit_pixel_format="") for name in specs}
