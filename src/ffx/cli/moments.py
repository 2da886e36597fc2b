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
    span = _span(word)
    if span is not None:
        return max(0.0, now - span)
    return _date(word, option=option)


def moment_to_come(text: str, *, option: str, now: float) -> float:
    """The same, of a moment that is still to come: ``30d`` from now, or a date.

    Raises:
        UsageError: it is neither, or is over.
    """
    word = text.strip()
    span = _span(word)
    then = now + span if span is not None else _date(word, option=option)
    if then <= now:
        raise UsageError(f"{option}: {text!r} is over already")
    return then


def _span(word: str) -> float | None:
    """Seconds of ``7d``; None: it is no span of time."""
    span = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*([smhdw])", word.lower())
    return float(span[1]) * _SECONDS[span[2]] if span is not None else None


def _date(word: str, *, option: str) -> float:
    try:
        return datetime.fromisoformat(word).timestamp()  # without a zone: local time
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{option}: {word!r} is no time; write it like 30m, 12h, 7d or 2026-11-01") from None
