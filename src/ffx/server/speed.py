"""How fast and how large an encoder goes: measured with real encodes, start-up excluded.

The pictures are a handful that go round (``loop``), so that their making costs next to nothing beside the encoder.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from ffx.core.detector import Reason, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import RESOLUTIONS, EncoderReport
from ffx.media.trial import TrialOutcome, try_encoder
from ffx.server.machine import free_memory

TIME_LIMIT = 5.0
"""Seconds for one encode; an encoder that needs longer is as slow as what it managed by then."""

_SIZE_TIME_LIMIT = 20.0
"""Seconds for two frames of a size: generous, because a busy moment must not pass for a limit of the encoder."""

_FEW = 6
_MANY = 3000
_ENOUGH = 0.3
"""Seconds that the longer encode must take beyond the shorter one: many times what a start varies by."""

_SLOW = 1.0
"""Seconds."""

_PICTURES = 8
_FRAMES_HELD = 40
"""Frames that an encoder with look-ahead keeps in memory, with its references and copies."""

_REAL_TIME = 30.0
_BEST = 16 * _REAL_TIME

_SCORED = ("h264", "hevc", "av1")


async def measure_fps(ffmpeg: Path, spec: EncoderSpec, trial: Trial) -> float:
    """Frames per second at 1080p with the encoder's default preset; 0 where it cannot.

    Two encodes of different lengths are timed and the difference divided: start-up, the filling of the look-ahead
    and the end are in both. The longer one grows until the difference is large enough to mean something. An encoder
    that takes a second for the shorter one is slow enough for its start-up, a few hundredths, not to matter.
    """
    trial = _with_default_preset(spec, trial)
    few = await _timed(ffmpeg, spec, trial, _FEW)
    if few.reason is Reason.TIMEOUT and not few.frames:  # more than a second a frame: one alone must do
        few = await _timed(ffmpeg, spec, trial, 1, time_limit=6 * TIME_LIMIT)
        return round(1 / few.seconds, 3) if few.works else 0.0
    if not few.works:
        return _before_time_ran_out(few)
    if few.seconds >= _SLOW:
        return round(_FEW / few.seconds, 2)
    frames = 5 * _FEW
    while True:
        many = await _timed(ffmpeg, spec, trial, frames)
        if not many.works:
            return _before_time_ran_out(many) or round(_FEW / few.seconds, 2)
        gained = many.seconds - few.seconds
        if gained >= _ENOUGH or frames == _MANY:
            return round((frames - _FEW) / gained, 2) if gained > 0 else round(frames / many.seconds, 2)
        frames = min(_MANY, round(frames * min(16.0, max(2.0, 1.2 * _ENOUGH / max(gained, 0.01)))))


async def largest_resolution(ffmpeg: Path, spec: EncoderSpec, trial: Trial) -> str:
    """The largest of 8K, 4K, 2K and 1080p that a real encode of two frames works with; empty: none of them.

    The picture is plain, because only its size is in question. A size that would not fit into the free memory is
    passed over: a trial must not push the machine into swapping.
    """
    for name in reversed(list(RESOLUTIONS)):
        width, height = RESOLUTIONS[name]
        if not spec.encoder_type.is_hardware and width * height * 1.5 * _FRAMES_HELD > free_memory():
            continue
        plain = f"color=c=gray:s={width}x{height}:r=25"
        outcome = await try_encoder(ffmpeg, spec, trial, frames=2, time_limit=_SIZE_TIME_LIMIT, source=plain)
        if outcome.works:
            return name
    return ""


def estimated_performance(reports: Iterable[EncoderReport]) -> float:
    """0 to 1000 from measured speeds: the fastest working encoder of H.264, HEVC or AV1 on a logarithmic scale.

    ``1000 * log(1 + fps / 30) / log(1 + 16)``: real time of 1080p at 30 frames a second is 245, sixteen times that
    (a current GPU) is 1000 and the end of the scale. Logarithmic, because machines differ by factors: twice as fast
    is worth about the same everywhere, and slow machines stay apart from each other. 0 until something was measured.
    """
    fastest = max((r.fps for r in reports if r.works and r.codec in _SCORED), default=0.0)
    share = math.log1p(fastest / _REAL_TIME) / math.log1p(_BEST / _REAL_TIME)
    return round(1000 * min(1.0, share), 1)


async def _timed(
    ffmpeg: Path, spec: EncoderSpec, trial: Trial, frames: int, time_limit: float = TIME_LIMIT
) -> TrialOutcome:
    width, height = RESOLUTIONS["1080p"]
    pixels = trial.pixel_format
    source = f"testsrc2=s={width}x{height}:r=30,format={pixels},loop=loop=-1:size={_PICTURES}:start=0"
    return await try_encoder(ffmpeg, spec, trial, frames=frames, time_limit=time_limit, source=source)


def _before_time_ran_out(outcome: TrialOutcome) -> float:
    late = outcome.reason is Reason.TIMEOUT and outcome.frames > 0
    return round(outcome.frames / outcome.seconds, 2) if late else 0.0


def _with_default_preset(spec: EncoderSpec, trial: Trial) -> Trial:
    options = (spec.preset_option, spec.default_preset) if spec.default_preset else ()
    return Trial(trial.setup, trial.pixel_format, trial.device, options=options)
