"""Two passes: the first writes statistics into the job's directory, the second encodes with them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

STATISTICS = "two-pass"
"""The start of the statistics' file names, relative to the job's directory."""


def first_pass(argv: Sequence[str], encoder: str) -> tuple[str, ...]:
    """The command that only looks: ``argv`` up to where the output would be named; writes no media."""
    return (*_with_pass(argv, encoder, 1), "-an", "-sn", "-dn", "-f", "null", "-")


def second_pass(argv: Sequence[str], encoder: str) -> tuple[str, ...]:
    """The command that encodes; ``argv`` ends with the output."""
    return (*_with_pass(argv[:-1], encoder, 2), argv[-1])


def _with_pass(argv: Sequence[str], encoder: str, number: int) -> tuple[str, ...]:
    if encoder != "libx265":
        return (*argv, "-pass", str(number), "-passlogfile", STATISTICS)
    # FFmpeg has no -pass for libx265, and of several -x265-params only the last counts.
    given = [value for option, value in pairwise(argv) if option == "-x265-params"]
    parameters = ":".join([*given[-1:], f"pass={number}", f"stats={STATISTICS}.log"])
    return (*argv, "-x265-params", parameters)
