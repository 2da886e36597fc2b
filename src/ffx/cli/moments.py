"""Moments as people write them: ``7d`` ago, or a date."""

from __future__ import annotations

import re
from datetime import datetime

from ffx.core.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def moment(text: str, *, option: str, now: float) -> float:
    """The moment that a text means, in seconds since the epoch; ``now`` is one too.

    Raises:
        UsageError: it is neither a span of time nor a date.
    """
    word = text.strip()
    span = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*([smhdw])", word.lower())
    if span is not None:
        return max(0.0, now - float(span[1]) * _SECONDS[span[2]])
    try:
        return datetime.fromisoformat(word).timestamp()  # without a zone: local time
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{option}: {text!r} is no time; write it like 30m, 12h, 7d or 2026-11-01") from None
