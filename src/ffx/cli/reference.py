"""The command reference, written from the commands themselves: docs/reference/commands.md."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from ffx.cli.main import BUILT_IN, ffx

_ONE_LINE = 1000
"""Columns: a usage is never wrapped, whatever the terminal."""

_HEAD = """# Commands

Written from the commands themselves by `make docs`; a test holds this page to them. `ffx COMMAND --help` says the same.
In brackets: the environment variable that may give the value instead, then what holds otherwise. Every value can also
come from the [configuration file](configuration.md). What the exit status means: [exit status](exit-status.md).
"""


def commands_page() -> str:
    """The whole page, in Markdown."""
    with click.Context(ffx, info_name="ffx", terminal_width=_ONE_LINE) as context:
        commands = [(name, ffx.get_command(context, name)) for name in BUILT_IN]
        sections = [_HEAD, *_command(context, ffx, "## ")]
        for name, command in commands:
            assert command is not None
            with click.Context(command, info_name=name, parent=context) as inner:
                sections.extend(_command(inner, command, "## "))
                sections.extend(_subcommands(inner, command))
    return "\n".join(sections)


def _subcommands(context: click.Context, command: click.Command) -> Iterator[str]:
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        with click.Context(inner, info_name=name, parent=context) as inner_context:
            yield from _command(inner_context, inner, "### ")


def _command(context: click.Context, command: click.Command, mark: str) -> Iterator[str]:
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield f"{mark}{context.command_path}\n"
    yield f"```\n{' '.join(usage.split())}\n```\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if options:
        yield "| option | meaning |\n| --- | --- |"
        yield "\n".join(_row(option) for option in options) + "\n"


def _row(option: click.Option) -> str:
    names = ", ".join((*option.opts, *option.secondary_opts))
    value = f" {option.metavar}" if option.metavar and not option.is_flag else ""
    meaning = " ".join((option.help or "").split())
    return f"| `{names}{value}` | {meaning.replace('|', chr(92) + '|')} |"
