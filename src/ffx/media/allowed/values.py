"""The kinds of values that options take, each with the one form in which it is accepted.

A value never gets through because it looks harmless: it must be a number, a word, a colour and so on, of bounded size,
as a whole. FFmpeg itself then knows which number or word makes sense.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ffx.core.errors import RecipeError

LARGEST_SIDE = 16384
"""Pixels."""
FASTEST_RATE = 1000
"""Frames a second."""
MOST_TILES = 100
LONGEST_TEXT = 4096
_DEEPEST = 50
_LARGEST = 10.0**15

_NUMBER = r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][+-]?[0-9]{1,2})?"
_SUFFIXES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}
_SCALED = re.compile(rf"({_NUMBER})(k|K|M|G|Ki|Mi|Gi)?B?")
_PRODUCT = re.compile(rf"{_NUMBER}(?:[*/]{_NUMBER}){{1,3}}")
_PLAIN = re.compile(r"[A-Za-z0-9_+.(-][A-Za-z0-9_+.|()%-]{0,199}")
_NO_NUMBERS = frozenset({"inf", "infinity", "nan"})
_BOUNDS = re.compile(r"(-?[0-9.]+)\.\.(-?[0-9.]+)")
_LITERAL = re.compile(r"(?<![\w.])(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def check_value(kind: str, text: str, files: Mapping[str, str]) -> str:
    """The value as FFmpeg is to get it.

    ``kind`` is empty (a number or a word of FFmpeg's own), bounds (``0..64``) or a name out of ``KINDS``; ``files`` are
    the job's other files, from the names that are written to those that the server gave them.

    Raises:
        RecipeError: it is not of that kind; says what it should be, for the words behind the option's name.
    """
    if kind == "file":
        return _file(text, files)
    bounds = _BOUNDS.fullmatch(kind)
    if bounds:
        return _bounded(text, float(bounds[1]), float(bounds[2]))
    return KINDS[kind](text)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is of a pattern."""
    return re.fullmatch(pattern, text) is not None


def legible(word: str) -> str:
    """A word for one line of a message."""
    return word if len(word) <= 60 and word.isprintable() else repr(word[:60])


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def _matching(text: str, pattern: str, what: str) -> str:
    if not re.fullmatch(pattern, text):
        raise RecipeError(f"{_shown(text)} is no {what}")
    return text


# -- Numbers and words ------------------------------------------------------------------------------------------


def number_of(text: str) -> float | None:
    """The number that FFmpeg reads in ``1.5``, ``2M`` or ``-3``; None where it is none."""
    match = _SCALED.fullmatch(text)
    return float(match[1]) * _SUFFIXES[match[2] or ""] if match else None


def _plain(text: str) -> str:
    number = number_of(text)
    if number is not None and not abs(number) <= _LARGEST:
        raise RecipeError(f"{_shown(text)} is too large a number")
    word = _PLAIN.fullmatch(text) and text.lstrip("+-").lower() not in _NO_NUMBERS
    if number is None and not word and not _PRODUCT.fullmatch(text):
        raise RecipeError(f"{_shown(text)} is neither a number nor a plain word")
    return text


def _codec_flags(text: str) -> str:
    """Names alone: a number would hide which flags it holds."""
    _matching(text, "[+-]?[a-z][a-z0-9_]{1,30}(?:[+-][a-z][a-z0-9_]{1,30}){0,30}", "list of flags such as +cgop")
    if re.search(r"\bpass[12]\b", text):
        raise RecipeError("pass1 and pass2 belong to two passes: ask for them with --two-pass")
    return text


def _bounded(text: str, low: float, high: float) -> str:
    number = number_of(text)
    if number is None or not low <= number <= high:
        raise RecipeError(f"{_shown(text)} is no number from {low:g} to {high:g}")
    return text


def _codec(text: str) -> str:
    return _matching(text, "[a-z0-9][a-z0-9_-]{0,39}", "name of an encoder")


# -- Pictures ---------------------------------------------------------------------------------------------------


def _size(text: str) -> str:
    match = re.fullmatch("([0-9]{1,5})x([0-9]{1,5})", text)
    if match is None:
        return _matching(text, "[a-z][a-z0-9-]{1,20}", "size such as 1280x720")
    if not all(1 <= int(side) <= LARGEST_SIDE for side in match.groups()):
        raise RecipeError(f"{_shown(text)} is no size from 1x1 to {LARGEST_SIDE}x{LARGEST_SIDE}")
    return text


def _grid(text: str) -> str:
    match = re.fullmatch("([0-9]{1,3})x([0-9]{1,3})", text)
    if match is None or not 1 <= int(match[1]) * int(match[2]) <= MOST_TILES:
        raise RecipeError(f"{_shown(text)} is no grid such as 3x2, of at most {MOST_TILES} pictures")
    return text


def _rate(text: str) -> str:
    match = re.fullmatch(rf"({_NUMBER})(?:[/:]({_NUMBER}))?", text)
    if match is None:
        factor = r"(?:[*/][0-9]{1,3}(?:\.[0-9]{1,6})?)?"
        return _matching(text, f"source_fps{factor}|[a-z][a-z0-9_-]{{1,20}}", "frame rate such as 25 or 30000/1001")
    divisor = float(match[2] or 1)
    if not divisor or not 0 <= float(match[1]) / divisor <= FASTEST_RATE:
        raise RecipeError(f"{_shown(text)} is no frame rate up to {FASTEST_RATE}")
    return text


def _ratio(text: str) -> str:
    return _matching(text, rf"{_NUMBER}(?:[:/]{_NUMBER})?", "ratio such as 16:9")


def _colour(text: str) -> str:
    alpha = "(?:@(?:0x[0-9A-Fa-f]{1,2}|[0-9]{0,3}(?:\\.[0-9]{1,6})?))?"
    return _matching(text, f"(?:[A-Za-z][A-Za-z0-9]{{1,30}}|(?:#|0x)?[0-9A-Fa-f]{{6,8}}){alpha}", "colour")


def _mastering(text: str) -> str:
    """The colours of a mastering display. Some libraries never come back from half of it."""
    point = r"\([0-9]{1,9}(?:\.[0-9]{1,9})?,[0-9]{1,9}(?:\.[0-9]{1,9})?\)"
    return _matching(
        text, f"(?:[GBR]{point}){{3}}WP{point}L{point}", "display such as G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)"
    )


def _light(text: str) -> str:
    return _matching(text, "[0-9]{1,5},[0-9]{1,5}", "content light level such as 1000,400")


# -- Time -------------------------------------------------------------------------------------------------------


def _time(text: str) -> str:
    clock = r"-?(?:[0-9]{1,3}:)?[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]{1,9})?"
    seconds = r"-?(?:[0-9]{1,7}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})s?|-?[0-9]{1,9}ms|-?[0-9]{1,12}us"
    return _matching(text, f"{clock}|{seconds}", "time")


def _timecode(text: str) -> str:
    return _matching(text, "[0-9]{2}:[0-9]{2}:[0-9]{2}[:;.][0-9]{2}", "time code such as 01:00:00:00")


def _key_frames(text: str) -> str:
    form, colon, expression = text.partition(":")
    if colon and form == "expr":
        return f"expr:{_expression(expression)}"
    if text in ("source", "source_no_drop", "scd_metadata"):
        return text
    for moment in text.split(","):
        match = re.fullmatch("chapters(?:[+-](.+))?", moment)
        if match is None or match[1]:
            _time(match[1] if match else moment)
    return text


# -- Expressions, lists and texts -------------------------------------------------------------------------------


def _expression(text: str) -> str:
    return _checked_expression(text, _LARGEST)


def _side(text: str) -> str:
    """The width or height of a picture."""
    return _checked_expression(text, LARGEST_SIDE)


def _checked_expression(text: str, largest: float) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_ .+\-*/^%(),;<>=!:|&]{1,2000}", text) or text.startswith(("/", "|")):
        raise RecipeError(f"{_shown(text)} is no expression")
    depth = deepest = 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        raise RecipeError(f"an expression has at most {_DEEPEST} brackets within each other")
    unending = re.search(r"\b(while|print)\s*\(", text)
    if unending:
        raise RecipeError(f"{unending[1]} in an expression is refused: it may never end, or fill the log")
    _check_literals(text, largest)
    return text


