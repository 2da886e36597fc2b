"""Speeds are measured with real encodes; the score that follows from them is a documented formula."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.detector import Reason, Trial
from ffx.core.encoders import EncoderSpec
from ffx.core.model import EncoderReport, EncoderSetup
from ffx.media.trial import TrialOutcome
from ffx.plugins.software import ffx_register_encoders
from ffx.server import speed
from ffx.server.speed import estimated_performance, largest_resolution, measure_fps

SPECS = {spec.name: spec for spec in ffx_register_encoders()}
PLAIN = Trial(EncoderSetup(), "yuv420p")


def report(fps: float, codec: str = "h264", *, works: bool = True) -> EncoderReport:
    return EncoderReport("x", codec, works=works, fps=fps)


@pytest.mark.parametrize(("fps", "score"), [(0, 0), (30, 244.7), (120, 568.1), (480, 1000), (5000, 1000)])
def test_the_score(fps: float, score: float) -> None:
    assert estimated_performance([report(fps)]) == pytest.approx(score, abs=0.1)


def test_the_fastest_of_the_codecs_that_count() -> None:
    few = [report(30), report(60, "hevc"), report(4000, "bmp"), report(900, "av1", works=False)]
    assert estimated_performance(few) == estimated_performance([report(60)])
    assert estimated_performance([]) == 0


async def test_a_faster_encoder_is_measured_as_faster(ffmpeg: Path) -> None:
    quick = await measure_fps(ffmpeg, SPECS["mpeg2video"], PLAIN)
    slow = await measure_fps(ffmpeg, SPECS["libx265"], PLAIN)
    assert 0 < slow < quick


async def test_start_up_is_not_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def try_encoder(
        ffmpeg: Path, spec: EncoderSpec, trial: Trial, *, frames: int, **more: object
    ) -> TrialOutcome:
        return TrialOutcome(True, exit_status=0, frames=frames, seconds=0.7 + frames / 200)

    monkeypatch.setattr(speed, "try_encoder", try_encoder)
    assert await measure_fps(tmp_path, SPECS["libx264"], PLAIN) == pytest.approx(200)


async def test_what_is_too_slow_for_the_limit_counts_what_it_managed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def try_encoder(
        ffmpeg: Path, spec: EncoderSpec, trial: Trial, *, frames: int, **more: object
    ) -> TrialOutcome:
        return TrialOutcome(False, Reason.TIMEOUT, frames=3, seconds=6.0)

    monkeypatch.setattr(speed, "try_encoder", try_encoder)
    assert await measure_fps(tmp_path, SPECS["libaom-av1"], PLAIN) == 0.5


async def test_what_cannot_is_zero(ffmpeg9: Path) -> None:
    assert await measure_fps(ffmpeg9, EncoderSpec("h261", "h261"), PLAIN) == 0
    assert await largest_resolution(ffmpeg9, EncoderSpec("h261", "h261"), PLAIN) == ""


async def test_the_largest_size_that_works(ffmpeg9: Path) -> None:
    assert await largest_resolution(ffmpeg9, SPECS["mpeg1video"], PLAIN) == "4K"


async def test_a_size_that_does_not_fit_into_the_memory_is_not_tried(
    ffmpeg9: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "free_memory", lambda: 10**9)
    assert await largest_resolution(ffmpeg9, SPECS["mpeg4"], PLAIN) == "4K"


async def test_the_encoders_default_preset_is_what_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options: list[tuple[str, ...]] = []

    async def try_encoder(
        ffmpeg: Path, spec: EncoderSpec, trial: Trial, *, frames: int, **more: object
    ) -> TrialOutcome:
        options.append(trial.options)
        return TrialOutcome(True, exit_status=0, frames=frames, seconds=2.0)

    monkeypatch.setattr(speed, "try_encoder", try_encoder)
    await measure_fps(tmp_path, SPECS["libaom-av1"], Trial(EncoderSetup(), "yuv420p", options=("-cpu-used", "8")))
    assert set(options) == {("-cpu-used", "4")}
