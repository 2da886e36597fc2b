"""What ``ffx gui`` does: the window of a plugin is given a desk."""

from __future__ import annotations

import contextlib

from ffx.cli.assembly import Assembly
from ffx.cli.desk import ProgramDesk
from ffx.core.errors import WindowError


def open_window(assembly: Assembly, name: str) -> int:
    """Open it and wait until it is closed; returns the exit status.

    Raises:
        WindowError: there is none of that name, or it cannot be opened here.
        QueueError: the queue is damaged.
    """
    windows = assembly.plugins.windows()
    if name not in windows and not windows:
        raise WindowError("no plugin has a window; see: ffx plugins")
    with contextlib.closing(ProgramDesk(assembly)) as desk:
        return windows.find(name).run(desk)
