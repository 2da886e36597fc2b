"""A writer of PGS, the picture subtitles of Blu-rays, for which FFmpeg has a decoder and no encoder."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

PALETTE, OBJECT, COMPOSITION, WINDOW, END = 0x14, 0x15, 0x16, 0x17, 0x80
WHITE = 1


def write_sup(file: Path, screen: tuple[int, int], box: tuple[int, int, int, int], start: float, end: float) -> None:
    """A white box (left, top, width, height) on a screen (width, height), shown from one second to another."""
    # FFmpeg takes the first moment of a file for its beginning.
    parts = (_cleared(screen, box, 0.0), _shown(screen, box, start), _cleared(screen, box, end))
    file.write_bytes(b"".join(segment for part in parts for segment in part))


def _shown(screen: tuple[int, int], box: tuple[int, int, int, int], moment: float) -> Iterator[bytes]:
    left, top, width, height = box
    place = struct.pack(">HBBHH", 0, 0, 0, left, top)
    yield _segment(COMPOSITION, moment, _composition(screen, 0x80, 1) + place)
    yield _segment(WINDOW, moment, struct.pack(">BBHHHH", 1, 0, left, top, width, height))
    yield _segment(PALETTE, moment, struct.pack(">BB5B", 0, 0, WHITE, 235, 128, 128, 255))
    picture = struct.pack(">HH", width, height) + _line(width) * height
    yield _segment(OBJECT, moment, struct.pack(">HBB", 0, 0, 0xC0) + len(picture).to_bytes(3, "big") + picture)
    yield _segment(END, moment, b"")


def _cleared(screen: tuple[int, int], box: tuple[int, int, int, int], moment: float) -> Iterator[bytes]:
    yield _segment(COMPOSITION, moment, _composition(screen, 0x00, 0))
    yield _segment(WINDOW, moment, struct.pack(">BBHHHH", 1, 0, *box))
    yield _segment(END, moment, b"")


def _composition(screen: tuple[int, int], state: int, objects: int) -> bytes:
    return struct.pack(">HHBHBBBB", *screen, 0x10, 0, state, 0, 0, objects)


def _line(width: int) -> bytes:
    """One line of white, run-length coded."""
    return bytes((0, 0xC0 | width >> 8, width & 0xFF, WHITE, 0, 0))


def _segment(kind: int, moment: float, content: bytes) -> bytes:
    ticks = round(moment * 90_000)
    return b"PG" + struct.pack(">IIBH", ticks, 0, kind, len(content)) + content
