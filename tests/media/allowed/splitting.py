"""How FFmpeg takes a command line apart, after ``split_commandline`` of its cmdutils.c; and what a build lists."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from ffx.media.arguments import _ONLY_NEGATED as ONLY_NEGATED
from ffx.media.arguments import _WITHOUT_VALUE as SWITCHES


class Unrecognized(Exception):
    """FFmpeg would end before it opens any file."""


@frozen
class Listed:
    """What ``-h full`` of a build lists."""

    program: Mapping[str, bool]
    """Options of the program, and whether each takes a value."""
    library: frozenset[str]
    """Options of its libraries; each takes a value."""
    sections: Mapping[str, tuple[str, ...]]
    """The options of each filter, encoder and so on, in their order."""


def split(argv: Sequence[str], listed: Listed) -> tuple[list[str], list[str]]:
    """The inputs and outputs of a command line.

    Raises:
        Unrecognized: an option that is none, or lacks its value.
    """
    inputs: list[str] = []
    outputs: list[str] = []
    rest = list(argv)
    only_files = False
    while rest:
        word = rest.pop(0)
        if word == "--" and not only_files:
            only_files = True
        elif not word.startswith("-") or word == "-" or only_files:
            outputs.append(word)
        elif word == "-i":
            inputs.append(_value(word, rest))
        else:
            _option(word[1:], rest, listed)
    return inputs, outputs


def _option(name: str, rest: list[str], listed: Listed) -> None:
    plain = name.split(":", 1)[0]
    if plain in listed.program:
        if listed.program[plain]:
            _value(name, rest)
    elif plain in listed.library:
        _value(name, rest)
    elif not (plain.startswith("no") and (listed.program.get(plain[2:]) is False or plain[2:] in ONLY_NEGATED)):
        raise Unrecognized(name)


def _value(name: str, rest: list[str]) -> str:
    if not rest:
        raise Unrecognized(name)
    return rest.pop(0)


@functools.cache
def listed_by(ffmpeg: Path) -> Listed:
    """What a build lists. Its switches are those that the code under test has: a test asks FFmpeg about each."""
    text = _output(ffmpeg, "-h", "full")
    head, _, rest = text.partition("AVCodecContext AVOptions:")
    names = re.findall(r"^-([A-Za-z0-9_]+)", head, re.MULTILINE)
    sections: dict[str, tuple[str, ...]] = {}
    for title, body in re.findall(
        r"^(\S.*) AVOptions:\n((?:[ ].*\n|\n(?=  ))*)", f"AVCodecContext AVOptions:{rest}", re.M
    ):
        sections[title] = tuple(re.findall(r"^ {2,3}-?([A-Za-z0-9_.-]+) +[<\[]", body, re.MULTILINE))
    library = frozenset(re.findall(r"^ {2,3}-?([A-Za-z0-9_.-]+) +[<\[]", rest, re.MULTILINE))
    return Listed({name: name not in SWITCHES for name in names}, library, sections)


@functools.cache
def names_listed(ffmpeg: Path, what: str) -> frozenset[str]:
    """The names that ``-filters``, ``-encoders``, ``-muxers`` or ``-bsfs`` list."""
    text = _output(ffmpeg, what)
    if what == "-bsfs":
        return frozenset(text.split()[2:])
    return frozenset(re.findall(r"^ [ .A-Z|]{1,7} ([A-Za-z0-9_-]+) ", text, re.MULTILINE))


def lacks_value(ffmpeg: Path, name: str) -> bool | None:
    """Whether FFmpeg misses a value behind an option; None: it knows no such option."""
    done = subprocess.run(
        [ffmpeg, "-hide_banner", f"-{name}"], capture_output=True, text=True, errors="replace", check=False
    )
    if "Unrecognized option" in done.stderr:
        return None
    return "Missing argument" in done.stderr


def _output(ffmpeg: Path, *arguments: str) -> str:
    done = subprocess.run(
        [ffmpeg, "-hide_banner", *arguments], capture_output=True, text=True, errors="replace", check=True
    )
    return done.stdout
