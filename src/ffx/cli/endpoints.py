"""Which servers a command speaks to, and with which token."""

from __future__ import annotations

from attrs import evolve

from ffx.cli.assembly import Assembly
from ffx.cli.identity import known_token
from ffx.cli.running import running_servers
from ffx.client.connection import Endpoint
from ffx.client.serverbook import ServerBook
from ffx.core.addressing import Address, parse_address
from ffx.core.errors import UsageError
from ffx.core.registry import suggestion


def book(assembly: Assembly) -> ServerBook:
    """The servers that were added."""
    return ServerBook(assembly.folders.servers_file)


def known_endpoints(assembly: Assembly) -> tuple[Endpoint, ...]:
    """The servers that were added, then those of this user that run on this machine without having been added."""
    found: dict[Address, Endpoint] = {}
    for server in book(assembly).servers():
        address, fingerprint = parse_address(server.address), server.fingerprint
        if not fingerprint:
            address, fingerprint = as_announced(assembly, address)
        token = server.token or token_for(assembly, address)
        found[address] = Endpoint(server.name, address, token, server.preferred_for, fingerprint)
    for running in running_servers(assembly.folders):
        address = parse_address(running.address)
        if not any(_same_place(address, other) for other in found):
            token = token_for(assembly, address)
            found[address] = Endpoint(running.name, address, token, fingerprint=running.fingerprint)
    return tuple(found.values())


def as_announced(assembly: Assembly, address: Address) -> tuple[Address, str]:
    """An address, with the fingerprint and the scheme that this user's own server says it has when it runs there."""
    for running in running_servers(assembly.folders):
        announced = parse_address(running.address)
        if address.is_loopback and _same_place(announced, address):
            return evolve(address, scheme=announced.scheme), running.fingerprint
    return address, ""


def endpoint(assembly: Assembly, name_or_address: str) -> Endpoint:
    """One server by its name, or any by its address.

    Raises:
        UsageError: no server of that name is known, and it is no address.
    """
    known = known_endpoints(assembly)
    for candidate in known:
        if name_or_address == candidate.name:
            return candidate
    if not any(mark in name_or_address for mark in ".:") and name_or_address != "localhost":
        near = suggestion(name_or_address, [candidate.name for candidate in known])
        raise UsageError(f"no server {name_or_address!r} is known{near or '; see: ffx servers list'}")
    address = parse_address(name_or_address)
    for candidate in known:
        if _same_place(candidate.address, address):
            return candidate
    return Endpoint(address.authority, address, token_for(assembly, address))


def token_for(assembly: Assembly, address: Address) -> str:
    """The token for a server that was not added with one of its own: ``FFX_TOKEN``, else, on this machine, the
    user's own; empty when there is none.
    """
    given = assembly.environment.get("FFX_TOKEN", "")
    return given or (known_token(assembly.folders) if address.is_loopback else "")


def _same_place(one: Address, other: Address) -> bool:
    return one.is_same_place(other) or (one.is_loopback and other.is_loopback and one.port == other.port)
