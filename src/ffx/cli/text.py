"""How the commands write: lines of aligned columns, sizes, times, JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import click

from ffx.core.text import printable

QUEUE_PAUSED = "the queue is paused; go on with: ffx queue resume"
"""For whoever asks why nothing goes on."""


def print_line(text: str = "") -> None:
    """One line on stdout, without anything that a terminal would obey."""
    click.echo(printable(text))


def print_lines(text: str) -> None:
    """A text of several lines."""
    for line in text.splitlines():
        print_line(line)


def print_note(text: str) -> None:
    """One line on stderr: what is worth saying beside the result."""
    click.echo(printable(text), err=True)


def print_json(plain: Any) -> None:
    """A plain value as JSON for people and programs: indented, one document."""
    click.echo(json.dumps(plain, indent=2, allow_nan=False))


def print_json_line(plain: Any) -> None:
    """A plain value as JSON on one line, of which there may be more."""
    click.echo(json.dumps(plain, allow_nan=False))


def print_table(rows: Sequence[Sequence[str]], *, heading: Sequence[str], indent: str = "") -> None:
    """Aligned columns under their heading; the last one is not padded."""
    lines = [[printable(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo((indent + "  ".join(cells)).rstrip())


def share(value: float) -> str:
    """``12 %``."""
    return f"{value * 100:.0f} %"


def clock_text(moment: float) -> str:
    """A moment in local time; empty for one that has not come."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment)) if moment else ""
