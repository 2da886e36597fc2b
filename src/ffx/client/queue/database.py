"""One connection to the file of the queue: how it is made, opened and checked, and transactions that end.

SQLite in WAL mode with ``synchronous=FULL``: a commit is on the disk when it returns (one fsync), and readers
neither wait for a writer nor hold it up.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ffx.client.queue.damage import ERRORS, DamagedRow, damaged, explained
from ffx.client.queue.files import index_file, log_file, repaired_file, sync_folder
from ffx.client.queue.schema import MIGRATIONS, Migration, create, is_queue, migrate
from ffx.core.errors import QueueError

PATIENCE = 10.0
"""Seconds that a statement waits for another process; a commit of the longest kind takes about one."""

CHECKED_BYTES = 64 * 1024 * 1024
"""A larger file is not looked through when it is opened: this much, some 65,000 jobs, takes half a second. What is
wrong in a larger one is found when it is read, row by row."""

_PAGES_BEFORE_CHECKPOINT = 8192
"""Pages in the log before they go to their places (32 MiB): the default of 1,000 is two large commits."""


class Database:
    """A connection that explains its errors. For one thread at a time."""

    def __init__(self, file: Path, connection: sqlite3.Connection, patience: float) -> None:
        self.file = file
        self._connection = connection
        self._patience = patience
        self._identity = _identity(file)
        self._durable = True

    @classmethod
    def open(
        cls, file: Path, *, check: bool, patience: float = PATIENCE, migrations: Sequence[Migration] = MIGRATIONS
    ) -> Database:
        """Open the queue, which is made when there is none.

        ``check``: look the file through for damage, when it is not too large.

        Raises:
            QueueError: it is damaged, cannot be read or made, is held by others, or a newer ffx wrote it.
        """
        file = file.absolute()
        try:
            if not file.exists():
                _make(file)
            _refuse_empty(file)
            connection = connect(file, patience)
        except OSError as error:
            raise QueueError(f"{file}: {error.strerror or error}; ffx keeps its queue there") from None
        except sqlite3.Error as error:
            raise explained(file, error, patience=patience) from None
        try:
            _settle(connection, file, check=check, migrations=migrations)
            return cls(file, connection, patience)
        except ERRORS as error:
            connection.close()  # first: closing may still move pages from the log to the file
            raise explained(file, error, patience=patience) from None
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction: all that is written in it is on the disk when it ends, or nothing is.

        ``durable=False`` leaves out the fsync: whole or not at all still, but a power cut may take it back.
        """
        with self._explaining():
            self._be_durable(durable)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._refuse_when_moved()
                self._connection.execute("COMMIT")
            finally:
                self._roll_back()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All that is read in it is of one moment."""
        with self._explaining():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._roll_back()

    def data_version(self) -> int:
        """Another number than before: another connection has committed something."""
        with self._explaining():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except ERRORS as error:
            told = explained(self.file, error, patience=self._patience)
            if told is error:
                raise
            raise told from None

    def _be_durable(self, durable: bool) -> None:
        if durable is not self._durable:
            # In NORMAL a commit waits for no disk; the next one in FULL takes all before it along.
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # what led here is what matters
                self._connection.execute("ROLLBACK")

    def _refuse_when_moved(self) -> None:
        """What is written into a file that has lost its name would be lost with it."""
        try:
            here = _identity(self.file)
        except OSError:
            here = None
        if here != self._identity:
            raise QueueError(f"{self.file}: the queue was moved or replaced while it was in use; start ffx again")


def connect(file: Path, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection to a file that exists. Transactions are begun and ended by hand."""
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,  # one thread at a time, which the owner sees to
    )


def _settle(connection: sqlite3.Connection, file: Path, *, check: bool, migrations: Sequence[Migration]) -> None:
    """Set the connection up, and make sure that what it leads to is a sound queue of this version."""
    for setting in (
        "synchronous = FULL",
        "fullfsync = ON",  # on macOS a plain fsync leaves it in the disk's cache
        "checkpoint_fullfsync = ON",
        "foreign_keys = ON",
        "cell_size_check = ON",
        "trusted_schema = OFF",
        "temp_store = MEMORY",
        "cache_size = -16384",
        f"wal_autocheckpoint = {_PAGES_BEFORE_CHECKPOINT}",
    ):
        connection.execute(f"PRAGMA {setting}")
    if not is_queue(connection):
        raise DamagedRow("it is no queue of ffx")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise QueueError(f"{file}: this file system cannot hold a queue; set FFX_HOME to a folder on a local disk")
    migrate(connection, file, migrations)
    if check and file.stat().st_size <= CHECKED_BYTES:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise DamagedRow(found)


def _make(file: Path) -> None:
    """Make an empty queue: complete before it has its name, so that an empty file is never a new queue."""
    log = log_file(file)
    if log.exists() and log.stat().st_size:
        raise QueueError(f"{file} is missing, but {log.name} beside it shows that there was one: put it back")
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.", suffix=".part")  # 0600
    os.close(handle)
    part = Path(name)
    try:
        with contextlib.closing(connect(part)) as connection:
            create(connection)
        _appear(part, file)
        sync_folder(file.parent)
    finally:
        for rest in (part, log_file(part), index_file(part)):
            rest.unlink(missing_ok=True)


def _appear(part: Path, file: Path) -> None:
    """Give the part its name, unless another process was first."""
    try:
        file.hardlink_to(part)
    except FileExistsError:
        return
    except (OSError, NotImplementedError):
        # A file system without hard links: the nearest there is.
        if not file.exists():
            part.replace(file)


def _refuse_empty(file: Path) -> None:
    """SQLite takes an empty file for a new database, and throws away the log beside it: it must not get to see it.

    The file is not opened for that: closing it would let go of every lock that this process has on it (POSIX), those of
    its other connections among them.
    """
    if repaired_file(file).exists():
        raise QueueError(f"{file}: a repair was interrupted; finish it with: ffx queue repair")
    if file.stat().st_size == 0:
        raise damaged(file, "it is empty")


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino
