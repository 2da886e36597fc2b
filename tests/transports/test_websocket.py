"""The network transport among strangers: who may come in, what is no ffx server, garbage, and where it listens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import aiohttp.web
import pytest

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError, TransferError
from ffx.core.messages import ValidationErrorMessage
from ffx.core.transport import Connection, Listener
from ffx.core.wire import decode
from ffx.testing.laboratory import TOKEN, LaboratoryService, content, echo, in_blocks
from ffx.transports.websocket import WebSocketTransport
from ffx.transports.websocket.connection import HARD_LIMIT
from tests.transports.sockets import (
    LOOPBACK,
    check_alive,
    connected,
    dialled,
    listening,
    raw,
    refusal,
    request,
    status,
    stranger,
    upgrade,
)

# -- Who may come in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1", "null"])
@pytest.mark.parametrize(
    "line", ["GET /ws", "GET /files/secret", "PUT /files/secret", "OPTIONS /files/secret", "GET /"]
)
async def test_a_web_page_is_refused_even_with_the_token(line: str, origin: str) -> None:
    async with listening() as (listener, service):
        sent = upgrade({"Origin": origin}) if line == "GET /ws" else request(line, {"Origin": origin})
        assert status(await raw(listener, sent)) == 403
        assert service.begun.locked()
        assert service.bulk.asked == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "localhost.evil", "a b"]
)
async def test_a_name_that_was_rebound_to_this_machine_is_refused(host: str) -> None:
    async with listening() as (listener, service):
        for sent in (upgrade({"Host": host}), request("GET /files/secret", {"Host": host})):
            assert status(await raw(listener, sent)) in (400, 403)
        assert service.begun.locked()
        assert service.bulk.asked == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3:8765", "LOCALHOST:1", "localhost.", "[::1]:8765", "[fe80::1]", "Farm.Example:8765"]
)
async def test_addresses_and_own_names_are_let_in(host: str) -> None:
    async with listening(allowed_hosts=("farm.example",)) as (listener, _):
        assert status(await raw(listener, request("GET /files/unknown", {"Host": host}))) == 404


async def test_the_name_of_the_machine_is_let_in() -> None:
    first_label = socket.gethostname().partition(".")[0]
    async with listening() as (listener, _):
        for host in (socket.gethostname(), first_label, f"{first_label}.local", f"{first_label}.lan:8765"):
            assert status(await raw(listener, request("GET /files/unknown", {"Host": host}))) == 404


@pytest.mark.parametrize("line", ["GET /ws", "HEAD /files/x", "PUT /files/x", "GET /files/x", "GET /", "GET /secret"])
@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"])
async def test_nothing_is_answered_without_the_token(line: str, authorization: str) -> None:
    async with listening() as (listener, service):
        answer = await raw(listener, request(line, {"Authorization": authorization}))
        assert status(answer) == 401
        assert b"WWW-Authenticate: Bearer" in answer
        assert service.begun.locked()
        assert service.bulk.asked == []


async def test_a_wrong_token_is_told_in_one_line() -> None:
    async with listening() as (listener, _):
        for token in ("wrong", "w\u00f6rng", "two words", "with\nnewline", "with\0null"):
            error = await refusal(listener.address, token)
            assert error.code == "unauthorized"
            assert listener.address.authority in str(error)


async def test_the_token_travels_in_a_header_and_never_in_a_url() -> None:
    async with stranger(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as there:
        await refusal(there.address)
        (heard,) = there.heard
        line, _, headers = heard.partition(b"\r\n")
        assert line == b"GET /ws HTTP/1.1"
        assert f"Authorization: Bearer {TOKEN}\r\n".encode() in headers
        assert headers.count(TOKEN.encode()) == 1


async def test_a_proxy_of_the_environment_does_not_see_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        stranger(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as proxy,
        listening() as (listener, _),
    ):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ws_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.address.authority}")
        await check_alive(listener)
        assert proxy.heard == []


async def test_a_client_that_is_gone_before_its_answer_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async with listening() as (listener, _):
        with socket.create_connection((LOOPBACK, listener.address.port)) as client:
            client.sendall(upgrade())  # and away, before the listener had a moment to look
        await check_alive(listener)
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


# -- What is no ffx server ----------------------------------------------------------------------------------

HTML = b"<!DOCTYPE html><html><body>Welcome to my home page</body></html>"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(HTML), HTML),
        b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(HTML), HTML),
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=router\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: d3Jvbmc=\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"\0" * 100_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
    ids=["page", "404", "router", "403", "wrong-key", "ssh", "tls", "zeros", "long-header"],
)
async def test_another_program_at_the_port_is_told_in_one_line(answer: bytes) -> None:
    async with stranger(answer) as there:
        error = await refusal(there.address)
        assert error.code == "not_ffx"
        assert str(error) == f"{there.address.authority} answers, but is not an ffx server: check the port"


async def test_whoever_hangs_up_may_be_a_server_that_is_starting() -> None:
    async with stranger(b"") as there:
        error = await refusal(there.address)
        assert error.code == "refused"
        assert str(error).startswith(f"{there.address.authority} hung up before it said what it is")


async def test_a_websocket_server_of_another_kind_is_not_ffx() -> None:
    async def chat(request: aiohttp.web.BaseRequest) -> aiohttp.web.StreamResponse:
        websocket: aiohttp.web.WebSocketResponse[bool] = aiohttp.web.WebSocketResponse()
        await websocket.prepare(request)
        await websocket.receive()
        return websocket

    runner = aiohttp.web.ServerRunner(aiohttp.web.Server(chat))
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, LOOPBACK, 0)
    await site.start()
    try:
        error = await refusal(Address(LOOPBACK, runner.addresses[0][1]))
    finally:
        await runner.cleanup()
    assert error.code == "not_ffx"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(code: int) -> None:
    async with listening() as (elsewhere, service):
        where = f"http://{elsewhere.address.authority}/ws"
        answer = f"HTTP/1.1 {code} Moved\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()
        async with stranger(answer) as there:
            assert (await refusal(there.address)).code == "not_ffx"
            assert len(there.heard) == 1
        assert service.begun.locked()


async def test_a_transfer_follows_no_redirect(tmp_path: Path) -> None:
    """A server that let the client in points its transfers at another one, where the same names would be found."""
    async with listening() as (elsewhere, other_service):
        other_service.bulk.expect("file", 5)
        (tmp_path / "file").write_bytes(b"bytes")
        digest = other_service.bulk.give("result", tmp_path / "file")

        async def redirect(request: aiohttp.web.BaseRequest) -> aiohttp.web.StreamResponse:
            if request.path == "/ws":
                websocket: aiohttp.web.WebSocketResponse[bool] = aiohttp.web.WebSocketResponse(protocols=("ffx",))
                await websocket.prepare(request)
                await websocket.receive()
                return websocket
            await request.read()
            location = f"http://{elsewhere.address.authority}{request.path}"
            return aiohttp.web.Response(status=307, headers={"Location": location})

        runner = aiohttp.web.ServerRunner(aiohttp.web.Server(redirect))
        await runner.setup()
        await aiohttp.web.TCPSite(runner, LOOPBACK, 0).start()
        try:
            async with connected(Address(LOOPBACK, runner.addresses[0][1])) as client:
                for transfer in (
                    client.upload("file", 0, 5, in_blocks(b"bytes")),
                    client.uploaded("file"),
                    anext(client.download("result", 0, digest)),
                ):
                    with pytest.raises(TransferError):
                        await transfer
        finally:
            await runner.cleanup()
        assert other_service.bulk.asked == []


async def test_a_name_that_the_server_does_not_go_by_is_told() -> None:
    forbidden = b"HTTP/1.1 403 Forbidden\r\nServer: ffx\r\nContent-Length: 0\r\n\r\n"
    async with stranger(forbidden) as there:
        error = await refusal(there.address)
        assert error.code == "refused"
        assert "connect by its IP address" in str(error)


async def test_a_silent_port_is_left_when_the_caller_has_waited_enough() -> None:
    async with stranger(b"", stay_open=True) as there:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await WebSocketTransport().connect(there.address, TOKEN)


@pytest.mark.parametrize("host", ["no-such-machine.invalid", "a" * 70, "a..b"])
async def test_a_name_that_is_no_machine_is_unreachable(host: str) -> None:
    error = await refusal(Address(host, 8765))
    assert error.code == "unreachable"
    assert host in str(error)


# -- Garbage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\r\n\r\n",
        b"\x00" * 5000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x99" * 500,
        b"GET",
        b"GET /ws HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        b"PUT /files/x HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"PUT /files/x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz",
        b"\x81\xfe\xff\xff" + b"x" * 5000,
    ],
)
async def test_garbage_lets_nobody_in_and_harms_nobody(garbage: bytes) -> None:
    async with listening() as (listener, service):
        answer = await raw(listener, garbage, end=True)
        assert answer == b"" or status(answer) in (400, 401, 403)
        assert service.begun.locked()
        assert service.bulk.asked == []
        await check_alive(listener)


async def test_deflate_is_not_agreed_on() -> None:
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with listening() as (listener, _), dialled(listener) as (reader, writer):
        writer.write(upgrade(offer))
        answer = await reader.readuntil(b"\r\n\r\n")
        assert status(answer) == 101
        assert b"sec-websocket-extensions" not in answer.lower()


@asynccontextmanager
async def frames(listener: Listener) -> AsyncIterator[aiohttp.ClientWebSocketResponse[bool]]:
    """A conversation whose frames a test makes by itself."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"http://{listener.address.authority}/ws"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(url, protocols=("ffx",), max_msg_size=0) as websocket,
    ):
        yield websocket


async def test_a_binary_frame_is_answered_and_the_conversation_lives_on() -> None:
    async with listening() as (listener, _), frames(listener) as peer:
        for data in (b"", b"\x00\xff", b'{"type":"ping"}'):
            await peer.send_bytes(data)
            answer = decode(await peer.receive_str()).message
            assert isinstance(answer, ValidationErrorMessage)
            assert "binary" in answer.message


async def test_a_message_beyond_every_limit_ends_that_conversation_alone() -> None:
    ended = asyncio.Event()

    async def listen(connection: Connection) -> None:
        try:
            await echo(connection)
        finally:
            ended.set()

    async with listening(listen) as (listener, _), frames(listener) as peer:
        with suppress(ConnectionError):
            await peer.send_str("x" * (HARD_LIMIT + 1))
        assert (await peer.receive()).type in (
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
        )
        await ended.wait()
        await check_alive(listener)


# -- Where it listens ---------------------------------------------------------------------------------------


async def listen_at(address: Address) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await WebSocketTransport().listen(address, LaboratoryService())
    message = str(caught.value)
    assert message.startswith("cannot listen at ") and "\n" not in message
    return caught.value


async def test_port_0_picks_a_port_and_says_which() -> None:
    async with listening() as (one, _), listening() as (other, _):
        assert len({0, one.address.port, other.address.port}) == 3
        await check_alive(one)
        await check_alive(other)


