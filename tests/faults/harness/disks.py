"""Small disks, and how they become full. Needs root."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.faults.harness.ground import MEGABYTE


class Disk:
    """A file system of its own in memory, mounted over a folder."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)

    @property
    def free(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self) -> None:
        """Let somebody else take all that is left."""
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(MEGABYTE // 16))
            except OSError:
                pass
        assert self.free < MEGABYTE // 16

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def __enter__(self) -> Disk:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=False)
