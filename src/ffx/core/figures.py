"""Sizes and times as people read them."""

from __future__ import annotations

LONGEST_ETA = 100 * 86400.0
"""Seconds; what is further away is no estimate."""


def size_text(count: float) -> str:
    """Bytes: ``835 kB``, ``1.2 GB``."""
    if count < 0:
        return f"-{size_text(-count)}"
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def duration_text(seconds: float) -> str:
    """Seconds: ``4.7 s``, ``18 s``, ``2:05``, ``1:02:03``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
