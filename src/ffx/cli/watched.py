"""What is known of a watched folder: which files are complete, and which were dealt with already."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from ffx.cli.finding import Input
from ffx.core.errors import ConfigurationError


@frozen
class State:
    """A file as it was at one moment: another size or time is another file."""

    size: int
    modified: int
    """Nanoseconds since the epoch."""


class Settling:
    """Tells when files are complete: when they have not changed for a while. Its clock is its caller's."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[Path, tuple[State, float]] = {}

    def complete(self, inputs: Iterable[Input], now: float) -> tuple[tuple[Input, State], ...]:
        """Those of the files that are there now that have not changed for so many seconds, and have content."""
        seen: dict[Path, tuple[State, float]] = {}
        found = []
        for one in inputs:
            state = state_of(one.path)
            if state is None:
                continue
            before = self._seen.get(one.path)
            since = before[1] if before is not None and before[0] == state else now
            seen[one.path] = state, since
            if state.size and now - since >= self._seconds:
                found.append((one, state))
        self._seen = seen
        return tuple(found)


def state_of(path: Path) -> State | None:
    """None where it went away meanwhile, or cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return State(status.st_size, status.st_mtime_ns)


class Memory:
    """The files that were dealt with, kept across runs, for one folder and where its outputs go."""

    def __init__(self, folder: Path, source: Path, target: Path) -> None:
        """``folder`` is where memories are kept.

        Raises:
            ConfigurationError: the memory is damaged: without it all files would be encoded once more.
        """
        name = hashlib.sha256(f"{source.resolve()}\0{target.resolve()}".encode()).hexdigest()[:32]
        self._file = folder / f"{name}.json"
        self._known = self._read()

    def has(self, path: Path, state: State) -> bool:
        return self._known.get(str(path.absolute())) == [state.size, state.modified]

    def add(self, files: Iterable[tuple[Path, State]]) -> None:
        """Remember files from now on. Raises ConfigurationError: it cannot be written."""
        for path, state in files:
            self._known[str(path.absolute())] = [state.size, state.modified]
        part = self._file.with_suffix(f".{os.getpid()}.part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as file:
                json.dump(self._known, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise ConfigurationError(f"{self._file}: {error.strerror or error}") from None

    def _read(self) -> dict[str, list[int]]:
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{self._file}: {getattr(error, 'strerror', None) or 'is damaged'}") from None
        if not isinstance(known, dict):
            raise ConfigurationError(f"{self._file}: is damaged; without it all files are encoded once more: remove it")
        return known
