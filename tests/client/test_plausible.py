"""What a server says, within bounds; and a server that lies, met by a whole farm."""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ffx.client.connection import Endpoint, Mailbox
from ffx.client.plausible import LARGEST, LONGEST_LINE, MAX_ENCODERS, MAX_SLOTS, plausible
from ffx.core.addressing import Address
from ffx.core.identity import Identity
from ffx.core.messages import (
    CapabilityUpdate,
    Envelope,
    FileChunk,
    FileDownloadStart,
    JobCompleted,
    JobFailed,
    JobProgressMessage,
    Message,
    ServerInfoMessage,
)
from ffx.core.model import EncoderReport, Evidence, JobProgress, JobStage, JobState, ServerCapabilities, ServerInfo
from ffx.core.transport import Connection, Service
from tests.client.conftest import TOKEN, TestFarm
from tests.core.test_wire import KINDS, of_class


@given(st.sampled_from(KINDS).flatmap(of_class))
def test_what_is_within_bounds_stays_as_it_is(message: Any) -> None:
    once = plausible(message)
    assert type(once) is type(message)
    assert plausible(once) == once


@given(of_class(JobProgress))
def test_a_figure_is_one_that_can_be(told: JobProgress) -> None:
    message = plausible(JobProgressMessage(1, told))
    assert isinstance(message, JobProgressMessage)
    found = message.progress
    assert 0 <= found.progress <= 1
    for figure in (found.current_frame, found.total_frames, found.fps, found.bitrate, found.speed, found.eta or 0.0):
        assert 0 <= figure <= LARGEST
        assert math.isfinite(figure)


def test_lists_and_texts_are_cut() -> None:
    many = tuple(EncoderReport(f"encoder{number}", "h264", works=True) for number in range(MAX_ENCODERS + 1))
    server = ServerInfo("id", "\x1b[2Jstudio\n" * 1000, max_jobs=10**9, capabilities=ServerCapabilities(encoders=many))
    welcome = plausible(ServerInfoMessage(server))
    assert isinstance(welcome, ServerInfoMessage)
    assert welcome.server.name.isprintable() and len(welcome.server.name) < 300
    assert welcome.server.max_jobs == MAX_SLOTS
    assert len(welcome.server.capabilities.encoders) == MAX_ENCODERS
    evidence = Evidence(argv=("x" * 10**6,) * 5000, stderr_tail=("\x07progress=end\n",) * 10_000)
    failed = plausible(JobFailed("job", 1, "encode_failed", "\r" + "y" * 10**6, evidence))
    assert isinstance(failed, JobFailed)
    assert len(failed.message) < 2 * LONGEST_LINE
    assert sum(map(len, failed.evidence.argv)) < 2_000_000
    assert set(failed.evidence.stderr_tail) == {"progress=end"}


def test_of_many_words_on_one_stage_the_newest_is_kept() -> None:
    box = Mailbox("studio")
    for share in (0.1, 0.2, 0.3):
        box.put(JobProgressMessage(1, JobProgress("job", share)))
    box.put(JobProgressMessage(1, JobProgress("job", 1.0), JobStage.CHECK))
    assert [word.progress.progress for word in box.waiting if isinstance(word, JobProgressMessage)] == [0.3, 1.0]


# -- A whole server that lies ------------------------------------------------------------------------------------

Lie = Callable[[Message], Message]


class Liar(Service):
    """A real server whose words are changed on their way out."""

    def __init__(self, server: Service, lie: Lie) -> None:
        self.bulk = server.bulk
        self._server = server
        self._lie = lie

    def authenticate(self, token: str) -> Identity | None:
        return self._server.authenticate(token)

    async def converse(self, connection: Connection, identity: Identity) -> None:
        await self._server.converse(_Changed(connection, self._lie), identity)


class _Changed(Connection):
    def __init__(self, connection: Connection, lie: Lie) -> None:
        self.peer = connection.peer
        self._connection = connection
        self._lie = lie

    async def send(self, envelope: Envelope) -> None:
        await self._connection.send(evolve(envelope, message=self._lie(envelope.message)))

    async def receive(self) -> Envelope:
        return await self._connection.receive()

    async def close(self) -> None:
        await self._connection.close()


@contextlib.asynccontextmanager
async def lying(farms: TestFarm, lie: Lie) -> AsyncIterator[Endpoint]:
    """A liar that is asked first."""
    await farms.start("behind the liar")
    listener = await farms.transport.listen(
        Address("liar", scheme="inproc"), Liar(farms.servers["behind the liar"], lie)
    )
    try:
        yield Endpoint("liar", listener.address, TOKEN, preferred_for=("any",))
    finally:
        await listener.close()


def _absurd_progress(message: Message) -> Message:
    if isinstance(message, JobProgressMessage):
        absurd = evolve(message.progress, progress=1.5, current_frame=-7, fps=1e308, speed=-1.0, eta=-1e300)
        return evolve(message, progress=absurd)
    return message


def _escapes(message: Message) -> Message:
    if isinstance(message, JobCompleted):
        return evolve(message, result=evolve(message.result, warnings=("\x1b]0;owned\x07\nprogress=end",) * 500))
    return message


@pytest.mark.parametrize("lie", [_absurd_progress, _escapes])
async def test_figures_and_words_that_are_absurd_do_no_harm(farms: TestFarm, clip: Path, lie: Lie) -> None:
    async with lying(farms, lie) as liar:
        job = farms.job(clip, encoder="libx264", preset="ultrafast")
        (outcome,) = await farms.run(farms.farm(liar), job)
    assert (outcome.state, outcome.attempts) == (JobState.COMPLETED, 1)
    assert outcome.result is not None and all(warning.isprintable() for warning in outcome.result.warnings)
    for event in farms.events:
        if event.progress is not None:
            assert 0 <= event.progress.progress <= 1
            assert event.progress.current_frame >= 0
            assert (event.progress.eta or 0) >= 0


def _another_digest(message: Message) -> Message:
    return evolve(message, digest="0" * 64) if isinstance(message, FileDownloadStart) else message


def _longer(message: Message) -> Message:
    return evolve(message, size=message.size + 1) if isinstance(message, FileDownloadStart) else message


def _more_frames(message: Message) -> Message:
    if isinstance(message, JobCompleted):
        return evolve(message, result=evolve(message.result, frames=message.result.frames + 1))
    return message


def _elsewhere(message: Message) -> Message:
    if isinstance(message, FileChunk | FileDownloadStart):
        return evolve(message, resource="../../../etc/passwd")
    return message


def _another_result(message: Message) -> Message:
    if isinstance(message, JobCompleted):
        return evolve(message, result=evolve(message.result, digest="f" * 64, file_size=10**15))
    return message


@pytest.mark.parametrize("lie", [_another_digest, _longer, _more_frames, _elsewhere, _another_result])
async def test_a_job_whose_result_is_lied_about_is_done_by_another_server(
    farms: TestFarm, clip: Path, lie: Lie
) -> None:
    await farms.start("honest", max_jobs=1)
    async with lying(farms, lie) as liar:
        job = farms.job(clip, encoder="libx264", preset="ultrafast")
        (outcome,) = await farms.run(farms.farm(liar, "honest", patience=10.0), job)
    assert (outcome.state, outcome.server) == (JobState.COMPLETED, "honest"), outcome.error
    assert "behind the liar" in {event.server for event in farms.events}


def test_an_update_of_a_liar_is_cut_like_its_welcome() -> None:
    update = plausible(CapabilityUpdate(ServerInfo("id", "n" * 10**6)))
    assert isinstance(update, CapabilityUpdate)
    assert len(update.server.name) < 300
