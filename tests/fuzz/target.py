"""A fuzz target, and how it is run: for a time with examples that are drawn anew, or briefly in the test suite."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from ffx.core.text import printable

ROUND = 2000
"""Examples between two looks at the clock."""


@frozen
class Target:
    """Something that reads what others wrote. ``check`` fails when it does harm with an example."""

    name: str
    examples: st.SearchStrategy[Any]
    check: Callable[[Any], None]

    def run(self, count: int, database: Path | None = None) -> None:
        """Try so many examples; with a ``database`` those that failed before come first. Raises what a check raises."""
        kept = DirectoryBasedExampleDatabase(database / self.name) if database is not None else None
        phases = (Phase.reuse, Phase.generate, Phase.target, Phase.shrink) if kept else (Phase.generate, Phase.shrink)

        @settings(
            max_examples=count,
            database=kept,
            phases=phases,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(self.examples)
        def test(example: Any) -> None:
            self.check(example)

        test()

    def run_for(self, seconds: float, database: Path) -> int:
        """Try examples for a time, one round at least; returns how many. Raises what a check raises."""
        deadline, tried = time.monotonic() + seconds, 0
        while not tried or time.monotonic() < deadline:
            self.run(ROUND, database)
            tried += ROUND
        return tried


def is_one_line(text: str, longest: int = 1000) -> bool:
    """Whether a refusal can be shown: one line, short, nothing that a terminal would obey."""
    return bool(text) and len(text) <= longest and printable(text) == text
