"""For tests of the pipeline: sources made with FFmpeg, and whole jobs from a request to a verified output."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderSetup
from ffx.core.pluginhost import PluginHost
from ffx.media.command import Command, build_command
from ffx.media.plan import Request, plan_job, reference_encoder, with_encoder
from ffx.media.probe import MediaInfo, PacketCounts, count_packets, probe
from ffx.media.progress import Progress
from ffx.media.run import RunOutcome, run_command
from ffx.media.verify import Verified, check_input, verify_output


def built_in_specs() -> Mapping[str, EncoderSpec]:
    host = PluginHost()
    host.load_entry_points()
    return host.encoders()


SPECS = built_in_specs()


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
    source = probe(request.input)
    source_packets = count_packets(request.input)
    check_input(source, source_packets)
    job = plan_job(request, source, specs, job_id="job")
    if job.recipe.codec and not job.recipe.encoder:
        reference = reference_encoder(job.recipe.codec, specs)
        assert reference is not None
        job = with_encoder(job, reference.name, specs, reference.encoder_type)
    name = request.output.name
    (directory / "source").symlink_to(request.input.resolve())
    command = build_command(
        job.recipe, source, specs, EncoderSetup(), input_name="source", output_name=name, packets=source_packets
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
    verified = verify_output(output, job.recipe, source, source_packets, outcome)
    return Done(command, outcome, verified, output, probe(output), count_packets(output), tuple(progress))


def without_ten_bit(specs: Mapping[str, EncoderSpec]) -> Mapping[str, EncoderSpec]:
    """Specs of a machine whose encoders have 8 bit only."""
    return {name: evolve(specs[name], ten_bit_pixel_format="") for name in specs}
