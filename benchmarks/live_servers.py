"""A client with 200 servers that all encode for it: its share of one core while each reports twice a second.

The client is the farm of ``ffx queue run`` with its queue, over WebSockets on loopback. The servers are in other
processes, behind the real listener: they take a job each, then say how far it is and how they are, twice a second both.

A quick look: ``python -m benchmarks.live_servers 20 5`` (servers, seconds).
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterable, Iterator
from pathlib import Path

from attrs import evolve

from benchmarks.harness import ROOT, Figure, report
from benchmarks.simulation import server_info
from ffx.client.connection import Endpoint
from ffx.client.farm import Farm
from ffx.client.queue.records import Handling
from ffx.client.queue.store import JobQueue
from ffx.core.addressing import Address
from ffx.core.errors import TransferError
from ffx.core.events import JobEvent
from ffx.core.identity import Identity, Role
from ffx.core.messages import (
    CapabilityRequest,
    CapabilityResponse,
    CapabilityUpdate,
    Disconnect,
    Envelope,
    FileChunk,
    FileUploadComplete,
    FileUploadStart,
    Hello,
    JobAccepted,
    JobProgressMessage,
    JobSubmit,
    Message,
    Ping,
    Pong,
    ServerInfoMessage,
)
from ffx.core.model import JobConfiguration, JobProgress, JobStage, ServerCapabilities, ServerInfo, ServerStatus
from ffx.core.pluginhost import PluginHost
from ffx.core.recipe import Recipe
from ffx.core.transport import BulkStore, Connection, Service, StoredFile
from ffx.plugins.weighted import WeightedPolicy
from ffx.transports.websocket import WebSocketTransport

SERVERS = 200
PROCESSES = 2
SECONDS = 20.0
SHARE = 50.0
"""Percent of one core."""
PERIOD = 0.5
"""Seconds between two words of each kind."""
FRAMES = 100_000
STARTING_LIMIT = 120.0
"""Seconds until every server encodes."""
TOKEN = "benchmark"


# -- The servers --------------------------------------------------------------------------------------------


class Drain(BulkStore):
    """Takes every upload and keeps nothing."""

    async def received(self, resource: str) -> int:
        return 0

    async def receive(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        async for block in blocks:
            offset += len(block)
        return offset

    async def offer(self, resource: str) -> StoredFile:
        raise TransferError("nothing is ever ready here", code="unknown_resource")


class EncodingServer(Service):
    """Takes a job and encodes it for ever, by its own account."""

    def __init__(self, info: ServerInfo) -> None:
        self.bulk = Drain()
        self._info = info
        self._started = time.monotonic()

    def authenticate(self, token: str) -> Identity | None:
        return Identity("benchmark", Role.SUBMIT) if token == TOKEN else None

    async def converse(self, connection: Connection, identity: Identity) -> None:
        async with asyncio.TaskGroup() as tasks:
            reporting: list[asyncio.Task[None]] = []
            try:
                while not isinstance((envelope := await connection.receive()).message, Disconnect):
                    await connection.send(envelope.reply(self._answer(envelope.message)))
                    if isinstance(envelope.message, FileUploadComplete):
                        reporting.append(tasks.create_task(self._report(connection, envelope.message)))
            finally:
                for task in reporting:
                    task.cancel()

    def _answer(self, message: Message) -> Message:
        match message:
            case Hello():
                return ServerInfoMessage(self._info, epoch="epoch")
            case Ping(data):
                return Pong(data)
            case CapabilityRequest(encoders):
                return CapabilityResponse(encoders, (), 1.0, 0.0, 500.0, self._info.capabilities)
            case JobSubmit(configuration, attempt):
                return JobAccepted(configuration.job_id, attempt)
            case FileUploadStart(job_id, attempt, size):
                return FileChunk(job_id, attempt, "input", 0, size)
            case _:
                return message

    async def _report(self, connection: Connection, job: FileUploadComplete) -> None:
        frame = 0
        while True:
            frame += 12
            progress = JobProgress(
                job.job_id,
                progress=frame / FRAMES,
                current_frame=frame,
                total_frames=FRAMES,
                fps=24.5,
                bitrate=3.5e6,
                speed=1.02,
                eta=(FRAMES - frame) / 24.5,
                server_id=self._info.server_id,
            )
            await connection.send(Envelope(JobProgressMessage(job.attempt, progress, JobStage.ENCODE)))
            await asyncio.sleep(PERIOD / 2)
            await connection.send(Envelope(CapabilityUpdate(self._now(frame), unchanged=True)))
            await asyncio.sleep(PERIOD / 2)

    def _now(self, frame: int) -> ServerInfo:
        return evolve(
            self._info,
            status=ServerStatus.BUSY,
            capabilities=ServerCapabilities(current_load=0.9 + frame % 10 / 100),
            current_jobs=1,
            uptime=time.monotonic() - self._started,
        )


async def serve(first: int, count: int) -> None:
    """Servers of one process; prints their ports."""
    plugins = PluginHost()
    plugins.load_entry_points()
    specs = plugins.encoders()
    transport, listeners = WebSocketTransport(), []
    for number in range(first, first + count):
        info = evolve(server_info(number, specs), max_jobs=1, max_waiting=0)
        listeners.append(await transport.listen(Address("127.0.0.1", 0), EncodingServer(info)))
    print(*(listener.address.port for listener in listeners), flush=True)
    await asyncio.Event().wait()


# -- The client ---------------------------------------------------------------------------------------------


class Watch:
    """Which jobs encode, and how many words came on them."""

    def __init__(self) -> None:
        self.encoding: set[str] = set()
        self.words = 0

    def take(self, event: JobEvent) -> None:
        if event.progress is not None:
            self.encoding.add(event.job.job_id)
            self.words += 1


async def follow(farm: Farm, queue: JobQueue, watch: Watch, servers: int, seconds: float) -> tuple[float, int]:
    """Percent of one core, and how many words on jobs came, over so many seconds."""
    working = asyncio.create_task(farm.work(queue, forever=True))
    try:
        deadline = time.monotonic() + STARTING_LIMIT
        while len(watch.encoding) < servers:
            if working.done() or time.monotonic() > deadline:
                raise SystemExit(f"only {len(watch.encoding)} of {servers} servers came to encode")
            await asyncio.sleep(0.5)
        await asyncio.sleep(2)
        words, processor, began = watch.words, time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        share = (time.process_time() - processor) / (time.monotonic() - began)
        return 100 * share, watch.words - words
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


def measure(folder: Path, ports: list[int], seconds: float) -> Figure:
    plugins = PluginHost()
    plugins.load_entry_points()
    watch = Watch()
    endpoints = [Endpoint(f"server {port}", Address("127.0.0.1", port), TOKEN) for port in ports]
    farm = Farm(
        lambda: endpoints,
        transports={WebSocketTransport.scheme: WebSocketTransport()},
        policy=WeightedPolicy(),
        specs=plugins.encoders(),
        client_id=str(uuid.uuid4()),
        on_event=watch.take,
    )
    with JobQueue.open(folder / "queue.db") as queue:
        queue.add([(job(folder, number), Handling()) for number in range(len(ports))], time.time())
        share, words = asyncio.run(follow(farm, queue, watch, len(ports), seconds))
    detail = f"{words / seconds:.0f} words a second on jobs, and as many on servers"
    return Figure(f"CPU of a client with {len(ports)} servers that encode", share, SHARE, " %", detail)


def job(folder: Path, number: int) -> JobConfiguration:
    source = folder / f"source {number}"
    source.write_bytes(b"film")
    return JobConfiguration(
        str(uuid.uuid4()),
        str(source),
        str(folder / f"output {number}"),
        Recipe(encoder="libx264", container="matroska"),
        file_size=4,
        frames=FRAMES,
    )


@contextlib.contextmanager
def other_process(first: int, count: int) -> Iterator[list[int]]:
    """Servers in another process; yields their ports."""
    command = [sys.executable, "-m", "benchmarks.live_servers", "serve", str(first), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield list(map(int, process.stdout.readline().split()))
        finally:
            process.terminate()


def main(servers: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="ffx-benchmark-") as name, contextlib.ExitStack() as stack:
        each = servers // PROCESSES
        ports = [port for part in range(PROCESSES) for port in stack.enter_context(other_process(part * each, each))]
        figure = measure(Path(name), ports, seconds)
    report(figure)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", first, count]:
            asyncio.run(serve(int(first), int(count)))
        case [servers, seconds]:
            main(int(servers), float(seconds))
        case _:
            main(SERVERS, SECONDS)
