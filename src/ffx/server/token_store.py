"""The file of tokens: digests, readable by the user only, replaced whole; commands change it while servers run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from attrs import frozen
from filelock import FileLock

from ffx.core.errors import ConfigurationError, DecodeError
from ffx.core.plain import from_plain, to_plain
from ffx.core.private_files import replace_privately
from ffx.server.tokens import Token

Tokens = tuple[Token, ...]


@frozen
class _Content:
    tokens: Tokens = ()


class TokenStore:
    """Reads and changes the file. Everything here blocks."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def tokens(self) -> Tokens:
        """All of them, those that have expired too; without a file there are none.

        Raises:
            ConfigurationError: the file is damaged.
        """
        try:
            content: _Content = from_plain(json.loads(self._file.read_text(encoding="utf-8")), _Content)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, RecursionError, DecodeError) as error:
            raise ConfigurationError(f"{self._file}: cannot be read: {error}") from None
        return content.tokens

    def change(self, change: Callable[[Tokens], Tokens]) -> None:
        """Put what ``change`` makes of the tokens in their place; of several that change them at once, one waits for
        the other.

        Raises:
            ConfigurationError: the file is damaged or cannot be written.
        """
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self._file.with_suffix(".lock"), mode=0o600):
                content = _Content(change(self.tokens()))
                replace_privately(self._file, json.dumps(to_plain(content), indent=1).encode())
        except OSError as error:
            raise ConfigurationError(f"{self._file}: cannot be written: {error.strerror or error}") from None

    def version(self) -> object:
        """Another value when the file is another."""
        return file_version(self._file)


def file_version(file: Path) -> tuple[int, int, int] | None:
    """Another value when a file that is only ever replaced is another; None: it is not there."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
