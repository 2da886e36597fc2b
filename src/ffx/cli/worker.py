"""Who works the queue: the process that does, as far as it can be told without becoming it."""

from __future__ import annotations

import socket
from pathlib import Path

from ffx.client.queue.holder import Holder, read_holder


def working_process(queue_file: Path) -> Holder | None:
    """The process that works the queue of that file now; None when there is none."""
    holder = read_holder(queue_file)
    if holder is None or holder.host != socket.gethostname():
        return holder
    import psutil  # nearly always there is none to ask for

    return holder if psutil.pid_exists(holder.pid) else None  # it was killed and left its note
