"""Filter graphs as values: read as FFmpeg's ``avfilter_graph_parse`` reads them, and written again."""

from __future__ import annotations

import re

from attrs import frozen

from ffx.core.errors import RecipeError
from ffx.media.allowed.escaping import WHITESPACE, Options, escape, get_token, read_options, render_options
from ffx.media.allowed.values import legible

_LABEL = re.compile(r"[A-Za-z0-9_.:?#-]{1,60}")
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
_INSTANCE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
MOST_FILTERS = 200
"""In one graph."""


@frozen
class Filter:
    """One filter of a graph, with the links that are named."""

    name: str
    options: Options = Options()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    instance: str = ""
    """What ``scale@this`` calls it."""


@frozen
class Graph:
    """A filter graph: chains of filters."""

    chains: tuple[tuple[Filter, ...], ...]

    @property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(one for chain in self.chains for one in chain)


def read_graph(text: str) -> Graph:
    """A graph, or a chain such as ``scale=-2:720,fps=30``.

    Raises:
        RecipeError: it is none, or has more than ``MOST_FILTERS``.
    """
    chains: list[tuple[Filter, ...]] = []
    chain: list[Filter] = []
    position = 0
    for _ in range(MOST_FILTERS):
        one, position = _read_filter(text, position)
        chain.append(one)
        ending = text[position : position + 1]
        if ending not in ("", ",", ";"):
            raise RecipeError(f"a filter graph cannot go on with {text[position : position + 20]!r}")
        if ending != ",":
            chains.append(tuple(chain))
            chain = []
        position = _blanks(text, position + 1)
        if not ending or (ending == ";" and position >= len(text)):  # FFmpeg lets a graph end with a semicolon
            return Graph(tuple(chains))
    raise RecipeError(f"a filter graph has at most {MOST_FILTERS} filters")


def render_graph(graph: Graph) -> str:
    """The text that ``read_graph`` reads back as the same."""
    return ";".join(",".join(_render_filter(one) for one in chain) for chain in graph.chains)


def _read_filter(text: str, position: int) -> tuple[Filter, int]:
    inputs, position = _read_labels(text, position)
    word, position = get_token(text, position, "=,;[")
    options = Options()
    if text[position : position + 1] == "=":
        written, position = get_token(text, position + 1, "[],;")
        options = _read_own_options(word, written)
    outputs, position = _read_labels(text, position)
    name, at, instance = word.partition("@")
    if not _NAME.fullmatch(name) or (at and not _INSTANCE.fullmatch(instance)):
        raise RecipeError(f"{word[:40]!r} is no name of a filter")
    return Filter(name, options, inputs, outputs, instance), _blanks(text, position)


def _read_own_options(word: str, text: str) -> Options:
    try:
        return read_options(text)
    except RecipeError as error:
        raise RecipeError(f"the filter {legible(word)}: {error}") from None


def _read_labels(text: str, position: int) -> tuple[tuple[str, ...], int]:
    labels = []
    position = _blanks(text, position)
    while text[position : position + 1] == "[":
        label, position = get_token(text, position + 1, "]")
        if position >= len(text) or not _LABEL.fullmatch(label):
            raise RecipeError(f"{label[:40]!r} is no label of a filter graph")
        labels.append(label)
        position = _blanks(text, position + 1)
    return tuple(labels), position


def _blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in WHITESPACE:
        position += 1
    return position


def _render_filter(one: Filter) -> str:
    name = f"{one.name}@{one.instance}" if one.instance else one.name
    options = render_options(one.options)
    inputs, outputs = (_render_labels(labels) for labels in (one.inputs, one.outputs))
    return f"{inputs}{name}{'=' if options else ''}{escape(options, '[],;')}{outputs}"


def _render_labels(labels: tuple[str, ...]) -> str:
    return "".join(f"[{label}]" for label in labels)
