"""``ffx merge``: several files become one."""

from __future__ import annotations

from typing import Any

import click

from ffx.cli.options import config_option, start
from ffx.cli.recipe_flags import recipe_options


@click.command(short_help="Put files behind each other into one.")
@click.argument("inputs", metavar="INPUT...", nargs=-1)
@click.option("-o", "--output", metavar="OUTPUT", required=True, help="The one; its suffix chooses the container.")
@click.option("--profile", metavar="NAME", help="A named recipe, which the options below change; see: ffx profiles.")
@recipe_options
@click.option("--priority", metavar="N", help="1 (last) to 10 (first).  [5]")
@click.option("--server", metavar="SERVER", help="Only this server, by name or address; nothing is encoded here then.")
@click.option("--local", metavar="MODE", help="auto: encode here when no server can; never; only.  [FFX_LOCAL; auto]")
@click.option("--policy", metavar="NAME", help="What ranks the servers.  [FFX_POLICY; weighted]")
@click.option("--overwrite", is_flag=True, help="Replace an output that exists.")
@click.option("--verify", metavar="LEVEL", help="quick: packets and durations; full: decode every frame too.  [quick]")
@click.option("--detach", is_flag=True, help="Only put the job into the queue; ffx queue run works it.")
@click.option("--dry-run", is_flag=True, help="Show each server's score and the exact command; send nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line when it ends.")
@click.option("--ui", metavar="NAME", help="Front end: live, lines, json or a plugin's.  [live on a terminal]")
@config_option
def merge(
    inputs: tuple[str, ...],
    output: str,
    profile: str | None,
    priority: str | None,
    server: str | None,
    local: str | None,
    policy: str | None,
    overwrite: bool,
    verify: str | None,
    detach: bool,
    dry_run: bool,
    as_json: bool,
    ui: str | None,
    config: str | None,
    **options: Any,
) -> int:
    """Put files behind each other, in the order in which they are named.

    Of each the first film and the first sound are taken. Where all have the same streams their packets are copied, and
    nothing is lost. Where they have not, or options ask for it, all are brought to the size, shape and frame rate of
    the first and encoded; it says which, and why.
    """
    from ffx.cli.asking import Wish, verification
    from ffx.cli.merging import merge as merge_files
    from ffx.cli.profiles import recipe_of_profile
    from ffx.cli.recipe_options import recipe_named
    from ffx.cli.submitting import Manner

    assembly = start(config, local=local, policy=policy)
    wish = Wish.from_options(
        inputs[:1],
        recipe_named(recipe_of_profile(assembly, profile), options | {"ffmpeg_args": ()}, assembly.specs()),
        output=output,
        out_dir=None,
        container=options["container"],
        priority=priority,
    )
    manner = Manner(
        server=server or "",
        overwrite=overwrite,
        verification=verification(verify),
        dry_run=dry_run,
        detach=detach,
        as_json=as_json,
        ui=ui or "",
    )
    return merge_files(assembly, inputs, wish, manner)
