"""The conversation itself: hello, versions, pings, what cannot be read or is not known."""

from __future__ import annotations

import asyncio

import pytest

from ffx.core.errors import ConnectError, ConnectionClosed
from ffx.core.identity import Identity, Role
from ffx.core.messages import (
    PROTOCOL_OLDEST,
    PROTOCOL_VERSION,
    CapabilityRequest,
    CapabilityResponse,
    Disconnect,
    Envelope,
    ErrorMessage,
    Hello,
    JobAccepted,
    JobCancel,
    JobSubmit,
    Message,
    Ping,
    Pong,
    ServerInfoMessage,
    Unknown,
    ValidationErrorMessage,
)
from ffx.core.model import ServerStatus
from ffx.core.transport import Connection
from ffx.server.session import MAX_WAITING, conversation
from ffx.transports.inproc import InprocClient
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import SLOW, Talk

SOMEBODY = Identity("somebody", Role.SUBMIT)


async def send_text(talk: Talk, text: str) -> None:
    assert isinstance(talk.connection, InprocClient)
    await talk.connection.send_text(text)


async def test_hello_is_answered_by_what_the_server_is(rig: Rig) -> None:
    talk = await rig.connect()
    answer = await talk.hello()
    assert answer.protocol == PROTOCOL_VERSION
    assert answer.epoch == rig.server.epoch
    server = answer.server
    assert (server.server_id, server.name, server.version) == ("server-id", "studio", "1.2.3")
    assert (server.status, server.max_jobs, server.current_jobs) == (ServerStatus.ONLINE, 2, 0)
    assert server.capabilities.supports("libx264")


async def test_each_life_of_a_server_has_its_own_epoch(make_server: MakeServer) -> None:
    async with make_server() as one:
        first = one.server.epoch
    async with make_server() as two:
        assert two.server.epoch != first


async def test_the_token_is_compared_whole(rig: Rig) -> None:
    assert rig.server.authenticate("a token") is not None
    for wrong in ("", "a toke", "a token ", "A token", "\ud800", "ä"):
        assert rig.server.authenticate(wrong) is None


@pytest.mark.parametrize("message", [Ping("x"), JobCancel("job", 1), CapabilityRequest(), Unknown("future"), Pong()])
async def test_before_hello_nothing_else_is_heard(rig: Rig, message: Ping) -> None:
    talk = await rig.connect()
    answer = await talk.ask_for(ErrorMessage, message)
    assert answer.code == "hello_expected"
    await talk.hello()


async def test_a_client_that_does_not_introduce_itself_is_left(make_server: MakeServer) -> None:
    async with make_server(hello_limit=0.05) as rig:
        talk = await rig.connect()
        assert (await talk.next(ErrorMessage)).code == "hello_expected"
        with pytest.raises(ConnectionClosed):
            await talk.next(Pong)


@pytest.mark.parametrize(
    ("oldest", "newest"), [(PROTOCOL_VERSION + 1, PROTOCOL_VERSION + 5), (0, PROTOCOL_OLDEST - 1), (5, 1)]
)
async def test_without_a_common_version_both_ranges_are_told(rig: Rig, oldest: int, newest: int) -> None:
    talk = await rig.connect()
    answer = await talk.ask_for(ErrorMessage, Hello("client", oldest, newest))
    assert answer.code == "protocol_mismatch"
    theirs = str(oldest) if oldest == newest else f"{oldest} to {newest}"
    assert f"the client speaks {theirs}, this server {PROTOCOL_VERSION};" in answer.message
    with pytest.raises(ConnectionClosed):
        await talk.next(Pong)


async def test_the_highest_common_version_is_chosen(rig: Rig) -> None:
    talk = await rig.connect()
    answer = await talk.ask_for(ServerInfoMessage, Hello("client", 0, PROTOCOL_VERSION + 7))
    assert answer.protocol == PROTOCOL_VERSION


@pytest.mark.parametrize("client_id", ["", "x" * 201])
async def test_a_client_has_a_name_of_reasonable_length(rig: Rig, client_id: str) -> None:
    talk = await rig.connect()
    answer = await talk.ask_for(ValidationErrorMessage, Hello(client_id))
    assert answer.path == "data.client_id"
    await talk.hello()


async def test_a_second_hello_is_out_of_place(talk: Talk) -> None:
    assert (await talk.ask_for(ErrorMessage, Hello("other"))).code == "unexpected_message"


async def test_a_ping_comes_back_with_its_data(talk: Talk) -> None:
    assert await talk.ask(Ping("some data")) == Pong("some data")


async def test_a_client_may_leave_before_hello(rig: Rig) -> None:
    talk = await rig.connect()
    await talk.send(Disconnect())
    with pytest.raises(ConnectionClosed):
        await talk.next(Pong)


async def test_disconnect_ends_the_conversation(talk: Talk) -> None:
    await talk.send(Disconnect("done"))
    with pytest.raises(ConnectionClosed):
        await talk.next(Pong)


