"""Waiting for what can be observed: a line in a log, a row, a file, a process. Never for time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LIMIT = 40.0
"""Seconds: more than anything here takes on two busy cores."""


def until(look: Callable[[], T], what: str, limit: float = LIMIT, detail: Callable[[], object] = str) -> T:
    """Look until what is seen is true, and return it.

    Raises:
        AssertionError: it was not within ``limit`` seconds; says ``what`` was waited for, and the ``detail``.
    """
    deadline = time.monotonic() + limit
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"within {limit:g} s there was no sign of: {what}\n{detail()}")
        time.sleep(0.03)
