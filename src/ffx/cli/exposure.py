"""How far a server can be reached, what that means, and what an operator must have said for it."""

from __future__ import annotations

from attrs import frozen

from ffx.core.addressing import ENCRYPTED_SCHEME, PLAIN_SCHEME, Address
from ffx.core.configuration import ServeTable
from ffx.core.errors import ConfigurationError, UsageError


@frozen
class Exposure:
    """Where a server listens, and what protects it there."""

    address: Address
    encrypted: bool
    sandboxed: bool
    """Whether FFmpeg runs in a full sandbox."""


def place(settings: ServeTable) -> Address:
    """Where to listen. A scheme before the host chooses the transport, such as a plugin's; without one it is the
    network's own, encrypted as ``tls`` says.

    Raises:
        ConfigurationError: the scheme and ``tls`` exclude each other.
    """
    scheme, _, host = settings.host.rpartition("://")
    address = Address(host.strip("[]"), settings.port, scheme or PLAIN_SCHEME)
    worth_it = bool(settings.certificate) or not address.is_loopback
    wanted = settings.tls == "on" or (settings.tls == "auto" and worth_it)
    if not scheme:
        return Address(address.host, address.port, ENCRYPTED_SCHEME if wanted else PLAIN_SCHEME)
    if {"on": PLAIN_SCHEME, "off": ENCRYPTED_SCHEME}.get(settings.tls) == scheme:
        raise ConfigurationError(f"the host {settings.host} and tls {settings.tls} exclude each other: leave one out")
    return address


def dangers(exposure: Exposure) -> tuple[str, ...]:
    """What it means that others can reach a server as it is; a sentence for each thing that does not protect it."""
    if exposure.address.is_loopback:
        return ()
    found = []
    if not exposure.encrypted:
        found.append("whoever is on the way reads the token and the files, and can use the token as you do")
    if not exposure.sandboxed:
        found.append("FFmpeg runs on what others send with everything that this user may read and write")
    return tuple(found)


def check_exposure(exposure: Exposure, *, insecure: bool) -> None:
    """Let nobody be exposed who does not know it.

    Raises:
        UsageError: others can reach the server, something does not protect it, and ``insecure`` was not said.
    """
    found = dangers(exposure)
    if found and not insecure:
        raise UsageError(
            f"others can reach {exposure.address}, and {'; and '.join(found)}; --insecure does it all the same"
        )
