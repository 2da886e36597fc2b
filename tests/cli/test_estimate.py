"""``ffx estimate`` and ``ffx preview``: what servers say of a sample, and what stays of it: nothing."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from ffx.media.probe import probe
from tests.cli.conftest import Ffx


@pytest.fixture
def temporary(tmp_path: Path, farm: Ffx) -> Path:
    """Where the clients of this test put temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    farm.environment = farm.environment | {"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    return folder


def test_every_server_is_asked_and_nothing_stays(farm: Ffx, temporary: Path, clip: Path) -> None:
    done = farm.run("estimate", clip, "--encoder", "libx264", "--preset", "veryfast", "--json")
    assert done.returncode == 0, done.stderr
    found = {one["server"]: one for one in json.loads(done.stdout)}
    assert sorted(found) == ["attic", "studio", "this machine"]
    real = farm.json("submit", clip, "-o", "out.mp4", "--encoder", "libx264", "--preset", "veryfast")
    for one in found.values():
        assert one["encoder"] == "libx264"
        assert one["error"] == ""
        assert 0 < one["seconds"] < 60
        assert one["bytes"] == pytest.approx(real["bytes_out"], rel=0.1)
        assert one["likeness"]["metric"] in ("vmaf", "ssim")
        assert one["likeness"]["score"] > 0.8
    assert list(temporary.iterdir()) == []
    assert tempfile.gettempdir() != str(temporary)
    assert [job["output"] for job in farm.json("queue", "list")["jobs"] if "sample" in job["input"]] == []


def test_a_file_in_the_folder_where_one_stands(farm: Ffx, temporary: Path, clip: Path) -> None:
    (farm.folder / "in.mp4").write_bytes(clip.read_bytes())
    (one,) = farm.json("estimate", "in.mp4", "--encoder", "libx264", "--server", "studio")
    assert one["error"] == ""
    assert sorted(file.name for file in farm.folder.iterdir()) == ["in.mp4", "temporary"]


def test_one_server_and_a_table_for_people(farm: Ffx, temporary: Path, clip: Path) -> None:
    table = farm.ok("estimate", clip, "--encoder", "libx264", "--preset", "veryfast", "--server", "studio")
    heading, row, note = table.splitlines()
    assert heading.split() == ["SERVER", "ENCODER", "TIME", "FPS", "SIZE", "LIKENESS"]
    assert row.split()[:2] == ["studio", "libx264"]
    assert note.startswith("Time is that of the encode alone")


def test_sound_alone_is_estimated_too(farm: Ffx, clip: Path) -> None:
    (one,) = farm.json("estimate", clip, "--container", "adts", "--audio", "aac", "--server", "studio")
    assert one["likeness"] is None
    assert one["bytes"] > 0


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("gone.mkv",), 2, "gone.mkv: there is no such file"),
        (("CLIP", "--encoder", "h264_nvenc", "--local", "never"), 3, "no server can do it: "),
        (("CLIP", "--encoder", "libx264", "--server", "nowhere"), 3, "no server can do it: none is known"),
        (("CLIP", "--encoder", "libx264", "--quality", "99"), 2, "quality 99 is impossible for libx264"),
    ],
)
def test_what_cannot_be_estimated(farm: Ffx, clip: Path, words: tuple[str, ...], status: int, told: str) -> None:
    given = [str(clip) if word == "CLIP" else word for word in words]
    assert farm.refused(status, "estimate", *given).startswith(told)


def test_a_preview_is_a_picture_of_both(farm: Ffx, temporary: Path, clip: Path) -> None:
    words = ("--at", "00:00:05", "--encoder", "libx264", "--scale", "160:", "-o", "p.png")
    assert farm.ok("preview", clip, *words) == "p.png: the source to the left, encoded to the right\n"
    film = probe(farm.folder / "p.png").video
    assert film is not None
    assert (film.codec, film.width, film.height) == ("png", 160 + 4 + 160, 120)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--at", "99", "-o", "p.png"), "--at: 99 s is not within 0 s to 7.8"),
        (("--at", "noon", "-o", "p.png"), "--at: 'noon' is no time"),
        (("--at", "1", "-o", "p.mp4"), "p.mp4: a preview is a picture; name it like preview.png"),
        (("--at", "1", "-o", "nowhere/p.png"), "nowhere: there is no such folder"),
        (("--at", "1", "-o", "p.png", "--encoder", "copy"), "the picture is copied: there is nothing to compare"),
    ],
)
def test_previews_that_cannot_be(farm: Ffx, clip: Path, words: tuple[str, ...], told: str) -> None:
    assert told in farm.refused(2, "preview", clip, *words)
