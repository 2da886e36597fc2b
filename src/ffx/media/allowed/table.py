"""Reading the tables of what is allowed.

A line is a name (or several that are the same in this), a colon, and its options in FFmpeg's order, so that a value
without a name finds the option it is for. An option is ``width/w`` where it has two names, ``width=side`` where its
value is of a kind of ``values``, ``file!reads`` where it is refused, with a word out of ``REASONS``. Options behind a
``*`` differ in their order between versions and are taken by name only.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

REASONS: Mapping[str, str] = {
    "reads": "reads a file on the server",
    "writes": "writes a file on the server",
    "opens": "opens other files than the job's",
    "runs": "loads and runs code on the server",
    "connects": "connects to other machines",
    "device": "reaches for a device of the server",
    "memory": "keeps more in memory than a server can give",
    "passes": "belongs to two passes: ask for them with --two-pass",
    "decided": "is decided by ffx",
    "input": "is an option of inputs, and ffx decides those",
    "unchecked": "takes more than ffx can check",
}


@frozen
class Setting:
    """One option of a filter, an encoder, a muxer."""

    names: tuple[str, ...]
    kind: str = ""
    """Of its value, for ``values.check_value``."""
    reason: str = ""
    """Why it is refused; empty where it is not."""


@frozen
class Entry:
    """What is allowed for one name."""

    settings: tuple[Setting, ...]
    positions: int
    """How many of the settings can be given by their place."""
    by_name: Mapping[str, Setting] = field(init=False, repr=False, eq=False)

    @by_name.default
    def _by_name(self) -> Mapping[str, Setting]:
        return {name: setting for setting in self.settings for name in setting.names}


def read_table(text: str) -> dict[str, Entry]:
    """A table as a mapping from each name to what is allowed for it."""
    entries = {}
    for line in _lines(text):
        names, _, rest = line.partition(":")
        before, _, after = rest.partition(" * ")
        first = [_read_setting(word) for word in before.split()]
        entry = Entry((*first, *(_read_setting(word) for word in after.split())), len(first))
        entries.update(dict.fromkeys(names.split(), entry))
    return entries


def read_reasons(text: str) -> dict[str, str]:
    """A table of what is refused: a word out of ``REASONS``, a colon, names."""
    return {name: REASONS[word] for word, names in read_groups(text) for name in names}


def read_groups(text: str) -> list[tuple[str, list[str]]]:
    """Each line's first word and the names behind its colon."""
    lines = [line.partition(":") for line in _lines(text)]
    return [(word.strip(), names.split()) for word, _, names in lines]


def _lines(text: str) -> list[str]:
    """Lines, with those that begin with blanks joined to the one before."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and lines:
            lines[-1] += f" {line.strip()}"
        elif line.strip():
            lines.append(line)
    return lines


def _read_setting(word: str) -> Setting:
    word, bang, reason = word.partition("!")
    names, _, kind = word.partition("=")
    return Setting(tuple(names.split("/")), kind, REASONS[reason] if bang else "")
