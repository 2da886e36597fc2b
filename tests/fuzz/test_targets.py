"""A short run of every fuzz target; ``make fuzz`` is the long one."""

from __future__ import annotations

import pytest

from tests.fuzz.targets import TARGETS

COUNTS = {"uploads": 60}
"""Examples; a listener is opened for each of these."""


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_finds_nothing(name: str) -> None:
    TARGETS[name].run(COUNTS.get(name, 300))