async def test_what_does_not_fit_is_answered_with_its_path_and_the_conversation_goes_on(talk: Talk) -> None:
    await send_text(talk, '{"type":"ping","data":{"data":5},"message_id":"m1","timestamp":1}')
    envelope = await talk.connection.receive()
    assert envelope.reply_to == "m1"
    assert envelope.message == ValidationErrorMessage("must be text", "data.data")
    assert await talk.ask(Ping("still there")) == Pong("still there")


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "\x00", '{"type":5}', "[" * 100_000, '{"a":NaN}'])
async def test_what_is_no_message_is_answered_and_the_conversation_goes_on(talk: Talk, text: str) -> None:
    await send_text(talk, text)
    await talk.next(ValidationErrorMessage)
    assert await talk.ask(Ping("still there")) == Pong("still there")


async def test_what_does_not_fit_before_hello_is_answered_too(rig: Rig) -> None:
    talk = await rig.connect()
    await send_text(talk, '{"type":"hello","data":{},"message_id":"m1","timestamp":1}')
    assert (await talk.next(ValidationErrorMessage)).path == "data.client_id"
    await talk.hello()


async def test_an_unknown_type_is_named_and_the_conversation_goes_on(talk: Talk) -> None:
    answer = await talk.ask_for(ErrorMessage, Unknown("job_teleport", {"a": 1}))
    assert answer.code == "unknown_type"
    assert "job_teleport" in answer.message
    assert await talk.ask(Ping("x")) == Pong("x")


@pytest.mark.parametrize("message", [JobAccepted("job", 1), CapabilityResponse((), (), 1.0, 0.0, 0.0)])
async def test_what_only_a_server_says_is_out_of_place(talk: Talk, message: JobAccepted) -> None:
    assert (await talk.ask_for(ErrorMessage, message)).code == "unexpected_message"


@pytest.mark.parametrize("message", [Pong("x"), ErrorMessage("x", "y"), ValidationErrorMessage("x")])
async def test_answers_nobody_waits_for_are_passed_over(talk: Talk, message: Pong) -> None:
    await talk.send(message)
    assert await talk.ask(Ping("next")) == Pong("next")


async def test_a_fault_of_the_server_is_one_line_and_the_conversation_goes_on(
    rig: Rig, talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("a secret of the machine")

    with monkeypatch.context() as fault:
        fault.setattr(rig.capabilities, "snapshot", broken)
        answer = await talk.ask_for(ErrorMessage, CapabilityRequest())
    assert answer.code == "internal"
    assert "secret" not in answer.message
    assert "a secret of the machine" in caplog.text
    await talk.ask_for(CapabilityResponse, CapabilityRequest())


async def test_a_ping_does_not_wait_behind_a_trial(rig: Rig, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = asyncio.Event()

    async def slow_trial(encoders: object) -> None:
        await tried.wait()

    monkeypatch.setattr(rig.capabilities, "ensure", slow_trial)
    await talk.send(CapabilityRequest(("libx264",)))
    assert await talk.ask(Ping("quick")) == Pong("quick")
    tried.set()
    await talk.next(CapabilityResponse)


class Deaf(Connection):
    """A client that says nothing, and reads nothing until it is told to."""

    peer = "deaf"

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.heard: list[Message] = []

    async def send(self, envelope: Envelope) -> None:
        await self.reads.wait()
        self.heard.append(envelope.message)

    async def receive(self) -> Envelope:
        await asyncio.Event().wait()
        raise ConnectionClosed("it left")

    async def close(self) -> None:
        self.reads.set()


async def test_who_asks_and_never_reads_is_not_listened_to() -> None:
    asked = 0

    class Asking(Deaf):
        async def receive(self) -> Envelope:
            nonlocal asked
            asked += 1
            if asked > 2 * MAX_WAITING:
                raise ConnectionClosed("it left")
            await asyncio.sleep(0)
            return Envelope(Hello("deaf") if asked == 1 else Ping(str(asked)))

    client = Asking()

    async def listen() -> None:
        async with conversation(client, SOMEBODY) as session:
            await session.introduce(lambda _: Pong("welcome"), time_limit=60)
            await session.listen(lambda _, message: unexpected(message))

    listening = asyncio.create_task(listen())
    for _ in range(20 * MAX_WAITING):
        await asyncio.sleep(0)
    assert asked == MAX_WAITING + 1  # one is on its way, the others wait
    client.reads.set()
    await listening
    assert len(client.heard) == 2 * MAX_WAITING


async def unexpected(message: Message) -> Message | None:
    raise AssertionError(message)


async def test_a_word_that_is_outdated_is_not_sent() -> None:
    client = Deaf()
    async with conversation(client, SOMEBODY) as session:
        session.tell(Ping("first"))
        for number in range(5):
            session.tell(Pong(str(number)), replacing="progress")
        session.tell(Ping("last"))
        client.reads.set()
    assert client.heard == [Ping("first"), Pong("4"), Ping("last")]


async def test_words_on_one_job_are_followed_in_their_order(
    rig: Rig, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()

    async def slow_trial(encoders: object) -> None:
        await tried.wait()

    monkeypatch.setattr(rig.capabilities, "ensure", slow_trial)
    job = talk.job(SLOW)
    await talk.send(JobSubmit(job))
    await talk.send(JobCancel(job.job_id, 1))
    await talk.ask(Ping())
    tried.set()
    await talk.next(JobAccepted)
    assert await talk.next(JobCancel) == JobCancel(job.job_id, 1)
    assert rig.job_files() == []


async def test_a_wrong_token_opens_nothing(rig: Rig) -> None:
    with pytest.raises(ConnectError):
        await rig._transport.connect(rig._address, "wrong")
