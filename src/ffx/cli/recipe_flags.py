"""The options that say how it encodes, for every command that takes them; ``recipe_options`` reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])

_OPTIONS = (
    click.option("--encoder", metavar="ENCODER", help="FFmpeg's name of the encoder, such as libx265; copy keeps it."),
    click.option("--codec", metavar="CODEC", help="Best encoder of this codec (hevc) on the farm, hardware first."),
    click.option("--quality", metavar="N", help="On the encoder's own scale (crf, cq, ...), or 0% to 100%."),
    click.option("--bitrate", metavar="RATE", help="Bits a second of the picture, such as 4M, instead of a quality."),
    click.option(
        "--target", metavar="METRIC=N", help="Quality that reaches vmaf=95, ssim=.98, xpsnr=40; vmaf: tell it."
    ),
    click.option("--max-size", metavar="SIZE", help="With --target: no output above it, such as 700M."),
    click.option("--max-ratio", metavar="SHARE", help="With --target: no output above 0.8 of the input."),
    click.option("--preset", metavar="PRESET", help="The encoder's speed preset."),
    click.option("--two-pass", is_flag=True, help="Two passes, with --bitrate."),
    click.option("--pixel-format", metavar="FORMAT", help="Such as yuv420p10le.  [8 or 10 bit as the source]"),
    click.option("--filter", "filters", metavar="FILTER", multiple=True, help="A video filter; may be repeated."),
    click.option("--crop", metavar="AREA", help="WIDTH:HEIGHT:LEFT:TOP; auto: without black edges; off."),
    click.option("--scale", metavar="SIZE", help="1280: or :720 keeps the shape; 1280:720; <1280:720 at most that."),
    click.option("--deinterlace", metavar="HOW", help="auto: where it is interlaced; always; telecine; off."),
    click.option("--denoise", metavar="HOW", help="light, medium, strong, off."),
    click.option("--fps", metavar="RATE", help="Constant frames a second: 25, 23.976, 24000/1001.  [as the source]"),
    click.option("--rotate", metavar="DEGREES", help="Clockwise: 90, 180, 270."),
    click.option("--tonemap", metavar="HOW", help="auto: HDR becomes BT.709; off.  [off]"),
    click.option("--watermark", metavar="FILE[@CORNER]", help="A picture over it: top-left ... bottom-right, centre."),
    click.option("--speed", metavar="FACTOR", help="1.25 plays a quarter faster, sound too."),
    click.option("--from", "start", metavar="TIME", help="Where to begin: seconds, or 00:01:00."),
    click.option("--to", "end", metavar="TIME", help="Where to end, in the source's time."),
    click.option("--tune", metavar="WORD", help="What the encoder is tuned for, such as film."),
    click.option("--codec-profile", metavar="WORD", help="The codec's profile, such as main10."),
    click.option("--level", metavar="LEVEL", help="The codec's level, such as 4.1."),
    click.option("--gop", metavar="SECONDS", help="The most between two key frames."),
    click.option("--audio", metavar="CHOICE", multiple=True, help="Sounds, and how: see ffx submit.  [all]"),
    click.option("--audio-bitrate", metavar="RATE", help="Such as 160k, for all that are encoded."),
    click.option("--loudness", metavar="LEVEL", help="ebu-r128, or LUFS such as -16, for all that are encoded."),
    click.option(
        "--subtitles", metavar="CHOICE", multiple=True, help="Subtitles, and how: see ffx submit.  [all that fit]"
    ),
    click.option("--chapters", metavar="WHAT", help="keep or drop.  [keep]"),
    click.option("--metadata", metavar="WHAT", help="keep or drop.  [keep]"),
    click.option("--attachments", metavar="WHAT", help="Fonts and covers: keep or drop.  [keep]"),
    click.option("--container", metavar="NAME", help="FFmpeg's name of the muxer.  [by OUTPUT, else as the source]"),
)


def recipe_options(command: F) -> F:
    """Give a command all of them, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def no_options() -> dict[str, Any]:
    """What the parameters of all of them are where none is given."""
    command = recipe_options(click.Command("any"))
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {one.name or "": () if one.multiple else False if one.is_flag else None for one in options}
