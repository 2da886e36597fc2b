"""What a failed run is called: FFmpeg's exit status and words turned into a code and one line."""

from __future__ import annotations

import re

from attrs import frozen

from ffx.core.detector import Reason
from ffx.media.complaints import Complaints
from ffx.media.diagnosis import decisive_line, diagnose
from ffx.media.process import crash_name

_FULL = frozenset({Reason.OUT_OF_MEMORY_OR_SESSION_LIMIT, Reason.OUT_OF_GPU_MEMORY})
_NO_MEMORY = re.compile(
    # ENOMEM in FFmpeg's words, in those of x264 and x265, of libvpx and libaom, of SVT, of FFmpeg's own codecs.
    r"Cannot allocate memory|malloc of size \d+ failed|memory allocation (?:error|failure)|allocate memory failed"
    r"|failed to allocate|unable to allocate|Error allocating a picture|out of memory",
    re.IGNORECASE,
)


@frozen
class Failure:
    """How a run failed."""

    code: str
    """As in the protocol: ``disk_full``, ``output_too_large``, ``crashed``, ``encoder_full``, ``out_of_memory`` or
    ``encode_failed``.
    """
    message: str
    """One line for a person."""


def failure_of(exit_status: int, complaints: Complaints, hardware_encoder: str = "") -> Failure | None:
    """What an FFmpeg that has ended failed of; None where it says that it did not.

    ``hardware_encoder`` is the encoder that was used where it is a piece of hardware: its words are its own, and
    memory that it lacks is not this machine's.
    """
    if complaints.disk_full:  # FFmpeg 5.1 exits with 0 and a short file
        return Failure("disk_full", "the disk is full where FFmpeg writes")
    crash = crash_name(exit_status)
    if crash == "SIGXFSZ":
        return Failure("output_too_large", "FFmpeg wrote a larger file than this server allows, and was ended")
    if crash:
        return Failure("crashed", f"FFmpeg crashed: it was ended by {crash}")
    if exit_status == 0:
        return None
    stderr = "\n".join(complaints.lines)
    reason = diagnose(hardware_encoder, exit_status, stderr) if hardware_encoder else Reason.UNKNOWN
    if reason in _FULL:
        return Failure("encoder_full", f"{hardware_encoder} is full: {decisive_line(hardware_encoder, stderr)}")
    lack = complaints.line_with(_NO_MEMORY) if reason is Reason.UNKNOWN else ""
    if lack:
        return Failure("out_of_memory", f"FFmpeg ran out of memory: {lack}")
    return Failure("encode_failed", f"FFmpeg failed: {said(complaints, exit_status)}")


def said(complaints: Complaints, exit_status: int) -> str:
    """The cause in FFmpeg's own words, if it had any."""
    return complaints.cause() or f"it said nothing and exited with status {exit_status}"
