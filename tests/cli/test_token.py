"""``ffx token`` and join strings, between the homes of two users: one serves, the other one joins."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import stat
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from ffx.core.joining import parse_invitation
from tests.cli.conftest import Ffx, RunningServer


@pytest.fixture
def guest(ffx: Ffx, tmp_path_factory: pytest.TempPathFactory) -> Ffx:
    """Another user, to whom nothing of ``ffx``'s home is known."""
    guest = Ffx(tmp_path_factory.mktemp("guest"), tmp_path_factory.mktemp("guest-home"))
    shutil.copytree(ffx.home / "cache", guest.home / "cache")
    guest.environment |= {"FFX_FFMPEG": ffx.environment["FFX_FFMPEG"]}
    return guest


def created(ffx: Ffx, name: str, *options: str) -> Any:
    done = ffx.inside("token", "create", name, *options, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def token_of(ffx: Ffx) -> str:
    return (ffx.home / "state" / "token").read_text(encoding="ascii").strip()


def join_of(ffx: Ffx, name: str, *options: str) -> str:
    (join,) = created(ffx, name, *options)["join"]
    return str(join)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def error(guest: Ffx) -> str:
    done = guest.inside("servers", "test", "--json")
    (look,) = json.loads(done.stdout)
    assert done.returncode == (1 if look["error"] else 0)
    return str(look["error"])


# -- Joining ----------------------------------------------------------------------------------------------------


def test_a_join_string_is_all_that_a_second_machine_needs(ffx: Ffx, guest: Ffx, clip: Path) -> None:
    with ffx.serving("--name", "studio", "--host", "0.0.0.0", "--insecure", "--log-level", "DEBUG") as server:
        assert server.process.stdout is not None
        second = server.process.stdout.readline()
        page = ffx.ok("token", "create", "guest", "--expires", "30d")
        (join,) = re.findall(r"^on other machines: ffx servers add '(\S+)'$", page, re.MULTILINE)
        invitation = parse_invitation(join)
        assert "created the token guest: submit, until 20" in page
        assert f"token: {invitation.token}\n" in page
        assert invitation.fingerprint in server.log

        added = guest.ok("servers", "add", "-", given=f"{join}\n")
        assert added.startswith(f"added studio at {invitation.address}: ")
        (known,) = tomllib.loads((guest.home / "config" / "servers.toml").read_text(encoding="utf-8"))["servers"]
        assert (known["token"], known["fingerprint"]) == (invitation.token, invitation.fingerprint)
        shutil.copy(clip, guest.folder / "in.mp4")
        options = ("--encoder", "libx264", "--preset", "ultrafast", "--local", "never")
        assert "done on studio" in guest.ok("submit", "in.mp4", "-o", "out.mp4", *options)

        # A journal is no place for a token: without a terminal the line has everything else.
        (shown,) = re.findall(r"ffx servers add '(\S+)'", second)
        assert parse_invitation(shown).fingerprint == invitation.fingerprint
        assert parse_invitation(shown).token == ""
        for secret in (invitation.token, token_of(ffx)):
            assert secret not in added + server.log + second
            assert not any(secret in word for word in psutil.Process(server.process.pid).cmdline())


def test_a_join_string_without_a_token_asks_for_one(ffx: Ffx, guest: Ffx) -> None:
    with ffx.serving("--host", "0.0.0.0", "--insecure"):
        made = created(ffx, "guest")
        join = made["join"][0].partition("&token=")[0]
        assert "needs its token" in guest.refused(2, "servers", "add", join)
        assert "added" in guest.ok("servers", "add", join, "--token-stdin", given=made["token"] + "\n")


def test_a_join_string_that_cannot_be_read_is_not_repeated(ffx: Ffx) -> None:
    line = ffx.refused(2, "servers", "add", "ffx://studio/#fp=12&token=SECRET")
    assert "64 hexadecimal digits" in line
    assert "SECRET" not in line


def test_a_server_of_this_user_is_found_with_its_certificate(ffx: Ffx) -> None:
    with ffx.serving("--name", "studio", "--tls", "on") as server:
        (listed,) = ffx.json("servers")
        assert (listed["address"], listed["state"]) == (server.address, "online")
        assert server.address.startswith("wss://127.0.0.1:")
        for name in ("studio", f"127.0.0.1:{server.port}", f"localhost:{server.port}"):
            assert ffx.json("servers", "test", name)[0]["error"] == ""
        assert f"added studio at {server.address}" in ffx.ok("servers", "add", f"127.0.0.1:{server.port}")
        assert error(ffx) == ""


def test_without_its_certificate_a_server_is_not_trusted(ffx: Ffx, guest: Ffx) -> None:
    with ffx.serving("--tls", "on") as server:
        token = created(ffx, "guest")["token"]
        for address, words in (
            (server.address, "shows a certificate that nothing vouches for, with the fingerprint "),
            (f"127.0.0.1:{server.port}", "speaks TLS only: add it with the join string that it prints"),
        ):
            line = guest.refused(1, "servers", "add", address, "--token-stdin", given=f"{token}\n")
            assert words in line
            assert token not in line
        (suggested,) = re.findall(r"'(ffx://\S+)'", guest.refused(1, "servers", "add", server.address, FFX_TOKEN=token))
        assert "added" in guest.ok("servers", "add", suggested, environment={"FFX_TOKEN": token})


def test_a_changed_certificate_is_a_hard_stop(ffx: Ffx, guest: Ffx) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = str(found.getsockname()[1])
    listening = ("--host", "0.0.0.0", "--insecure", "--port", port)
    with ffx.serving(*listening):
        guest.ok("servers", "add", before := join_of(ffx, "guest"))
        assert error(guest) == ""
    for file in (ffx.home / "state").glob("certificate.*"):
        file.unlink()
    with ffx.serving(*listening):
        after = join_of(ffx, "another")
        line = error(guest)
        assert "shows another certificate than the one that was pinned" in line
        assert f"expected {parse_invitation(before).fingerprint}, got {parse_invitation(after).fingerprint}" in line
        guest.ok("servers", "add", after)
        assert error(guest) == ""


# -- Tokens -----------------------------------------------------------------------------------------------------


def test_tokens_are_listed_and_never_shown_again(ffx: Ffx) -> None:
    assert "there is no token yet" in ffx.ok("token")
    secrets = [
        created(ffx, "alice")["token"],
        created(ffx, "bob", "--role", "admin", "--expires", "2199-01-01")["token"],
    ]
    with ffx.serving():
        page, plain = ffx.ok("token", "list"), ffx.json("token", "list")
    secrets.append(token_of(ffx))
    assert re.search(r"^local +admin .* never$", page, re.MULTILINE)
    assert re.search(r"^alice +submit +20\d\d-\S+ \S+ +never$", page, re.MULTILINE)
    assert re.search(r"^bob +admin +20\d\d-\S+ \S+ +2199-01-01 00:00:00$", page, re.MULTILINE)
    assert [(token["name"], token["role"], token["expired"]) for token in plain] == [
        ("local", "admin", False),
        ("alice", "submit", False),
        ("bob", "admin", False),
    ]
    stored = (ffx.home / "state" / "tokens.json").read_text(encoding="utf-8")
    for secret in secrets:
        assert secret not in page + json.dumps(plain) + stored
    assert stat.S_IMODE((ffx.home / "state" / "tokens.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "local"), "is that of your own token"),
        (("create", "a b"), "is no name for a token"),
        (("create", "alice", "--role", "god"), "--role: 'god' is not one of read, submit, admin"),
        (("create", "alice", "--expires", "2001-01-01"), "--expires: '2001-01-01' is over already"),
        (("revoke", "alcie"), "there is no token 'alcie'"),
        (("revoke", "local"), "ffx token rotate"),
    ],
)
def test_what_cannot_be_is_one_line(ffx: Ffx, arguments: tuple[str, ...], words: str) -> None:
    assert words in ffx.refused(2, "token", *arguments)
    assert not (ffx.home / "state" / "tokens.json").exists()


def test_a_name_is_given_once(ffx: Ffx) -> None:
    created(ffx, "alice")
    assert "there is a token 'alice' already" in ffx.refused(2, "token", "create", "alice")
    assert "; did you mean 'alice'" in ffx.refused(2, "token", "revoke", "alise")
    assert "revoked the token alice" in ffx.ok("token", "revoke", "alice")
    created(ffx, "alice")


def test_a_revoked_token_is_refused_and_its_connections_end(ffx: Ffx, guest: Ffx) -> None:
    with ffx.serving("--tls", "on") as server:
        join = join_here(server, ffx, "guest")
        guest.ok("servers", "add", join)
        assert error(guest) == ""
        ffx.ok("token", "revoke", "guest")
        until(lambda: "refused the token" in error(guest))
        assert parse_invitation(join).token not in server.log


def test_a_reader_drains_nothing(ffx: Ffx, guest: Ffx) -> None:
    with ffx.serving("--name", "studio", "--tls", "on") as server:
        guest.ok("servers", "add", join_here(server, ffx, "guest", "--role", "read"))
        assert "the role read" in guest.refused(1, "servers", "drain", "studio")
        assert guest.json("servers")[0]["draining"] is False


def test_the_users_own_token_is_made_anew(ffx: Ffx, guest: Ffx) -> None:
    with ffx.serving("--name", "studio", "--tls", "on") as server:
        before = token_of(ffx)
        guest.ok("servers", "add", with_token(server, ffx, before))
        page = ffx.ok("token", "rotate")
        after = token_of(ffx)
        assert before != after
        assert f"token: {after}\n" in page
        until(lambda: "refused the token" in error(guest))
        until(lambda: ffx.json("servers")[0]["state"] == "online")
        guest.ok("servers", "add", with_token(server, ffx, after))
        assert error(guest) == ""
    if stat.S_IMODE((ffx.home / "state" / "token").stat().st_mode) != 0o600:
        raise AssertionError("it is as private as the first one")
    assert "FFX_TOKEN says what your token is" in ffx.refused(2, "token", "rotate", FFX_TOKEN="x")


def test_a_job_outlives_the_token_that_it_was_submitted_with(ffx: Ffx, clip: Path) -> None:
    shutil.copy(clip, ffx.folder / "in.mp4")
    with ffx.serving("--name", "studio", "--tls", "on"):
        options = ("--encoder", "libx264", "--preset", "ultrafast", "--filter", "realtime=speed=1", "--local", "never")
        submit = ffx.start("submit", "in.mp4", "-o", "out.mp4", *options)
        until(lambda: [job["state"] for job in ffx.json("queue", "list")["jobs"]] == ["running"])
        ffx.ok("token", "rotate")
        out, err = submit.communicate(timeout=60)
        assert submit.returncode == 0, err
        assert "done on studio" in out
        (job,) = ffx.json("queue", "list")["jobs"]
        assert job["attempts"] == 1, "the encode went on"


def join_here(server: RunningServer, ffx: Ffx, name: str, *options: str) -> str:
    """A join string for a server that only this machine reaches."""
    return with_token(server, ffx, created(ffx, name, *options)["token"])


def with_token(server: RunningServer, ffx: Ffx, token: str) -> str:
    (fingerprint,) = re.findall(r"has the fingerprint ([0-9a-f]{64})", server.log)
    return f"ffx://127.0.0.1:{server.port}/#fp={fingerprint}&token={token}"


def test_no_wrong_token_is_in_any_log(ffx: Ffx) -> None:
    log_file = ffx.folder / "serve.log"
    with ffx.serving("--log-level", "DEBUG", "--log-file", log_file) as server:
        statuses = []
        for number in range(14):
            connection = http.client.HTTPConnection("127.0.0.1", int(server.port), timeout=10)
            secret = f"SECRET-{number}"
            connection.request("GET", f"/files/x?token={secret}", headers={"Authorization": f"Bearer {secret}"})
            statuses.append(connection.getresponse().status)
            connection.close()
        assert statuses == [401] * 10 + [429] * 4
        assert ffx.json("servers")[0]["state"] == "online", "who has the token is let in all the same"
    assert "many wrong tokens from 127.0.0.1" in server.log
    for log in (server.log, log_file.read_text(encoding="utf-8")):
        assert "SECRET" not in log
        assert token_of(ffx) not in log
