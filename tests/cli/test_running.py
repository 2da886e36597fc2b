"""Servers of this machine are found by the notes they leave, and only while they run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ffx.cli.running import announced, running_servers
from ffx.core.addressing import Address
from ffx.core.folders import Folders, folders


@pytest.fixture
def own(tmp_path: Path) -> Folders:
    return folders({"FFX_HOME": str(tmp_path)})


def test_a_server_is_known_while_it_runs(own: Folders) -> None:
    assert running_servers(own) == ()
    with announced(own, server_id="1", name="studio", address=Address("127.0.0.1", 4000)):
        (found,) = running_servers(own)
        assert (found.name, found.address, found.process) == ("studio", "ws://127.0.0.1:4000", os.getpid())
    assert running_servers(own) == ()
    assert not list((own.state / "running").iterdir())


@pytest.mark.parametrize(("host", "reached"), [("0.0.0.0", "ws://127.0.0.1:1"), ("::", "ws://[::1]:1")])
def test_who_listens_everywhere_is_reached_here(host: str, reached: str, own: Folders) -> None:
    with announced(own, server_id="1", name="studio", address=Address(host, 1)):
        assert [server.address for server in running_servers(own)] == [reached]


def test_how_it_is_encrypted_and_reached_is_noted(own: Folders) -> None:
    with announced(own, server_id="1", name="a", address=Address("192.168.1.20", 1, "wss"), fingerprint="ab"):
        (found,) = running_servers(own)
        assert (found.fingerprint, found.elsewhere) == ("ab", "wss://192.168.1.20:1")
    with announced(own, server_id="1", name="a", address=Address("127.0.0.1", 1)):
        (found,) = running_servers(own)
        assert (found.fingerprint, found.elsewhere) == ("", "")


def change(own: Folders, **values: object) -> Path:
    (file,) = (own.state / "running").glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | values), encoding="utf-8")
    return file


def test_the_note_of_a_server_that_was_killed_is_cleared_away(own: Folders) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    with announced(own, server_id="1", name="studio", address=Address("127.0.0.1", 1)):
        file = change(own, process=dead.pid)
        assert running_servers(own) == ()
        assert not file.exists()


def test_another_process_with_the_number_is_not_taken_for_it(own: Folders) -> None:
    with announced(own, server_id="1", name="studio", address=Address("127.0.0.1", 1)):
        change(own, started=1.0)
        assert running_servers(own) == ()


def test_the_note_of_another_machine_with_this_home_is_left_alone(own: Folders) -> None:
    with announced(own, server_id="1", name="studio", address=Address("127.0.0.1", 1)):
        file = change(own, hostname="elsewhere")
        assert running_servers(own) == ()
        assert file.exists()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"address": "::::"}', "\0"])
def test_a_damaged_note_is_none(text: str, own: Folders) -> None:
    (own.state / "running").mkdir(parents=True)
    (own.state / "running" / "1.json").write_text(text, encoding="utf-8")
    assert running_servers(own) == ()
