"""``ffx doctor --security`` and ``ffx serve --sandbox``: what confines FFmpeg, and what to do where nothing does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Ffx
from tests.sandboxes import linux_only, needs_bubblewrap

NOT_INSIDE = "FFmpeg does not run in bubblewrap"
"""The FFmpeg of these tests is a script, whose Python is not one of the system's files."""


def security(ffx: Ffx, status: int, *options: str, **environment: str) -> dict[str, Any]:
    done = ffx.run("doctor", "--security", "--json", *options, environment=environment)
    assert done.returncode == status, (done.stdout, done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["ok"] is (status == 0)
    return found


def check(found: dict[str, Any], name: str) -> tuple[bool, str]:
    return next((check["ok"], check["detail"]) for check in found["checks"] if check["name"] == name)


@linux_only
def test_a_machine_where_all_is_well(ffx: Ffx, ffmpeg9: Path) -> None:
    needs_bubblewrap()
    found = security(ffx, 0, FFX_FFMPEG=str(ffmpeg9))
    assert found["sandbox"] == {"level": "full", "mode": "auto", "reason": ""}
    assert check(found, "address") == (True, "ws://127.0.0.1:8765: only this machine can reach it")
    assert check(found, "token")[0]
    page = ffx.ok("doctor", "--security", environment={"FFX_FFMPEG": str(ffmpeg9)})
    assert page.startswith("ok     sandbox: full: FFmpeg has no network and sees no file but the job's own\n")
    assert page.endswith("\nnothing is wrong\n")


@linux_only
def test_what_is_weak_is_told_with_what_to_do(ffx: Ffx) -> None:
    token = ffx.home / "state" / "token"
    token.parent.mkdir(parents=True)
    token.write_text("a token\n")
    token.chmod(0o644)
    found = security(ffx, 1, FFX_HOST="0.0.0.0")
    assert found["sandbox"]["level"] == "limits"
    assert NOT_INSIDE in found["sandbox"]["reason"]
    assert check(found, "sandbox")[0] is False
    ok, words = check(found, "address")
    assert not ok
    assert "others on the network can reach it" in words
    assert check(found, "token") == (False, f"{token} can be read by others (mode 0644): chmod 600 {token}")
    assert "3 thing(s) to look at" in ffx.run("doctor", "--security", environment={"FFX_HOST": "0.0.0.0"}).stdout


def test_a_sandbox_that_is_switched_off(ffx: Ffx) -> None:
    found = security(ffx, 1, FFX_SANDBOX="off")
    assert found["sandbox"] == {"level": "none", "mode": "off", "reason": "it is switched off"}
    with ffx.serving("--sandbox", "off") as server:
        assert "WARNING ffx.cli.serving: sandbox: none: FFmpeg can read and write what the server can" in server.log
        (listed,) = ffx.json("servers")
        assert listed["sandbox"] == "none"


@linux_only
def test_a_server_without_the_full_one_says_why_and_clients_see_it(ffx: Ffx) -> None:
    with ffx.serving("--name", "studio") as server:
        assert "sandbox: limits: files, memory and processes are limited" in server.log
        assert NOT_INSIDE in server.log
        (listed,) = ffx.json("servers")
        assert listed["sandbox"] == "limits"
        assert ffx.ok("servers").splitlines()[0].split() == [
            *("NAME", "ADDRESS", "STATE", "JOBS", "CPU", "SANDBOX", "PREFERRED", "FOR"),
        ]
        assert ffx.json("capabilities", "studio")["sandbox"] == "limits"
        assert "\n  sandbox limits: files, memory" in ffx.ok("capabilities", "studio")


@linux_only
def test_a_sandbox_that_is_required_and_cannot_be_had(ffx: Ffx) -> None:
    line = ffx.refused(2, "serve", "--port", "0", "--sandbox", "require", "--log-level", "ERROR")
    assert line.startswith(f"serve.sandbox is require, and {NOT_INSIDE}")
    assert "--sandbox: 'maybe' is not one of auto, require, off" in ffx.refused(2, "serve", "--sandbox", "maybe")


def test_no_ffmpeg(ffx: Ffx) -> None:
    ok, words = check(security(ffx, 1, FFX_FFMPEG="/nowhere/ffmpeg"), "sandbox")
    assert not ok
    assert "/nowhere/ffmpeg" in words
