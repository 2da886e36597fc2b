"""The files that are to be encoded and are not in the queue yet. Without Tk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import define, field


@define
class FilesView:
    """A list without doubles, in the order of adding."""

    files: list[Path] = field(factory=list)

    def add(self, paths: Iterable[Path]) -> int:
        """Returns how many are new."""
        known = set(self.files)
        new = [path for path in dict.fromkeys(paths) if path not in known]
        self.files.extend(new)
        return len(new)

    def remove(self, paths: Iterable[Path]) -> None:
        gone = set(paths)
        self.files = [path for path in self.files if path not in gone]

    def clear(self) -> None:
        self.files.clear()

    def default_folder(self) -> Path | None:
        """Where results would go when nobody says: a folder beside the first file."""
        return self.files[0].parent / "encoded" if self.files else None
