"""Token and ids: made once, private from their first byte, one for everybody who asks at the same time."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from ffx.cli.identity import client_id, known_token, server_id, server_token
from ffx.core.errors import ConfigurationError
from ffx.core.folders import Folders, folders


@pytest.fixture
def own(tmp_path: Path) -> Folders:
    return folders({"FFX_HOME": str(tmp_path / "home")})


def test_the_token_is_made_once(own: Folders) -> None:
    assert known_token(own) == ""
    token = server_token(own, {})
    assert len(token) >= 40
    assert server_token(own, {}) == known_token(own) == token
    assert [file.name for file in own.state.iterdir()] == ["token"]


def test_only_the_user_can_read_it_from_the_start(own: Folders) -> None:
    before = os.umask(0)
    try:
        server_token(own, {})
    finally:
        os.umask(before)
    if os.name != "nt":  # Windows guards the user's folder by its own lists, not by a mode
        assert stat.S_IMODE(own.token_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(own.state.stat().st_mode) == 0o700
    assert known_token(own)


def test_a_token_of_the_environment_wins_and_is_not_kept(own: Folders) -> None:
    assert server_token(own, {"FFX_TOKEN": "mine"}) == "mine"
    assert not own.token_file.exists()


def test_all_who_come_first_at_the_same_time_get_one_token(own: Folders) -> None:
    together = threading.Barrier(8)
    tokens: list[str] = []

    def start() -> None:
        together.wait()
        tokens.append(server_token(own, {}))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(tokens) == {known_token(own)}
    assert len(tokens) == 8


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_damaged_token_is_named(content: bytes, own: Folders) -> None:
    own.state.mkdir(parents=True)
    own.token_file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="is damaged; delete it"):
        server_token(own, {})
    assert known_token(own) == ""


def test_a_state_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="ffx keeps its state there"):
        server_token(folders({"FFX_HOME": str(tmp_path / "home")}), {})


def test_a_server_keeps_its_identity_and_two_differ(own: Folders) -> None:
    studio = server_id(own, name="studio", port=8765)
    assert server_id(own, name="studio", port=8765) == studio
    assert len({studio, server_id(own, name="studio", port=8766), server_id(own, name="attic", port=8765)}) == 3


def test_servers_on_picked_ports_differ(own: Folders) -> None:
    assert server_id(own, name="studio", port=0) != server_id(own, name="studio", port=0)


def test_two_commands_of_one_user_are_two_clients(own: Folders) -> None:
    one, other = client_id(own), client_id(own)
    assert one != other
    assert one.partition(".")[0] == other.partition(".")[0]
