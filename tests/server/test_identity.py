"""Who may do what on a server, whose jobs are whose, and what becomes of connections whose token is revoked."""

from __future__ import annotations

import time

import pytest

from ffx.core.errors import ConnectError, ConnectionClosed
from ffx.core.identity import Role
from ffx.core.messages import (
    CapabilityRequest,
    CapabilityResponse,
    Disconnect,
    ErrorMessage,
    FileDownloadRequest,
    FileUploadComplete,
    FileUploadStart,
    JobAccepted,
    JobCancel,
    JobCommitted,
    JobPause,
    JobReassign,
    JobSubmit,
    Message,
    ServerDrain,
)
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, SLOW, Talk


async def code(talk: Talk, message: Message) -> str:
    return (await talk.ask_for(ErrorMessage, message)).code


def words_on(job_id: str) -> tuple[Message, ...]:
    return (
        FileUploadStart(job_id, 1, 10),
        FileUploadComplete(job_id, 1, 10, ""),
        FileDownloadRequest(job_id, 1),
        JobCommitted(job_id, 1),
        JobCancel(job_id, 1),
        JobReassign(job_id, 1),
        JobPause(job_id, 1, True),
    )


# -- Roles ----------------------------------------------------------------------------------------------------


async def test_a_reader_asks_and_changes_nothing(rig: Rig) -> None:
    reader = await rig.talk("reader", rig.give("reader", Role.READ))
    await reader.ask_for(CapabilityResponse, CapabilityRequest(("libx264",)))
    for message in (JobSubmit(reader.job(COPY), 1), ServerDrain(), *words_on("job")):
        assert await code(reader, message) == "forbidden"
    assert rig.job_files() == []


async def test_a_submitter_has_jobs_and_no_say_over_the_server(rig: Rig) -> None:
    submitter = await rig.talk("submitter", rig.give("submitter", Role.SUBMIT))
    assert await code(submitter, ServerDrain()) == "forbidden"
    await submitter.run(submitter.job(COPY))
    assert await submitter.fetch(submitter.job(COPY))


async def test_a_refusal_says_which_role_it_takes(rig: Rig) -> None:
    reader = await rig.talk("reader", rig.give("reader", Role.READ))
    answer = await reader.ask_for(ErrorMessage, ServerDrain())
    assert answer.message == "the token 'reader' has the role read, and server_drain needs admin"


# -- Whose jobs -----------------------------------------------------------------------------------------------


async def test_another_token_cannot_take_over_a_client(rig: Rig) -> None:
    alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT))
    await alice.encode(alice.job(SLOW))
    mallory = await rig.talk("queue", rig.give("mallory", Role.SUBMIT))
    for message in words_on("job"):
        assert await code(mallory, message) == "unknown_job"
    # The same id, submitted under another token, is another job.
    await mallory.ask_for(JobAccepted, JobSubmit(mallory.job(SLOW), 1))
    assert rig.server.info().current_jobs == 1
    assert len(rig.job_files()) == 2
    assert await mallory.ask(JobCancel("job", 1)) == JobCancel("job", 1)
    assert len(rig.job_files()) == 1
    assert rig.server.info().current_jobs == 1, "that of alice goes on"


async def test_a_client_may_name_itself_after_another_token(rig: Rig) -> None:
    alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT))
    await alice.submit(alice.job(SLOW))
    mallory = await rig.talk("alice/queue", rig.give("mallory", Role.SUBMIT))
    for message in words_on("job"):
        assert await code(mallory, message) == "unknown_job"


async def test_nobody_is_told_of_the_jobs_of_others(rig: Rig) -> None:
    mallory = await rig.talk("queue", rig.give("mallory", Role.SUBMIT))
    alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT))
    await alice.run(alice.job(COPY))
    await mallory.ask(CapabilityRequest())
    assert not [word for word in mallory.take_unread() if getattr(word, "type", "").startswith("job_")]


async def test_an_input_is_kept_for_its_own_token_only(make_server: MakeServer) -> None:
    async with make_server() as rig:
        alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT))
        await alice.run(alice.job(COPY))
        done = await alice.fetch(alice.job(COPY))
        assert done
        for name, offset in (("alice", alice.clip.stat().st_size), ("mallory", 0)):
            talk = alice if name == "alice" else await rig.talk("queue", rig.give("mallory", Role.SUBMIT))
            job = talk.job(COPY, job_id="again")
            await talk.submit(job)
            digest = _digest(talk)
            answer = await talk.ask(FileUploadStart("again", 1, job.file_size, digest))
            assert getattr(answer, "offset", None) == offset


def _digest(talk: Talk) -> str:
    from blake3 import blake3

    return blake3(talk.clip.read_bytes()).hexdigest()


@pytest.mark.parametrize("message", [JobCancel("job", 1), JobReassign("job", 1)])
async def test_an_administrator_ends_jobs_of_others_and_they_hear_of_it(rig: Rig, message: Message) -> None:
    alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT))
    await alice.encode(alice.job(SLOW))
    admin = await rig.talk("admin")
    assert await admin.ask(message) == message
    given_back = await alice.next(JobReassign)
    assert (given_back.job_id, given_back.attempt) == ("job", 1)
    assert "an administrator took it" in given_back.reason
    assert rig.server.info().current_jobs == 0


async def test_an_administrator_with_a_job_of_that_name_speaks_of_his_own(rig: Rig) -> None:
    alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT))
    await alice.encode(alice.job(SLOW))
    admin = await rig.talk("admin")
    await admin.submit(admin.job(SLOW))
    for _ in range(2):  # the second time it has ended
        assert await admin.ask(JobCancel("job", 1)) == JobCancel("job", 1)
    assert rig.server.info().current_jobs == 1


# -- Revocation -----------------------------------------------------------------------------------------------


async def until_closed(talk: Talk) -> str:
    """The reason of the goodbye that a connection ends with."""
    reason = ""
    while True:
        try:
            message = (await talk.connection.receive()).message
        except ConnectionClosed:
            return reason
        reason = message.reason if isinstance(message, Disconnect) else reason


async def test_a_revoked_token_ends_its_connections_and_no_others(rig: Rig) -> None:
    alice = await rig.talk("queue", secret := rig.give("alice", Role.SUBMIT))
    bob = await rig.talk("queue", rig.give("bob", Role.SUBMIT))
    rig.tokens.change(lambda tokens: tuple(token for token in tokens if token.name != "alice"))
    assert await until_closed(alice) == "the token is no longer good: it was revoked or made anew, or it has expired"
    with pytest.raises(ConnectError) as caught:
        await rig.connect(secret)
    assert caught.value.code == "unauthorized"
    await bob.ask_for(CapabilityResponse, CapabilityRequest())


async def test_an_expired_token_ends_its_connections(rig: Rig) -> None:
    alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT, expires=time.time() + 0.5))
    assert "no longer good" in await until_closed(alice)


async def test_a_token_that_is_no_longer_good_moves_nothing_before_its_end(rig: Rig) -> None:
    alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT))
    rig.tokens.change(lambda tokens: ())
    rig.keys.refresh()
    assert await code(alice, JobSubmit(alice.job(COPY), 1)) == "forbidden"
    assert rig.job_files() == []


async def test_jobs_outlive_the_connections_of_their_token(rig: Rig) -> None:
    alice = await rig.talk("queue", rig.give("alice", Role.SUBMIT))
    await alice.encode(alice.job(SLOW))
    rig.tokens.change(lambda tokens: ())
    await until_closed(alice)
    assert rig.server.info().current_jobs == 1
