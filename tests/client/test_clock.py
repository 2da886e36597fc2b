"""The clock that stands still while the process does."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from ffx.client.clock import LONGEST_STEP, TICK, WakingClock


def clock_after(steps: list[float]) -> tuple[list[float], float]:
    """What a clock said at each step, and the real time that passed."""
    time = 100.0
    clock = WakingClock(lambda: time)
    said = [clock.now()]
    for step in steps:
        time += step
        said.append(clock.now())
    return said, time - 100.0


def test_sleep_does_not_count() -> None:
    said, passed = clock_after([1.0, 3600.0, 1.0])
    assert passed == 3602.0
    assert said[-1] - said[0] == 2.0 + TICK


@given(st.lists(st.floats(0, LONGEST_STEP)))
def test_waking_time_counts_in_full(steps: list[float]) -> None:
    said, passed = clock_after(steps)
    assert abs(said[-1] - said[0] - passed) < 1e-6


@given(st.lists(st.floats(0, 1e6)))
def test_it_never_goes_back_and_never_faster_than_time(steps: list[float]) -> None:
    said, passed = clock_after(steps)
    assert said == sorted(said)
    assert said[-1] - said[0] <= passed + 1e-6
