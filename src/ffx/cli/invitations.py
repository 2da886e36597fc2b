"""Join strings of the servers on this machine: by which address others reach it, and what is printed for them."""

from __future__ import annotations

import contextlib
import socket

import psutil
from attrs import evolve

from ffx.core.addressing import ENCRYPTED_SCHEME, PLAIN_SCHEME, Address
from ffx.core.joining import Invitation, render_invitation

ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""Who listens on every address is reached on this machine's own."""

_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses that nobody has: asking the system for the way there sends nothing."""


def reached_by_others(address: Address) -> Address | None:
    """The address for other machines; None when only this one reaches it."""
    if address.is_loopback:
        return None
    if address.host not in ANY_HOST:
        return address
    families = (socket.AF_INET6, socket.AF_INET) if address.host == "::" else (socket.AF_INET,)
    ways = (way(family) for way in (_address_on_the_way, _address_of_an_interface) for family in reversed(families))
    return evolve(address, host=next(filter(None, ways), socket.gethostname()))


def join_string(address: Address, fingerprint: str, token: str = "") -> str:
    """What other machines add a server with; empty for transports that join strings do not know."""
    if address.scheme not in (PLAIN_SCHEME, ENCRYPTED_SCHEME):
        return ""
    return render_invitation(Invitation(address.host, address.port, fingerprint, token))


def _address_on_the_way(family: socket.AddressFamily) -> str:
    """The address of this machine on its way to the rest of the world; empty when there is no such way."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
        way.connect((_ELSEWHERE[family], 9))
        host = str(way.getsockname()[0])
        return host if _is_for_others(host) else ""
    return ""


def _address_of_an_interface(family: socket.AddressFamily) -> str:
    """Where a network leads nowhere else, as a cable between two machines does: any address of this machine."""
    found = (one.address for interface in psutil.net_if_addrs().values() for one in interface if one.family == family)
    return next(filter(_is_for_others, found), "")


def _is_for_others(host: str) -> bool:
    return not Address(host).is_loopback and not host.lower().startswith(("fe80:", "169.254."))
