"""Farms of real servers in this process: real FFmpeg, the in-process transport, one plugin host for all."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from ffx.client.connection import Endpoint
from ffx.client.farm import Farm
from ffx.client.link import Heartbeat
from ffx.client.outcome import JobOutcome
from ffx.client.queue.records import Handling
from ffx.client.queue.store import JobQueue
from ffx.core.addressing import Address
from ffx.core.encoders import EncoderSpec
from ffx.core.events import JobEvent
from ffx.core.model import JobConfiguration
from ffx.core.pluginhost import PluginHost
from ffx.core.transport import Listener
from ffx.media.plan import plan_job
from ffx.media.probe import probe
from ffx.plugins.weighted import WeightedPolicy
from ffx.server.keyring import Keyring
from ffx.server.options import ServerOptions
from ffx.server.server import Server
from ffx.transports.inproc import InprocTransport
from tests.media.jobs import request_for
from tests.support import KnownCapabilities, children, known_capabilities

TOKEN = "a token"


def all_specs() -> Mapping[str, EncoderSpec]:
    plugins = PluginHost()
    plugins.load_entry_points()
    return plugins.encoders()


@define
class TestFarm:
    """Servers that come and go, and the farm of a client that knows all of their names."""

    __test__ = False

    ffmpeg: Path
    folder: Path
    cache: Path
    transport: InprocTransport = field(factory=InprocTransport)
    specs: Mapping[str, EncoderSpec] = field(factory=all_specs)
    events: list[JobEvent] = field(factory=list)
    servers: dict[str, Server] = field(factory=dict)
    _running: dict[str, contextlib.AsyncExitStack] = field(factory=dict)

    async def start(self, name: str, **options: Any) -> None:
        """Start a server; it can be stopped and started again under its name."""
        folder = self.folder / "servers" / name
        folder.mkdir(parents=True, exist_ok=True)
        capabilities: KnownCapabilities = known_capabilities(self.ffmpeg, self.cache, folder)
        await capabilities.prepare()
        server = Server(
            ServerOptions(**{"name": name, "temp_dir": folder, "disk_reserve": 0, **options}),
            capabilities=capabilities,
            keys=Keyring(lambda: TOKEN),
            server_id=f"id-{name}",
            version="1.2.3",
            modify_command=lambda job, argv: argv,
        )
        stack = contextlib.AsyncExitStack()
        await stack.enter_async_context(server)
        listener: Listener = await self.transport.listen(Address(name, scheme="inproc"), server)
        stack.push_async_callback(listener.close)
        stack.push_async_callback(server.stop)
        self.servers[name], self._running[name] = server, stack

    async def stop(self, name: str) -> None:
        await self._running.pop(name).aclose()

    async def close(self) -> None:
        for name in list(self._running):
            await self.stop(name)

    async def run(self, farm: Farm, *jobs: JobConfiguration, **handling: Any) -> Sequence[JobOutcome]:
        """Put jobs into the queue and work it until they have ended."""
        with JobQueue.open(self.queue_file) as queue:
            records = queue.add([(job, Handling(**handling)) for job in jobs], time.time())
            return await farm.run(queue, records)

    @property
    def queue_file(self) -> Path:
        return self.folder / "queue" / "queue.db"

    def farm(self, *names: str | Endpoint, **options: Any) -> Farm:
        endpoints = [
            name if isinstance(name, Endpoint) else Endpoint(name, Address(name, scheme="inproc"), TOKEN)
            for name in names
        ]
        return Farm(
            lambda: endpoints,
            transports={"inproc": self.transport},
            policy=WeightedPolicy(),
            specs=self.specs,
            client_id=options.pop("client_id", "client"),
            heartbeat=options.pop("heartbeat", Heartbeat(0.2)),
            patience=options.pop("patience", 3.0),
            on_event=options.pop("on_event", self.events.append),
            **options,
        )

    def job(self, source: Path, output: str = "out.mp4", **wishes: Any) -> JobConfiguration:
        request = request_for(source, self.folder / output, **wishes)
        return plan_job(request, probe(source), self.specs, job_id=str(uuid.uuid4()))

    def left_behind(self) -> list[Path]:
        """Jobs on servers, and parts of results."""
        return [*(self.folder / "servers").glob("*/*/jobs/*"), *self.folder.glob(".*.part")]


@pytest.fixture
async def farms(ffmpeg9: Path, detection_cache: Path, tmp_path: Path) -> AsyncIterator[TestFarm]:
    made = TestFarm(ffmpeg9, tmp_path, detection_cache)
    yield made
    await made.close()
    assert made.left_behind() == []
    assert children() == []
