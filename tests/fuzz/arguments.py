"""The check of FFmpeg arguments and filters."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
from attrs import evolve
from hypothesis import strategies as st

from ffx.core.errors import RecipeError
from ffx.core.recipe import Recipe
from ffx.media.allowed.sink import check_texts
from ffx.media.other_files import PlacedFile, input_words, named_files
from tests.fuzz.mutations import damaged
from tests.fuzz.target import Target, is_one_line
from tests.media.allowed.splitting import Unrecognized, listed_by, split
from tests.media.allowed.test_command_lines import FILES, LINES

WORDS = sorted({word for line in LINES for word in shlex.split(line)})
HOSTILE = (
    *("-i", "/etc/passwd", "out.mp4", "-", "--", "", "-y", "-an", "-attach", "-progress", "http://x", "-/filter:v"),
    *("-x264-params", "crf=20:dump-yuv=/tmp/x", "dump_yuv=/tmp/x", "-passlogfile", "-stream_loop", "-1", "-f", "tee"),
    *("movie=/etc/passwd", "movi\\e=/etc/passwd", "[in]movie@x=/etc/passwd", "drawtext=textfile=/etc/passwd"),
    *("drawtext=/text=/etc/passwd", "metadata=print:file=/tmp/x", "lut3d=/etc/passwd", "sendcmd=f=/etc/passwd"),
)
LINE = st.sampled_from(LINES).map(shlex.split)
WORD = st.sampled_from(WORDS) | st.sampled_from(HOSTILE) | damaged(WORDS) | damaged(HOSTILE)
ARGUMENTS = st.lists(WORD, max_size=6) | st.builds(
    lambda line, place, word: [*line[: place % len(line)], word, *line[place % len(line) + 1 :]],
    LINE,
    st.integers(0, 100),
    WORD,
)
FORBIDDEN = ("/etc/passwd", "/tmp/x", "http://x")


def check(words: Sequence[str]) -> None:
    """They are refused in a line, with the job's other files and without; or FFmpeg finds no inputs but those files and
    no further output in them, no path of another's is among them, and they are the same when they are checked again.
    """
    for files in ({}, FILES):
        _check_with(words, files)


def _check_with(words: Sequence[str], files: Mapping[str, str]) -> None:
    recipe = Recipe(encoder="libx264", container="mp4", ffmpeg_args=tuple(words))
    try:
        checked, arguments = check_texts(recipe, files=files)
    except RecipeError as error:
        assert is_one_line(str(error)), repr(str(error))
        return
    assert check_texts(checked, files={place: place for place in files.values()}) == (checked, arguments)
    named = named_files(recipe)
    assert {each.name for each in named_files(evolve(recipe, ffmpeg_args=arguments.words))} == {
        files[each.name] for each in named
    }
    inputs = input_words(arguments, {place: PlacedFile(name, place) for name, place in files.items()})
    for_ffmpeg = (*inputs, *arguments.tokens)
    with suppress(Unrecognized):  # FFmpeg ends before it opens anything
        found = split(("-i", "in", *for_ffmpeg, "out"), listed_by(Path(imageio_ffmpeg.get_ffmpeg_exe())))
        further = [f"file:{files[each.name]}" for each in named if each.use == "-i"]
        assert (found[0][0], set(found[0][1:]), found[1]) == ("in", set(further), ["out"])
    for before, word in pairwise(("", *for_ffmpeg)):
        is_shown_only = before.startswith("-metadata") or "drawtext=" in word
        assert is_shown_only or not any(path in word for path in FORBIDDEN), for_ffmpeg


TARGET = Target("arguments", ARGUMENTS, check)
