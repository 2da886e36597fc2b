"""``ffx estimate``: what an encode would take, before it is begun."""

from __future__ import annotations

from typing import Any

import click

from ffx.cli.options import config_option, json_option, start
from ffx.cli.recipe_flags import recipe_options


@click.command(short_help="Predict time, size and likeness on each server.")
@click.argument("file", metavar="FILE")
@click.option("--profile", metavar="NAME", help="A named recipe, which the options below change; see: ffx profiles.")
@recipe_options
@click.option("--server", metavar="SERVER", help="Only this server, by name.")
@click.option("--local", metavar="MODE", help="auto: this machine too; never; only.  [FFX_LOCAL; auto]")
@json_option
@config_option
def estimate(
    file: str,
    profile: str | None,
    server: str | None,
    local: str | None,
    as_json: bool,
    config: str | None,
    **options: Any,
) -> int:
    """Predict how long a file would take on each server, how large it would get, and how close to its source.

    Pieces of the file are cut out here, at key frames, sent, and encoded with the recipe on every server that can do
    it, at the same time. Nothing else of the file travels, and nothing stays anywhere.
    """
    from ffx.cli.asking import Wish
    from ffx.cli.estimating import estimate as estimate_file
    from ffx.cli.profiles import recipe_of_profile
    from ffx.cli.recipe_options import recipe_named

    assembly = start(config, local=local)
    recipe = recipe_named(recipe_of_profile(assembly, profile), options | {"ffmpeg_args": ()}, assembly.specs())
    wish = Wish.from_options((file,), recipe, output=None, out_dir=".", container=options["container"])
    return estimate_file(assembly, wish, server=server or "", as_json=as_json)
