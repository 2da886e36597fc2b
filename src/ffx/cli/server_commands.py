"""What ``ffx servers`` does: the book of servers, and short conversations with them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import click
from attrs import evolve, frozen

from ffx.cli import machine
from ffx.cli.assembly import Assembly
from ffx.cli.conversations import converse
from ffx.cli.endpoints import book, endpoint, known_endpoints, token_for
from ffx.cli.meeting import learn, remember, what_to_add
from ffx.cli.server_care import aside_text
from ffx.cli.text import print_json, print_line, print_note, print_table, share
from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.queue.records import SetAside
from ffx.client.queue.store import JobQueue
from ffx.core.addressing import Address
from ffx.core.errors import FfxError, UsageError
from ffx.core.model import ServerInfo, ServerStatus
from ffx.core.text import one_line

_HEADING = ("NAME", "ADDRESS", "STATE", "JOBS", "CPU", "SANDBOX", "PREFERRED FOR")


@frozen
class Look:
    """What a short conversation with a server brought: its info and the round trip in seconds, or an error."""

    endpoint: Endpoint
    info: ServerInfo | None = None
    seconds: float = 0.0
    error: str = ""
    aside: SetAside | None = None
    """The queue gives it no jobs."""

    @property
    def state(self) -> str:
        """As the server itself says, or that it is not there."""
        return self.info.status.value if self.info is not None else "unreachable"

    @property
    def draining(self) -> bool:
        return self.info is not None and self.info.status is ServerStatus.MAINTENANCE

    @property
    def state_in_words(self) -> str:
        if self.aside is not None and self.info is not None:
            return "set aside"
        return "draining" if self.draining else self.state


# -- Commands ---------------------------------------------------------------------------------------------------


def list_servers(assembly: Assembly, *, as_json: bool) -> int:
    """Every server with its state; one that is unreachable is listed as such, and is no failure."""
    looks = _with_asides(assembly, look_at(assembly, known_endpoints(assembly)))
    if as_json:
        print_json([_plain(look) for look in looks])
        return 0
    if not looks:
        print_line("no server is known; add one with: ffx servers add JOIN, as it prints it")
        return 0
    print_table([_row(look) for look in looks], heading=_HEADING)
    for look in looks:
        for words in (look.error, aside_text(look.aside) if look.aside is not None else ""):
            if words:
                print_line(f"{look.endpoint.name}: {words}")
    return 0


def add_server(
    assembly: Assembly, text: str, *, name: str | None, token_stdin: bool, force: bool, as_json: bool
) -> int:
    """Remember a server after a conversation with it. ``text``: its address, its join string, or ``-`` for one of them
    on standard input, where no list of processes shows it.

    Raises:
        FfxError: it cannot be reached or refuses the token, and ``force`` was not given.
    """
    address, fingerprint, token = what_to_add(assembly, sys.stdin.readline().strip() if text == "-" else text)
    token = token or _token_to_remember(assembly, address, from_stdin=token_stdin)
    candidate = Endpoint(
        name or address.authority, address, token or token_for(assembly, address), fingerprint=fingerprint
    )
    try:
        info = asyncio.run(converse(assembly, candidate, learn))
    except FfxError as error:
        if not force:
            raise
        info = None
        print_note(f"ffx: {one_line(str(error))}; remembered all the same")
    server = remember(assembly, name or "", info.name if info is not None else "", candidate, token)
    if as_json:
        print_json(_plain(Look(evolve(candidate, name=server.name), info)))
    elif info is not None:
        print_line(f"added {server.name} at {address}: {info.max_jobs} jobs at a time; it can encode with")
        machine.print_encoders(info, {spec.name for spec in assembly.specs().values() if spec.common})
    else:
        print_line(f"added {server.name} at {address}")
    return 0


def remove_server(assembly: Assembly, name_or_address: str) -> int:
    """Raises UsageError when there is no such server."""
    removed = book(assembly).remove(name_or_address)
    print_line(f"removed {removed.name} at {removed.address}")
    return 0


def test_servers(assembly: Assembly, names: Sequence[str], *, as_json: bool) -> int:
    """Ping; 1 if any server does not answer."""
    endpoints = tuple(endpoint(assembly, name) for name in names) or known_endpoints(assembly)
    if not endpoints and not as_json:
        print_line("no server is known; add one with: ffx servers add JOIN, as it prints it")
    looks = look_at(assembly, endpoints)
    if as_json:
        print_json([_plain(look) for look in looks])
    for look in looks if not as_json else ():
        answer = look.error or f"{look.seconds * 1000:.1f} ms"
        print_line(f"{look.endpoint.name} at {look.endpoint.address}: {answer}")
    return 1 if any(look.error for look in looks) else 0


def prefer_server(assembly: Assembly, name_or_address: str, kinds: Sequence[str], *, removing: bool) -> int:
    """Change what one server is preferred for. Raises UsageError when there is no such server."""
    servers = book(assembly)
    before = servers.find(name_or_address).preferred_for
    if removing:
        after = tuple(kind for kind in before if kind not in kinds)
    else:
        after = (*before, *kinds)
    preferred = servers.prefer(name_or_address, after)
    print_line(f"{preferred.name} is preferred for {', '.join(preferred.preferred_for) or 'nothing'}")
    return 0


# -- Conversations ----------------------------------------------------------------------------------------------


def look_at(assembly: Assembly, endpoints: Sequence[Endpoint]) -> tuple[Look, ...]:
    """Greet and ping servers, all at once."""

    async def all_at_once() -> tuple[Look, ...]:
        return tuple(await asyncio.gather(*(_look(assembly, endpoint) for endpoint in endpoints)))

    return asyncio.run(all_at_once())


async def _look(assembly: Assembly, endpoint: Endpoint) -> Look:
    async def ping(server: ServerConnection) -> Look:
        seconds = await server.ping()
        return Look(endpoint, server.info, seconds)

    try:
        return await converse(assembly, endpoint, ping)
    except FfxError as error:
        return Look(endpoint, error=one_line(str(error)))


def _with_asides(assembly: Assembly, looks: Sequence[Look]) -> tuple[Look, ...]:
    """With what the queue has set aside; without one nothing is."""
    if not assembly.folders.queue_file.exists():
        return tuple(looks)
    with JobQueue.open(assembly.folders.queue_file) as queue:
        asides = queue.set_aside()
    by_id, by_name = {one.server_id: one for one in asides}, {one.server: one for one in asides}
    return tuple(
        evolve(look, aside=by_id.get(look.info.server_id) if look.info else by_name.get(look.endpoint.name))
        for look in looks
    )


# -- Tokens -----------------------------------------------------------------------------------------------------


def _token_to_remember(assembly: Assembly, address: Address, *, from_stdin: bool) -> str:
    """The token to keep with a server; empty for one that is found without.

    Raises:
        UsageError: there is none, and nobody to ask.
    """
    if from_stdin:
        token = sys.stdin.readline().strip()
        if not token:
            raise UsageError("--token-stdin: there is no token on standard input")
        return token
    given = assembly.environment.get("FFX_TOKEN", "")
    if given or (address.is_loopback and token_for(assembly, address)):
        return given
    if sys.stdin.isatty():
        return str(click.prompt(f"Token of {address.authority}", hide_input=True, err=True)).strip()
    raise UsageError(f"{address.authority} needs its token: give --token-stdin or FFX_TOKEN; its log names the file")


# -- Showing ----------------------------------------------------------------------------------------------------


def _row(look: Look) -> tuple[str, ...]:
    preferred = ", ".join(look.endpoint.preferred_for)
    if look.info is None:
        return look.endpoint.name, str(look.endpoint.address), look.state_in_words, "", "", "", preferred
    jobs = f"{look.info.current_jobs}/{look.info.max_jobs}"
    load = share(look.info.capabilities.current_load)
    sandbox = look.info.sandbox.value
    return look.endpoint.name, str(look.endpoint.address), look.state_in_words, jobs, load, sandbox, preferred


def _plain(look: Look) -> dict[str, Any]:
    info = look.info
    plain: dict[str, Any] = {
        "name": look.endpoint.name,
        "address": str(look.endpoint.address),
        "state": look.state,
        "draining": look.draining,
        "set_aside": None if look.aside is None else {"reason": look.aside.reason, "until": look.aside.until},
        "error": look.error,
        "preferred_for": list(look.endpoint.preferred_for),
        "seconds": round(look.seconds, 6) if look.info is not None else None,
    }
    if info is not None:
        plain |= {
            "server_id": info.server_id,
            "jobs": info.current_jobs,
            "max_jobs": info.max_jobs,
            "waiting": info.waiting_jobs,
            "cpu": info.capabilities.current_load,
            "version": info.version,
            "sandbox": info.sandbox.value,
            "software_encoders": list(info.capabilities.software_encoders),
            "hardware_encoders": {v: list(names) for v, names in info.capabilities.hardware_encoders.items()},
        }
    return plain
