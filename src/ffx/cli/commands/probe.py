"""``ffx probe``: what a file is."""

from __future__ import annotations

import click

from ffx.cli.options import json_option


@click.command(short_help="Show what a file is: streams, HDR, chapters.")
@click.argument("file", metavar="FILE")
@json_option
def probe(file: str, as_json: bool) -> None:
    """Show what a media file is: its streams, with the numbers by which --audio and --subtitles choose them, sizes,
    rates, colours, HDR, chapters, attachments and metadata.
    """
    from pathlib import Path

    from ffx.cli.probing import show_file

    show_file(Path(file), as_json=as_json)
