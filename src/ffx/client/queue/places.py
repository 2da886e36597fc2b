"""One spelling for each place in the file system, so that two jobs never write to the same one."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import define, field


@define
class Places:
    """Remembers folders: files of one submission share theirs, and asking the file system takes its time."""

    _folders: dict[str, str] = field(init=False, factory=dict)

    def of(self, path: str) -> str:
        """The path with its folder's real name, and in the case that the system compares by.

        A link at the very end is a place of its own: what is renamed to it takes its place, not that of its target.
        """
        folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - Path keeps `..`
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = str(Path(folder).resolve())
        return os.path.normcase(os.path.join(real, name))  # noqa: PTH118 - many at a time
