"""What an interrupted run leaves in the queue, in one line: how many jobs, who goes on with them, and how to go on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ffx.cli.job_names import ranges
from ffx.cli.worker import working_process
from ffx.client.queue.records import JobRecord
from ffx.core.model import JobState


def left_open(queue_file: Path, records: Sequence[JobRecord], *, ending: str = "") -> str:
    """What becomes of jobs that this process leaves, by their records of now. ``ending``: what ends them; empty: a
    command that names each.
    """
    still = [record for record in records if not record.state.is_final]
    if not still:
        return "all jobs had ended"
    it, stays = ("it", "1 job stays") if len(still) == 1 else ("them", f"{len(still)} jobs stay")
    end = f"end {it} with: {ending or f'ffx queue cancel {ranges(record.number for record in still)}'}"
    worker = working_process(queue_file)
    if worker is not None:
        return f"{stays} in the queue, which {worker} works; {end}"
    return f"{stays} in the queue{_under_way(still)}; go on with: ffx queue run; {end}"


def _under_way(records: Sequence[JobRecord]) -> str:
    """Which of them go on without us: what encodes on a server that is no part of this process."""
    away = [record for record in records if record.state is JobState.RUNNING and not record.at_home]
    if not away:
        return ""
    servers = ", ".join(sorted({record.server for record in away}))
    which = "it is" if len(records) == 1 else f"{len(away)} {'is' if len(away) == 1 else 'are'}"
    return f" ({which} being encoded on {servers})"
