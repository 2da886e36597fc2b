"""``ffx gui``: the window."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, start


@click.command(short_help="Open the window.")
@click.option("--window", metavar="NAME", help="Which one, of a plugin.  [tk]")
@config_option
def gui(window: str | None, config: str | None) -> int:
    """Open the window: files and servers, and the queue while it is worked.

    It uses the queue, the servers and the profiles of the command line, and works the queue while it is open. What runs
    on servers goes on when it is closed.
    """
    from ffx.cli.windows import open_window

    return open_window(start(config), window or "tk")
