"""The values: what they derive, and what they refuse."""

from __future__ import annotations

import itertools

import attrs
import pytest
from attrs import evolve

from ffx.core import model
from ffx.core.model import (
    RESOLUTIONS,
    CapabilityMatch,
    EncoderReport,
    EncoderType,
    JobConfiguration,
    JobState,
    ServerCapabilities,
    ServerInfo,
)
from ffx.core.policy import Ranking
from ffx.core.recipe import Recipe

CAPABILITIES = ServerCapabilities(
    encoders=(
        EncoderReport("libx264", "h264", works=True),
        EncoderReport("libmp3lame", "mp3", kind="audio", works=True),
        EncoderReport("hevc_nvenc", "hevc", encoder_type=EncoderType.HARDWARE_NVIDIA, works=True),
        EncoderReport("h264_nvenc", "h264", encoder_type=EncoderType.HARDWARE_NVIDIA, works=True),
        EncoderReport("hevc_qsv", "hevc", encoder_type=EncoderType.HARDWARE_INTEL, reason="no_device"),
    ),
    supported_formats=("mp4", "matroska"),
)


def job(recipe: Recipe, *required: str) -> JobConfiguration:
    return JobConfiguration("1", "in.mkv", "out.mp4", recipe, required_capabilities=required)


def test_every_class_is_frozen() -> None:
    for kind in vars(model).values():
        if isinstance(kind, type) and attrs.has(kind):
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                kind.__setattr__(object.__new__(kind), "anything", 1)


def test_working_encoders_by_vendor() -> None:
    assert CAPABILITIES.software_encoders == ("libx264", "libmp3lame")
    assert CAPABILITIES.hardware_encoders == {"nvidia": ("hevc_nvenc", "h264_nvenc")}


@pytest.mark.parametrize(
    ("capability", "supported"),
    [("libx264", True), ("hevc_qsv", False), ("libx265", False), ("mp4", True), ("webm", False)],
)
def test_supported_is_what_was_seen_to_work(capability: str, supported: bool) -> None:
    assert CAPABILITIES.supports(capability) is supported


@pytest.mark.parametrize(
    ("encoder_type", "vendor"),
    [
        (EncoderType.SOFTWARE, "software"),
        (EncoderType.HARDWARE_NVIDIA, "nvidia"),
        (EncoderType.HARDWARE_INTEL, "intel"),
        (EncoderType.HARDWARE_AMD, "amd"),
        (EncoderType.HARDWARE_APPLE, "apple"),
        (EncoderType.HARDWARE_OTHER, "other"),
    ],
)
def test_vendors(encoder_type: EncoderType, vendor: str) -> None:
    assert encoder_type.vendor == vendor
    assert encoder_type.is_hardware is (vendor != "software")


def test_resolutions_grow() -> None:
    sizes = [width * height for width, height in RESOLUTIONS.values()]
    assert list(RESOLUTIONS) == ["1080p", "2K", "4K", "8K"]
    assert all(smaller < larger for smaller, larger in itertools.pairwise(sizes))
    assert RESOLUTIONS["2K"] == (2560, 1440)


@pytest.mark.parametrize(
    ("configuration", "needs"),
    [
        (job(Recipe(encoder="libx265"), "aac", "mp4"), ("libx265", "aac", "mp4")),
        (job(Recipe(encoder="libx265"), "libx265", "mp4"), ("libx265", "mp4")),
        (job(Recipe(encoder="copy"), "mp4"), ("mp4",)),
        (job(Recipe(codec="hevc"), "mp4"), ("mp4",)),
    ],
)
def test_what_a_job_needs(configuration: JobConfiguration, needs: tuple[str, ...]) -> None:
    assert configuration.needs == needs


@pytest.mark.parametrize("priority", [0, 11, -1])
def test_priority_is_1_to_10(priority: int) -> None:
    with pytest.raises(ValueError, match=f"priority is 1 to 10, not {priority}"):
        evolve(job(Recipe()), priority=priority)


@pytest.mark.parametrize(("maximum", "current", "free"), [(2, 0, 2), (2, 2, 0), (2, 3, 0)])
def test_free_slots(maximum: int, current: int, free: int) -> None:
    assert ServerInfo("s", "studio", max_jobs=maximum, current_jobs=current).free_slots == free


def test_final_states() -> None:
    assert {state for state in JobState if state.is_final} == {
        JobState.COMPLETED,
        JobState.FAILED,
        JobState.CANCELLED,
    }


def test_only_a_match_without_gaps_is_compatible() -> None:
    whole, partial = CapabilityMatch("a", 1.0), CapabilityMatch("b", 0.5, ("libx265",), total_score=0.9)
    assert Ranking((partial, whole)).compatible == (whole,)
