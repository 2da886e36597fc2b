"""Checks what a server sent against what the client knows of the job: a server is not taken at its word."""

from __future__ import annotations

from pathlib import Path

from ffx.core.errors import ProbeError, VerificationError
from ffx.core.model import JobConfiguration, JobResult
from ffx.media.probe import examine


def verify_received(part: Path, job: JobConfiguration, result: JobResult) -> None:
    """Count the packets of a fetched result. Blocking; takes as long as reading the file.

    Raises:
        VerificationError: it is no media, has no picture where one was asked for, or has not the packets that the
            server said it has.
    """
    try:
        media, counts = examine(part)
    except ProbeError as error:
        raise VerificationError(f"the result cannot be read: {error}") from None
    film = counts.stream(media.video.index) if media.video is not None else None
    frames = film.packets if film is not None else 0
    if not any(stream.packets for stream in counts.streams):
        raise VerificationError("the result holds nothing")
    if (job.recipe.encoder or job.recipe.codec) and not frames:
        raise VerificationError("the result has no picture")
    if not counts.complete:
        raise VerificationError("the result is damaged: it could not be read to its end")
    if frames != result.frames:
        raise VerificationError(f"the result has {frames} video packets, the server counted {result.frames}")
