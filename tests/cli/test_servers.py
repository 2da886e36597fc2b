"""``ffx servers``: adding, looking, testing, preferring, removing; and every way a server cannot be had."""

from __future__ import annotations

import contextlib
import http.server
import stat
import threading
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import Ffx


def token_of(ffx: Ffx) -> str:
    return (ffx.home / "state" / "token").read_text(encoding="ascii").strip()


def remembered(ffx: Ffx) -> list[dict[str, Any]]:
    book = tomllib.loads((ffx.home / "config" / "servers.toml").read_text(encoding="utf-8"))
    servers: list[dict[str, Any]] = book["servers"]
    return servers


def address_of(farm: Ffx, name: str) -> str:
    return next(str(server["address"]) for server in farm.json("servers") if server["name"] == name)


# -- Adding -----------------------------------------------------------------------------------------------------


def test_a_server_of_the_same_user_needs_no_token(ffx: Ffx) -> None:
    with ffx.serving("--name", "studio", "--max-jobs", "3") as server:
        page = ffx.ok("servers", "add", f"127.0.0.1:{server.port}")
        assert page.startswith(f"added studio at {server.address}: 3 jobs at a time; it can encode with\n")
        assert "libx265" in page
        (known,) = remembered(ffx)
        assert (known["name"], known["token"]) == ("studio", "")
        (listed,) = ffx.json("servers")
        assert listed["state"] == "online"
    (listed,) = ffx.json("servers", "list")
    assert (listed["name"], listed["state"]) == ("studio", "unreachable")
    assert "refused the connection" in listed["error"]
    assert "unreachable" in ffx.ok("servers")


def test_another_users_server_needs_its_token(ffx: Ffx, farm: Ffx) -> None:
    address = address_of(farm, "studio")
    line = ffx.refused(2, "servers", "add", address)
    assert "needs its token: give --token-stdin or FFX_TOKEN" in line
    assert "token" in ffx.refused(1, "servers", "add", address, "--token-stdin", given="wrong\n")
    assert ffx.json("servers") == []
    token = token_of(farm)
    page = ffx.ok("servers", "add", address, "--token-stdin", given=f"{token}\n")
    assert page.startswith("added studio at ")
    assert remembered(ffx)[0]["token"] == token
    assert stat.S_IMODE((ffx.home / "config" / "servers.toml").stat().st_mode) == 0o600
    assert token not in page + ffx.ok("servers", "list", "--json") + ffx.ok("doctor", "--json")
    assert ffx.json("servers", "test", "studio")[0]["error"] == ""


def test_the_token_can_come_from_the_environment(ffx: Ffx, farm: Ffx) -> None:
    ffx.ok("servers", "add", address_of(farm, "attic"), environment={"FFX_TOKEN": token_of(farm)})
    assert [server["name"] for server in remembered(ffx)] == ["attic"]
    assert ffx.json("servers", "test")[0]["error"] == ""


def test_an_empty_stdin_is_no_token(ffx: Ffx) -> None:
    assert "no token on standard input" in ffx.refused(2, "servers", "add", "127.0.0.1", "--token-stdin")


def test_an_own_name_can_be_given_and_is_used_once(farm: Ffx, ffx: Ffx) -> None:
    token = {"FFX_TOKEN": token_of(farm)}
    studio, attic = address_of(farm, "studio"), address_of(farm, "attic")
    assert "added box at" in ffx.ok("servers", "add", studio, "--name", "box", environment=token)
    assert "the name 'box' is taken by" in ffx.refused(2, "servers", "add", attic, "--name", "box", **token)
    ffx.ok("servers", "add", attic, environment=token)
    assert [server["name"] for server in remembered(ffx)] == ["box", "attic"]
    ffx.ok("servers", "add", studio, environment=token)
    assert sorted(server["name"] for server in remembered(ffx)) == ["attic", "studio"], "added again under its own name"


def test_two_servers_of_one_name_are_told_apart(ffx: Ffx) -> None:
    with ffx.serving("--name", "twin") as one, ffx.serving("--name", "twin") as other:
        for server in (one, other):
            ffx.ok("servers", "add", server.address)
        assert [server["name"] for server in remembered(ffx)] == ["twin", "twin-2"]


def test_a_name_cannot_reach_into_the_terminal(ffx: Ffx) -> None:
    with ffx.serving("--name", "st\x1b[2Judio\u202e") as server:
        pages = server.line + ffx.ok("servers", "add", server.address) + ffx.ok("servers") + ffx.ok("capabilities")
        assert "st[2Judio" in pages
        assert not set(pages) & set("\x1b\u202e")


