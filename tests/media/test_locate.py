"""Which FFmpeg is used, in what order, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.errors import FfmpegNotFound
from ffx.media import locate
from ffx.media.locate import locate_ffmpeg


def program(folder: Path, name: str = "ffmpeg") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_order(tmp_path: Path) -> None:
    configured, named, found = (program(tmp_path / place) for place in ("configured", "named", "path"))
    environment = {"FFX_FFMPEG": str(named), "PATH": str(found.parent)}
    assert locate_ffmpeg(str(configured), environment) == configured
    assert locate_ffmpeg("", environment) == named
    assert locate_ffmpeg("", {"PATH": str(found.parent), "FFX_FFMPEG": ""}) == found


def test_the_package_comes_last(ffmpeg9: Path, tmp_path: Path) -> None:
    assert locate_ffmpeg("", {"PATH": str(tmp_path)}) == ffmpeg9
    assert locate_ffmpeg("", {}) == ffmpeg9


def test_a_name_is_looked_up_on_the_path(tmp_path: Path) -> None:
    path = program(tmp_path, "ffmpeg-7")
    assert locate_ffmpeg("ffmpeg-7", {"PATH": str(tmp_path)}) == path


def test_a_named_one_that_is_missing_is_never_replaced(tmp_path: Path) -> None:
    there = program(tmp_path)
    with pytest.raises(FfmpegNotFound, match=r"FFX_FFMPEG names .*nowhere, which does not exist"):
        locate_ffmpeg("", {"FFX_FFMPEG": str(tmp_path / "nowhere"), "PATH": str(there.parent)})
    with pytest.raises(FfmpegNotFound, match="the configuration names"):
        locate_ffmpeg(str(tmp_path / "nowhere"), {"FFX_FFMPEG": str(there)})


def test_a_folder_and_a_file_without_permission_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FfmpegNotFound, match="is a folder"):
        locate_ffmpeg(str(tmp_path), {})
    plain = tmp_path / "plain"
    plain.write_text("x")
    with pytest.raises(FfmpegNotFound, match="may not be executed"):
        locate_ffmpeg(str(plain), {})


def test_none_at_all_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "_packaged", lambda: None)
    with pytest.raises(FfmpegNotFound, match=r"install ffmpeg, or `pip install ffmpeg-easy\[ffmpeg\]`"):
        locate_ffmpeg("", {"PATH": ""})
