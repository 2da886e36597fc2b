"""What is known of the inputs of jobs: their digests, so that no server is sent the same film twice."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakValueDictionary

from attrs import frozen

from ffx.core.errors import TransferError
from ffx.core.model import JobConfiguration

REMEMBERED = 1000
"""Inputs whose digests are kept."""

_Identity = tuple[str, int, int]


@frozen
class Source:
    """A file that a job has to send."""

    number: int
    """Among the job's files: 0 is its input."""
    path: Path
    size: int
    """Bytes."""
    modified: float
    """When it was changed last, seconds since the epoch; 0 when that is not known."""
    before: int
    """Bytes of the files that are sent before it."""


def sources_of(job: JobConfiguration, modified: float) -> Iterator[Source]:
    """All files of a job in the order of their numbers; ``modified`` is the input's."""
    yield Source(0, Path(job.input_file), job.file_size, modified, 0)
    before = job.file_size
    for number, other in enumerate(job.other_files, 1):
        yield Source(number, Path(other.path), other.size, other.modified, before)
        before += other.size


class Sources:
    """Digests by path, size and time of the last change; and who sends a file to a server while others wait for it."""

    def __init__(self) -> None:
        self._digests: OrderedDict[_Identity, str] = OrderedDict()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def turn(self, server_id: str, path: Path) -> asyncio.Lock:
        """Held while a file is sent to a server: a second job with the same input finds it there."""
        key = (server_id, str(path))
        turn = self._turns.get(key)
        if turn is None:
            turn = self._turns[key] = asyncio.Lock()
        return turn

    def known(self, path: Path) -> str:
        """The digest of a file as it is now; empty when it is not known."""
        identity = _identity(path)
        return self._digests.get(identity, "") if identity is not None else ""

    def remember(self, path: Path, digest: str) -> None:
        identity = _identity(path)
        if identity is not None:
            self._digests[identity] = digest
            while len(self._digests) > REMEMBERED:
                self._digests.popitem(last=False)

    def forget(self, path: Path) -> None:
        """What was known is wrong."""
        identity = _identity(path)
        if identity is not None:
            self._digests.pop(identity, None)


def check_unchanged(path: Path, *, size: int, modified: float) -> None:
    """Whether an input is still what it was when its job was submitted. ``modified``: seconds since the epoch, 0 when
    it is not known.

    Raises:
        TransferError: ``source_changed``, it is another one or gone.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise TransferError(f"{path}: cannot be read: {error.strerror}", code="source_changed") from None
    if found.st_size != size or (modified and found.st_mtime != modified):
        raise TransferError(
            f"{path} is not what it was when the job was submitted; submit it again", code="source_changed"
        )


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_size, found.st_mtime_ns
