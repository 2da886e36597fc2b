"""The command reference says what the commands say."""

from __future__ import annotations

from pathlib import Path

import click

from ffx.cli.main import BUILT_IN, ffx
from ffx.cli.reference import commands_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def test_the_page_is_written_from_the_commands() -> None:
    assert PAGE.read_text(encoding="utf-8") == commands_page(), "run: make docs"


def test_every_command_and_option_is_there_and_explained() -> None:
    page = commands_page()
    with click.Context(ffx, info_name="ffx") as context:
        for name in BUILT_IN:
            command = ffx.get_command(context, name)
            assert command is not None
            assert f"\n## ffx {name}\n" in page
            assert command.help
            for option in command.params:
                if isinstance(option, click.Option):
                    assert f"`{', '.join(option.opts)}" in page
                    assert option.help, option.opts


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: object) -> None:
    page = commands_page()
    with click.Context(ffx, info_name="ffx", terminal_width=20):
        assert commands_page() == page
