"""A client in the raw: it sends envelopes and waits for words, and does nothing of its own accord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from blake3 import blake3

from ffx.core.messages import (
    Envelope,
    FileChunk,
    FileDownloadRequest,
    FileDownloadStart,
    FileUploadComplete,
    FileUploadStart,
    Hello,
    JobAccepted,
    JobCompleted,
    JobFailed,
    JobProgressMessage,
    JobSubmit,
    Message,
    ServerInfoMessage,
)
from ffx.core.model import JobConfiguration, JobStage
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice
from ffx.core.transport import ClientConnection

M = TypeVar("M")

COPIED = (SoundChoice(encoder="copy"),)
FAST = Recipe(encoder="libx264", preset="ultrafast", sounds=COPIED, container="mp4")
COPY = Recipe(encoder="copy", sounds=COPIED, container="mp4")
SLOW = Recipe(encoder="libx264", preset="ultrafast", container="mp4", filters=("realtime=speed=0.05",))
"""Takes minutes and hardly any CPU: only a test that stops it may use it."""


class Talk:
    """One conversation. ``job`` builds submissions, the other methods say one thing and return the answer."""

    def __init__(self, connection: ClientConnection, clip: Path) -> None:
        self.connection = connection
        self.clip = clip
        self._unread: list[Envelope] = []

    async def send(self, message: Message) -> str:
        envelope = Envelope(message)
        await self.connection.send(envelope)
        return envelope.message_id

    async def ask(self, message: Message) -> Message:
        """Send it and wait for its answer; everything else is kept for ``next``."""
        return await self._answer(await self.send(message))

    async def answer(self, message_id: str, kind: type[M]) -> M:
        """The answer to a message that was sent before."""
        for envelope in self._unread:
            if envelope.reply_to == message_id:
                assert isinstance(envelope.message, kind), envelope.message
                return envelope.message
        answer = await self._answer(message_id)
        assert isinstance(answer, kind), answer
        return answer

    async def _answer(self, message_id: str) -> Message:
        kept: list[Envelope] = []
        while True:
            envelope = await self.connection.receive()
            if envelope.reply_to == message_id:
                self._unread.extend(kept)
                return envelope.message
            kept.append(envelope)

    async def ask_for(self, kind: type[M], message: Message) -> M:
        answer = await self.ask(message)
        assert isinstance(answer, kind), answer
        return answer

    async def next(self, *kinds: type[M]) -> M:
        """The next message of these kinds, unread ones first; others are passed over, but for failures."""
        while True:
            envelope = self._unread.pop(0) if self._unread else await self.connection.receive()
            if isinstance(envelope.message, kinds):
                return envelope.message
            assert not isinstance(envelope.message, JobFailed), envelope.message

    def take_unread(self) -> list[Message]:
        """What arrived unasked and was not looked at."""
        unread, self._unread = [envelope.message for envelope in self._unread], []
        return unread

    async def hello(self, client_id: str = "client") -> ServerInfoMessage:
        return await self.ask_for(ServerInfoMessage, Hello(client_id))

    def job(self, recipe: Recipe = FAST, *, job_id: str = "job", source: Path | None = None) -> JobConfiguration:
        source = source or self.clip
        return JobConfiguration(
            job_id,
            str(source),
            "/home/somebody/out.mp4",
            recipe,
            file_size=source.stat().st_size,
            resolution="320x240",
            codec="h264",
            frames=234,
            duration=7.8,
        )

    async def submit(self, job: JobConfiguration, attempt: int = 1) -> JobAccepted:
        return await self.ask_for(JobAccepted, JobSubmit(job, attempt))

    async def upload(self, job: JobConfiguration, attempt: int = 1) -> None:
        """Send all files of a job and have them checked."""
        for number, path in enumerate((job.input_file, *(other.path for other in job.other_files))):
            await self.upload_file(job, Path(path).read_bytes(), number, attempt)

    async def upload_file(self, job: JobConfiguration, content: bytes, number: int = 0, attempt: int = 1) -> None:
        """Send one file of a job and have it checked."""
        start = FileUploadStart(job.job_id, attempt, len(content), number=number)
        await self.put(await self.ask_for(FileChunk, start), content)
        complete = FileUploadComplete(job.job_id, attempt, len(content), blake3(content).hexdigest(), number)
        assert await self.ask(complete) == complete

    async def put(self, chunk: FileChunk, content: bytes) -> None:
        left = content[chunk.offset :]
        assert await self.connection.upload(chunk.resource, chunk.offset, len(content), one_block(left)) == len(content)

    async def start(self, job: JobConfiguration, attempt: int = 1) -> None:
        """Submit and upload: the job waits for its encode when this returns, or has begun it."""
        await self.submit(job, attempt)
        await self.upload(job, attempt)

    async def encode(self, job: JobConfiguration, attempt: int = 1) -> None:
        """Submit and upload: FFmpeg runs, and has shown it, when this returns."""
        await self.start(job, attempt)
        while not (await self.stage(job.job_id, JobStage.ENCODE)).progress.current_frame:
            pass

    async def stage(self, job_id: str, *stages: JobStage) -> JobProgressMessage:
        """The next word that a job is in one of these stages."""
        while True:
            word = await self.next(JobProgressMessage)
            if word.progress.job_id == job_id and word.stage in stages:
                return word

    async def run(self, job: JobConfiguration, attempt: int = 1) -> JobCompleted:
        """All the way to the result."""
        await self.start(job, attempt)
        return await self.next(JobCompleted)

    async def fetch(self, job: JobConfiguration, attempt: int = 1) -> bytes:
        start = await self.ask_for(FileDownloadStart, FileDownloadRequest(job.job_id, attempt))
        content = b"".join([block async for block in self.connection.download(start.resource, 0, start.digest)])
        assert (len(content), blake3(content).hexdigest()) == (start.size, start.digest)
        return content


async def one_block(content: bytes) -> AsyncIterator[bytes]:
    if content:
        yield content
