"""Folders and templates: what is taken, what is passed over, what names come out, and that nothing collides."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.cli.finding import Input, find_inputs
from ffx.cli.naming import NameParts, check_template, name_of
from ffx.core.errors import UsageError
from tests.cli.conftest import Ffx

PARTS = NameParts("film", "holiday", "mp4", 1280, 720, "h264", "phone", 7)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{stem}.{height}p.{ext}", "film.720p.mp4"),
        ("{parent}/{number:03}-{stem}.{ext}", "holiday/007-film.mp4"),
        ("{stem}-{codec}-{profile}-{width}x{height}.mkv", "film-h264-phone-1280x720.mkv"),
    ],
)
def test_a_template_names_an_output(template: str, name: str) -> None:
    assert name_of(template, PARTS) == Path(name)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{steam}.{ext}", "--name: there is no {steam}; did you mean 'stem'?; there is {stem} {parent} {ext}"),
        ("{stem.__class__}", "--name: there is no {stem.__class__}"),
        ("{stem!r}", "--name: there is no {stem}"),
        ("{stem", "--name: '{stem' cannot be read: "),
        ("{stem:d}", "--name: '{stem:d}' cannot be read: "),
        ("../{stem}", "--name: '../stem' is no name of a file in the output folder"),
        ("/tmp/{stem}", "--name: '/tmp/stem' is no name of a file in the output folder"),
        ("{stem}/", "--name: 'stem/' is no name of a file in the output folder"),
    ],
)
def test_a_template_that_cannot_be(template: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_template(template)
    assert str(caught.value).startswith(told)


@given(st.text(max_size=30))
def test_any_template_names_a_file_below_the_folder_or_is_refused(template: str) -> None:
    try:
        name = name_of(template, PARTS)
    except UsageError as error:
        assert str(error).startswith("--name: ")
    else:
        assert not name.is_absolute()
        assert ".." not in name.parts


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    for name in ("b.mkv", "a.MP4", "notes.txt", ".hidden.mp4", "series/s1/1.mkv", "series/.trash/2.mkv", "out/a.mp4"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    (root / "folder.mkv").mkdir()
    return root


def test_a_folder_gives_its_media_and_nothing_else(library: Path) -> None:
    found = find_inputs([str(library)], recursive=True, apart=library / "out")
    assert [(one.path.relative_to(library).as_posix(), one.under.as_posix()) for one in found] == [
        ("a.MP4", "."),
        ("b.mkv", "."),
        ("series/s1/1.mkv", "series/s1"),
    ]


def test_a_file_that_is_named_is_taken_whatever_it_is(library: Path) -> None:
    names = [str(library / "notes.txt"), str(library / "b.mkv")]
    assert find_inputs(names, recursive=False) == (Input(library / "notes.txt"), Input(library / "b.mkv"))


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no films and no sounds in this folder"):
        find_inputs([str(tmp_path)], recursive=True)


# -- Real batches -------------------------------------------------------------------------------------------------

FAST = ("--encoder", "libx264", "--preset", "ultrafast", "--local", "only")


@pytest.fixture
def films(ffx: Ffx, clip: Path) -> Path:
    folder = ffx.folder / "films"
    (folder / "more").mkdir(parents=True)
    for name in ("one.mp4", "more/two.mp4"):
        shutil.copy(clip, folder / name)
    (folder / "broken.mkv").write_bytes(b"this is no film" * 100)
    (folder / "readme.txt").write_text("not for encoding")
    return folder


def test_a_folder_is_encoded_and_one_bad_file_does_not_stop_the_rest(ffx: Ffx, films: Path) -> None:
    options = ("--recursive", "--out-dir", "out", "--scale", ":120", "--name", "{stem}.{height}p.{ext}", *FAST)
    done = ffx.run("submit", "films", *options)
    assert done.returncode == 1, done.stderr
    assert "films/broken.mkv: not a media file" in done.stderr
    made = sorted(path.relative_to(ffx.folder / "out").as_posix() for path in (ffx.folder / "out").rglob("*.mp4"))
    assert made == ["more/two.120p.mp4", "one.120p.mp4"]
    lines = done.stdout.splitlines()
    assert lines[-1].startswith("2 completed, 1 failed, 1.7 MB became ")
    heading = next(place for place, line in enumerate(lines) if line.startswith("INPUT"))
    assert {line.split()[0] for line in lines[heading + 1 : -1]} == {"one.mp4", "two.mp4"}
    again = ffx.run("submit", "films", *options, "--skip-existing")
    assert "ffx: 2 skipped, for their outputs exist" in again.stderr
    assert again.returncode == 1, "the bad one is still bad"
    as_json = ffx.run("submit", "films/one.mp4", "--out-dir", "out2", *FAST, "--json")
    assert json.loads(as_json.stdout)["state"] == "completed"


def test_a_collision_is_refused_before_anything_starts(ffx: Ffx, films: Path) -> None:
    done = ffx.run("submit", "films/one.mp4", "films/more/two.mp4", "--out-dir", "out", "--name", "same.{ext}", *FAST)
    assert done.returncode == 2
    assert "would both become" in done.stderr
    assert not list((ffx.folder / "out").iterdir())


def test_what_does_not_go_together_is_refused(ffx: Ffx, films: Path) -> None:
    for options, told in (
        (("-o", "x.mp4", "--name", "{stem}"), "--name goes with --out-dir, not with -o"),
        (("-o", "x.mp4", "--skip-existing"), "--skip-existing goes with --out-dir, not with -o"),
        (("--out-dir", "out", "--name", "{nothing}"), "--name: there is no {nothing}"),
        (("--out-dir", "out"), "films is a folder; name the files in it, or give --recursive"),
    ):
        answer = ffx.inside("submit", "films", *options)
        assert answer.returncode == 2
        assert told in answer.stderr