# -- What cannot be added ---------------------------------------------------------------------------------------


class Hypertext(http.server.BaseHTTPRequestHandler):
    """A web server of somebody else."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>welcome</html>")

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture
def website() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hypertext) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


TOKEN = {"FFX_TOKEN": "any"}


def test_a_web_server_is_not_taken_for_one(ffx: Ffx, website: str) -> None:
    assert "is not an ffx server" in ffx.refused(1, "servers", "add", website, **TOKEN)


def test_a_port_where_nobody_is(ffx: Ffx) -> None:
    assert "refused the connection" in ffx.refused(1, "servers", "add", "127.0.0.1:1", **TOKEN)


def test_force_remembers_it_all_the_same(ffx: Ffx) -> None:
    done = ffx.run("servers", "add", "127.0.0.1:1", "--force", "--name", "later", environment=TOKEN)
    assert done.returncode == 0
    assert "refused the connection" in done.stderr
    assert remembered(ffx)[0]["name"] == "later"


@pytest.mark.parametrize("address", ["127.0.0.1:x", "http://[::1", "a b", "host:70000", ":", "host:0", "::1"])
def test_an_address_that_cannot_be_read(address: str, ffx: Ffx) -> None:
    assert "cannot read the address" in ffx.refused(2, "servers", "add", address, **TOKEN)


def test_a_scheme_without_a_transport(ffx: Ffx) -> None:
    assert "unknown transport 'gopher'" in ffx.refused(2, "servers", "add", "gopher://localhost", **TOKEN)


# -- Testing, preferring, removing ------------------------------------------------------------------------------


@contextlib.contextmanager
def one_there_and_one_gone(ffx: Ffx) -> Iterator[None]:
    with ffx.serving("--name", "there") as server:
        ffx.ok("servers", "add", server.address)
        ffx.ok("servers", "add", "127.0.0.1:1", "--force", "--name", "gone")
        yield


def test_test_pings_each_server(ffx: Ffx) -> None:
    with one_there_and_one_gone(ffx):
        done = ffx.run("servers", "test")
        assert done.returncode == 1
        there, gone = done.stdout.splitlines()
        assert there.startswith("there at ws://127.0.0.1:")
        assert there.endswith(" ms")
        assert gone == "gone at ws://127.0.0.1:1: " + ffx.json("servers", "list")[1]["error"]
        assert ffx.ok("servers", "test", "there").startswith("there at")
        assert ffx.json("servers", "test", "there")[0]["seconds"] > 0
        assert "no server 'thre' is known; did you mean 'there'?" in ffx.refused(2, "servers", "test", "thre")


def test_preferences_are_kept_and_taken_away(ffx: Ffx) -> None:
    ffx.ok("servers", "add", "127.0.0.1:1", "--force", "--name", "studio", environment=TOKEN)
    assert ffx.ok("servers", "prefer", "studio", "--for", "hevc") == "studio is preferred for hevc\n"
    ffx.ok("servers", "prefer", "127.0.0.1:1", "--for", "libx264", "--for", "any")
    assert ffx.json("servers")[0]["preferred_for"] == ["hevc", "libx264", "any"]
    ffx.ok("servers", "prefer", "studio", "--for", "any", "--for", "hevc", "--remove")
    assert ffx.json("servers")[0]["preferred_for"] == ["libx264"]
    ffx.ok("servers", "add", "127.0.0.1:1", "--force", "--name", "other", environment=TOKEN)
    assert ffx.json("servers")[0]["preferred_for"] == ["libx264"], "adding it again keeps them"
    assert "no server 'studoi' is remembered" in ffx.refused(2, "servers", "prefer", "studoi", "--for", "any")


def test_removing_forgets(ffx: Ffx) -> None:
    ffx.ok("servers", "add", "127.0.0.1:1", "--force", "--name", "studio", environment=TOKEN)
    assert "did you mean 'studio'?" in ffx.refused(2, "servers", "remove", "studoi")
    assert ffx.ok("servers", "remove", "studio") == "removed studio at ws://127.0.0.1:1\n"
    assert ffx.json("servers") == []
    assert "no server is known; add one with: ffx servers add JOIN" in ffx.ok("servers")


def test_a_damaged_book_is_one_line(ffx: Ffx) -> None:
    (ffx.home / "config").mkdir()
    (ffx.home / "config" / "servers.toml").write_text("[[servers]\n", encoding="utf-8")
    assert "servers.toml: cannot be read" in ffx.refused(2, "servers")
