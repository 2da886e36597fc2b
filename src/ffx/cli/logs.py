"""Logging with the standard library: to stderr, and to a file when one is named."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from ffx.core.errors import ConfigurationError
from ffx.core.text import printable


class PrintableFormatter(logging.Formatter):
    """One line a record: what a client named or sent cannot move the cursor or forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).split("\n")
        # A traceback has lines of its own; the message has none.
        message_lines = record.getMessage().count("\n") + 1
        return "\n".join([printable(" ".join(lines[:message_lines])), *map(printable, lines[message_lines:])])


def start_logging(level: str, file: str) -> None:
    """Log from ``level`` up.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file:
        path = Path(file).expanduser()
        try:
            handlers.append(logging.FileHandler(path, encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"the log file {path} cannot be written: {error.strerror or error}") from None
    for handler in handlers:
        handler.setFormatter(PrintableFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=handlers, force=True)
