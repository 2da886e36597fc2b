"""The lists against what real FFmpegs list: nothing is made up, nothing new gets in, each arity is FFmpeg's own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest

from ffx.core.errors import RecipeError
from ffx.media.allowed.check import Surroundings, allowed_encoders, allowed_muxers, check_arguments, known_options
from ffx.media.allowed.encoders import ENCODERS, ENCODERS_ELSEWHERE
from ffx.media.allowed.filtering import (
    allowed_bitstream_filters,
    allowed_filters,
    check_bitstream_filters,
    check_graph,
    refused_filters,
)
from ffx.media.allowed.hardware_filters import HARDWARE_FILTERS_ELSEWHERE
from ffx.media.allowed.options import CODEC_OPTIONS, FORMAT_OPTIONS, PROGRAM_OPTIONS
from ffx.media.allowed.parameters import PARAMETERS
from ffx.media.allowed.table import Entry, read_groups, read_table
from ffx.media.allowed.values import KINDS, check_value
from ffx.media.arguments import ONLY_NEGATED, SWITCHES, is_switch
from tests.conftest import _ffmpeg_of_the_wheel, _ffmpeg_on_path
from tests.media.allowed.splitting import Unrecognized, listed_by, names_listed, split_by_ffmpeg


def builds() -> list[Path]:
    found = _ffmpeg_on_path()
    return [_ffmpeg_of_the_wheel(), *([found] if found else [])]


def listed(what: str) -> set[str]:
    """By either build."""
    return set().union(*(names_listed(build, what) for build in builds()))


def options_listed() -> set[str]:
    return set().union(*(listed_by(build).of_libraries for build in builds()))


def options_of(table: Mapping[str, Entry]) -> set[str]:
    return {name for entry in table.values() for name in entry.by_name}


def names_in(table: str) -> list[str]:
    return [name.removesuffix(":") for _, names in read_groups(table) for name in names]


def test_every_filter_is_one() -> None:
    elsewhere = set(read_table(HARDWARE_FILTERS_ELSEWHERE))
    assert set(allowed_filters()) - listed("-filters") - elsewhere == set()
    assert not set(allowed_filters()) & set(refused_filters())


def test_every_encoder_container_and_bitstream_filter_is_one() -> None:
    assert set(read_table(ENCODERS)) - listed("-encoders") == set()
    assert not set(read_table(ENCODERS)) & set(read_table(ENCODERS_ELSEWHERE))
    assert set(allowed_muxers()) - listed("-muxers") == set()
    assert set(allowed_bitstream_filters()) - listed("-bsfs") == set()


def test_every_option_is_one() -> None:
    known = options_listed()
    here = {name: entry for name, entry in allowed_filters().items() if name in listed("-filters")}
    assert options_of(here) - known == set()
    assert options_of(read_table(ENCODERS)) - known == set()
    assert options_of(allowed_muxers()) - known == set()
    assert options_of(allowed_bitstream_filters()) - known == set()
    assert {*names_in(CODEC_OPTIONS), *names_in(FORMAT_OPTIONS)} - known == set()
    programs = set().union(*(listed_by(build).program for build in builds()))
    assert set(names_in(PROGRAM_OPTIONS)) - programs - {"lavfi", "filter_complex", "b", "vb", "apad"} == set()


def test_what_a_build_has_beside_the_lists_is_refused(ffmpeg: Path) -> None:
    """So it is with what FFmpeg learns in its next version."""
    filters = names_listed(ffmpeg, "-filters") - set(allowed_filters())
    options = {*listed_by(ffmpeg).program, *listed_by(ffmpeg).of_libraries} - set(known_options())
    bitstream = names_listed(ffmpeg, "-bsfs") - set(allowed_bitstream_filters())
    muxers = names_listed(ffmpeg, "-muxers") - set(allowed_muxers())
    assert len(filters) > 100
    assert len(options) > 300
    for name in filters:
        with pytest.raises(RecipeError, match=f"the filter {name} "):
            check_graph(name, {})
    for name in options:
        if name not in SWITCHES:
            with pytest.raises(RecipeError):
                check_arguments([f"-{name}", "1"], Surroundings())
    for name in bitstream:
        with pytest.raises(RecipeError, match=name):
            check_bitstream_filters(name)
    for name in muxers:
        with pytest.raises(RecipeError, match="not on ffx's list"):
            check_arguments(["-f", name], Surroundings())


def test_a_value_without_a_name_is_for_the_option_that_ffmpeg_gives_it_to(ffmpeg: Path) -> None:
    """Else a value judged as a number could arrive as the name of a file."""
    compared = 0
    for name, entry in allowed_filters().items():
        section = listed_by(ffmpeg).sections.get(name)
        if section is None or name in names_listed(ffmpeg, "-bsfs") or name not in names_listed(ffmpeg, "-filters"):
            continue
        order = [entry.settings.index(entry.by_name[o]) if o in entry.by_name else o for o in section]
        places = [place for place, _ in itertools.groupby(order)][: entry.positions]
        assert places == list(range(len(places))), name
        compared += 1
    assert compared > 150


def test_every_option_takes_as_many_words_as_ffmpeg_says(ffmpeg: Path) -> None:
    """Where it takes fewer, the next word becomes an output; where it takes more, an option becomes its value."""
    allowed = {name for name, known in known_options().items() if not known.reason}
    here = {*listed_by(ffmpeg).program, *listed_by(ffmpeg).of_libraries}
    names = {*(allowed & here), *(f"no{name}" for name in (SWITCHES | ONLY_NEGATED) & allowed & here)}
    taken = _asked(ffmpeg, names)
    assert len(taken) > 600
    assert {name for name, value in taken.items() if value == is_switch(name)} - ONLY_NEGATED == set()


def _asked(ffmpeg: Path, names: set[str]) -> dict[str, bool]:
    """For each option that an FFmpeg knows, whether it takes the word behind it."""
    left = sorted(names)
    while True:
        try:
            _, _, taken = split_by_ffmpeg(ffmpeg, [word for name in left for word in (f"-{name}", "value")])
        except Unrecognized as error:  # it is listed for decoders only, or for bitstream filters
            left.remove(str(error))
        else:
            assert set(left) <= set(taken)
            return {name: taken[name] for name in left}


def test_what_has_no_value_in_one_place_has_none_in_the_other() -> None:
    known = {name: option.kind == "switch" for name, option in known_options().items() if not option.reason}
    assert {name for name, switch in known.items() if switch != (name in SWITCHES)} == ONLY_NEGATED & set(known)


def test_every_kind_of_value_is_there() -> None:
    tables = (*allowed_filters().values(), *allowed_encoders().values(), *read_table(PARAMETERS).values())
    kinds = {setting.kind for entry in tables for setting in entry.settings}
    parameters = set(read_table(PARAMETERS))
    for kind in sorted(kinds - set(KINDS) - parameters - {"file"}):
        with pytest.raises(RecipeError, match="no number from"):
            check_value(kind, "x", {})
