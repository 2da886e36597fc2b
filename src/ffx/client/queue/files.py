"""The files of a queue: their names, and copies that are whole or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path


def log_file(file: Path) -> Path:
    """Where SQLite keeps what was committed and is not yet in the file itself; it belongs to the file."""
    return file.with_name(f"{file.name}-wal")


def index_file(file: Path) -> Path:
    """SQLite's index of the log; made anew whenever it is missing."""
    return file.with_name(f"{file.name}-shm")


def repaired_file(file: Path) -> Path:
    """A repair that is complete and was not yet put in place."""
    return file.with_name(f"{file.name}.repaired")


def kept_file(file: Path, word: str) -> Path:
    """A name for a copy, with the time."""
    return file.with_name(f"{file.name}.{word}-{time.strftime('%Y%m%d-%H%M%S')}")


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file with its permissions; on the disk, and whole under its name or not there at all."""
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.copy2(source, part)
        sync(part)
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def sync(file: Path) -> None:
    """Return when what was written into the file is on the disk."""
    descriptor = os.open(file, os.O_RDWR)  # Windows syncs no file that it may only read
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make new names survive a power cut, where the system can sync a folder (not on Windows)."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