async def test_a_port_that_is_in_use_is_told() -> None:
    with socket.create_server((LOOPBACK, 0)) as other_program:
        port = other_program.getsockname()[1]
        message = str(await listen_at(Address(LOOPBACK, port)))
    assert message == (
        f"cannot listen at {LOOPBACK}:{port}: the port is in use; stop the other program or choose another port "
        "(0 picks one)"
    )


async def test_ipv6_is_listened_at_and_reached() -> None:
    async with listening(host="::1") as (listener, _):
        assert str(listener.address) == f"ws://[::1]:{listener.address.port}"
        async with connected(listener.address) as client:
            assert client.peer == f"[::1]:{listener.address.port}"
        await check_alive(listener)


async def test_a_name_with_several_addresses_has_one_port_on_all_of_them() -> None:
    async with listening(host="localhost") as (listener, _):
        found = await asyncio.get_running_loop().getaddrinfo("localhost", None, type=socket.SOCK_STREAM)
        for host in {str(entry[4][0]) for entry in found}:
            async with connected(Address(host, listener.address.port)):
                pass


async def test_every_address_of_the_machine_is_one_listener() -> None:
    async with listening(host="0.0.0.0") as (listener, _), connected(Address(LOOPBACK, listener.address.port)):
        pass


async def test_an_address_of_another_machine_is_told() -> None:
    assert "the address is not one of this machine" in str(await listen_at(Address("192.0.2.1", 0)))


