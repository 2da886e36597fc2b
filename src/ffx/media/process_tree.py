"""A child process and everything that it started, as one thing: suspended, resumed, measured.

psutil does it on Linux, macOS and Windows alike, and makes sure that an id was not given to another process meanwhile.
"""

from __future__ import annotations

import contextlib

import psutil


class ProcessTree:
    """The tree below one child. A process that has ended is passed over."""

    def __init__(self, pid: int) -> None:
        self._root: psutil.Process | None = None
        self._suspended: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            self._root = psutil.Process(pid)

    def members(self) -> list[psutil.Process]:
        """The child and what it started, even what left its group; empty when it has ended."""
        if self._root is None:
            return []
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu_seconds(self) -> float:
        """What the tree has used of all cores, with what ended and was waited for where the system counts that."""
        total = 0.0
        for member in self.members():
            with contextlib.suppress(psutil.Error):
                used = member.cpu_times()
                total += used.user + used.system + used.children_user + used.children_system
        return total

    def suspend(self) -> None:
        """Stop every process where it stands."""
        # From the child downwards, until nobody new is found: what is suspended starts no other process.
        while fresh := [member for member in self.members() if member not in self._suspended]:
            for member in fresh:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.suspend()
            self._suspended += fresh

    def resume(self) -> None:
        """Let go on what ``suspend`` stopped: each process once, as Windows counts."""
        suspended, self._suspended = self._suspended, []
        for member in suspended:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.resume()
