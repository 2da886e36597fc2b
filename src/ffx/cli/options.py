"""Options that several commands share, and the start that they have in common."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ffx.cli.assembly import Assembly

config_option = click.option("--config", metavar="FILE", help="Configuration file (TOML).  [FFX_CONFIG]")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def start(config: str | None, **options: str | None) -> Assembly:
    """The program for one command: ``options`` are those that the environment or the file could give too.

    A name such as ``max_jobs`` stands for ``--max-jobs``.
    """
    from ffx.cli.assembly import assemble

    given = {f"--{name.replace('_', '-')}": value for name, value in options.items()}
    return assemble(os.environ, options={"--config": config, **given})