async def test_a_name_that_is_not_known_is_told() -> None:
    error = await listen_at(Address("no-such-machine.invalid", 0))
    assert "this machine does not know the name 'no-such-machine.invalid'" in str(error)


# -- The end of a listener ----------------------------------------------------------------------------------


async def test_who_comes_while_a_listener_closes_is_turned_away() -> None:
    """Its TCP connection was there before; nothing is asked of the service any more."""
    closing = asyncio.Event()

    async def linger(connection: Connection) -> None:
        await echo(connection)
        closing.set()
        await late.wait()

    late = asyncio.Event()
    async with (
        listening(linger) as (listener, service),
        connected(listener.address),
        dialled(listener) as (one_reader, one_writer),
        dialled(listener) as (other_reader, other_writer),
    ):
        await service.begun.acquire()
        ending = asyncio.create_task(listener.close())
        await closing.wait()
        one_writer.write(upgrade())
        assert status(await one_reader.readuntil(b"\r\n\r\n")) == 503
        other_writer.write(request("GET /files/unknown"))
        assert status(await other_reader.readuntil(b"\r\n\r\n")) == 503
        late.set()
        await ending
        assert service.begun.locked()
        assert service.bulk.asked == []


async def test_a_server_about_to_stop_is_told() -> None:
    stopping = b"HTTP/1.1 503 Service Unavailable\r\nServer: ffx\r\nContent-Length: 0\r\n\r\n"
    async with stranger(stopping) as there:
        error = await refusal(there.address)
        assert error.code == "refused"
        assert "about to stop" in str(error)


@pytest.mark.parametrize("digest", ["", 'a"b', "a\r\nX-Injected: yes", "\u00e9", "x" * 1000])
async def test_a_digest_that_a_hostile_server_made_up_never_reaches_a_header(digest: str) -> None:
    async with listening() as (listener, service), connected(listener.address) as client:
        with pytest.raises(TransferError) as caught:
            await anext(client.download("file", 0, digest))
        assert caught.value.code == "digest_mismatch"
        assert "\n" not in str(caught.value)
        assert service.bulk.asked == []


@pytest.mark.parametrize("size", [1000, 9 * 1024 * 1024])
async def test_transfers_of_one_client_follow_one_another(tmp_path: Path, size: int) -> None:
    """Whatever becomes of the HTTP connections in between."""
    (tmp_path / "file").write_bytes(data := content(size))
    async with listening() as (listener, service), connected(listener.address) as client:
        digest = service.bulk.give("down", tmp_path / "file")
        for number in range(3):
            service.bulk.expect(f"up-{number}", size)
            assert await client.upload(f"up-{number}", 0, size, in_blocks(data)) == size
            assert await client.uploaded(f"up-{number}") == size
            assert b"".join([block async for block in client.download("down", 0, digest)]) == data
            assert await client.uploaded(f"up-{number}") == size
            with pytest.raises(TransferError):
                await client.upload(f"up-{number}", 0, size, in_blocks(data))


async def test_what_follows_an_upload_on_its_connection_is_not_taken_for_a_request() -> None:
    data = content(9 * 1024 * 1024)
    headers = {
        "Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}",
        "Content-Length": str(len(data)),
        "Connection": "keep-alive",
    }
    async with listening() as (listener, service):
        service.bulk.expect("file", len(data))
        answer = await raw(listener, request("PUT /files/file", headers, body=data + request("GET /files/secret")))
        assert service.bulk.uploads["file"] == data
        assert set(service.bulk.asked) == {"file"}
        assert answer == b"" or status(answer) == 204
