"""Reads what can be read of a damaged database: around pages that cannot be, and without its table of contents."""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ffx.client.queue.rows import Row
from ffx.client.queue.schema import PAGE_SIZE

_STEP_BY_STEP = 1000
"""Keys in a row that are tried one by one; beyond them the steps grow, and what they jump over is read backwards."""

_LAST_KEY = 2**62

_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)

_LEADS_TO_OTHERS = 5
"""The kind of a page of a table that holds no rows but the numbers of further pages."""


def readable_rows(connection: sqlite3.Connection, source: str, key: str, columns: Sequence[str]) -> Iterator[Row]:
    """The key and the columns of every row that can be read.

    Keys are whole numbers from 1, each there once. Upwards, past what cannot be read, to the end; then downwards into
    the holes that were too large to be crossed step by step.
    """
    select = f"SELECT {', '.join((key, *columns))} FROM {source} WHERE {key}"
    holes = []
    last, position, failures = 0, 1, 0
    while position <= _LAST_KEY:
        try:
            for row in connection.execute(f"{select} >= ? ORDER BY {key}", (position,)):
                if row[0] < position:
                    break  # out of order: as good as unreadable
                if failures > _STEP_BY_STEP:
                    holes.append((last, position))
                last, position, failures = row[0], row[0] + 1, 0
                yield row
            else:
                break
        except _UNREADABLE:
            pass
        failures += 1
        position += 2 ** max(0, failures - _STEP_BY_STEP)
    if failures > _STEP_BY_STEP:
        holes.append((last, position))
    for low, high in holes:
        with contextlib.suppress(*_UNREADABLE):
            yield from connection.execute(f"{select} > ? AND {key} < ? ORDER BY {key} DESC", (low, high))


def lend_contents(damaged: Path, sound: Path) -> None:
    """Overwrite the header and the table of contents of a database with those of another one that was made alike.

    Where tables begin is the same in all databases that were made by the same statements.
    """
    with sound.open("rb") as source, damaged.open("r+b") as target:
        target.seek(0, 2)
        first = bytearray(_page(source, 1))
        # No shorter than the other one: every table needs a page to begin at, if an empty one.
        pages = max(source.seek(0, 2), target.tell() + PAGE_SIZE - 1) // PAGE_SIZE
        target.truncate(pages * PAGE_SIZE)
        struct.pack_into(">I", first, 28, pages)
        struct.pack_into(">II", first, 32, 0, 0)  # no free pages: those of the other one are not these
        _put_page(target, 1, first)
        for number in _pages_below(first):
            _put_page(target, number, _page(source, number))


def _page(stream: BinaryIO, number: int) -> bytes:
    stream.seek((number - 1) * PAGE_SIZE)
    return stream.read(PAGE_SIZE)


def _put_page(stream: BinaryIO, number: int, content: bytes | bytearray) -> None:
    stream.seek((number - 1) * PAGE_SIZE)
    stream.write(content)


def _pages_below(first: bytes | bytearray) -> tuple[int, ...]:
    """The pages that the first one leads to: its header of 100 bytes is followed by that of the table of contents."""
    kind, cells, last = first[100], *struct.unpack_from(">3xH3xI", first, 100)
    if kind != _LEADS_TO_OTHERS:
        return ()
    places = struct.unpack_from(f">{cells}H", first, 112)
    return (*(struct.unpack_from(">I", first, place)[0] for place in places), last)
