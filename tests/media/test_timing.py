"""Frame timing: variable rates are recognised, and every FFmpeg is told in its own words."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.media.packets import PacketCount, PacketCounts
from ffx.media.probe import StreamInfo
from ffx.media.timing import frame_timing, has_variable_rate, read_version


def film(rate: Fraction, base: Fraction | None = None) -> StreamInfo:
    return StreamInfo(0, "video", "h264", frame_rate=rate, base_rate=base or rate)


def packets(gap: float | None) -> PacketCounts:
    return PacketCounts((PacketCount(0, "video", packets=10, shortest_gap=gap),))


@pytest.mark.parametrize(
    ("rate", "gap", "varies"),
    [
        (Fraction(24000, 1001), 0.041, False),  # Matroska rounds 41.7 ms to 41 and 42
        (Fraction(240), 0.004, False),
        (Fraction(25), 1 / 25, False),
        (Fraction(25), 1 / 50, True),
        (Fraction(40), 0.016, True),
        (Fraction(55, 2), 1 / 30, True),
    ],
)
def test_packets_tell_a_variable_rate(rate: Fraction, gap: float, varies: bool) -> None:
    assert has_variable_rate(film(rate), packets(gap)) is varies


def test_without_packets_the_header_hints_at_it() -> None:
    assert has_variable_rate(film(Fraction(40), Fraction(60)), None)
    assert not has_variable_rate(film(Fraction(40)), None)
    assert has_variable_rate(film(Fraction(40), Fraction(60)), packets(None))
    assert not has_variable_rate(None, None)
    assert not has_variable_rate(film(Fraction(0)), packets(0.01))


@pytest.mark.parametrize(
    ("text", "version"),
    [("5.1.9-0+deb12u1", (5, 1)), ("n7.1", (7, 1)), ("4.4.2-0ubuntu0.22.04.1", (4, 4)), ("9.0.2-static", (9, 0))],
)
def test_versions(text: str, version: tuple[int, int]) -> None:
    assert read_version(text) == version


@given(st.text(max_size=30))
def test_any_version_has_a_timing(text: str) -> None:
    assert frame_timing(read_version(text)) in (("-fps_mode", "vfr"), ("-vsync", "vfr"))


def test_a_build_from_the_repository_is_recent() -> None:
    assert read_version("N-118000-gabcdef") > (9, 0)
    assert read_version("git-2024-01-01") > (9, 0)
