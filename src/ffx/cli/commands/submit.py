"""``ffx submit``: encode files on the farm."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, start

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
@click.option("--encoder", metavar="ENCODER", help="FFmpeg's name of the encoder, such as libx265; copy keeps it.")
@click.option("--codec", metavar="CODEC", help="Best encoder of this codec (hevc) on the farm, hardware first.")
@click.option("--quality", metavar="N", help="On the encoder's own scale (crf, cq, ...), or 0% to 100%.")
@click.option("--bitrate", metavar="RATE", help="Bits a second of the picture, such as 4M, instead of a quality.")
@click.option("--preset", metavar="PRESET", help="The encoder's speed preset.")
@click.option("--two-pass", is_flag=True, help="Two passes, with --bitrate.")
@click.option("--pixel-format", metavar="FORMAT", help="Such as yuv420p10le.  [8 or 10 bit as the source]")
@click.option("--filter", "filters", metavar="FILTER", multiple=True, help="A video filter; may be repeated.")
@click.option("--audio", metavar="ENCODER", help="copy, none or an encoder.  [copied, if the container takes it]")
@click.option("--audio-bitrate", metavar="RATE", help="Such as 160k.")
@click.option("--container", metavar="NAME", help="FFmpeg's name of the muxer.  [by OUTPUT, else as the source]")
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
    detach: bool,
    dry_run: bool,
    as_json: bool,
    ui: str | None,
    server: str | None,
    overwrite: bool,
    output: str | None,
    out_dir: str | None,
    **recipe: object,
) -> int:
    """Encode files on the servers that can do it best, check each result, and put it in place.

    The jobs are put into the queue, which outlives this command: what is interrupted (Ctrl-C) goes on with the same
    command typed again, or with "ffx queue run". While another process works the queue, this one looks on.

    What is not asked for is kept: container, codec, sound, subtitles, chapters, metadata, colours. Everything after
    "--" goes to FFmpeg as output arguments, such as: -- -vf scale=-2:720 -c:a copy

    Exit status: 0 all completed, 1 some job failed, 2 wrong usage (nothing was started), 3 no server could do it,
    130 interrupted.
    """
    from ffx.cli.asking import Wish, verification
    from ffx.cli.submitting import Manner, submit_jobs

    wish = Wish.from_options(
        inputs, output=output, out_dir=out_dir, ffmpeg_args=context.meta.get(FFMPEG_ARGUMENTS, ()), **recipe
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
    return submit_jobs(start(config, local=local, policy=policy), wish, manner)
