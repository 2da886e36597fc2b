"""``ffx capabilities``, ``ffx doctor`` and ``ffx plugins``: what there is, what is wrong, and what to do."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ffx.core.detector import Reason
from tests.cli.conftest import LISTED, Ffx

ENCODER_FIELDS = {"name", "codec", "vendor", "works", "reason", "hint", "max_resolution", "ten_bit", "fps"}
MACHINE_FIELDS = {"hostname", "os", "cpu_cores", "memory_gb", "disk_space_gb", "ffmpeg_version", "supported_formats"}


# -- capabilities -----------------------------------------------------------------------------------------------


def test_this_machine_is_shown_when_no_server_is_known(ffx: Ffx) -> None:
    found = ffx.json("capabilities")
    assert set(found) >= MACHINE_FIELDS
    assert {encoder["name"] for encoder in found["encoders"]} >= set(LISTED)
    for encoder in found["encoders"]:
        assert set(encoder) >= ENCODER_FIELDS
        assert encoder["works"] or encoder["reason"] in set(Reason)
    assert "mp4" in found["supported_formats"]
    done = ffx.run("capabilities")
    assert done.stderr == "no server is known: this is what this machine can do by itself\n"
    assert re.search(r"^  software +libx264 +h264 +yes +(1080p|2K|4K|8K) +yes +[0-9]+$", done.stdout, re.MULTILINE)
    assert re.search(r"^  nvidia +hevc_nvenc +hevc +no +[a-z_]+: ", done.stdout, re.MULTILINE)


def test_a_server_is_asked_by_name_or_address(farm: Ffx) -> None:
    by_name = farm.json("capabilities", "studio")
    by_address = farm.json("capabilities", by_name["address"])
    assert by_name["server"] == by_address["server"] == "studio"
    assert by_name["encoders"] == by_address["encoders"]
    assert {encoder["name"] for encoder in by_name["encoders"]} >= set(LISTED)


def test_every_known_server_is_shown(farm: Ffx) -> None:
    assert sorted(server["server"] for server in farm.json("capabilities")["servers"]) == ["attic", "studio"]
    page = farm.ok("capabilities")
    assert "studio ws://127.0.0.1:" in page
    assert "attic ws://127.0.0.1:" in page


def test_a_server_that_cannot_be_asked_is_told_with_1(ffx: Ffx) -> None:
    ffx.ok("servers", "add", "127.0.0.1:1", "--force", "--name", "gone", environment={"FFX_TOKEN": "any"})
    done = ffx.run("capabilities", "gone")
    assert done.returncode == 1
    assert "gone ws://127.0.0.1:1: 127.0.0.1:1 refused the connection" in done.stdout
    assert "no server 'gne' is known; did you mean 'gone'?" in ffx.refused(2, "capabilities", "gne")


# -- doctor -----------------------------------------------------------------------------------------------------


def checks(ffx: Ffx, status: int, **environment: str) -> dict[str, tuple[bool, str]]:
    import json

    done = ffx.run("doctor", "--json", environment=environment)
    assert done.returncode == status, (done.stdout, done.stderr)
    found = json.loads(done.stdout)
    assert found["ok"] is (status == 0)
    return {check["name"]: (check["ok"], check["detail"]) for check in found["checks"]}


def test_doctor_finds_nothing_wrong_where_nothing_is(ffx: Ffx) -> None:
    found = checks(ffx, 0)
    assert all(ok for ok, _ in found.values())
    assert ffx.environment["FFX_FFMPEG"] in found["ffmpeg"][1]
    page = ffx.ok("doctor")
    assert page.endswith("nothing is wrong\n") or "\nnothing is wrong\n" in page
    assert re.search(r"^  nvidia:\n(    .*\n)*    .*hevc_nvenc.*: [a-z_]+: .+$", page, re.MULTILINE), (
        "reason and hint by vendor"
    )


def test_doctor_without_ffmpeg(ffx: Ffx) -> None:
    ok, detail = checks(ffx, 1, FFX_FFMPEG="/nowhere/ffmpeg")["ffmpeg"]
    assert not ok
    assert "/nowhere/ffmpeg" in detail


def test_doctor_tells_of_a_token_that_others_can_read(ffx: Ffx) -> None:
    with ffx.serving():
        pass
    token = ffx.home / "state" / "token"
    token.chmod(0o644)
    if os.name != "nt":
        ok, detail = checks(ffx, 1)["token"]
        assert not ok
        assert f"chmod 600 {token}" in detail
    token.write_text("", encoding="ascii")
    token.chmod(0o600)
    assert "is empty" in checks(ffx, 1)["token"][1]


def test_doctor_tells_of_a_server_that_does_not_answer(ffx: Ffx) -> None:
    ffx.ok("servers", "add", "127.0.0.1:1", "--force", "--name", "gone", environment={"FFX_TOKEN": "any"})
    ok, detail = checks(ffx, 1)["server gone"]
    assert not ok
    assert "refused the connection" in detail
    assert "WRONG  server gone: " in ffx.run("doctor").stdout


def test_doctor_tells_of_a_broken_plugin(ffx: Ffx, tmp_path: Path) -> None:
    information = tmp_path / "site" / "crooked-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: crooked\nVersion: 1.0\n", encoding="utf-8")
    (information / "entry_points.txt").write_text("[ffx]\ncrooked = crooked\n", encoding="utf-8")
    (tmp_path / "site" / "crooked.py").write_text("raise RuntimeError('bent')\n", encoding="utf-8")
    ok, detail = checks(ffx, 1, PYTHONPATH=str(tmp_path / "site"))["plugin crooked"]
    assert not ok
    assert detail == "of crooked: RuntimeError: bent"


@pytest.mark.parametrize("folder", ["config", "state", "cache"])
def test_doctor_tells_of_a_folder_that_is_a_file(folder: str, ffx: Ffx, tmp_path: Path) -> None:
    home = tmp_path / "other"
    home.mkdir()
    (home / folder).write_text("in the way", encoding="utf-8")
    names = {"config": "configuration folder", "state": "state folder", "cache": "cache folder"}
    ok, detail = checks(ffx, 1, FFX_HOME=str(home))[names[folder]]
    assert not ok
    assert "is not a folder" in detail


# -- plugins ----------------------------------------------------------------------------------------------------


def test_plugins_are_listed_with_their_hooks(ffx: Ffx) -> None:
    listed = {plugin["name"]: plugin for plugin in ffx.json("plugins")}
    assert set(listed["weighted"]) == {"name", "distribution", "version", "hooks", "state", "error"}
    assert listed["weighted"]["hooks"] == ["ffx_register_policies"]
    assert {plugin["state"] for plugin in listed.values()} == {"active"}
    assert re.search(r"^weighted +ffmpeg-easy +\S+ +active +ffx_register_policies$", ffx.ok("plugins"), re.MULTILINE)


def test_a_blocked_plugin_is_listed_as_blocked(ffx: Ffx) -> None:
    listed = {plugin["name"]: plugin for plugin in ffx.json("plugins", FFX_DISABLED_PLUGINS="nvidia, amd")}
    assert {name for name, plugin in listed.items() if plugin["state"] == "blocked"} == {"nvidia", "amd"}
