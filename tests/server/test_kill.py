"""``ffx serve`` killed and stopped for real: what the next start on the same port still has."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from attrs import define

from ffx.core.addressing import Address
from ffx.core.errors import ConnectionClosed, TransferError
from ffx.core.messages import (
    Disconnect,
    FileChunk,
    FileUploadStart,
    JobCommitted,
    JobCompleted,
    JobReassign,
)
from ffx.transports.websocket import WebSocketTransport
from tests.server.conftest import TOKEN
from tests.server.talk import COPY, SLOW, Talk, one_block
from tests.support import still_running

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL and SIGTERM")


@define
class Serving:
    """``ffx serve`` on one port and one folder, as often as it is started."""

    port: int
    ffmpeg: Path
    spool: Path
    clip: Path

    @contextlib.asynccontextmanager
    async def start(self, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """One life; killed at the end if it still lives."""
        arguments = ("serve", "--port", str(self.port), "--temp-dir", str(self.spool), "--disk-reserve", "0", *options)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ffx", *arguments),
            env={**os.environ, "FFX_TOKEN": TOKEN, "FFX_FFMPEG": str(self.ffmpeg)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        try:
            assert b" listens on " in await process.stdout.readline()
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await process.stdout.read()

    async def talk(self) -> Talk:
        talk = Talk(await WebSocketTransport().connect(Address("127.0.0.1", self.port), TOKEN), self.clip)
        await talk.hello()
        return talk


@pytest.fixture
def serving(ffmpeg9: Path, tmp_path: Path, clip: Path) -> Serving:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return Serving(port, ffmpeg9, tmp_path / "spool", clip)


async def test_after_a_kill_results_and_bytes_are_there_and_no_ffmpeg_is(serving: Serving) -> None:
    async with serving.start() as process:
        talk = await serving.talk()
        completed = await talk.run(talk.job(COPY, job_id="done"))
        await talk.encode(talk.job(SLOW, job_id="encodes"))
        content = talk.clip.read_bytes()
        await talk.submit(talk.job(COPY, job_id="uploads"))
        chunk = await talk.ask_for(FileChunk, FileUploadStart("uploads", 1, len(content)))
        with pytest.raises(TransferError):
            await talk.connection.upload(chunk.resource, 0, len(content), one_block(content[:9000]))
        while await talk.connection.uploaded(chunk.resource) < 9000:
            pass  # the server has not noticed yet that no more comes
        family = psutil.Process(process.pid).children(recursive=True)
        assert any(member.name().startswith("ffmpeg") for member in family)
        if shutil.which("bwrap"):
            assert any(member.name() == "bwrap" for member in family)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        with pytest.raises(ConnectionClosed):
            await talk.next(JobReassign)
        await talk.connection.close()
    assert await asyncio.to_thread(still_running, family) == []
    async with serving.start() as process:
        back = await serving.talk()
        assert await back.next(JobCompleted) == completed
        assert len(await back.fetch(back.job(job_id="done"))) == completed.result.file_size
        await back.send(JobCommitted("done", 1))
        for name, there in (("encodes", len(content)), ("uploads", 9000)):
            job = back.job(COPY if name == "uploads" else SLOW, job_id=name)
            await back.submit(job)
            assert (await back.ask_for(FileChunk, FileUploadStart(name, 1, len(content)))).offset == there
            await back.upload(job)
        assert (await back.next(JobCompleted)).result.job_id == "uploads"
        await back.send(JobCommitted("uploads", 1))
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)  # at once
        assert (await back.next(JobReassign)).job_id == "encodes"
        await back.next(Disconnect)
        assert await process.wait() == 0
        await back.connection.close()
    assert list(serving.spool.iterdir()) == []


async def test_a_stop_gives_encodes_their_time_and_keeps_what_was_not_fetched(serving: Serving) -> None:
    async with serving.start("--drain-limit", "0.5") as process:
        talk = await serving.talk()
        completed = await talk.run(talk.job(COPY, job_id="done"))
        await talk.encode(talk.job(SLOW, job_id="encodes"))
        process.send_signal(signal.SIGTERM)
        assert (await talk.next(JobReassign)).job_id == "encodes"
        assert await process.wait() == 0
        await talk.connection.close()
    assert len(list(serving.spool.glob("*/jobs/*"))) == 1
    async with serving.start():
        back = await serving.talk()
        assert await back.next(JobCompleted) == completed
        await back.connection.close()
