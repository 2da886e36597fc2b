"""The lines of the log that are shown. Without Tk."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from ffx.core.desk import Level, LogLine

_SHOWN = {"all": tuple(Level), "warning": (Level.WARNING, Level.ERROR), "error": (Level.ERROR,)}


@define
class LogView:
    """All lines, and which of them are wanted."""

    level: str = "all"
    words: str = ""
    """In a line that is shown; the name of a file, for a job."""
    _lines: list[LogLine] = field(factory=list)

    @property
    def last(self) -> int:
        """The number of the last line; 0 without one."""
        return self._lines[-1].number if self._lines else 0

    def take(self, lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
        """Add lines; returns those of them that are shown."""
        new = [line for line in lines if line.number > self.last]
        self._lines.extend(new)
        return tuple(line for line in new if self._is_shown(line))

    def choose(self, level: str, words: str) -> None:
        self.level, self.words = level, words.strip().lower()

    def shown(self) -> tuple[LogLine, ...]:
        return tuple(line for line in self._lines if self._is_shown(line))

    def _is_shown(self, line: LogLine) -> bool:
        return line.level in _SHOWN[self.level] and self.words in line.text.lower()
