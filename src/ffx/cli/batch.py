"""What a batch comes to: a table of its jobs, when all have ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ffx.cli.text import print_line, print_table
from ffx.client.outcome import JobOutcome
from ffx.core.figures import duration_text, size_text
from ffx.core.model import JobState


def show_summary(outcomes: Sequence[JobOutcome], *, refused: int, skipped: int) -> None:
    """Print a line for each job and one for all of them."""
    print_line()
    print_table(
        [_row(one) for one in outcomes], heading=("INPUT", "STATE", "SERVER", "TIME", "BEFORE", "AFTER", "SAVED")
    )
    print_line(_total(outcomes, refused, skipped))


def _row(outcome: JobOutcome) -> tuple[str, ...]:
    job, result = outcome.job, outcome.result
    after = size_text(result.file_size) if result is not None else ""
    return (
        Path(job.input_file).name,
        outcome.state.value,
        outcome.server,
        duration_text(outcome.seconds) if outcome.seconds else "",
        size_text(job.file_size),
        after,
        _saved(job.file_size, result.file_size) if result is not None else "",
    )


def _total(outcomes: Sequence[JobOutcome], refused: int, skipped: int) -> str:
    done = [one for one in outcomes if one.result is not None]
    before = sum(one.job.file_size for one in done)
    after = sum(one.result.file_size for one in done if one.result is not None)
    failed = sum(one.state is JobState.FAILED for one in outcomes) + refused
    words = [f"{len(done)} completed"]
    words += [f"{failed} failed"] if failed else []
    words += [f"{skipped} skipped, for their outputs exist"] if skipped else []
    if before:
        words.append(f"{size_text(before)} became {size_text(after)} ({_saved(before, after)} saved)")
    return ", ".join(words)


def _saved(before: int, after: int) -> str:
    return f"{(1 - after / before) * 100:.0f} %" if before else ""
