"""Meeting a server for the first time: what a person gave is read, the server is asked, and put into the book."""

from __future__ import annotations

import asyncio
import itertools

from attrs import evolve

from ffx.cli.assembly import Assembly
from ffx.cli.conversations import converse
from ffx.cli.endpoints import as_announced, book, token_for
from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.serverbook import RememberedServer
from ffx.core.addressing import Address, parse_address
from ffx.core.errors import UsageError
from ffx.core.joining import is_join_string, parse_invitation
from ffx.core.model import ServerInfo
from ffx.core.text import one_line


def meet(assembly: Assembly, text: str) -> tuple[RememberedServer, ServerInfo]:
    """Ask the server that a text names, without anybody to ask for its token, and remember it.

    Raises:
        FfxError: it cannot be reached, refuses us, or needs a token that is not known here.
    """
    address, fingerprint, token = what_to_add(assembly, text)
    shown = token or token_for(assembly, address)
    if not shown:
        raise UsageError(f"{address.authority} needs its token: give its join string, which it prints when it starts")
    met = Endpoint(address.authority, address, shown, fingerprint=fingerprint)
    info = asyncio.run(converse(assembly, met, learn))
    return remember(assembly, "", info.name, met, token), info


def what_to_add(assembly: Assembly, text: str) -> tuple[Address, str, str]:
    """Address, fingerprint and token of what a person gave; the last two are empty where it does not say them.

    Raises:
        UsageError: it is neither an address nor a join string.
    """
    if is_join_string(text):
        invitation = parse_invitation(text)
        return invitation.address, invitation.fingerprint, invitation.token
    address = parse_address(text)
    if address.port == 0:
        raise UsageError(f"cannot read the address {text!r}: a server never listens on port 0")
    return *as_announced(assembly, address), ""


def remember(assembly: Assembly, asked: str, own: str, met: Endpoint, token: str) -> RememberedServer:
    """Add a server to the book, under the name that was asked for or its own; its preferences are kept.

    Raises:
        UsageError: another server has the name that was asked for.
    """
    servers, address = book(assembly), met.address
    known = next((s for s in servers.servers() if parse_address(s.address).is_same_place(address)), None)
    taken = {s.name: s.address for s in servers.servers() if s != known}
    if asked in taken:
        raise UsageError(f"the name {asked!r} is taken by {taken[asked]}; choose another, or remove that one first")
    # Two servers of one machine are both called like the host until somebody names them.
    wanted = asked or one_line(own) or address.authority
    numbered = (f"{wanted}-{number}" for number in itertools.count(2))
    name = next(free for free in itertools.chain((wanted,), numbered) if free not in taken)
    preferred_for = known.preferred_for if known is not None else ()
    server = RememberedServer(name, str(address), token, preferred_for, met.fingerprint)
    servers.add(server)
    return server


async def learn(server: ServerConnection) -> ServerInfo:
    """A server, with all that it can do."""
    answer = await server.capabilities()
    return evolve(server.info, capabilities=answer.capabilities)
