"""Two passes: the first writes statistics beside the output, the second encodes with them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePosixPath

STATISTICS = "two-pass"
"""The start of the statistics' file names."""


def first_pass(argv: Sequence[str], encoder: str, output_name: str) -> tuple[str, ...]:
    """The command that only looks: ``argv`` up to where the output would be named; writes no media."""
    return (*_with_pass(argv, encoder, 1, output_name), "-an", "-sn", "-dn", "-f", "null", "-")


def second_pass(argv: Sequence[str], encoder: str, output_name: str) -> tuple[str, ...]:
    """The command that encodes; ``argv`` ends with the output."""
    return (*_with_pass(argv[:-1], encoder, 2, output_name), argv[-1])


def _with_pass(argv: Sequence[str], encoder: str, number: int, output_name: str) -> tuple[str, ...]:
    # Beside the output: nowhere else may FFmpeg write.
    statistics = str(PurePosixPath(output_name).with_name(STATISTICS))
    if encoder != "libx265":
        return (*argv, "-pass", str(number), "-passlogfile", statistics)
    # FFmpeg has no -pass for libx265, and of several -x265-params only the last counts.
    given = [value for option, value in pairwise(argv) if option == "-x265-params"]
    parameters = ":".join([*given[-1:], f"pass={number}", f"stats={statistics}.log"])
    return (*argv, "-x265-params", parameters)
