"""Text that is safe to print: what comes from the other side may not move a cursor or hide itself."""

from __future__ import annotations

import unicodedata

_SPACES = "\n\r\t\v\f\u2028\u2029\x85"


def printable(text: str) -> str:
    """The text without control and format characters: no escape sequences, no reversed names, one line.

    Lone surrogates (bytes of a file name that are no text) are kept: the stream decides how to write them.
    """
    if text.isascii() and text.isprintable():
        return text
    spaced = (" " if character in _SPACES else character for character in text)
    return "".join(character for character in spaced if unicodedata.category(character) not in ("Cc", "Cf"))


def one_line(text: str) -> str:
    """Printable, and with single spaces."""
    return " ".join(printable(text).split())


def brief(text: str, longest: int = 200) -> str:
    """One line, and of a longer one the beginning: what others wrote may be megabytes."""
    line = one_line(text[: 4 * longest])
    return line if len(line) <= longest else f"{line[:longest]}..."
