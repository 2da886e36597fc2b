"""``ffx profiles`` and ``--profile``: named recipes are listed, made, shared and used; a mistyped one is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ffx.media.probe import probe
from tests.cli.conftest import Ffx


@pytest.fixture
def source(tmp_path: Path, clip: Path) -> Path:
    return Path(shutil.copy(clip, tmp_path / "in.mp4"))


def test_the_built_in_ones_are_listed(ffx: Ffx) -> None:
    lines = ffx.inside("profiles").stdout.splitlines()
    assert lines[0].split() == ["NAME", "FROM", "DESCRIPTION"]
    names = {line.split()[0] for line in lines[1:]}
    assert {"h264-fast", "h265-1080p", "h265-2160p-hdr", "av1-archive", "web-1080p", "phone", "audio-only"} <= names
    listed = json.loads(ffx.inside("profiles", "list", "--json").stdout)
    assert {one["name"] for one in listed} == names


def test_one_is_made_shared_used_and_forgotten(ffx: Ffx, source: Path) -> None:
    made = ffx.inside("profiles", "create", "tiny", "--from-profile", "phone", "--scale", "160:", "--quality", "40",
                      "--preset", "ultrafast", "--description", "For tests", "--subtitles", "none")  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "use it with: ffx submit ... --profile tiny" in made.stdout
    shown = ffx.inside("profiles", "show", "tiny").stdout
    assert shown.startswith("tiny: For tests\nthe best encoder for h264, preset ultrafast, crf 40, ")
    assert ffx.inside("profiles", "export", "tiny", "-o", "tiny.toml").returncode == 0
    assert ffx.inside("profiles", "remove", "tiny").stdout == "profile tiny: removed\n"
    assert ffx.inside("profiles", "show", "tiny").returncode == 2
    assert ffx.inside("profiles", "import", "tiny.toml", "--name", "again").returncode == 0
    done = ffx.run("submit", "in.mp4", "-o", "out.mkv", "--profile", "again", "--local", "only", "--json")
    assert done.returncode == 0, done.stderr
    media = probe(ffx.folder / "out.mkv")
    film = media.video
    assert film is not None
    assert (film.codec, film.width, film.height, media.container) == ("h264", 160, 120, "matroska,webm")
    assert [(sound.codec, sound.channels) for sound in media.audio] == [("aac", 2)]


def test_what_cannot_be_is_one_line(ffx: Ffx, source: Path) -> None:
    for arguments, told in (
        (
            ("submit", "in.mp4", "-o", "x.mp4", "--profile", "phnoe"),
            "there is no profile 'phnoe'; did you mean 'phone'?",
        ),
        (("profiles", "show", "nothing"), "there is no profile 'nothing'; see: ffx profiles"),
        (("profiles", "remove", "phone"), "the profile 'phone' belongs to the plugin 'profiles': it cannot be removed"),
        (("profiles", "create", "My Profile"), "'My Profile' is no name for a profile"),
        (("profiles", "import", "missing.toml"), "missing.toml: No such file or directory"),
    ):
        answer = ffx.inside(*arguments)
        assert answer.returncode == 2, answer
        assert told in answer.stderr
        assert len(answer.stderr.splitlines()) == 1


def test_a_damaged_file_is_told_by_its_name_and_place(ffx: Ffx) -> None:
    file = ffx.folder / "bad.toml"
    file.write_text("codec = 'hevc'\nqualty_value = 3\n")
    answer = ffx.inside("profiles", "import", "bad.toml")
    assert (
        answer.stderr == "ffx: bad.toml: qualty_value: unknown key; did you mean 'quality_value' or 'quality_mode'?\n"
    )
    file.write_text("codec = 'hevc'\n")
    assert ffx.inside("profiles", "import", "bad.toml").returncode == 0
    assert "give --overwrite, or another name" in ffx.inside("profiles", "import", "bad.toml").stderr
    assert ffx.inside("profiles", "import", "bad.toml", "--overwrite").returncode == 0
