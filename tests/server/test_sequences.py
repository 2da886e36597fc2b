"""Any series of messages: the conversation goes on, slots are never exceeded, and nothing is left at the end."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffx.core.errors import TransferError
from ffx.core.messages import (
    CapabilityRequest,
    Disconnect,
    ErrorMessage,
    FileChunk,
    FileDownloadRequest,
    FileUploadComplete,
    FileUploadStart,
    Hello,
    JobAccepted,
    JobCancel,
    JobCommitted,
    JobReassign,
    JobRejected,
    JobSubmit,
    Message,
    Ping,
    Pong,
    Unknown,
    ValidationErrorMessage,
)
from tests.server.conftest import Rig, open_rig
from tests.server.talk import COPY, SLOW, Talk, one_block
from tests.support import children, known_capabilities

MAX_JOBS = 2
CONTENT = b"0123456789"

job_ids = st.sampled_from(["one", "two", "three"])
attempts = st.sampled_from([1, 1, 1, 2, 0])
sizes = st.sampled_from([len(CONTENT)] * 3 + [0, -1, 2**40])
digests = st.sampled_from([blake3(CONTENT).hexdigest()] * 3 + ["", "x" * 64])


@frozen
class Submit:
    """A submission of one of a few jobs; ``priority`` makes another job of it."""

    job_id: str
    attempt: int
    priority: int


@frozen
class Put:
    """Bytes for the resource that was named last, right or wrong."""

    offset: int
    content: bytes


@frozen
class Start:
    """A whole submission with a real film: an encode that takes long, or one that is done at once."""

    job_id: str
    slow: bool


@frozen
class Return:
    """The connection breaks and the client comes back."""


Step = Submit | Put | Start | Return | Message
steps = st.one_of(
    st.builds(Submit, job_ids, attempts, st.sampled_from([5, 5, 5, 6])),
    st.builds(Put, st.sampled_from([0, 0, 0, 5, -1]), st.sampled_from([CONTENT, CONTENT, b"", b"01234", CONTENT * 2])),
    st.builds(Start, job_ids, st.booleans()),
    st.just(Return()),
    st.builds(FileUploadStart, job_ids, attempts, sizes),
    st.builds(FileUploadComplete, job_ids, attempts, sizes, digests),
    st.builds(FileDownloadRequest, job_ids, attempts),
    st.builds(JobCancel, job_ids, attempts),
    st.builds(JobReassign, job_ids, attempts),
    st.builds(JobCommitted, job_ids, attempts),
    st.builds(CapabilityRequest, st.sampled_from([(), ("libx264",), ("nothing",)])),
    st.sampled_from([Hello("client"), Pong(), ErrorMessage("x", "y"), Unknown("future"), Disconnect()]),
)


class Player:
    """Plays steps to a server and checks after each one that it is well."""

    def __init__(self, rig: Rig, talk: Talk) -> None:
        self._rig = rig
        self._talk = talk
        self._resource = "none"

    async def play(self, step: Step) -> None:
        if isinstance(step, Submit):
            job = evolve(self._talk.job(COPY, job_id=step.job_id), priority=step.priority)
            answer = await self._talk.ask(JobSubmit(job, step.attempt))
            assert isinstance(answer, (JobAccepted, JobRejected, ValidationErrorMessage))
        elif isinstance(step, Put):
            with contextlib.suppress(TransferError):
                await self._rig.server.bulk.receive(self._resource, step.offset, len(CONTENT), one_block(step.content))
        elif isinstance(step, Start):
            await self._start(step)
        elif isinstance(step, (Return, Disconnect)):
            await self._talk.connection.close()
            self._talk = await self._rig.talk()
        elif isinstance(step, (Pong, ErrorMessage, JobCommitted)):
            await self._talk.send(step)
        else:
            answer = await self._talk.ask(step)
            if isinstance(answer, FileChunk):
                self._resource = answer.resource
        await self.check()

    async def check(self) -> None:
        assert await self._talk.ask(Ping("well?")) == Pong("well?")
        assert self._rig.server.info().current_jobs <= MAX_JOBS

    async def cancel_all(self) -> None:
        for job_id in ("one", "two", "three"):
            for attempt in (1, 2):
                await self._talk.ask(JobCancel(job_id, attempt))

    async def _start(self, step: Start) -> None:
        job = self._talk.job(SLOW if step.slow else COPY, job_id=step.job_id)
        content = self._talk.clip.read_bytes()
        if isinstance(await self._talk.ask(JobSubmit(job)), JobRejected):
            return
        chunk = await self._talk.ask(FileUploadStart(step.job_id, 1, len(content)))
        if isinstance(chunk, FileChunk):
            await self._talk.put(chunk, content)
            await self._talk.ask(FileUploadComplete(step.job_id, 1, len(content), blake3(content).hexdigest()))


# The fixtures are paths: nothing of them changes from one example to the next.
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=st.lists(steps, max_size=25))
def test_no_series_of_messages_does_harm(
    series: Sequence[Step], ffmpeg9: Path, detection_cache: Path, clip: Path
) -> None:
    async def play(temp_dir: Path) -> None:
        capabilities = known_capabilities(ffmpeg9, detection_cache, temp_dir)
        await capabilities.prepare()
        async with open_rig(capabilities, temp_dir / "spool", clip, max_jobs=MAX_JOBS) as rig:
            player = Player(rig, await rig.talk())
            for step in series:
                await player.play(step)
            await player.cancel_all()
            await rig.server.empty()
            assert rig.server.info().current_jobs == 0
            assert rig.job_files() == []
            assert children() == []
            await player.check()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder)))
