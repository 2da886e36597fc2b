"""Short conversations with servers: greet, ask, leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ffx.cli.assembly import Assembly
from ffx.cli.identity import client_id
from ffx.client.connection import Endpoint, ServerConnection, open_server

LOOK_SECONDS = 5.0
"""How long connecting may take when a person waits for the answer."""

T = TypeVar("T")


async def converse(assembly: Assembly, endpoint: Endpoint, speak: Callable[[ServerConnection], Awaitable[T]]) -> T:
    """What ``speak`` makes of a connection to the server, which is closed afterwards.

    Raises:
        UsageError: no plugin has a transport for the address.
        FfxError: the server cannot be reached, refuses the token, or speaks otherwise.
    """
    transport = assembly.transport(endpoint.address.scheme)
    identity = client_id(assembly.folders)
    async with await open_server(transport, endpoint, client_id=identity, time_limit=LOOK_SECONDS) as server:
        return await speak(server)
