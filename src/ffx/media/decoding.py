"""Whether all of an output can be decoded: a look at every frame, where counting packets looks at none.

It takes about as long as playing the file as fast as the machine can. A decoder notices what its format forbids; that
each bit is as it was written is what digests are for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from ffx.core.errors import EncodeError, ProbeError, VerificationError
from ffx.core.recipe import Recipe
from ffx.media.command import Command
from ffx.media.complaints import first_cause
from ffx.media.control import RunControl
from ffx.media.limits import job_limits
from ffx.media.probe import MediaInfo, PacketCount, PacketCounts, examine
from ffx.media.progress import Progress
from ffx.media.run import run_command
from ffx.media.sandbox import NO_SANDBOX, Confinement, Sandbox
from ffx.media.timing import frame_timing, read_version
from ffx.media.verify import is_frame_per_packet
from ffx.media.watchdog import STALL_LIMIT

_NO_DAMAGE = re.compile(
    # What the null muxer says of frames at the same time: they are there.
    r"Application provided invalid, non monotonically increasing dts|Last message repeated"
)
_MISSING_REFERENCE = re.compile(
    # h264_refs.c, h264_slice.c, h264_direct.c, hevc/refs.c, mpeg12dec.c, mpegvideo_dec.c
    r"mmco: unref short failure|number of reference frames \(|[Mm]issing reference picture|reference picture missing"
    r"|co located POCs unavailable|Could not find ref with POC|Error constructing the frame RPS"
    r"|first frame is no keyframe"
)
"""A copy of a recording that begins anywhere refers to frames from before its beginning."""


def _unheard(progress: Progress) -> None:
    pass


async def verify_decodable(
    ffmpeg: Path,
    output: Path,
    recipe: Recipe,
    *,
    ffmpeg_version: str = "",
    on_progress: Callable[[Progress], None] = _unheard,
    control: RunControl | None = None,
    stall_limit: float = STALL_LIMIT,
    sandbox: Sandbox = NO_SANDBOX,
    examined: tuple[MediaInfo, PacketCounts] | None = None,
) -> int:
    """Decode all pictures and sound of an output, and say how many frames its film has; 0 without one.

    ``ffmpeg_version`` is as FFmpeg says it; empty: a recent one. ``examined`` is what was found in the output, where
    that is known. Cancelling it ends FFmpeg and waits for that.

    Raises:
        VerificationError: a decoder complained, or gave fewer frames than there are; one line with its first complaint.
        EncodeError: FFmpeg could not say: it was not there, crashed, was stuck or lacked memory; carries the Evidence.
    """
    found, packets = examined if examined is not None else await asyncio.to_thread(_examine, output)
    film = packets.stream(found.video.index) if found.video else None
    try:
        outcome = await run_command(
            ffmpeg,
            Command((decoding_command(found, ffmpeg_version),)),
            directory=output.parent,
            total_frames=film.packets if film else 0,
            duration=found.duration,
            on_progress=on_progress,
            control=control,
            stall_limit=stall_limit,
            confinement=Confinement(sandbox, job_limits(found.size), readable=(output.name,)),
        )
    except EncodeError as error:
        if error.code != "encode_failed" or error.evidence.exit_status is None:
            raise
        raise VerificationError(f"the output cannot be decoded: {error}") from None
    copied = recipe.encoder == "copy"
    if damage := [line for line in outcome.complaints if _is_damage(line, copied=copied)]:
        raise VerificationError(f"the output is damaged: {first_cause(damage)}")
    frames = outcome.frames or 0
    # What cannot be decoded of a copy cannot be decoded of its source; their packets were compared.
    if film is not None and not copied and frames < _least(found, film):
        raise VerificationError(f"only {frames} of the output's {film.packets} frames can be decoded")
    return frames if film is not None else 0


def _examine(output: Path) -> tuple[MediaInfo, PacketCounts]:
    try:
        return examine(output)
    except ProbeError as error:
        raise VerificationError(f"the output cannot be read: {error}") from None


def decoding_command(media: MediaInfo, ffmpeg_version: str = "") -> tuple[str, ...]:
    """The arguments that decode a file, run in its directory. Only errors are written to stderr."""
    timing, _ = frame_timing(read_version(ffmpeg_version))
    # The film comes first: FFmpeg counts the frames of the first picture that it writes.
    seen = sorted(
        (stream for stream in media.streams if stream.kind in ("video", "audio")),
        key=lambda stream: stream is not media.video,
    )
    streams = tuple(word for stream in seen for word in ("-map", f"0:{stream.index}"))
    start = ("-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-progress", "pipe:1")
    source = ("-protocol_whitelist", "file", "-i", f"file:{media.path.name}")
    return (*start, *source, *streams, timing, "passthrough", "-f", "null", "-")


def _is_damage(line: str, *, copied: bool) -> bool:
    return not _NO_DAMAGE.search(line) and not (copied and _MISSING_REFERENCE.search(line))


def _least(media: MediaInfo, film: PacketCount) -> int:
    """The least number of frames that decoding must give."""
    # Some packets show nothing, and in some containers each field of a frame has a packet.
    return film.packets if is_frame_per_packet(media) else film.packets // 2
