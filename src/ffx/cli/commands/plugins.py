"""``ffx plugins``: every plugin that was found, and what is wrong with one."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, json_option, start


@click.command(short_help="List the plugins and what is wrong with one.")
@config_option
@json_option
def plugins(config: str | None, as_json: bool) -> None:
    """List the plugins: name, distribution, version, state, hooks, and the error of a broken one.

    FFX_DISABLED_PLUGINS=a,b (or disabled in the configuration's [plugins]) blocks plugins by name.
    """
    from ffx.cli.text import print_json, print_line, print_table
    from ffx.core.plain import to_plain

    records = start(config).every_plugin()
    if as_json:
        print_json([to_plain(record) for record in records])
        return
    print_table(
        [(r.name, r.distribution, r.version, r.state, ", ".join(r.hooks)) for r in records],
        heading=("NAME", "DISTRIBUTION", "VERSION", "STATE", "HOOKS"),
    )
    for record in records:
        if record.error:
            print_line(f"{record.name}: {record.error}")
