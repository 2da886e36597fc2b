"""Puts a checked result under its final name: whole or not at all, and over an existing file only when told to."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from ffx.client.queue.files import sync_folder
from ffx.core.errors import UsageError, VerificationError
from ffx.media.digest import file_digest

_NAME_BYTES = 160
"""Of an output's name in that of its part: file systems take 255 in all."""


def part_path(output: Path, job_id: str, attempt: int) -> Path:
    """Where a result is kept until it is checked: beside the output, so that renaming needs no copy. Each attempt has a
    part of its own: what one began, no other goes on with.
    """
    return output.with_name(f".{_shortened(output.name)}.{job_id[:8]}.{attempt}.part")


def clear_parts(output: Path, job_id: str, attempts: int) -> None:
    """Remove the parts of the first so many attempts of a job. Blocking.

    Their names are known, so the folder is not searched: it may hold a hundred thousand results.
    """
    for attempt in range(1, attempts + 1):
        with contextlib.suppress(OSError):  # most were never made; the folder may be gone or read-only by now
            part_path(output, job_id, attempt).unlink()


def _shortened(name: str) -> str:
    """As much of an output's name as file systems allow beside the rest of a part's."""
    return name.encode("utf-8", "surrogateescape")[:_NAME_BYTES].decode("utf-8", "ignore")


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


def commit(part: Path, output: Path, *, overwrite: bool, digest: str = "") -> None:
    """Give the part its final name. Done twice it is done once: with a ``digest``, a file of that digest under the
    final name and no part beside it is one that was put there before its job could be noted as done. Blocking.

    Raises:
        UsageError: a file of that name appeared meanwhile, or the name cannot be given; the part stays as it is.
        VerificationError: the part is gone, or is not what it was.
    """
    if digest and not part.exists():
        if _has_digest(output, digest):
            return
        raise VerificationError(f"{part.name}, the checked result, is gone; it is made anew")
    if digest and not _has_digest(part, digest):
        raise VerificationError(f"{part.name} is not the result that was checked; it is made anew")
    try:
        if overwrite:
            part.replace(output)
        else:
            _rename_without_replacing(part, output)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from None
    sync_folder(output.parent)


def _has_digest(file: Path, digest: str) -> bool:
    try:
        return file_digest(file) == digest
    except OSError:
        return False


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
