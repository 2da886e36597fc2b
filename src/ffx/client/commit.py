"""Puts a checked result under its final name: whole or not at all, and over an existing file only when told to."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from ffx.core.errors import UsageError


def part_path(output: Path, job_id: str) -> Path:
    """Where a result is kept until it is checked: beside the output, so that renaming needs no copy."""
    return output.with_name(f".{output.name[:80]}.{job_id[:8]}.part")


def check_output(output: Path, *, overwrite: bool) -> None:
    """Raises UsageError when the result could not be put there: it exists, is a folder, or its folder is missing
    or read-only.
    """
    if output.is_dir():
        raise UsageError(f"{output} is a folder; name a file with -o, or give --out-dir")
    if output.exists() and not overwrite:
        raise UsageError(f"{output} exists; give --overwrite to replace it")
    if not output.parent.is_dir():
        raise UsageError(f"{output.parent} is not a folder; make it first")
    try:
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise UsageError(f"{output.parent} cannot be written to: {error.strerror}") from None


def commit(part: Path, output: Path, *, overwrite: bool) -> None:
    """Give the part its final name.

    Raises:
        UsageError: a file of that name appeared meanwhile, or the name cannot be given; the part stays as it is.
    """
    try:
        if overwrite:
            part.replace(output)
        else:
            _rename_without_replacing(part, output)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from None
    _sync_folder(output.parent)


def _rename_without_replacing(part: Path, output: Path) -> None:
    try:
        output.hardlink_to(part)  # atomic: fails when the name is taken
    except FileExistsError:
        raise UsageError(f"{output} appeared while the job ran; it is left as it is") from None
    except (OSError, NotImplementedError):
        # A file system without hard links (exFAT, some shares): the nearest there is.
        if output.exists():
            raise UsageError(f"{output} appeared while the job ran; it is left as it is") from None
        part.rename(output)
    else:
        part.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the system can sync a folder (not on Windows)."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
