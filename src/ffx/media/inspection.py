"""What one process tells another of a media file: bounded JSON, read as strictly as a stranger's.

Who reads a file that was made to take its reader over may say anything. So what it says is checked here, and is about
that one file alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from attrs import asdict, field, frozen

from ffx.core.errors import DecodeError, ProbeError
from ffx.core.plain import from_plain, to_plain
from ffx.core.text import one_line
from ffx.media.probe import Chapter, MediaInfo, PacketCount, PacketCounts, StreamInfo, examine

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes. Lyrics and the like stand in headers too."""
_LONGEST_REASON = 300
"""Characters."""


@frozen
class _Described:
    container: str
    duration: float
    streams: tuple[StreamInfo, ...]
    chapters: tuple[Chapter, ...]
    packets: PacketCounts
    metadata: Mapping[str, str] = field(factory=dict)


@frozen
class _Answer:
    """What was found, or why nothing was."""

    found: _Described | None = None
    fault: str = ""


def examine_to_text(source: Path, *, subtitles: bool = False, first_frame: bool = False) -> bytes:
    """Examine a file, and put what was found or what is wrong with it into words for ``read_examination``. Blocking.

    ``subtitles``: whether a file that holds nothing else will do. ``first_frame``: whether the film's is looked at.
    """
    try:
        media, packets = examine(source, subtitles=subtitles, first_frame=first_frame)
    except ProbeError as error:
        return _text(_Answer(fault=str(error).removeprefix(f"{source}: ")))
    described = _Described(media.container, media.duration, media.streams, media.chapters, packets, media.metadata)
    return _text(_Answer(described))


def prepare() -> None:
    """Make ready what the first examination would have to make, in a process whose copies are to have it: the writers
    of each class.
    """
    stream = StreamInfo(index=0, kind="video", codec="h264")
    packets = PacketCounts((PacketCount(index=0, kind="video"),))
    _text(_Answer(_Described("matroska", 1.0, (stream,), (), packets, {"title": ""})))


def read_examination(text: bytes, path: Path, size: int) -> tuple[MediaInfo, PacketCounts]:
    """What was found in the file at ``path``, of so many bytes.

    Raises:
        ProbeError: it cannot be read as media, as the other side says; one line with the path.
        DecodeError: the other side does not speak as agreed.
    """
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise DecodeError("it is no JSON") from None
    answer: _Answer = from_plain(plain, _Answer)
    found = answer.found
    if found is None:
        raise ProbeError(f"{path}: {one_line(answer.fault)[:_LONGEST_REASON] or 'cannot be read as media'}")
    _check_numbers(found)
    parts = asdict(found, recurse=False)
    packets = parts.pop("packets")
    return MediaInfo(path=path, size=size, **parts), packets


def _check_numbers(found: _Described) -> None:
    """Streams are found by their numbers: those must fit."""
    if [stream.index for stream in found.streams] != list(range(len(found.streams))):
        raise DecodeError("the streams are not numbered from 0 up", path="found.streams")
    numbers = [count.index for count in found.packets.streams]
    if len(set(numbers)) != len(numbers) or not set(numbers) <= set(range(len(found.streams))):
        raise DecodeError("packets are counted of streams that are not there", path="found.packets")


def _text(answer: _Answer) -> bytes:
    return json.dumps(to_plain(answer), separators=(",", ":")).encode()
