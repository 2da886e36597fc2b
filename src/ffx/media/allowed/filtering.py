"""Whether filters may run: graphs and chains of bitstream filters, judged and written anew."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from attrs import evolve

from ffx.core.errors import RecipeError
from ffx.media.allowed.audio_filters import AUDIO_FILTERS
from ffx.media.allowed.bitstream import BITSTREAM_FILTERS
from ffx.media.allowed.escaping import WHITESPACE, Options, escape, get_token, read_options, render_options
from ffx.media.allowed.graph import Filter, Graph, read_graph, render_graph
from ffx.media.allowed.hardware_filters import HARDWARE_FILTERS, HARDWARE_FILTERS_ELSEWHERE
from ffx.media.allowed.refused import REFUSED_FILTERS
from ffx.media.allowed.table import Entry, Setting, read_reasons, read_table
from ffx.media.allowed.values import check_value
from ffx.media.allowed.video_filters import VIDEO_FILTERS

_EVERY_FILTER = "f: enable=expression threads=0..64 thread_type extra_hw_frames=0..64"
"""What FFmpeg takes for each filter, by name only."""


@cache
def allowed_filters() -> Mapping[str, Entry]:
    """Filters and their options."""
    tables = (VIDEO_FILTERS, AUDIO_FILTERS, HARDWARE_FILTERS, HARDWARE_FILTERS_ELSEWHERE)
    return {name: entry for table in tables for name, entry in read_table(table).items()}


@cache
def refused_filters() -> Mapping[str, str]:
    """Filters that are known to do harm, and why."""
    return read_reasons(REFUSED_FILTERS)


@cache
def allowed_bitstream_filters() -> Mapping[str, Entry]:
    """Bitstream filters and their options."""
    return read_table(BITSTREAM_FILTERS)


@cache
def _every_filter() -> Entry:
    return read_table(_EVERY_FILTER)["f"]


def check_graph(text: str, files: Mapping[str, str]) -> str:
    """A filter graph or chain as FFmpeg is to get it.

    Raises:
        RecipeError: it is none, or has a filter or an option that is not allowed; names it.
    """
    graph = read_graph(text)
    chains = tuple(tuple(_checked_filter(one, files) for one in chain) for chain in graph.chains)
    return render_graph(Graph(chains))


def files_of(one: Filter) -> tuple[str, ...]:
    """The files that a filter of the list names."""
    entry = allowed_filters().get(one.name)
    if entry is None:
        return ()
    placed = zip(entry.settings, one.options.positional, strict=False)
    given = [(setting, value) for setting, value in placed]
    given += [(entry.by_name[name], value) for name, value in one.options.named if name in entry.by_name]
    return tuple(value for setting, value in given if setting.kind == "file")


def place_files(text: str, files: Mapping[str, str]) -> str:
    """A graph with the job's files under the names that the server gave them, all else as it is written."""
    try:
        graph = read_graph(text)
    except RecipeError:  # FFmpeg will say what is wrong
        return text
    if not any(name in files for one in graph.filters for name in files_of(one)):
        return text
    return render_graph(Graph(tuple(tuple(_placed(one, files) for one in chain) for chain in graph.chains)))


def _placed(one: Filter, files: Mapping[str, str]) -> Filter:
    theirs = files_of(one)

    def place(value: str) -> str:
        return files.get(value, value) if value in theirs else value

    positional = tuple(place(value) for value in one.options.positional)
    return evolve(one, options=Options(positional, tuple((name, place(value)) for name, value in one.options.named)))


def check_bitstream_filters(text: str) -> str:
    """A list of bitstream filters as FFmpeg is to get it.

    Raises:
        RecipeError: as ``check_graph`` does.
    """
    words: list[str] = []
    position = 0
    while position < len(text) or not words:
        word, position = get_token(text, position, ",")
        words.append(_checked_bitstream_filter(word))
        position += 1
    return ",".join(escape(word, ",") for word in words)


def _checked_filter(one: Filter, files: Mapping[str, str]) -> Filter:
    entry = allowed_filters().get(one.name)
    if entry is None:
        reason = refused_filters().get(one.name, "is not on ffx's list; it is refused")
        raise RecipeError(f"the filter {one.name} {reason}")
    return evolve(one, options=_checked_options(f"the filter {one.name}", entry, one.options, files))


def _checked_bitstream_filter(text: str) -> str:
    name, equals, written = text.partition("=")
    name = name.strip(WHITESPACE)
    entry = allowed_bitstream_filters().get(name)
    if entry is None:
        raise RecipeError(f"the bitstream filter {name[:40]!r} is not on ffx's list; it is refused")
    what = f"the bitstream filter {name}"
    options = read_options(written)
    if options.positional:
        raise RecipeError(f"{what}: each of its options needs its name")
    rendered = render_options(_checked_options(what, entry, options, {}))
    return f"{name}={rendered}" if equals and rendered else name


def _checked_options(what: str, entry: Entry, options: Options, files: Mapping[str, str]) -> Options:
    if len(options.positional) > entry.positions:
        raise RecipeError(f"{what} takes {entry.positions} options without a name, not {len(options.positional)}")
    placed = zip(entry.settings, options.positional, strict=False)
    named = tuple(
        (name, _checked_value(what, _setting(what, entry, name), name, value, files)) for name, value in options.named
    )
    return Options(
        tuple(_checked_value(what, setting, setting.names[0], value, files) for setting, value in placed), named
    )


def _setting(what: str, entry: Entry, name: str) -> Setting:
    setting = entry.by_name.get(name) or _every_filter().by_name.get(name)
    if setting is not None:
        return setting
    if name.startswith("/"):
        raise RecipeError(f"{what}: {name[:40]} reads its value from a file on the server")
    raise RecipeError(f"{what} has no option {name[:40]!r} that ffx knows; it is refused")


def _checked_value(what: str, setting: Setting, name: str, value: str, files: Mapping[str, str]) -> str:
    if setting.reason:
        raise RecipeError(f"{what}: {name} {setting.reason}")
    try:
        return check_value(setting.kind, value, files)
    except RecipeError as error:
        raise RecipeError(f"{what}: {name}: {error}") from None
