"""The note of who works the queue: it stands beside its lock, and is for messages only."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from attrs import frozen


@frozen
class Holder:
    """The process that holds the lock."""

    pid: int
    host: str

    def __str__(self) -> str:
        return f"process {self.pid}" + ("" if self.host == socket.gethostname() else f" on {self.host}")


def write_holder(queue_file: Path) -> None:
    """Note that it is this process. Raises OSError."""
    note = {"pid": os.getpid(), "host": socket.gethostname()}
    _note(queue_file).write_text(json.dumps(note), encoding="utf-8")


def remove_holder(queue_file: Path) -> None:
    """Raises OSError."""
    _note(queue_file).unlink(missing_ok=True)


def read_holder(queue_file: Path) -> Holder | None:
    """Who has the lock, as far as it is known. What one that was killed left behind is replaced by the next."""
    try:
        note = json.loads(_note(queue_file).read_text(encoding="utf-8"))
        return Holder(int(note["pid"]), str(note["host"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _note(queue_file: Path) -> Path:
    return queue_file.with_name(f"{queue_file.name}.holder")
