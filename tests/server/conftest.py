"""A real server with real FFmpeg for every test that asks, reached through the in-process transport."""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from ffx.core.addressing import Address
from ffx.core.identity import Role, new_secret
from ffx.core.model import JobConfiguration
from ffx.core.transport import ClientConnection
from ffx.server.capabilities import CapabilityService
from ffx.server.keyring import Keyring
from ffx.server.options import ServerOptions
from ffx.server.server import Server
from ffx.server.token_store import TokenStore
from ffx.server.tokens import Token, digest_of
from ffx.transports.inproc import InprocTransport
from tests.server.talk import Talk
from tests.support import all_children, known_capabilities

TOKEN = "a token"

MakeServer = Callable[..., contextlib.AbstractAsyncContextManager["Rig"]]
ModifyCommand = Callable[[JobConfiguration, tuple[str, ...]], tuple[str, ...]]


class Rig:
    """A server, what it stands on, and ways to talk to it."""

    def __init__(
        self, server: Server, capabilities: CapabilityService, temp_dir: Path, clip: Path, keys: Keyring
    ) -> None:
        self.server = server
        self.keys = keys
        self.tokens = TokenStore(_tokens_file(temp_dir))
        self.capabilities = capabilities
        self.temp_dir = temp_dir
        self._clip = clip
        self._transport = InprocTransport()
        self._address = Address("server", scheme="inproc")
        self._connections: list[ClientConnection] = []

    def give(self, name: str, role: Role, **more: Any) -> str:
        """Make a token; returns its secret."""
        secret = new_secret()
        self.tokens.change(lambda tokens: (*tokens, Token(name, role, digest_of(secret), **more)))
        self.keys.refresh()
        return secret

    async def connect(self, token: str = TOKEN) -> Talk:
        """A connection that has said nothing yet."""
        connection = await self._transport.connect(self._address, token)
        self._connections.append(connection)
        return Talk(connection, self._clip)

    async def talk(self, client_id: str = "client", token: str = TOKEN) -> Talk:
        """A connection that has introduced itself."""
        talk = await self.connect(token)
        await talk.hello(client_id)
        return talk

    def job_files(self) -> list[Path]:
        """The folders of jobs."""
        return list(self.temp_dir.glob("*/jobs/*"))

    def kept_inputs(self) -> list[Path]:
        """Inputs that no job needs at the moment, or that further jobs may use."""
        return list(self.temp_dir.glob("*/inputs/*"))

    def snapshot(self, place: Path) -> Path:
        """What a kill in this moment would leave on the disk, as a new folder for temporary files."""
        shutil.copytree(self.temp_dir, place, copy_function=_copy_if_there)
        return place

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


def _tokens_file(temp_dir: Path) -> Path:
    return temp_dir.parent / "tokens.json"


def _copy_if_there(source: str, target: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # threads of the server go on meanwhile
        shutil.copy2(source, target)


@contextlib.asynccontextmanager
async def open_rig(
    capabilities: CapabilityService,
    temp_dir: Path,
    clip: Path,
    *,
    modify_command: ModifyCommand = lambda job, argv: argv,
    **options: Any,
) -> AsyncIterator[Rig]:
    """Open a server; ``options`` are those of ``ServerOptions``. When it ends it must leave nothing behind, but for
    outcomes where it is durable.
    """
    keys = Keyring(lambda: TOKEN, TokenStore(_tokens_file(temp_dir)))
    server = Server(
        ServerOptions(**{"name": "studio", "temp_dir": temp_dir, "disk_reserve": 0, **options}),
        capabilities=capabilities,
        keys=keys,
        server_id="server-id",
        version="1.2.3",
        modify_command=modify_command,
    )
    async with server, Rig(server, capabilities, temp_dir, clip, keys).listening() as rig:
        yield rig
    if not options.get("durable"):
        assert list(temp_dir.iterdir()) == []
    assert all_children() == []


@pytest.fixture
async def capabilities(ffmpeg9: Path, detection_cache: Path, tmp_path: Path) -> CapabilityService:
    service = known_capabilities(ffmpeg9, detection_cache, tmp_path)
    await service.prepare()
    return service


@pytest.fixture
def make_server(capabilities: CapabilityService, tmp_path: Path, clip: Path) -> MakeServer:
    """``open_rig`` with what the test has."""
    return functools.partial(open_rig, capabilities, temp_dir=tmp_path / "spool", clip=clip)


@pytest.fixture
async def rig(make_server: MakeServer) -> AsyncIterator[Rig]:
    """A server with two slots."""
    async with make_server() as rig:
        yield rig


@pytest.fixture
async def talk(rig: Rig) -> Talk:
    """A client that has introduced itself to ``rig``."""
    return await rig.talk()
