"""The embedded server: this machine encodes in the client's own process, through the same door as any server."""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import AsyncIterator

from ffx import __version__
from ffx.cli.assembly import Assembly
from ffx.cli.local_capabilities import OnDemand, capability_service
from ffx.cli.settings import argument_policy, serve_settings, temp_dir_of
from ffx.client.connection import Endpoint
from ffx.core.addressing import Address
from ffx.core.configuration import parse_size
from ffx.core.transport import Transport
from ffx.media.sandbox_probe import find_sandbox
from ffx.server.keyring import Keyring
from ffx.server.options import ServerOptions
from ffx.server.server import Server

SCHEME = "inproc"
NAME = "this machine"
NO_LIMIT = 10**15
"""Bytes: a file that is here already is not too large for here."""


@contextlib.asynccontextmanager
async def embedded_server(assembly: Assembly, transport: Transport) -> AsyncIterator[Endpoint]:
    """A server in this process while the block lasts. It tries only the encoders that it is asked for.

    Raises:
        FfmpegNotFound: this machine has no FFmpeg.
        ConfigurationError: the folder for temporary files cannot be used, or the sandbox that is required.
    """
    settings = serve_settings(assembly.source)
    temp_dir = temp_dir_of(settings)
    capabilities = capability_service(assembly, disk=temp_dir, max_file_size=NO_LIMIT, kind=OnDemand)
    await capabilities.open()
    token = secrets.token_urlsafe(32)
    server = Server(
        ServerOptions(
            name=NAME,
            max_jobs=settings.max_jobs,
            max_waiting=settings.taken_ahead,
            max_file_size=NO_LIMIT,
            argument_policy=argument_policy(assembly.source),
            temp_dir=temp_dir,
            disk_reserve=parse_size(settings.disk_reserve),
            sandbox=await find_sandbox(settings.sandbox, capabilities.ffmpeg, assembly.environment),
        ),
        capabilities=capabilities,
        keys=Keyring(lambda: token),
        server_id=str(uuid.uuid4()),
        version=__version__,
        modify_command=assembly.plugins.modify_command,
    )
    address = Address("embedded", 0, SCHEME)
    await capabilities.open()
    async with server:
        listener = await transport.listen(address, server)
        try:
            yield Endpoint(NAME, address, token)
        finally:
            await server.stop()
            await listener.close()
