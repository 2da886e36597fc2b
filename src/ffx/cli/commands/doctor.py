"""``ffx doctor``: what is wrong here, and what to do about it."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, json_option, start


@click.command(short_help="Find what is wrong, and what to do about it.")
@click.option("--security", is_flag=True, help="Look at how safe a server here would be, and at nothing else.")
@config_option
@json_option
def doctor(config: str | None, security: bool, as_json: bool) -> int:
    """Look at FFmpeg, encoders and devices, plugins, folders, the token and the servers.

    An encoder that does not work is shown with the reason and what can be done; hardware that is not there is no
    fault. Exit status: 0 nothing is wrong, 1 something is.

    --security: what confines FFmpeg, where a server would listen, and who can read the files that only its user may.
    """
    if security:
        from ffx.cli.security import examine_security

        return examine_security(start(config), as_json=as_json)
    from ffx.cli.examination import examine

    return examine(start(config), as_json=as_json)
