"""Tries an encoder with a real encode of a few frames. The encode decides, nothing else.

The command follows what is known of the field: 640x360 is above every known minimum and below every maximum, the
pixel format is always given (what FFmpeg would pick is refused by some good GPUs), the log level is ``warning``
because drivers say why at that level.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.detector import Reason, Trial
from ffx.core.encoders import EncoderSpec
from ffx.media.diagnosis import diagnose, passes_by_waiting
from ffx.media.tool import run_tool

TRIAL_SIZE = (640, 360)
TRIAL_RATE = 25
TRIAL_FRAMES = 3

_KEPT_STDERR = 8000
"""Characters of FFmpeg's words that are kept: the first line that says something is near the start."""

_SUBTITLE = "1\n00:00:00,000 --> 00:00:01,000\nffx\n"
_SUBSTITUTED = re.compile(r"Incompatible pixel format '(\w+)' for codec '\w+', auto-selecting format '(\w+)'")
_DEEP = re.compile(r"(?:9|10|12|14|16|32|48|64)(?:msb)?(?:le|be)$|^x2|^xv|^v30|f(?:16|32)")
_FRAMES_DONE = re.compile(r"^frame=\s*(\d+)", re.MULTILINE)


@frozen
class TrialOutcome:
    """What a trial said."""

    works: bool
    reason: Reason | None = None
    """Why not; None when it works."""
    stderr: str = ""
    exit_status: int | None = None
    """None when it ran out of time."""
    frames: int = 0
    """Frames that were encoded, also when time ran out."""
    seconds: float = 0.0
    """Of the last attempt, start-up included."""


async def try_encoder(
    ffmpeg: Path,
    spec: EncoderSpec,
    trial: Trial,
    *,
    size: tuple[int, int] = TRIAL_SIZE,
    frames: int = TRIAL_FRAMES,
    time_limit: float = 20.0,
    source: str = "",
) -> TrialOutcome:
    """Encode a few frames of a test picture (or some sound, or one subtitle) and say whether it worked.

    ``time_limit`` is in seconds for each attempt; an attempt is repeated only when the trial asks for it and the
    failure is of a kind that passes by waiting. ``source`` replaces the test picture: a chain of lavfi filters.

    Raises:
        OSError: FFmpeg could not be started.
    """
    command = trial_command(spec, trial, size=size, frames=frames, source=source)
    for attempt in range(1, trial.attempts + 1):
        outcome = await _attempt((str(ffmpeg), *command), spec, time_limit)
        if outcome.reason is None or attempt == trial.attempts or not passes_by_waiting(outcome.reason):
            break
        await asyncio.sleep(trial.pause)
    if outcome.works and trial.refuse:
        return await _unmask(ffmpeg, trial, outcome, time_limit)
    return outcome


def trial_command(
    spec: EncoderSpec,
    trial: Trial,
    *,
    size: tuple[int, int] = TRIAL_SIZE,
    frames: int = TRIAL_FRAMES,
    source: str = "",
) -> tuple[str, ...]:
    """The argv of a trial, without the program."""
    start = ("-hide_banner", "-nostdin", "-loglevel", "warning", "-nostats", "-progress", "pipe:1", "-y")
    end = (*spec.options, *trial.setup.output_options, *trial.options, "-f", "null", "-")
    opening = (*start, *trial.setup.input_options)
    if spec.kind == "audio":
        sound = "sine=frequency=440:sample_rate=48000:duration=0.5"
        return (*opening, "-f", "lavfi", "-i", sound, "-vn", "-c:a", spec.name, *end)
    if spec.kind == "subtitle":
        text = base64.b64encode(_SUBTITLE.encode()).decode()
        return (*opening, "-f", "srt", "-i", f"data:text/plain;base64,{text}", "-c:s", spec.name, *end)
    width, height = trial.size or size
    pictures = ("-f", "lavfi", "-i", source or f"testsrc2=s={width}x{height}:r={TRIAL_RATE}")
    return (*opening, *pictures, "-frames:v", str(frames), "-an", *_pixels(trial), "-c:v", spec.name, *end)


def _pixels(trial: Trial) -> tuple[str, ...]:
    if trial.setup.upload_filter:
        return ("-vf", f"format={trial.pixel_format},{trial.setup.upload_filter}")
    return ("-pix_fmt", trial.pixel_format)


async def _unmask(ffmpeg: Path, trial: Trial, outcome: TrialOutcome, time_limit: float) -> TrialOutcome:
    # Apart from the trial, because at this log level much is said that would be taken for the cause of a failure.
    picture = ("-f", "lavfi", "-i", "nullsrc=s=64x64", "-frames:v", "1", "-f", "null", "-")
    verbose = ("-hide_banner", "-nostdin", "-loglevel", "verbose", *trial.setup.input_options)
    finished = await run_tool((str(ffmpeg), *verbose, *picture), time_limit=time_limit)
    found = re.search(f".*(?:{trial.refuse}).*", finished.stderr)
    return evolve(outcome, works=False, reason=Reason.NO_DEVICE, stderr=found.group()) if found else outcome


def is_deep(pixel_format: str) -> bool:
    """Whether a pixel format has more than 8 bits a sample (``yuv420p10le``, ``p010le``, ``gray16be``)."""
    return _DEEP.search(pixel_format) is not None


def _lost_depth(stderr: str) -> bool:
    """Whether FFmpeg went on with 8 bits where more were asked for: it says so and exits with 0."""
    return any(is_deep(asked) and not is_deep(taken) for asked, taken in _SUBSTITUTED.findall(stderr))


async def _attempt(argv: tuple[str, ...], spec: EncoderSpec, time_limit: float) -> TrialOutcome:
    started = time.monotonic()
    finished = await run_tool(argv, time_limit=time_limit)  # not in the sandbox: its input is made here
    seconds = time.monotonic() - started
    stderr = finished.stderr[:_KEPT_STDERR]
    reports = _FRAMES_DONE.findall(finished.stdout)
    frames = int(reports[-1]) if reports else 0
    # An exit status of 0 without a frame was seen too: what FFmpeg counted has a say where it counted.
    works = finished.exit_status == 0 and (spec.kind != "video" or frames > 0 or not reports)
    if works and _lost_depth(finished.stderr):
        return TrialOutcome(False, Reason.PIXEL_FORMAT, stderr, 0, frames, seconds)
    if works:
        return TrialOutcome(True, stderr=stderr, exit_status=0, frames=frames, seconds=seconds)
    reason = diagnose(spec.name, finished.exit_status, finished.stderr, timed_out=finished.timed_out)
    return TrialOutcome(False, reason, stderr, finished.exit_status, frames, seconds)
