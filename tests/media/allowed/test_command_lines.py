"""Ordinary work passes, and means the same after it was written anew."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import frozen

from ffx.media.allowed.check import Surroundings, check_arguments
from ffx.media.allowed.filtering import allowed_filters
from ffx.media.allowed.graph import Graph, read_graph
from ffx.media.arguments import Arguments, read_arguments
from ffx.media.other_files import PlacedFile, input_words
from tests.conftest import DATA, _ffmpeg_of_the_wheel
from tests.media.allowed.splitting import Listed, listed_by, split, split_by_ffmpeg
from tests.media.jobs import make

FILES = {
    "logo.png": "in/1.png",
    "subs.srt": "in/2.srt",
    "subs.ass": "in/3.ass",
    "look.cube": "in/4.cube",
    "font.ttf": "in/5.ttf",
    "music.m4a": "in/6.m4a",
    "intro.mp4": "in/7.mp4",
}
_LINES = [
    line
    for line in (DATA / "command_lines.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("# ")
]
LINES = [line.removeprefix("> ") for line in _LINES]
SAMPLE = [line.removeprefix("> ") for line in _LINES if line.startswith("> ")]


def checked(words: Sequence[str], files: dict[str, str] = FILES) -> Arguments:
    return check_arguments(words, Surroundings(files))


def as_ffmpeg_gets_it(found: Arguments) -> tuple[str, ...]:
    """The words for FFmpeg, with the further inputs made safe."""
    return (*input_words(found, {place: PlacedFile(name, place) for name, place in FILES.items()}), *found.tokens)


def test_there_are_enough_of_them() -> None:
    assert len(set(LINES)) >= 150
    assert len(SAMPLE) >= 25


@pytest.mark.parametrize("line", LINES)
def test_ordinary_work_passes(line: str) -> None:
    words = shlex.split(line)
    found = checked(words)
    assert [option.name for option in found.options] == [option.name for option in read_arguments(words).options]


@pytest.mark.parametrize("line", LINES)
def test_what_is_written_anew_is_read_as_the_same(line: str) -> None:
    once = checked(shlex.split(line))
    here = {name: name for name in FILES.values()}
    assert checked(once.tokens, here).options == once.options


@pytest.mark.parametrize("line", [line for line in LINES if any(name in line for name in FILES)])
def test_only_the_jobs_own_files_are_opened(line: str) -> None:
    found = checked(shlex.split(line))
    words = " ".join(found.words)
    assert not any(name in words for name in FILES)
    assert any(name in words for name in FILES.values())
    with pytest.raises(Exception, match="is no file of this job"):
        checked(shlex.split(line), {})


def test_ffmpeg_finds_one_output_and_the_jobs_inputs(ffmpeg: Path) -> None:
    """In all of them at once, by FFmpeg's own words, and by the model that other tests use."""
    argv: list[str] = []
    expected_inputs: list[str] = []
    jobs = 0
    for line in LINES:
        found = checked(shlex.split(line))
        if not all(_is_known(option.tokens[0], listed_by(ffmpeg)) for option in found.options):
            continue  # of hardware or of another version: this FFmpeg ends before it opens any file
        argv += ["-i", "file:in.mkv", *as_ffmpeg_gets_it(found), "file:out.mp4"]
        expected_inputs += ["file:in.mkv", *(f"file:{o.value}" for o in found.inputs if o.name == "i")]
        jobs += 1
    inputs, outputs, _ = split_by_ffmpeg(ffmpeg, argv)
    assert jobs > 200
    assert (inputs, outputs) == (expected_inputs, ["file:out.mp4"] * jobs)
    assert split(argv, listed_by(ffmpeg)) == (inputs, outputs)


def _is_known(written: str, known: Listed) -> bool:
    name = written[1:].partition(":")[0]
    return name in known.program or name in known.of_libraries


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a job, under the names that people write and under those that a server gives."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "in").mkdir()
    ffmpeg, clip = _ffmpeg_of_the_wheel(), DATA / "rabbit-320x240-8s.mp4"
    make(ffmpeg, "-i", clip, "-frames:v", "1", "-vf", "scale=40:-2", folder / "logo.png")
    make(ffmpeg, "-i", clip, "-vn", "-c", "copy", "-t", "1", folder / "music.m4a")
    (folder / "subs.srt").write_text("1\n00:00:00,000 --> 00:00:05,000\nHello\n")
    corners = [f"{blue} {green} {1 - red}" for red in (0, 1) for green in (0, 1) for blue in (0, 1)]
    (folder / "look.cube").write_text("\n".join(("LUT_3D_SIZE 2", *corners, "")))
    for name in ("logo.png", "music.m4a", "subs.srt", "look.cube"):
        shutil.copy(folder / name, folder / FILES[name])
    return folder


@pytest.mark.parametrize("line", SAMPLE)
def test_it_means_the_same(ffmpeg: Path, folder: Path, clip: Path, line: str) -> None:
    words = shlex.split(line)
    found = checked(words)
    as_written = run(ffmpeg, folder, clip, words)
    written_anew = run(ffmpeg, folder, clip, as_ffmpeg_gets_it(found))
    assert written_anew.digests == as_written.digests
    for graph in graphs(words):
        assert contains(as_written.settings, settings(graph))


@frozen
class Done:
    """What came of a command."""

    digests: str
    """Of each packet that came out."""
    settings: list[tuple[str, str]]
    """The options of filters, as FFmpeg says that it understood them."""


def run(ffmpeg: Path, folder: Path, clip: Path, words: Sequence[str]) -> Done:
    argv = [ffmpeg, "-v", "debug", "-nostdin", "-t", "0.5", "-i", clip, *words, "-threads", "1", "-f", "framemd5", "-"]
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    assert any(line and not line.startswith("#") for line in done.stdout.splitlines())
    return Done(done.stdout, re.findall(r"^\[.* @ .*\] Setting '(.*?)' to value '(.*)'$", done.stderr, re.MULTILINE))


def graphs(words: Sequence[str]) -> list[Graph]:
    options = read_arguments(words).options
    return [read_graph(o.value or "") for o in options if o.name in ("filter", "filter_complex")]


def settings(graph: Graph) -> list[tuple[str, str]]:
    """The options of a graph's filters, those without names under the names that the lists give them."""
    return [
        pair
        for one in graph.filters
        for pair in (
            *zip((s.names[0] for s in allowed_filters()[one.name].settings), one.options.positional, strict=False),
            *one.options.named,
        )
    ]


def contains(whole: list[tuple[str, str]], part: list[tuple[str, str]]) -> bool:
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))
