"""How clients come to a server: where it listens, how it proves itself, whom it lets in, and what is said of that."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import AsyncIterator

import click
from attrs import frozen

from ffx.cli.assembly import Assembly
from ffx.cli.certificates import fingerprint_of, server_certificate
from ffx.cli.exposure import Exposure, check_exposure, dangers, place
from ffx.cli.identity import known_token, server_token
from ffx.cli.invitations import join_string, reached_by_others
from ffx.core.addressing import Address
from ffx.core.configuration import ServeTable
from ffx.core.transport import Certificate
from ffx.server.keyring import Keyring
from ffx.server.server import Server
from ffx.server.token_store import TokenStore

_log = logging.getLogger(__name__)


@frozen
class Door:
    """Where a server is to listen, and how it proves itself there."""

    exposure: Exposure
    certificate: Certificate | None = None
    fingerprint: str = ""
    """Of the certificate; empty: it does not encrypt."""


def open_door(assembly: Assembly, settings: ServeTable, *, sandboxed: bool, insecure: bool) -> Door:
    """What the settings ask for; a certificate is made where there is none yet. ``sandboxed``: FFmpeg runs in a full
    sandbox; ``insecure``: though something does not protect it.

    Raises:
        UsageError: others could reach the server, and something does not protect it.
        ConfigurationError: settings exclude each other, or the certificate cannot be used.
    """
    address = place(settings)
    exposure = Exposure(address, encrypted=assembly.transport(address.scheme).encrypts, sandboxed=sandboxed)
    check_exposure(exposure, insecure=insecure)
    if not exposure.encrypted:
        return Door(exposure)
    certificate = server_certificate(settings, assembly.folders)
    return Door(exposure, certificate, fingerprint_of(certificate))


def keyring(assembly: Assembly) -> Keyring:
    """Who is let in: the user, and those who were given tokens.

    Raises:
        ConfigurationError: a file of tokens cannot be read or written.
    """
    own = server_token(assembly.folders, assembly.environment)
    given = bool(assembly.environment.get("FFX_TOKEN"))
    return Keyring(lambda: own if given else known_token(assembly.folders), TokenStore(assembly.folders.tokens_file))


@contextlib.asynccontextmanager
async def listening(assembly: Assembly, door: Door, server: Server) -> AsyncIterator[Address]:
    """Let clients in while the block lasts; yields where it really listens. Raises ConnectError."""
    address = door.exposure.address
    listener = await assembly.transport(address.scheme).listen(address, server, door.certificate)
    try:
        server.listening_at(listener.address)
        yield listener.address
    finally:
        await listener.close()


def log_reach(assembly: Assembly, door: Door, address: Address) -> None:
    """Who can reach the server, what they need, and what does not protect it."""
    if assembly.environment.get("FFX_TOKEN"):
        _log.info("clients need the token of FFX_TOKEN")
    else:
        _log.info("clients of other users and machines need the token in %s", assembly.folders.token_file)
    if door.fingerprint:
        _log.info("its certificate has the fingerprint %s", door.fingerprint)
    if address.is_loopback:
        _log.info("only this machine can reach it; --host 0.0.0.0 lets others in")
    else:
        _log.info("others on the network can reach %s", address)
    for danger in dangers(door.exposure):
        _log.warning("--insecure: %s", danger)


def print_invitation(assembly: Assembly, door: Door, address: Address) -> None:
    """Say how other machines add the server. The token is shown to a person at a terminal, never to a journal."""
    others = reached_by_others(address)
    at_a_terminal = sys.stdout.isatty()
    token = server_token(assembly.folders, assembly.environment) if at_a_terminal else ""
    join = join_string(others, door.fingerprint, token) if others is not None else ""
    if join:
        hint = "" if at_a_terminal else " (asks for a token: ffx token create NAME makes one)"
        click.echo(f"on other machines: ffx servers add '{join}'{hint}")
