"""A real server with real FFmpeg for every test that asks, reached through the in-process transport."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from ffx.core.addressing import Address
from ffx.core.model import JobConfiguration
from ffx.core.transport import ClientConnection
from ffx.server.capabilities import CapabilityService
from ffx.server.options import ServerOptions
from ffx.server.server import Server
from ffx.transports.inproc import InprocTransport
from tests.server.talk import Talk
from tests.support import children, known_capabilities

TOKEN = "a token"

MakeServer = Callable[..., contextlib.AbstractAsyncContextManager["Rig"]]
ModifyCommand = Callable[[JobConfiguration, tuple[str, ...]], tuple[str, ...]]


class Rig:
    """A server, what it stands on, and ways to talk to it."""

    def __init__(self, server: Server, capabilities: CapabilityService, temp_dir: Path, clip: Path) -> None:
        self.server = server
        self.capabilities = capabilities
        self.temp_dir = temp_dir
        self._clip = clip
        self._transport = InprocTransport()
        self._address = Address("server", scheme="inproc")
        self._connections: list[ClientConnection] = []

    async def connect(self) -> Talk:
        """A connection that has said nothing yet."""
        connection = await self._transport.connect(self._address, TOKEN)
        self._connections.append(connection)
        return Talk(connection, self._clip)

    async def talk(self, client_id: str = "client") -> Talk:
        """A connection that has introduced itself."""
        talk = await self.connect()
        await talk.hello(client_id)
        return talk

    def job_files(self) -> list[Path]:
        """What lies in the folders of jobs."""
        owners = self.temp_dir.glob("*/owner.json")
        return [path for owner in owners for path in owner.parent.iterdir() if path != owner]

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Rig]:
        listener = await self._transport.listen(self._address, self.server)
        try:
            yield self
        finally:
            for connection in self._connections:
                await connection.close()
            await self.server.stop()
            await listener.close()


@contextlib.asynccontextmanager
async def open_rig(
    capabilities: CapabilityService,
    temp_dir: Path,
    clip: Path,
    *,
    modify_command: ModifyCommand = lambda job, argv: argv,
    **options: Any,
) -> AsyncIterator[Rig]:
    """Open a server; ``options`` are those of ``ServerOptions``. When it ends it must leave nothing behind."""
    server = Server(
        ServerOptions(**{"name": "studio", "temp_dir": temp_dir, "disk_reserve": 0, **options}),
        capabilities=capabilities,
        token=TOKEN,
        server_id="server-id",
        version="1.2.3",
        modify_command=modify_command,
    )
    async with server, Rig(server, capabilities, temp_dir, clip).listening() as rig:
        yield rig
    assert list(temp_dir.iterdir()) == []
    assert children() == []


@pytest.fixture
async def capabilities(ffmpeg9: Path, detection_cache: Path, tmp_path: Path) -> CapabilityService:
    service = known_capabilities(ffmpeg9, detection_cache, tmp_path)
    await service.prepare()
    return service


@pytest.fixture
def make_server(capabilities: CapabilityService, tmp_path: Path, clip: Path) -> MakeServer:
    """``open_rig`` with what the test has."""
    return functools.partial(open_rig, capabilities, tmp_path / "spool", clip)


@pytest.fixture
async def rig(make_server: MakeServer) -> AsyncIterator[Rig]:
    """A server with two slots."""
    async with make_server() as rig:
        yield rig


@pytest.fixture
async def talk(rig: Rig) -> Talk:
    """A client that has introduced itself to ``rig``."""
    return await rig.talk()
