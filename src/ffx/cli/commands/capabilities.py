"""``ffx capabilities``: what servers, or this machine, were seen to encode."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, json_option, start


@click.command(short_help="Show what servers can encode.")
@click.argument("server", required=False, metavar="[SERVER]")
@config_option
@json_option
def capabilities(server: str | None, config: str | None, as_json: bool) -> int:
    """Show what a server can encode: every encoder that was tried, and why one does not work.

    Without SERVER: every server that is known; without any: this machine, whose encoders are tried now.
    """
    from ffx.cli.capability_command import show_capabilities

    return show_capabilities(start(config), server, as_json=as_json)
