"""``ffx preview``: how a frame comes out."""

from __future__ import annotations

from typing import Any

import click

from ffx.cli.options import config_option, start
from ffx.cli.recipe_flags import recipe_options


@click.command(short_help="Show a frame before and after.")
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", metavar="PICTURE", required=True, help="The picture to write, a PNG.")
@click.option("--at", metavar="TIME", required=True, help="Which frame: seconds, or 00:01:00.")
@click.option("--profile", metavar="NAME", help="A named recipe, which the options below change; see: ffx profiles.")
@recipe_options
@click.option("--server", metavar="SERVER", help="Only this server, by name.")
@click.option("--local", metavar="MODE", help="auto: encode here when no server can; never; only.  [FFX_LOCAL; auto]")
@config_option
def preview(
    file: str,
    output: str,
    at: str,
    profile: str | None,
    server: str | None,
    local: str | None,
    config: str | None,
    **options: Any,
) -> int:
    """Write a picture with a frame of a file to the left and the same frame, encoded with the recipe, to the right.

    The seconds around the frame are cut out here and encoded as a job would be; of a --target, with the encoder's
    default quality.
    """
    from pathlib import Path

    from ffx.cli.asking import Wish
    from ffx.cli.previewing import preview as preview_file
    from ffx.cli.profiles import recipe_of_profile
    from ffx.cli.recipe_options import recipe_named
    from ffx.cli.track_options import seconds

    assembly = start(config, local=local)
    recipe = recipe_named(recipe_of_profile(assembly, profile), options | {"ffmpeg_args": ()}, assembly.specs())
    wish = Wish.from_options((file,), recipe, output=None, out_dir=".", container=options["container"])
    return preview_file(assembly, wish, at=seconds("--at", at), output=Path(output), server=server or "")
