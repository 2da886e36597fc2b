"""``ffx serve`` as a process: its first line, its options, its logs and its end."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.certificates import write_proof
from tests.cli.conftest import Ffx


def test_the_first_line_says_where_it_listens_when_jobs_can_be_taken(ffx: Ffx) -> None:
    with ffx.serving("--name", "studio", "--max-jobs", "3") as server:
        assert re.fullmatch(r"ffx server studio listens on ws://127\.0\.0\.1:[1-9][0-9]*", server.line)
        (listed,) = ffx.json("servers", "list")
        assert (listed["name"], listed["address"], listed["state"]) == ("studio", server.address, "online")
        assert (listed["jobs"], listed["max_jobs"]) == (0, 3)
        assert {"libx264", "libx265"} <= set(listed["software_encoders"])
    assert ffx.json("servers", "list") == [], "a server that ended is forgotten"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_ends_it_cleanly(number: signal.Signals, ffx: Ffx, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    with ffx.serving("--temp-dir", spool) as server:
        assert list(spool.iterdir()), "it keeps its files where it was told"
        server.process.send_signal(number)
        assert server.process.wait(20) == 0
        assert "Traceback" not in server.log
        assert "stopped" in server.log
    assert not list(spool.iterdir()), "nothing is left behind"


def test_it_can_be_stopped_while_it_still_tries_encoders(ffx: Ffx, tmp_path: Path) -> None:
    slow = tmp_path / "slow-ffmpeg"
    real = ffx.environment["FFX_FFMPEG"]
    started = tmp_path / "started"
    slow.write_text(
        f'#!/bin/sh\ncase "$*" in *lavfi*) touch {started}; exec sleep 60;; esac\nexec {real} "$@"\n', encoding="utf-8"
    )
    slow.chmod(0o755)
    process = ffx.start("serve", "--port", "0", FFX_FFMPEG=str(slow))
    deadline = time.monotonic() + 60
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out == ""
    assert "Traceback" not in err


def test_it_says_who_can_reach_it(ffx: Ffx) -> None:
    with ffx.serving("--host", "[::1]") as server:
        assert server.address.startswith("ws://[::1]:")
        assert "only this machine can reach it" in server.log
        assert ffx.json("servers", "test")[0]["error"] == ""
    with ffx.serving("--host", "0.0.0.0", "--insecure") as server:
        assert f"others on the network can reach {server.address}" in server.log
        (listed,) = ffx.json("servers")
        assert (listed["state"], listed["address"]) == ("online", f"wss://127.0.0.1:{server.port}")
        assert "unencrypted" not in server.log


def test_it_is_exposed_only_when_it_is_told_to(ffx: Ffx) -> None:
    line = ffx.refused(2, "serve", "--host", "0.0.0.0", "--port", "0", "--tls", "off")
    assert line.startswith("others can reach ws://0.0.0.0:0, and whoever is on the way reads the token and the files")
    assert line.endswith("--insecure does it all the same")
    with ffx.serving("--host", "0.0.0.0", "--tls", "off", "--insecure") as server:
        assert server.address.startswith("ws://0.0.0.0:")
        assert "WARNING ffx.cli.door: --insecure: whoever is on the way reads the token" in server.log
        assert ffx.json("servers")[0]["state"] == "online"


def test_a_certificate_of_the_operator(ffx: Ffx, tmp_path: Path) -> None:
    own = write_proof(tmp_path, "own")
    files = ("--certificate", own.certificate.chain, "--key", own.certificate.key)
    with ffx.serving("--tls", "on", *files) as server:
        assert server.address.startswith("wss://127.0.0.1:")
        assert own.fingerprint in server.log
        assert ffx.json("servers")[0]["state"] == "online"
    assert not (ffx.home / "state" / "certificate.pem").exists()
    assert "name the key too" in ffx.refused(2, "serve", "--tls", "on", *files[:2])
    wrong = ffx.refused(2, "serve", "--tls", "on", "--certificate", files[3], "--key", files[3])
    assert "cannot be used: it holds no certificate" in wrong


def test_the_environment_and_the_file_configure_it(ffx: Ffx, tmp_path: Path) -> None:
    (tmp_path / "ffx.toml").write_text('[serve]\nname = "from-file"\nmax_jobs = 5\n', encoding="utf-8")
    with ffx.serving("--config", "ffx.toml", FFX_MAX_JOBS="4") as server:
        assert "server from-file listens" in server.line
        (listed,) = ffx.json("servers", "list")
        assert listed["max_jobs"] == 4


def test_two_servers_of_one_machine_are_two(farm: Ffx) -> None:
    ids = {server["server_id"]: server["name"] for server in farm.json("servers")}
    assert sorted(ids.values()) == ["attic", "studio"]


def test_the_log_goes_to_stderr_and_to_a_file(ffx: Ffx, tmp_path: Path) -> None:
    log_file = tmp_path / "serve.log"
    with ffx.serving("--log-file", log_file, "--log-level", "INFO") as server:
        pass
    for log in (server.log, log_file.read_text(encoding="utf-8")):
        assert re.search(r"^\d{4}-\d\d-\d\d .* INFO ffx\.cli\.serving: stopped$", log, re.MULTILINE)


def test_the_log_level_is_kept(ffx: Ffx) -> None:
    with ffx.serving("--log-level", "ERROR") as server:
        pass
    assert server.log == ""


def test_the_token_is_never_shown(ffx: Ffx) -> None:
    with ffx.serving("--log-level", "DEBUG") as server:
        token = (ffx.home / "state" / "token").read_text(encoding="ascii").strip()
        assert token not in ffx.ok("servers") + ffx.ok("doctor") + ffx.ok("servers", "list", "--json")
    assert token not in server.log
    assert str(ffx.home / "state" / "token") in server.log


def test_a_port_in_use_is_one_line(ffx: Ffx) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = ffx.refused(1, "serve", "--port", str(port), "--log-level", "ERROR")
    assert line.startswith(f"cannot listen at 127.0.0.1:{port}: the port is in use")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--host", "no.such.host.invalid", "--insecure", "--port", "0"), 1, "cannot listen at no.such.host.invalid:0"),
        (("--host", "192.0.2.1", "--insecure", "--port", "0"), 1, "cannot listen at 192.0.2.1:0"),
        (("--temp-dir", "a-file/inside"), 2, "cannot be written"),
        (("--log-file", "a-file/inside"), 2, "the log file a-file/inside cannot be written"),
        (("--config", "missing.toml"), 2, "--config: missing.toml: there is no such file"),
        (("--json",), 2, "--json goes with"),
        (("--tls", "maybe"), 2, "--tls: 'maybe' is not one of auto, on, off"),
        (("--host", "ws://0.0.0.0", "--tls", "on"), 2, "exclude each other"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: tuple[str, ...], status: int, words: str, ffx: Ffx, tmp_path: Path
) -> None:
    (tmp_path / "a-file").write_text("", encoding="utf-8")
    assert words in ffx.refused(status, "serve", "--log-level", "ERROR", *arguments)


def test_without_ffmpeg_it_says_what_to_do(ffx: Ffx) -> None:
    assert "FFX_FFMPEG names /nowhere" in ffx.refused(1, "serve", FFX_FFMPEG="/nowhere/ffmpeg")


def test_it_is_ready_on_a_machine_that_was_never_looked_at(ffx: Ffx) -> None:
    shutil.rmtree(ffx.home / "cache")
    with ffx.serving("--name", "cold"):
        (listed,) = ffx.json("servers")
        assert {"libx264", "libx265", "aac"} <= set(listed["software_encoders"])


def test_capabilities_are_tested_without_serving(ffx: Ffx) -> None:
    found = json.loads(ffx.ok("serve", "--test-capabilities", "--name", "studio", "--json"))
    assert found["server"] == "studio"
    assert found["complete"] is True
    encoders = {encoder["name"]: encoder for encoder in found["encoders"]}
    assert encoders["libx264"]["works"] is True
    assert encoders["libx264"]["fps"] > 0
    assert encoders["libx264"]["max_resolution"] in ("1080p", "2K", "4K", "8K")
    for name, encoder in encoders.items():
        assert {"codec", "vendor", "works", "reason", "hint", "max_resolution", "ten_bit", "fps"} <= set(encoder)
        assert encoder["works"] or (encoder["reason"] and encoder["hint"]), name
    page = ffx.ok("serve", "--test-capabilities")  # from the cache
    assert re.search(r"software +libx264 +h264 +yes", page)


def test_two_homes_share_nothing(ffx: Ffx, farm: Ffx) -> None:
    assert json.loads(ffx.ok("servers", "--json")) == []
    assert len(json.loads(farm.ok("servers", "--json"))) == 2


def test_a_killed_server_is_not_offered(ffx: Ffx) -> None:
    with ffx.serving() as server:
        server.process.kill()
        server.process.wait()
        assert ffx.json("servers") == []
        server.process.returncode = 0  # killed on purpose
    assert not list((ffx.home / "state" / "running").iterdir())
