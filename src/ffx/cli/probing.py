"""What ``ffx probe`` shows of a file: streams with the numbers by which they are chosen, HDR, chapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ffx.cli.text import print_json, print_line, print_table
from ffx.core.figures import duration_text, size_text
from ffx.core.plain import to_plain
from ffx.media.probe import MediaInfo, StreamInfo, probe

_SHOWN_FLAGS = ("default", "forced", "original", "comment", "hearing_impaired", "visual_impaired", "attached_pic")


def show_file(path: Path, *, as_json: bool) -> None:
    """Print what a file is. Raises ProbeError."""
    media = probe(path, subtitles=True, first_frame=True)
    if as_json:
        print_json(plain_media(media))
        return
    print_line(f"{path}: {', '.join(_of_file(media))}")
    rows = [
        (str(s.index), "cover" if s.attached_picture else s.kind, s.codec, s.language, details(s), flags(s), s.title)
        for s in media.streams
    ]
    print_table(rows, heading=("NUMBER", "KIND", "CODEC", "LANGUAGE", "DETAILS", "FLAGS", "TITLE"), indent="  ")
    for number, chapter in enumerate(media.chapters, 1):
        times = f"{duration_text(chapter.start)} to {duration_text(chapter.end)}"
        print_line(f"  chapter {number}: {times}{f', {chapter.title}' if chapter.title else ''}")
    for key, value in media.metadata.items():
        print_line(f"  {key}: {value}")


def plain_media(media: MediaInfo) -> dict[str, Any]:
    """A file as JSON has it: all that is known, and what follows from it."""
    plain: dict[str, Any] = to_plain(media)
    plain["path"] = str(media.path)
    for stream, described in zip(media.streams, plain["streams"], strict=True):
        described["hdr"] = hdr_name(stream)
    return plain


def hdr_name(stream: StreamInfo) -> str:
    """``HDR10``, ``PQ`` (without its static metadata), ``HLG``, with ``Dolby Vision`` where that is there; or empty."""
    name = {"arib-std-b67": "HLG", "smpte2084": "HDR10" if stream.mastering_display else "PQ"}.get(
        stream.color_transfer, ""
    )
    return "Dolby Vision" + (f" over {name}" if name else "") if stream.dolby_vision else name


def details(stream: StreamInfo) -> str:
    """What matters of a stream beside its codec and its language."""
    if stream.kind == "video":
        return ", ".join(_of_picture(stream))
    if stream.kind == "audio":
        words = [f"{stream.channels} channel{'s' * (stream.channels != 1)}", f"{stream.sample_rate} Hz"]
        return ", ".join([*words, *([f"{stream.bit_rate // 1000} kbit/s"] if stream.bit_rate else [])])
    return ""


def flags(stream: StreamInfo) -> str:
    return ", ".join(flag.replace("_", " ") for flag in stream.disposition if flag in _SHOWN_FLAGS)


def _of_file(media: MediaInfo) -> Iterator[str]:
    yield media.container
    if media.duration:
        yield duration_text(media.duration)
    yield size_text(media.size)
    if media.duration:
        yield f"{media.size * 8 / media.duration / 1000:.0f} kbit/s"


def _of_picture(stream: StreamInfo) -> Iterator[str]:
    yield f"{stream.width}x{stream.height}"
    if stream.sample_aspect_ratio not in (None, 1):
        yield f"pixels {stream.sample_aspect_ratio}"
    if stream.rotation:
        yield f"turned by {stream.rotation} degrees"
    if stream.frame_rate and not stream.attached_picture:
        yield f"{float(stream.frame_rate):.6g} fps{', variable' if stream.varies_in_rate else ''}"
    yield stream.pixel_format
    if stream.interlaced:
        yield "interlaced"
    colours = (stream.color_primaries, stream.color_transfer, stream.color_matrix, stream.color_range)
    if any(colours):
        yield "/".join(colour or "-" for colour in colours)
    if name := hdr_name(stream):
        yield name
