"""SubRip that others read and FFmpeg does not: times without hours, with one digit or none behind the seconds. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from attrs import frozen

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3})\d*)?"
_SPAN = re.compile(rf"^[^\S\n]*{_TIME}[^\S\n]*-+>[^\S\n]*{_TIME}[^\n]*$", re.MULTILINE)


@frozen
class _Line:
    start: str
    end: str
    text: str


def mended(text: str) -> str:
    """The same subtitles as SubRip is written by the book; empty where there are none in the text."""
    lines = _lines(text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(f"{number}\n{line.start} --> {line.end}\n{line.text}\n\n" for number, line in enumerate(lines, 1))


def _lines(text: str) -> Iterator[_Line]:
    spans = list(_SPAN.finditer(text))
    for span, following in pairwise([*spans, None]):
        assert span is not None
        words = text[span.end() : following.start() if following is not None else len(text)].strip("\n")
        if following is not None:  # the number of the next one
            words = re.sub(r"\n?[^\S\n]*\d+[^\S\n]*$", "", words).strip("\n")
        if words.strip():
            yield _Line(_time(*span.groups()[:4]), _time(*span.groups()[4:]), re.sub(r"\n{2,}", "\n", words))


def _time(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> str:
    """``00:00:04,100`` of ``0:04.1``: what is behind the seconds is a fraction of one."""
    return f"{int(hours or 0):02d}:{int(minutes):02d}:{int(seconds):02d},{(fraction or '').ljust(3, '0')}"
