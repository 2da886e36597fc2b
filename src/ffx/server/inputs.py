"""Inputs that may be wanted again: whole ones by their digest, and beginnings that their clients will go on with.

They are files in one folder, and all that is known of them is in the file system, so a restart changes nothing: the
name is made of what they are found by, the time of the last change says when they were last used, and a link beside
their own says that a job uses one. Everything here blocks.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from blake3 import blake3

KEPT_FOR = 3600.0
"""Seconds that a whole input is kept after the last job that used it."""
KEPT_SHARE = 0.25
"""Of the free space, what inputs that nobody uses may take at the most."""

_WHOLE = "whole-"
_BEGINNING = "begun-"


class Inputs:
    """What is kept of inputs, each for the client that sent it."""

    def __init__(self, folder: Callable[[], Path], *, keep: float) -> None:
        """``folder`` says where, once there is a place; ``keep``: seconds for which a beginning awaits its client."""
        self._folder = folder
        self._keep = keep

    def take(self, path: Path, *, client_id: str, job_id: str, number: int = 0, size: int, digest: str) -> None:
        """Put into place what is here of an input, the ``number``-th of its job; nothing may be. Raises OSError."""
        beginning = self._beginning(client_id, job_id, number, size)
        whole = self._whole(client_id, digest, size)
        with contextlib.suppress(FileNotFoundError):
            path.hardlink_to(whole)
            os.utime(whole)
            beginning.unlink(missing_ok=True)
            return
        with contextlib.suppress(FileNotFoundError):
            beginning.replace(path)

    def keep_whole(self, path: Path, *, client_id: str, digest: str, size: int, free: int) -> None:
        """Keep the checked input of a job for further ones; ``free``: bytes on the disk."""
        whole = self._whole(client_id, digest, size)
        with contextlib.suppress(OSError):  # a file system without links: then each job sends its own
            if not whole.exists():
                whole.hardlink_to(path)
            os.utime(whole)
        self._trim(round(free * KEPT_SHARE))

    def put_by(self, path: Path, *, client_id: str, job_id: str, number: int = 0, size: int) -> None:
        """Keep what arrived of an input whose job gives its place back."""
        with contextlib.suppress(OSError):
            if path.stat().st_size:
                beginning = self._beginning(client_id, job_id, number, size)
                path.replace(beginning)
                os.utime(beginning)

    def used(self, *, client_id: str, digest: str, size: int) -> None:
        """A job that used a whole input ends now."""
        with contextlib.suppress(OSError):
            os.utime(self._whole(client_id, digest, size))

    def forget(self, *, client_id: str, digest: str, size: int) -> None:
        """A whole input is not what it was."""
        self._whole(client_id, digest, size).unlink(missing_ok=True)

    def make_room(self, needed: int) -> None:
        """Remove what nobody uses until so many bytes are gained, or nothing is left: whole inputs before beginnings,
        and what was not used for long before the rest.
        """
        for path in (*self._unused(_WHOLE), *self._unused(_BEGINNING), *self._unused(_WHOLE)):
            if needed <= 0:
                return
            needed -= _remove(path)

    def expire(self) -> None:
        """Remove what was kept long enough."""
        for prefix, seconds in ((_WHOLE, KEPT_FOR), (_BEGINNING, self._keep)):
            for path in self._unused(prefix):
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > seconds:
                        path.unlink()

    def _trim(self, limit: int) -> None:
        unused = self._unused(_WHOLE)
        excess = sum(_size(path) for path in unused) - limit
        for path in unused:
            if excess <= 0:
                return
            excess -= _remove(path)

    def _unused(self, prefix: str) -> list[Path]:
        """Those of a kind that no job has a link to, the longest unused first."""
        with contextlib.suppress(OSError):
            found = [(facts.st_mtime, path) for path, facts in self._facts(prefix) if facts.st_nlink == 1]
            return [path for _, path in sorted(found)]
        return []

    def _facts(self, prefix: str) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self._folder().glob(f"{prefix}*"):
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat()

    def _whole(self, client_id: str, digest: str, size: int) -> Path:
        return self._folder() / f"{_WHOLE}{_key(client_id, digest.lower(), str(size))}"

    def _beginning(self, client_id: str, job_id: str, number: int, size: int) -> Path:
        which = (str(number),) if number else ()
        return self._folder() / f"{_BEGINNING}{_key(client_id, job_id, str(size), *which)}"


def _key(*names: str) -> str:
    """A plain word for what a client calls things; no two give the same."""
    words = (name.encode(errors="surrogatepass") for name in names)
    return blake3(b"".join(len(word).to_bytes(8, "big") + word for word in words)).hexdigest()


def _remove(path: Path) -> int:
    """Remove a file; returns how many bytes that gained."""
    size = _size(path)
    path.unlink(missing_ok=True)
    return size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
