"""Opening a file in a thread, for a disk may let one wait: and no cancellation leaves the file open."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO


@contextlib.asynccontextmanager
async def opened_by_thread(open_file: Callable[[], BinaryIO]) -> AsyncIterator[BinaryIO]:
    """The file that ``open_file`` opens in a thread, closed when the block ends.

    Raises:
        Whatever ``open_file`` raises.
    """
    opening = _Opening(open_file)
    try:
        yield await asyncio.to_thread(opening.open)
    finally:
        opening.close()


class _Opening:
    """One file, from before it is open until after it is wanted. A thread opens what is closed from outside of it."""

    def __init__(self, open_file: Callable[[], BinaryIO]) -> None:
        self._open_file = open_file
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._is_wanted = True

    def open(self) -> BinaryIO:
        file = self._open_file()
        with self._lock:
            self._file = file
            if not self._is_wanted:  # who waited was cancelled, and nobody else will close it
                file.close()
        return file

    def close(self) -> None:
        with self._lock:
            self._is_wanted = False
            if self._file is not None:
                self._file.close()
