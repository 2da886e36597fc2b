"""FFmpeg's own way with quotes and escapes, in both directions.

A filter's option passes two levels of it: the graph takes one off, the list of options the next. The functions here
follow ``av_get_token`` and ``av_opt_get_key_value`` of FFmpeg's libavutil to the letter, so that what is judged is what
FFmpeg will see.
"""

from __future__ import annotations

import re

from attrs import frozen

from ffx.core.errors import RecipeError

WHITESPACE = " \n\t\r"
_KEY = re.compile(r"[ \n\t\r]*+([A-Za-z0-9_/.-]*+)[ \n\t\r]*+=")
"""What FFmpeg takes for the name of an option, with its equals sign; never looks twice at a blank."""


def get_token(text: str, position: int, ends: str) -> tuple[str, int]:
    """The text from a position up to one of some characters, one level of quotes and escapes taken off; and where it
    ends. Blanks around it are dropped, unless they are quoted or escaped.
    """
    while position < len(text) and text[position] in WHITESPACE:
        position += 1
    token, kept = [], 0
    while position < len(text) and text[position] not in ends:
        character = text[position]
        position += 1
        if character == "\\" and position < len(text):
            token.append(text[position])
            position += 1
            kept = len(token)
        elif character == "'":
            quote = text.find("'", position)
            token.extend(text[position : quote if quote >= 0 else None])
            if quote >= 0:
                kept = len(token)
            position = quote + 1 if quote >= 0 else len(text)
        else:
            token.append(character)
    while len(token) > kept and token[-1] in WHITESPACE:
        token.pop()
    return "".join(token), position


def escape(text: str, ends: str) -> str:
    """The text such that ``get_token`` with the same ``ends`` gives it back."""
    special = {"\\", "'", *ends}
    first, last = len(text) - len(text.lstrip(WHITESPACE)), len(text.rstrip(WHITESPACE))
    return "".join(
        f"\\{character}" if character in special or not first <= place < last else character
        for place, character in enumerate(text)
    )


@frozen
class Options:
    """The options of a filter or bitstream filter."""

    positional: tuple[str, ...] = ()
    """Values that were given by their place; they come first."""
    named: tuple[tuple[str, str], ...] = ()


def read_options(text: str) -> Options:
    """Options as in ``640:480:flags=lanczos``.

    Raises:
        RecipeError: a value without a name behind one that has it; FFmpeg refuses that too.
    """
    positional: list[str] = []
    named: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        key = _KEY.match(text, position)
        value, position = get_token(text, key.end() if key else position, ":")
        position += 1  # the colon
        if key:
            named.append((key[1], value))
        elif named:
            raise RecipeError(f"{value[:40]!r} has no name; behind options with names each must have one")
        else:
            positional.append(value)
    return Options(tuple(positional), tuple(named))


def render_options(options: Options) -> str:
    """The text that ``read_options`` reads back as the same."""
    places = (_without_key(escape(value, ":")) for value in options.positional)
    pairs = (f"{name}={escape(value, ':')}" for name, value in options.named)
    return ":".join((*places, *pairs))


def _without_key(text: str) -> str:
    # An escape where a name would begin: then FFmpeg takes the text for a value.
    return f"\\{text}" if _KEY.match(text) else text


def read_pairs(text: str, separator: str) -> tuple[tuple[str, str], ...]:
    """A list of parameters as in ``crf=20:no-sao=1``; one without a value is a switch that is turned on.

    Raises:
        RecipeError: a name or a value is missing.
    """
    pairs = []
    position = 0
    while position < len(text):
        key, position = get_token(text, position, f"={separator}")
        value = "1"
        if text[position : position + 1] == "=":
            value, position = get_token(text, position + 1, separator)
        position += 1
        if not key or not value:
            raise RecipeError(f"{key or text[:40]!r} lacks its {'value' if key else 'name'}")
        pairs.append((key, value))
    return tuple(pairs)


def render_pairs(pairs: tuple[tuple[str, str], ...], separator: str) -> str:
    """The text that ``read_pairs`` reads back as the same."""
    return separator.join(f"{escape(key, f'={separator}')}={escape(value, separator)}" for key, value in pairs)
