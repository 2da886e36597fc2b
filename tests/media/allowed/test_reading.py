"""FFmpeg's escapes, graphs and command lines: read as FFmpeg reads them, and the same when they are read again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ffx.core.errors import RecipeError
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.media.allowed.check import Surroundings, check_arguments, known_options
from ffx.media.allowed.escaping import (
    Options,
    escape,
    get_token,
    read_options,
    read_pairs,
    render_options,
    render_pairs,
)
from ffx.media.allowed.filtering import check_bitstream_filters, check_graph
from ffx.media.allowed.graph import Filter, Graph, read_graph, render_graph
from ffx.media.allowed.sink import check_texts
from ffx.media.allowed.values import KINDS, check_value
from ffx.media.arguments import read_arguments
from tests.conftest import _ffmpeg_of_the_wheel, _ffmpeg_on_path
from tests.media.allowed.splitting import Unrecognized, listed_by, split
from tests.media.allowed.test_command_lines import FILES, LINES, as_ffmpeg_gets_it

AWKWARD = st.text("ab=:,;[]'\\ \t\n@/.-x1é", max_size=14)
LABEL = st.text("ab01:_.", min_size=1, max_size=5)
NAME = st.text("abz09_", min_size=1, max_size=8)
FILTER = st.builds(
    Filter,
    NAME,
    st.builds(
        Options,
        st.lists(AWKWARD, max_size=3).map(tuple),
        st.lists(st.tuples(st.text("ab_/-.9", min_size=1, max_size=5), AWKWARD), max_size=3).map(tuple),
    ),
    st.lists(LABEL, max_size=2).map(tuple),
    st.lists(LABEL, max_size=2).map(tuple),
    st.text("ab9.-", max_size=4),
)


@pytest.mark.parametrize(
    ("text", "ends", "token", "rest"),
    [
        ("abc:d", ":", "abc", ":d"),
        ("  a b  :d", ":", "a b", ":d"),
        (r"a\:b:c", ":", "a:b", ":c"),
        (r"a\\:b", ":", "a\\", ":b"),
        ("'a:b':c", ":", "a:b", ":c"),
        (r"'a\:b':c", ":", r"a\:b", ":c"),
        ("a' 'b", ":", "a b", ""),
        ("a'  ':", ":", "a  ", ":"),
        ("a\\  :", ":", "a ", ":"),
        (r"'a'\''b'", ":", "a'b", ""),
        ("'open", ":", "open", ""),
        ("end\\", ":", "end\\", ""),
        ("", ":", "", ""),
    ],
)
def test_tokens_end_where_ffmpegs_do(text: str, ends: str, token: str, rest: str) -> None:
    found, position = get_token(text, 0, ends)
    assert (found, text[position:]) == (token, rest)


@pytest.mark.parametrize(
    ("text", "positional", "named"),
    [
        ("640:480", ("640", "480"), ()),
        ("640:-2:flags=lanczos", ("640", "-2"), (("flags", "lanczos"),)),
        (" w = 1 : h=2", (), (("w", "1"), ("h", "2"))),
        ("eq(n,1)", ("eq(n,1)",), ()),
        ("stereo|FL=0.5*FC", ("stereo|FL=0.5*FC",), ()),
        (r"\a=b", ("a=b",), ()),
        ("'a=b'", ("a=b",), ()),
        ("/text=x", (), (("/text", "x"),)),
        ("=x", (), (("", "x"),)),
        ("a::b", ("a", "", "b"), ()),
        ("a:", ("a",), ()),
    ],
)
def test_options(text: str, positional: tuple[str, ...], named: tuple[tuple[str, str], ...]) -> None:
    assert read_options(text) == Options(positional, named)


def test_a_graph() -> None:
    graph = read_graph("[0:v] scale@big = 2:2 [a] ; [a]split[b][c], 'h'flip;")
    assert [[one.name for one in chain] for chain in graph.chains] == [["scale"], ["split", "hflip"]]
    scale, split_, _ = graph.filters
    assert (scale.instance, scale.inputs, scale.outputs) == ("big", ("0:v",), ("a",))
    assert scale.options.positional == ("2", "2")
    assert split_.outputs == ("b", "c")


@given(AWKWARD, st.sampled_from([":", ",", "[],;", "=:"]))
def test_what_is_escaped_is_read_back(text: str, ends: str) -> None:
    assert get_token(escape(text, ends), 0, ends) == (text, len(escape(text, ends)))


@given(st.lists(st.tuples(AWKWARD.filter(bool), AWKWARD.filter(bool)), max_size=4).map(tuple), st.sampled_from(":,"))
def test_parameters_are_read_back(pairs: tuple[tuple[str, str], ...], separator: str) -> None:
    assert read_pairs(render_pairs(pairs, separator), separator) == pairs


@given(AWKWARD)
def test_options_of_any_text_are_read_back_or_refused(text: str) -> None:
    try:
        options = read_options(text)
    except RecipeError:
        return
    if options.positional[-1:] != ("",) or options.named:  # an empty value at the end is as good as none
        assert read_options(render_options(options)) == options


@given(st.lists(st.lists(FILTER, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple))
def test_a_graph_is_read_back(chains: tuple[tuple[Filter, ...], ...]) -> None:
    graph = Graph(tuple(tuple(one for one in chain if _last_is_whole(one)) or (Filter("null"),) for chain in chains))
    assert read_graph(render_graph(graph)) == graph


def _last_is_whole(one: Filter) -> bool:
    return bool(one.options.named) or one.options.positional[-1:] != ("",)


@given(st.text("ab=:,;[]'\\ @/[]movie0", max_size=30))
@example("[a]" * 300)
@example("'" * 99)
def test_any_graph_is_read_back_or_refused(text: str) -> None:
    try:
        graph = read_graph(text)
    except RecipeError as error:
        assert len(str(error)) < 200
    else:
        assert read_graph(render_graph(graph)).filters[0].name == graph.filters[0].name


@given(st.text(max_size=60))
def test_whatever_is_checked_is_checked_again_as_the_same(text: str) -> None:
    for check in (lambda words: check_graph(words, {}), check_bitstream_filters):
        try:
            once = check(text)
        except RecipeError as error:
            assert "\n" not in str(error)
        else:
            assert check(once) == once


VALUE = st.text("0123456789.eE+-/:*%()xXkMGinfa@#,|= dBs\\'[];\n\x00é\udc80٣", max_size=30) | st.text(max_size=20)


@given(VALUE, st.sampled_from([*KINDS, "0..64", "-1..10", "0.01..100"]))
def test_any_value_is_taken_as_it_is_or_refused_in_one_line(text: str, kind: str) -> None:
    try:
        assert check_value(kind, text, {}) == text
    except RecipeError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 200


@given(VALUE, st.sampled_from(sorted(known_options())), VALUE)
def test_any_option_is_taken_or_refused_in_one_line(specifier: str, name: str, value: str) -> None:
    for words in ((f"-{name}:{specifier}", value), (f"-{name}", value), (f"-{name}{specifier}", value)):
        try:
            check_arguments(words, Surroundings())
        except RecipeError as error:
            assert str(error).isprintable()
            assert len(str(error)) < 300


PARTS = sorted(
    {
        option.tokens
        for line in LINES
        for read in (read_arguments(shlex.split(line)),)
        for option in (*read.options, *read.inputs)
    }
)
EVIL = [
    "-",
    "--",
    "-y",
    "-i",
    "/etc/passwd",
    "out.mp4",
    "-autoscale",
    "-x",
    "-map",
    "-vf",
    "-1",
    "",
    "-vf\n",
    "-stats:v",
]


@given(st.lists(st.sampled_from([*PARTS, *((word,) for word in EVIL)]), max_size=6), st.booleans())
@example([("-autoscale",), ("-metadata", "title=x")], False)
@example([("-stats:v",), ("x",)], False)
@example([("-an",), ("-vn",), ("-sn",)], False)
def test_no_words_make_another_input_or_output(parts: Sequence[tuple[str, ...]], with_files: bool) -> None:
    words = [word for part in parts for word in part]
    surroundings = Surroundings(FILES if with_files else {})
    try:
        found = check_arguments(words, surroundings)
    except RecipeError as error:
        assert "\n" not in str(error)
        return
    for ffmpeg in _builds():
        argv = ("-i", "file:in.mkv", *as_ffmpeg_gets_it(found), "file:out.mp4")
        try:
            inputs, outputs = split(argv, listed_by(ffmpeg))
        except Unrecognized:
            continue  # FFmpeg would end before it opens anything
        assert inputs == ["file:in.mkv", *(f"file:{o.value}" for o in found.inputs if o.name == "i")]
        assert outputs == ["file:out.mp4"]


def _builds() -> list[Path]:
    found = _ffmpeg_on_path()
    return [_ffmpeg_of_the_wheel(), *([found] if found else [])]


def test_the_model_of_the_splitting_sees_another_output() -> None:
    """It would be of no use if it did not."""
    known = listed_by(_ffmpeg_of_the_wheel())
    assert split(["-i", "a", "-an", "x.mp4", "-b:v", "1M", "out"], known) == (["a"], ["x.mp4", "out"])
    assert split(["-i", "a", "--", "-x.mp4", "out"], known)[1] == ["-x.mp4", "out"]
    with pytest.raises(Unrecognized):
        split(["-nosuch", "out"], known)


@pytest.mark.parametrize(
    ("policy", "recipe", "refusal"),
    [
        (ArgumentPolicy.NONE, Recipe(container="mp4"), ""),
        (ArgumentPolicy.NONE, Recipe(container="mp4", ffmpeg_args=("-an",)), "FFmpeg arguments are not taken here"),
        (ArgumentPolicy.NONE, Recipe(container="mp4", filters=("hflip",)), "filters are not taken here"),
        (ArgumentPolicy.CHECKED, Recipe(container="mp4", filters=("hflip",)), ""),
        (ArgumentPolicy.CHECKED, Recipe(container="mp4", filters=("movie=x",)), "the filter movie opens other files"),
        (ArgumentPolicy.ANY, Recipe(container="mp4", filters=("movie=x",), ffmpeg_args=("-foo", "1")), ""),
        (ArgumentPolicy.ANY, Recipe(container="mp4", ffmpeg_args=("-an", "out.mp4")), "only options and their values"),
        (ArgumentPolicy.ANY, Recipe(container="mp4", encoder="x y"), "the encoder: 'x y' is no name of an encoder"),
    ],
)
def test_policies(policy: ArgumentPolicy, recipe: Recipe, refusal: str) -> None:
    if not refusal:
        assert check_texts(recipe, policy)[0] == recipe
        return
    with pytest.raises(RecipeError, match=refusal):
        check_texts(recipe, policy)


def test_encoders_of_plugins_are_known() -> None:
    recipe = Recipe(container="mp4", ffmpeg_args=("-c:a:1", "libown"))
    assert check_texts(recipe, encoders={"libown"})[0] == recipe
    with pytest.raises(RecipeError, match="the encoder 'libown' is not on ffx's list"):
        check_texts(recipe)
