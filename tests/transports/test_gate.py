"""Who may speak to a listener: wrong tokens are counted, web pages are turned away, and nothing changes by GET."""

from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.identity import Identity, Role
from ffx.core.transport import Listener
from ffx.testing.laboratory import TOKEN, content, in_blocks
from ffx.transports.websocket.failures import ALLOWED, PERIOD, REMEMBERED, Failures
from ffx.transports.websocket.gate import Gate, Refusal
from tests.transports.sockets import check_alive, connected, listening, raw, refusal, request, status, upgrade

SOMEBODY = Identity("somebody", Role.SUBMIT)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


# -- Wrong tokens ---------------------------------------------------------------------------------------------


def test_the_one_too_many_has_to_wait_until_the_first_is_forgotten() -> None:
    clock = Clock()
    failures = Failures(clock=clock)
    assert [failures.note("192.0.2.1") for _ in range(ALLOWED)] == [0.0] * ALLOWED
    clock.now += 20
    assert failures.note("192.0.2.1") == PERIOD - 20
    assert failures.note("192.0.2.2") == 0.0, "another address has its own count"
    clock.now += PERIOD - 20
    assert failures.note("192.0.2.1") == 0.0


def test_a_machine_does_not_get_more_tries_by_changing_its_address() -> None:
    failures = Failures()
    for number in range(ALLOWED):
        assert failures.note(f"2001:db8:0:1::{number}") == 0.0
    assert failures.note("2001:db8:0:1:ffff::1") > 0
    assert failures.note("2001:db8:0:2::1") == 0.0
    for _ in range(ALLOWED):
        failures.note("192.0.2.1")
    assert failures.note("::ffff:192.0.2.1") > 0


@given(st.lists(st.text(max_size=8) | st.ip_addresses().map(str), max_size=50))
def test_any_address_can_be_counted(peers: list[str]) -> None:
    failures = Failures()
    for peer in peers:
        assert failures.note(peer) >= 0


def test_what_is_remembered_is_bounded() -> None:
    failures = Failures()
    for number in range(3 * REMEMBERED):
        failures.note(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(failures._counts) == REMEMBERED


async def wrong(listener: Listener) -> bytes:
    return await raw(listener, upgrade({"Authorization": "Bearer wrong-token"}))


async def test_who_guesses_is_told_to_wait_and_who_knows_is_let_in(caplog: pytest.LogCaptureFixture) -> None:
    async with listening() as (listener, service):
        assert [status(await wrong(listener)) for _ in range(ALLOWED)] == [401] * ALLOWED
        for _ in range(5):
            answer = await wrong(listener)
            assert status(answer) == 429
            assert b"\r\nRetry-After: " in answer
            assert b"WWW-Authenticate" not in answer
        await check_alive(listener)
        error = await refusal(listener.address, "wrong-token")
        assert error.code == "unauthorized"
        assert " s: take the right one" in str(error)
        assert len(service.identities) == 1
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith("many wrong tokens from 127.0.0.1")
    assert "wrong-token" not in caplog.text


async def test_a_missing_token_counts_too() -> None:
    async with listening() as (listener, _):
        answers = [status(await raw(listener, upgrade({"Authorization": ""}))) for _ in range(ALLOWED + 1)]
        assert answers == [401] * ALLOWED + [429]


@pytest.mark.parametrize("where", ["/ws?token={}", "/ws?access_token={}", "/files/x?token={}"])
async def test_a_token_in_an_address_is_none(where: str) -> None:
    async with listening() as (listener, _):
        line = f"GET {where.format(TOKEN)}"
        assert status(await raw(listener, request(line, {"Authorization": ""}))) == 401


async def test_a_token_that_is_revoked_moves_no_more_bytes() -> None:
    data = content(9 * 1024 * 1024)
    async with listening() as (listener, service), connected(listener.address) as client:
        service.bulk.expect("film", len(data))
        service.bulk.open.clear()
        upload = asyncio.create_task(client.upload("film", 0, len(data), in_blocks(data)))
        await service.bulk.arrived("film", 1)
        service.revoked = True
        service.bulk.open.set()
        with pytest.raises(Exception, match=r"no longer good|broke"):
            await upload
        assert len(service.bulk.uploads["film"]) < len(data)


async def test_a_download_ends_with_its_token(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = content(64 * 1024 * 1024)
    path = tmp_path_factory.mktemp("film") / "film"
    path.write_bytes(data)
    async with listening() as (listener, service), connected(listener.address) as client:
        digest, arrived = service.bulk.give("film", path), 0
        with pytest.raises(Exception, match="broke during the transfer"):
            async for block in client.download("film", 0, digest):
                arrived += len(block)
                service.revoked = True
        assert 0 < arrived < len(data)


# -- Web pages ------------------------------------------------------------------------------------------------

PAGES = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "localhost.evil"},
]


@pytest.mark.parametrize("headers", PAGES)
async def test_what_a_page_sends_is_refused_though_it_had_the_token(headers: dict[str, str]) -> None:
    async with listening() as (listener, service):
        service.bulk.expect("film", 1)
        put = {"Content-Range": "bytes 0-0/1", "Content-Length": "1"}
        preflight = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
        answers = [
            await raw(listener, upgrade(headers)),
            await raw(listener, request("PUT /files/film", put | headers, body=b"x")),
            await raw(listener, request("GET /files/film", headers)),
            await raw(listener, request("OPTIONS /files/film", preflight | headers)),
        ]
        assert [status(answer) for answer in answers] == [403] * 4
        assert all(b"access-control" not in answer.lower() for answer in answers)
        assert service.identities == []
        assert service.bulk.asked == []
        assert service.bulk.uploads["film"] == b""


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/ws", "/files/film", "/files/film?complete=1", "/jobs", "/drain"])
async def test_nothing_changes_but_by_put_and_in_conversations(method: str, path: str) -> None:
    async with listening() as (listener, service):
        service.bulk.expect("film", 1)
        put = {"Content-Range": "bytes 0-0/1", "Content-Length": "1"}
        answer = await raw(listener, request(f"{method} {path}", put, body=b"x"))
        assert status(answer) in (200, 400, 404, 405)
        assert service.bulk.uploads["film"] == b""
        assert service.identities == []
        assert b"access-control" not in answer.lower()


@given(st.dictionaries(st.sampled_from(["Origin", "Host", "Authorization", "X"]), st.text(max_size=30)))
def test_only_a_bearer_of_the_token_comes_in(headers: dict[str, str]) -> None:
    gate = Gate(lambda token: SOMEBODY if token == "right" else None, ["studio.lan"])
    answer = gate.check(headers, "192.0.2.1")
    assert isinstance(answer, Refusal) or ("Origin" not in headers and headers["Authorization"].split()[1] == "right")
    good = gate.check({"Host": "studio.lan:8765", "Authorization": "Bearer right"}, "192.0.2.1")
    assert good == SOMEBODY
