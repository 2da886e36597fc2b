"""Whether a job that failed is tried again, when, and what the failure counts. Pure decisions."""

from __future__ import annotations

import zlib

MAX_FAILURES = 3
"""Failures after which a job has failed."""

HOPELESS = frozenset(
    {"bad_input", "invalid_recipe", "source_changed", "output_refused", "output_too_large", "target_missed"}
)
"""Codes of failures that another server would repeat."""

TRANSFER_BROKEN = "transfer_broken"
"""The code of a server that answers, but to or from which no file gets through."""

SERVER_FAULTS = frozenset({"disk_full", "spool_damaged", TRANSFER_BROKEN})
"""Codes of failures that are never the job's own: they count against the server only, each for itself."""

DOUBLE = frozenset({"crashed", "out_of_memory"})
"""Codes of failures that count double: what brings an FFmpeg or a machine down is not tried three times."""

FULL_HOUSE = "encoder_full"
"""The code of hardware that encodes as many films as it can: no failure at all."""

FIRST_PAUSE = 1.0
"""Seconds before the second try, twice as long before each further one."""
LONGEST_PAUSE = 60.0


def charge(code: str) -> int:
    """What a failure counts against the job."""
    if code in SERVER_FAULTS or code == FULL_HOUSE:
        return 0
    return 2 if code in DOUBLE else 1


def blames_server(code: str) -> bool:
    """Whether several such failures in a row make a server suspect."""
    return code not in HOPELESS and code != FULL_HOUSE


def pause_before(try_number: int, job_id: str) -> float:
    """Seconds to wait before a job is tried again, ``try_number`` times after the first: doubled each time, and
    scattered by half of it either way so that jobs that failed together do not come back together. The scatter is the
    job's own, not drawn: the same history gives the same pause.
    """
    pause: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(try_number - 1, 16))
    share = zlib.crc32(f"{job_id}/{try_number}".encode()) / 2**32
    return pause * (0.5 + share)
