"""``ffx submit``: encode files on the farm."""

from __future__ import annotations

from typing import Any

import click

from ffx.cli.options import config_option, start
from ffx.cli.recipe_flags import recipe_options

FFMPEG_ARGUMENTS = "ffx.ffmpeg_arguments"


class SubmitCommand(click.Command):
    """Keeps what follows ``--`` for FFmpeg."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            place = args.index("--")
            context.meta[FFMPEG_ARGUMENTS] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(context, args)

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(context.command_path, "INPUT... (-o OUTPUT | --out-dir DIR) [OPTIONS] [-- FFMPEG-ARGS]")


@click.command(cls=SubmitCommand, short_help="Encode files on the farm.")
@click.argument("inputs", metavar="INPUT...", nargs=-1)
@click.option("-o", "--output", metavar="OUTPUT", help="Where one input goes; its suffix chooses the container.")
@click.option("--out-dir", metavar="DIR", help="Where several go, under their own names; made if missing.")
@click.option("--recursive", is_flag=True, help="Take the films and sounds in folders, and keep these below DIR.")
@click.option("--name", metavar="TEMPLATE", help="Names below DIR, such as '{stem}.{height}p.{ext}'.  [as the inputs]")
@click.option("--skip-existing", is_flag=True, help="Leave inputs alone whose outputs exist.")
@click.option("--profile", metavar="NAME", help="A named recipe, which the options below change; see: ffx profiles.")
@recipe_options
@click.option("--priority", metavar="N", help="1 (last) to 10 (first).  [5]")
@click.option("--server", metavar="SERVER", help="Only this server, by name or address; nothing is encoded here then.")
@click.option("--local", metavar="MODE", help="auto: encode here when no server can; never; only.  [FFX_LOCAL; auto]")
@click.option("--policy", metavar="NAME", help="What ranks the servers.  [FFX_POLICY; weighted]")
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
@click.option("--verify", metavar="LEVEL", help="quick: packets and durations; full: decode every frame too.  [quick]")
@click.option("--detach", is_flag=True, help="Only put the jobs into the queue; ffx queue run works it.")
@click.option("--dry-run", is_flag=True, help="Show each server's score and the exact command; send nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each job when it ends.")
@click.option("--ui", metavar="NAME", help="Front end: live, lines, json or a plugin's.  [live on a terminal]")
@config_option
@click.pass_context
def submit(
    context: click.Context,
    /,
    inputs: tuple[str, ...],
    config: str | None,
    local: str | None,
    policy: str | None,
    verify: str | None,
    profile: str | None,
    recursive: bool,
    name: str | None,
    skip_existing: bool,
    priority: str | None,
    detach: bool,
    dry_run: bool,
    as_json: bool,
    ui: str | None,
    server: str | None,
    overwrite: bool,
    output: str | None,
    out_dir: str | None,
    **recipe: Any,
) -> int:
    """Encode files on the servers that can do it best, check each result, and put it in place.

    The jobs are put into the queue, which outlives this command: what is interrupted (Ctrl-C) goes on with the same
    command typed again, or with "ffx queue run". While another process works the queue, this one looks on.

    What is not asked for is kept: container, codec, sound, subtitles, chapters, metadata, colours. Everything after
    "--" goes to FFmpeg as output arguments, such as: -- -vf scale=-2:720 -c:a copy

    --audio takes copy, none, an encoder, or words: which sounds (index=2 lang=fra,eng source-codec=dts channels=6) and
    what becomes of them (copy codec=opus bitrate=128k downmix=stereo loudness=ebu-r128 delay=0.2 title=... language=eng
    default). --subtitles takes none, or: index= lang= source-codec=, or file=FILE charset=; then copy, codec=, burn,
    title=, language=, default, forced. Both may be repeated, and their order is that of the tracks.

    Exit status: 0 all completed, 1 some job failed, 2 wrong usage (nothing was started), 3 no server could do it,
    130 interrupted.
    """
    from ffx.cli.asking import Wish, verification
    from ffx.cli.profiles import recipe_of_profile
    from ffx.cli.recipe_options import recipe_named
    from ffx.cli.submitting import Manner, submit_jobs

    assembly = start(config, local=local, policy=policy)
    recipe["ffmpeg_args"] = context.meta.get(FFMPEG_ARGUMENTS, ())
    wish = Wish.from_options(
        inputs,
        recipe_named(recipe_of_profile(assembly, profile), recipe, assembly.specs()),
        output=output,
        out_dir=out_dir,
        container=recipe["container"],
        priority=priority,
        recursive=recursive,
        name=name,
        profile=profile,
        skip_existing=skip_existing,
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
    return submit_jobs(assembly, wish, manner)
