"""Where files are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.folders import folders


def test_ffx_home_holds_everything(tmp_path: Path) -> None:
    found = folders({"FFX_HOME": str(tmp_path)})
    assert found.configuration_file == tmp_path / "config" / "ffx.toml"
    assert found.servers_file == tmp_path / "config" / "servers.toml"
    assert found.token_file == tmp_path / "state" / "token"
    assert found.cache == tmp_path / "cache"


def test_asking_makes_nothing(tmp_path: Path) -> None:
    folders({"FFX_HOME": str(tmp_path / "home")})
    assert not (tmp_path / "home").exists()


def test_a_relative_home_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folders({"FFX_HOME": "home"}).state == tmp_path / "home" / "state"


@pytest.mark.parametrize("environment", [{}, {"FFX_HOME": ""}])
def test_without_a_home_the_user_s_own_folders_serve(environment: dict[str, str]) -> None:
    found = folders(environment)
    for folder in (found.configuration, found.state, found.cache):
        assert folder.is_absolute()
        assert "ffx" in folder.parts