def _check_literals(text: str, largest: float) -> None:
    for literal in _LITERAL.findall(text):
        if not float(literal) <= largest:
            raise RecipeError(f"{_shown(literal)} in it is more than {largest:g}")


_PATH = re.compile(r"^/|(?<![\w.)])/[A-Za-z]|://")
"""What begins like one, or like an address. A quotient has something before its stroke."""


def _list(text: str) -> str:
    """Numbers, words and what stands between them: channels, coordinates, weights, formats."""
    if not re.fullmatch(r"[A-Za-z0-9_ .+\-*/(),;<>=!:|&@#~]{1,4000}", text) or _PATH.search(text):
        raise RecipeError(f"{_shown(text)} is no list of numbers and words")
    _check_literals(text, 10.0**9)
    return text


def _delays(text: str) -> str:
    """Milliseconds, or samples with an S; each is memory."""
    _check_literals(_list(text), 600_000)
    return text


def _layout(text: str) -> str:
    return _matching(text, "[A-Za-z0-9_.+()|-]{1,200}", "channel layout such as stereo or 5.1(side)")


def _font(text: str) -> str:
    return _matching(text, "[A-Za-z0-9 _.-]{1,80}", "name of a font")


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise RecipeError(f"{_shown(text)} is no text of at most {LONGEST_TEXT} printable characters")
    return text


