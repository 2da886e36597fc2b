"""What passes between a command and the one place that decides on errors."""

from __future__ import annotations

import click

INTERRUPTED = 130
"""The exit status of a command that a person stopped."""


class Interrupted(Exception):
    """A person stopped a command; ``str()`` says what that ended, where there is something to say."""


def print_error(message: str) -> None:
    """One line on stderr, without anything that a terminal would obey."""
    from ffx.core.text import one_line

    click.echo(f"ffx: {one_line(message)}", err=True)
