"""How FFmpeg takes a command line apart: by its own words, and by a model of it that is as fast as tests need. What a
build lists.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from ffx.media.arguments import ONLY_NEGATED, SWITCHES


class Unrecognized(Exception):
    """FFmpeg would end before it opens any file."""


@frozen
class Listed:
    """What ``-h full`` of a build lists."""

    program: Mapping[str, bool]
    """Options of the program, and whether each takes a value."""
    of_libraries: frozenset[str]
    """Options of its libraries; each takes a value."""
    sections: Mapping[str, tuple[str, ...]]
    """The options of each filter, encoder and so on, in their order."""


def split(argv: Sequence[str], listed: Listed) -> tuple[list[str], list[str]]:
    """The inputs and outputs of a command line, after ``split_commandline`` of FFmpeg's cmdutils.c.

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
    elif plain in listed.of_libraries:
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


def split_by_ffmpeg(ffmpeg: Path, argv: Sequence[str]) -> tuple[list[str], list[str], dict[str, bool]]:
    """What FFmpeg itself says of a command line: inputs, outputs, and for each option whether it took a value. It reads
    the whole line before it opens any file; an option that is none, at the end, stops it there.

    Raises:
        Unrecognized: an option that this FFmpeg does not know, without its hyphen.
    """
    end = "that-is-all"
    command = [ffmpeg, "-hide_banner", "-loglevel", "debug", *argv, f"-{end}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    unknown = re.search(r"Unrecognized option '(.*)'\.$", done.stderr, re.MULTILINE)
    assert unknown, done.stderr[-500:]
    if unknown[1] != end:
        raise Unrecognized(unknown[1])
    inputs = re.findall(r"^Reading option '-i' \.\.\. matched as input url with argument '(.*)'\.$", done.stderr, re.M)
    outputs = re.findall(r"^Reading option '(.*)' \.\.\. matched as output url\.$", done.stderr, re.M)
    options = re.findall(
        r"^Reading option '-(.*)' \.\.\.(?:Routing.*\n)? matched as (?:AVO|o)ption .* with argument ('.*'|0)\.$",
        done.stderr,
        re.MULTILINE,
    )
    return inputs, outputs, {name: value not in ("'1'", "0") for name, value in options}


def _output(ffmpeg: Path, *arguments: str) -> str:
    done = subprocess.run(
        [ffmpeg, "-hide_banner", *arguments], capture_output=True, text=True, errors="replace", check=True
    )
    return done.stdout
