"""The short form of a bad night; ``make chaos`` is the long one."""

from __future__ import annotations

import pytest

from tests.faults.chaos import Night
from tests.faults.harness import Ground

SEED = 20
JOBS = 40
ENCODE_SECONDS = 2.0


@pytest.mark.timeout(300)
def test_forty_jobs_survive_a_bad_night(ground: Ground) -> None:
    told: list[str] = []
    report = Night(ground, SEED, ENCODE_SECONDS, told.append).play(jobs=JOBS, servers=3, limit=240)
    assert report.holds, f"seed {SEED}\n{report}\n" + "\n".join(told)
    assert report.kills >= 4, "hardly anything happened"
    assert report.stops >= 2, "hardly anything happened"