def _metadata(text: str) -> str:
    key, equals, value = text.partition("=")
    if not equals or not re.fullmatch("[A-Za-z0-9_ .:-]{1,80}", key):
        raise RecipeError(f"{_shown(text)} is no KEY=VALUE")
    return f"{key}={_text(value)}"


# -- Streams and files ------------------------------------------------------------------------------------------

SPECIFIER = (
    "(?:[vVasdt](?::[0-9]{1,4})?|[0-9]{1,4}|u|p:[0-9]{1,5}(?::[vVasdt0-9][:0-9]{0,6})?|[#i]:?(?:0x)?[0-9A-Fa-f]{1,8}"
    "|m:[A-Za-z0-9_-]{1,40}(?::[A-Za-z0-9_ -]{1,40})?|disp:[a-z_+]{1,80})"
)
"""Which streams of a file are meant."""


def _map(text: str) -> str:
    streams = rf"-?[0-9]{{1,2}}(?::{SPECIFIER})?\??"
    return _matching(text, rf"{streams}|\[[A-Za-z0-9_.:?#-]{{1,60}}\]", "choice of streams such as 0:v or [out]")


def _map_metadata(text: str) -> str:
    return _matching(text, rf"-?[0-9]{{1,2}}(?::(?:g|s(?::{SPECIFIER})?|[cp](?::[0-9]{{1,4}})?))?", "place of metadata")


def _file(text: str, files: Mapping[str, str]) -> str:
    if text not in files:
        raise RecipeError(f"{_shown(text)} is no file of this job")
    return files[text]


KINDS: Mapping[str, Callable[[str], str]] = {
    "": _plain,
    "codec": _codec,
    "codec_flags": _codec_flags,
    "colour": _colour,
    "delays": _delays,
    "expression": _expression,
    "font": _font,
    "grid": _grid,
    "key_frames": _key_frames,
    "layout": _layout,
    "light": _light,
    "list": _list,
    "map": _map,
    "map_metadata": _map_metadata,
    "mastering": _mastering,
    "metadata": _metadata,
    "rate": _rate,
    "ratio": _ratio,
    "side": _side,
    "size": _size,
    "text": _text,
    "time": _time,
    "timecode": _timecode,
}
