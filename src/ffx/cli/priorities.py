"""Priorities as people write them."""

from __future__ import annotations

import re

from ffx.core.errors import UsageError

USUAL_PRIORITY = 5
"""Of a job when nothing is said of it."""


def priority_named(text: str, *, origin: str = "") -> int:
    """Raises UsageError when it is none; ``origin`` says where it stands."""
    if not re.fullmatch(r"[1-9]|10", text.strip()):
        raise UsageError(f"{origin}{text!r} is not a number from 1 (last) to 10 (first)")
    return int(text)
