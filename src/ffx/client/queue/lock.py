"""Who works the queue: one process at a time. The lock is the operating system's, and ends with its holder."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

import filelock

from ffx.client.queue.holder import Holder, read_holder, remove_holder, write_holder
from ffx.core.errors import QueueError


class QueueLock:
    """The lock of one queue. Acquired and released by whichever thread, one at a time; let go with the object."""

    def __init__(self, file: Path) -> None:
        """``file``: that of the queue; the lock is a file beside it."""
        self._file = file.absolute()
        self._lock = filelock.FileLock(self._file.with_name(f"{file.name}.lock"), mode=0o600, thread_local=False)

    @property
    def is_held(self) -> bool:
        """Whether this object holds it."""
        return self._lock.is_locked

    def acquire(self) -> bool:
        """Try to get the lock, without waiting; False when another one has it.

        Raises:
            QueueError: no lock can be made there.
        """
        if self.is_held:
            return True
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(blocking=False)
        except filelock.Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            why = getattr(error, "strerror", None) or error
            raise QueueError(f"{self._lock.lock_file}: {why}; ffx keeps the lock of its queue there") from None
        with contextlib.suppress(OSError):  # it is for messages only
            write_holder(self._file)
        return True

    def release(self) -> None:
        """Let others have it; nothing when it is not held."""
        if self.is_held:
            with contextlib.suppress(OSError):
                remove_holder(self._file)
            self._lock.release()

    def __enter__(self) -> Self:
        """Raises QueueError when another process has it."""
        if not self.acquire():
            raise QueueError(f"{self._file}: the queue is being worked by {self.holder() or 'another process'}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def holder(self) -> Holder | None:
        """Who has the lock, as far as it is known; meant for messages after ``acquire`` returned False."""
        return read_holder(self._file)
