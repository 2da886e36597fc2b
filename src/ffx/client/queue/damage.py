"""What is done about a queue that cannot be read as one: it is kept, told, and never taken for an empty one."""

from __future__ import annotations

import filecmp
import sqlite3
from pathlib import Path

from ffx.client.queue.files import copy_whole, kept_file, log_file
from ffx.core.errors import QueueError
from ffx.core.text import one_line


class DamagedRow(Exception):
    """A row that does not hold what was written into it."""


_DAMAGE = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,  # a table, column or index that is not there: what names it was overwritten
)
ERRORS = (sqlite3.Error, DamagedRow, UnicodeDecodeError)
"""What reading a damaged file raises. The last one: where a message of SQLite quotes what is no text."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def explained(file: Path, error: Exception, *, patience: float) -> Exception:
    """What to raise for an error of SQLite or a damaged row: a ``QueueError``, or the error itself when it is a
    fault of ours. ``patience``: seconds that were waited for somebody else.
    """
    if isinstance(error, (DamagedRow, UnicodeDecodeError)):
        return damaged(file, str(error))
    if isinstance(error, (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError)):
        return error
    code = getattr(error, "sqlite_errorcode", None)  # absent where Python itself could not read a text
    if code is None or code & 0xFF in _DAMAGE or code == sqlite3.SQLITE_IOERR_SHORT_READ:
        return damaged(file, str(error))
    if code & 0xFF in _BUSY:
        return QueueError(f"{file}: another process has held the queue for {patience:g} seconds; end it or try again")
    return QueueError(f"{file}: {error}; ffx keeps its queue there")


def damaged(file: Path, why: str) -> QueueError:
    """Keep a copy of the file as it is, and say so."""
    copy = keep_copy(file)
    kept = f"a copy is kept as {copy.name}" if copy else "no copy could be made"
    return QueueError(
        f"{file}: the queue is damaged ({one_line(why)}); {kept}; save what can be read with: ffx queue repair"
    )


def keep_copy(file: Path) -> Path | None:
    """A copy of the file and its log beside it, unless there is one already; None where that fails."""
    try:
        for old in sorted(file.parent.glob(f"{file.name}.damaged-*[0-9]")):
            if _is_copy(file, old) and _is_copy(log_file(file), log_file(old)):
                return old
        copy = kept_file(file, "damaged")
        copy_whole(file, copy)
        if _has_content(log_file(file)):
            copy_whole(log_file(file), log_file(copy))
    except OSError:
        return None
    return copy


def _is_copy(source: Path, copy: Path) -> bool:
    if _has_content(source) and _has_content(copy):
        return filecmp.cmp(source, copy, shallow=False)
    return _has_content(source) is _has_content(copy)


def _has_content(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0
