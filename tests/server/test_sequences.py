"""Any series of words, breaks and kills: the conversation goes on, slots and places are never exceeded, no result is
lost, no folder is without a job, and nothing is left at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Sequence
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
    FileDownloadStart,
    FileUploadComplete,
    FileUploadStart,
    Hello,
    JobAccepted,
    JobCancel,
    JobCommitted,
    JobCompleted,
    JobPause,
    JobReassign,
    JobRejected,
    JobSubmit,
    Message,
    Ping,
    Pong,
    Unknown,
    ValidationErrorMessage,
)
from ffx.core.model import JobConfiguration
from tests.server.conftest import Rig, open_rig
from tests.server.talk import COPY, SLOW, one_block
from tests.support import children, known_capabilities

MAX_JOBS = 2
MAX_WAITING = 1
CONTENT = b"0123456789"

job_ids = st.sampled_from(["one", "two", "three", "four"])
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


@frozen
class Second:
    """The client connects once more; what it says goes over the new connection, the old one stays."""


@frozen
class Restart:
    """The server is killed, and started again under its id."""


Step = Submit | Put | Start | Return | Second | Restart | Message
steps = st.one_of(
    st.builds(Submit, job_ids, attempts, st.sampled_from([5, 5, 5, 6])),
    st.builds(Put, st.sampled_from([0, 0, 0, 5, -1]), st.sampled_from([CONTENT, CONTENT, b"", b"01234", CONTENT * 2])),
    st.builds(Start, job_ids, st.booleans()),
    st.builds(Start, job_ids, st.booleans()),
    st.sampled_from([Return(), Second(), Restart()]),
    st.builds(FileUploadStart, job_ids, attempts, sizes, digests),
    st.builds(FileUploadComplete, job_ids, attempts, sizes, digests),
    st.builds(FileDownloadRequest, job_ids, attempts),
    st.builds(JobCancel, job_ids, attempts),
    st.builds(JobReassign, job_ids, attempts),
    st.builds(JobPause, job_ids, attempts, st.booleans()),
    st.builds(JobCommitted, job_ids, attempts),
    st.builds(CapabilityRequest, st.sampled_from([(), ("libx264",), ("nothing",)])),
    st.sampled_from([Hello("client"), Pong(), ErrorMessage("x", "y"), Unknown("future"), Disconnect()]),
)

OpenRig = Callable[[Path], contextlib.AbstractAsyncContextManager[Rig]]


class Player:
    """Plays steps to a server and its next lives, and checks after each one that all is well."""

    def __init__(self, open_rig: OpenRig, temp_dir: Path) -> None:
        self._open_rig = open_rig
        self._place = temp_dir
        self._lives = 0
        self._life = contextlib.AsyncExitStack()
        self._resource = "none"
        self._done: set[tuple[str, int]] = set()
        """Results that were told and must be there until they are committed or given up."""

    async def begin(self) -> None:
        """Start the server in a place where a former life may have left something."""
        self._life = contextlib.AsyncExitStack()
        self.rig = await self._life.enter_async_context(self._open_rig(self._place))
        self._talk = await self.rig.talk()

    async def end(self) -> None:
        """End every job, and then the server: nothing of it may be left."""
        for job_id in ("one", "two", "three", "four"):
            for attempt in (1, 2):
                await self._talk.ask(JobCancel(job_id, attempt))
        await self.rig.server.empty()
        self._done.clear()
        await self.check()
        assert self.rig.server.info().current_jobs == 0
        assert self.rig.job_files() == []
        assert children() == []
        await self._life.aclose()
        assert list(self._place.iterdir()) == []

    async def abandon(self) -> None:
        """Clean up after a failure."""
        await self._life.aclose()

    async def play(self, step: Step) -> None:
        if isinstance(step, Submit):
            await self._submit(evolve(self._talk.job(COPY, job_id=step.job_id), priority=step.priority), step.attempt)
        elif isinstance(step, Put):
            with contextlib.suppress(TransferError):
                await self.rig.server.bulk.receive(self._resource, step.offset, len(CONTENT), one_block(step.content))
        elif isinstance(step, Start):
            await self._start(step)
        elif isinstance(step, (Return, Disconnect)):
            await self._talk.connection.close()
            self._talk = await self.rig.talk()
        elif isinstance(step, Second):
            self._talk = await self.rig.talk()
        elif isinstance(step, Restart):
            await self._restart()
        elif isinstance(step, JobCommitted):
            await self._talk.send(step)
            self._done.discard((step.job_id, step.attempt))
        elif isinstance(step, (Pong, ErrorMessage)):
            await self._talk.send(step)
        else:
            answer = await self._talk.ask(step)
            if isinstance(answer, FileChunk):
                self._resource = answer.resource
            if isinstance(answer, (JobCancel, JobReassign)):
                self._read()
                self._done.discard((answer.job_id, answer.attempt))
        await self.check()

    async def check(self) -> None:
        assert await self._talk.ask(Ping("well?")) == Pong("well?")
        self._read()
        info = self.rig.server.info()
        assert info.current_jobs <= MAX_JOBS
        assert info.current_jobs + info.waiting_jobs <= MAX_JOBS + MAX_WAITING
        assert info.current_jobs + info.waiting_jobs <= len(self.rig.server._jobs.all())
        folders = {job.folder.path for job in self.rig.server._jobs.all()}
        assert set(self.rig.job_files()) <= folders, "a folder without a job"
        for job_id, attempt in tuple(self._done):
            answer = await self._talk.ask(FileDownloadRequest(job_id, attempt))
            assert isinstance(answer, FileDownloadStart), f"the result of {job_id} {attempt} is lost: {answer}"

    def _read(self) -> None:
        """Take in which results were told."""
        for message in self._talk.take_unread():
            if isinstance(message, JobCompleted):
                self._done.add((message.result.job_id, message.attempt))

    async def _restart(self) -> None:
        self._lives += 1
        left = self.rig.snapshot(self._place.parent / f"life-{self._lives}")
        await self._life.aclose()
        self._place = left
        await self.begin()

    async def _submit(self, job: JobConfiguration, attempt: int) -> bool:
        answer = await self._talk.ask(JobSubmit(job, attempt))
        assert isinstance(answer, (JobAccepted, JobRejected, ValidationErrorMessage))
        self._read()
        # A newer attempt ends an older one, whether it is taken in the end or not.
        self._done = {(name, number) for name, number in self._done if name != job.job_id or number >= attempt}
        return isinstance(answer, JobAccepted)

    async def _start(self, step: Start) -> None:
        content = self._talk.clip.read_bytes()
        digest = blake3(content).hexdigest()
        if not await self._submit(self._talk.job(SLOW if step.slow else COPY, job_id=step.job_id), 1):
            return
        chunk = await self._talk.ask(FileUploadStart(step.job_id, 1, len(content), digest))
        if isinstance(chunk, FileChunk):
            with contextlib.suppress(TransferError):
                await self._talk.put(chunk, content)
            await self._talk.ask(FileUploadComplete(step.job_id, 1, len(content), digest))


# The fixtures are paths: nothing of them changes from one example to the next.
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=st.lists(steps, max_size=25))
def test_no_series_of_messages_does_harm(
    series: Sequence[Step], ffmpeg9: Path, detection_cache: Path, clip: Path
) -> None:
    async def play(folder: Path) -> None:
        capabilities = known_capabilities(ffmpeg9, detection_cache, folder)
        await capabilities.prepare()

        def durable(place: Path) -> contextlib.AbstractAsyncContextManager[Rig]:
            return open_rig(capabilities, place, clip, max_jobs=MAX_JOBS, max_waiting=MAX_WAITING, durable=True)

        player = Player(durable, folder / "life-0")
        await player.begin()
        try:
            for step in series:
                await player.play(step)
            await player.end()
        finally:
            await player.abandon()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder)))
