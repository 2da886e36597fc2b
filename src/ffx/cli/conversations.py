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


async def converse(
    assembly: Assembly,
    endpoint: Endpoint,
    speak: Callable[[ServerConnection], Awaitable[T]],
    *,
    as_client: str = "",
    time_limit: float = LOOK_SECONDS,
) -> T:
    """What ``speak`` makes of a connection to the server, which is closed afterwards.

    ``as_client``: the client to be; empty: one that nobody knows. ``time_limit``: seconds for connecting.

    Raises:
        UsageError: no plugin has a transport for the address.
        FfxError: the server cannot be reached, refuses the token, or speaks otherwise.
    """
    transport = assembly.transport(endpoint.address.scheme)
    identity = as_client or client_id(assembly.folders)
    async with await open_server(transport, endpoint, client_id=identity, time_limit=time_limit) as server:
        return await speak(server)
