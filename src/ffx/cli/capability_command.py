"""What ``ffx capabilities`` does: asks servers, or tries this machine's own encoders."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from pathlib import Path

from attrs import frozen

from ffx.cli import machine
from ffx.cli.assembly import Assembly
from ffx.cli.conversations import converse
from ffx.cli.endpoints import endpoint, known_endpoints
from ffx.cli.local_capabilities import capability_service
from ffx.cli.text import print_json, print_line, print_note
from ffx.client.connection import Endpoint, ServerConnection
from ffx.core.errors import FfxError
from ffx.core.model import SandboxLevel, ServerCapabilities
from ffx.core.text import one_line


@frozen
class Found:
    """The capabilities of one machine, or why they are not known."""

    name: str
    address: str = ""
    capabilities: ServerCapabilities | None = None
    error: str = ""
    sandbox: SandboxLevel | None = None
    """Of a server."""


def show_capabilities(assembly: Assembly, server: str | None, *, as_json: bool) -> int:
    """Print them; 1 when a server could not be asked.

    Raises:
        UsageError: there is no server of that name.
    """
    endpoints = (endpoint(assembly, server),) if server is not None else known_endpoints(assembly)
    found = asyncio.run(ask_all(assembly, endpoints)) if endpoints else (_this_machine(assembly),)
    if as_json:
        plain = [_plain(one) for one in found]
        print_json(plain[0] if len(plain) == 1 else {"servers": plain})
    for one in found if not as_json else ():
        if one.capabilities is not None:
            machine.print_machine(one.capabilities, title=f"{one.name} {one.address}".strip(), sandbox=one.sandbox)
        else:
            print_line(f"{one.name} {one.address}: {one.error}")
    return 1 if any(one.error for one in found) else 0


async def ask_all(assembly: Assembly, endpoints: tuple[Endpoint, ...]) -> tuple[Found, ...]:
    """What servers can do, all asked at once."""
    return tuple(await asyncio.gather(*(_ask(assembly, endpoint) for endpoint in endpoints)))


async def _ask(assembly: Assembly, endpoint: Endpoint) -> Found:
    async def learn(server: ServerConnection) -> Found:
        capabilities = (await server.capabilities()).capabilities
        return Found(endpoint.name, str(endpoint.address), capabilities, sandbox=server.info.sandbox)

    try:
        return await converse(assembly, endpoint, learn)
    except FfxError as error:
        return Found(endpoint.name, str(endpoint.address), error=one_line(str(error)))


def _this_machine(assembly: Assembly) -> Found:
    print_note("no server is known: this is what this machine can do by itself")
    service = capability_service(assembly, disk=Path(tempfile.gettempdir()))
    asyncio.run(service.prepare())
    return Found(socket.gethostname(), capabilities=service.snapshot())


def _plain(found: Found) -> dict[str, object]:
    if found.capabilities is None:
        return {"server": found.name, "address": found.address, "error": found.error}
    plain = machine.plain_capabilities(found.capabilities, server=found.name, address=found.address)
    return plain if found.sandbox is None else {**plain, "sandbox": found.sandbox.value}
