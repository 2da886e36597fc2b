"""``ffx watch``: a folder whose files are encoded as they appear."""

from __future__ import annotations

from typing import Any

import click

from ffx.cli.options import config_option, start
from ffx.cli.recipe_flags import recipe_options


@click.command(short_help="Encode what appears in a folder.")
@click.argument("folder", metavar="FOLDER")
@click.option("--out-dir", metavar="DIR", required=True, help="Where the outputs go; made if missing.")
@click.option("--recursive", is_flag=True, help="Watch the folders in it too, and keep these below DIR.")
@click.option("--settle", metavar="SECONDS", default="10", help="A file without changes for so long is complete.  [10]")
@click.option("--name", metavar="TEMPLATE", help="Names below DIR, such as '{stem}.{height}p.{ext}'.  [as the inputs]")
@click.option("--profile", metavar="NAME", help="A named recipe, which the options below change; see: ffx profiles.")
@recipe_options
@click.option("--priority", metavar="N", help="1 (last) to 10 (first).  [5]")
@click.option("--local", metavar="MODE", help="auto: encode here when no server can; never; only.  [FFX_LOCAL; auto]")
@click.option("--policy", metavar="NAME", help="What ranks the servers.  [FFX_POLICY; weighted]")
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
@click.option("--verify", metavar="LEVEL", help="quick: packets and durations; full: decode every frame too.  [quick]")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each job when it ends.")
@click.option("--ui", metavar="NAME", help="Front end: live, lines, json or a plugin's.  [live on a terminal]")
@config_option
def watch(
    folder: str,
    out_dir: str,
    recursive: bool,
    settle: str,
    name: str | None,
    profile: str | None,
    priority: str | None,
    local: str | None,
    policy: str | None,
    overwrite: bool,
    verify: str | None,
    as_json: bool,
    ui: str | None,
    config: str | None,
    **options: Any,
) -> int:
    """Encode the films and sounds that appear in a folder, until it is stopped with Ctrl-C.

    A file is taken when it has not changed for a while, and then put into the queue. What was taken is remembered: the
    same file is not encoded again, also not by a later watch of the same two folders; one that changes is.
    """
    from pathlib import Path

    from ffx.cli.asking import Wish, verification
    from ffx.cli.folder_watch import Watch, watch_folder
    from ffx.cli.profiles import recipe_of_profile
    from ffx.cli.recipe_options import recipe_named
    from ffx.cli.track_options import seconds

    assembly = start(config, local=local, policy=policy)
    recipe = recipe_named(recipe_of_profile(assembly, profile), options | {"ffmpeg_args": ()}, assembly.specs())
    wish = Wish.from_options(
        [folder],
        recipe,
        output=None,
        out_dir=out_dir,
        container=options["container"],
        priority=priority,
        name=name,
        profile=profile,
    )
    watched = Watch(
        Path(folder), recursive, max(0.0, seconds("--settle", settle)), wish, overwrite, verification(verify)
    )
    return watch_folder(assembly, watched, as_json=as_json, ui=ui or "")
