"""Who works the queue: the process that does, as far as it can be told without becoming it."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil

from ffx.client.queue.lock import Holder, QueueLock


def working_process(queue_file: Path) -> Holder | None:
    """The process that works the queue of that file now; None when there is none."""
    holder = QueueLock(queue_file).holder()
    if holder is None or holder.host != socket.gethostname() or psutil.pid_exists(holder.pid):
        return holder
    return None  # it was killed and left its note
