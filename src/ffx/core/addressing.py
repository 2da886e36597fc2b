"""Addresses of servers: ``[scheme://]host[:port]``, IPv6 in brackets."""

from __future__ import annotations

import ipaddress
import re

from attrs import frozen

from ffx.core.errors import AddressError

PLAIN_SCHEME = "ws"
ENCRYPTED_SCHEME = "wss"
DEFAULT_SCHEME = PLAIN_SCHEME
DEFAULT_PORT = 8765

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")


@frozen
class Address:
    """Where a server listens; ``scheme`` chooses the transport."""

    host: str
    port: int = DEFAULT_PORT
    scheme: str = DEFAULT_SCHEME

    @property
    def is_loopback(self) -> bool:
        """Whether it can only mean this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:  # a name, and names that begin with 127. can be anybody's
            return False

    @property
    def authority(self) -> str:
        """``host:port`` with the brackets that IPv6 wants."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def is_same_place(self, other: Address) -> bool:
        """Whether both can only mean one server: a port speaks either ``ws`` or ``wss``."""
        schemes = {self.scheme, other.scheme}
        same_kind = len(schemes) == 1 or schemes == {PLAIN_SCHEME, ENCRYPTED_SCHEME}
        return same_kind and (self.host, self.port) == (other.host, other.port)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def parse_address(text: str) -> Address:
    """Read an address; a missing scheme is ``ws``, a missing port 8765.

    Raises:
        AddressError: the text is not an address; the message shows what is expected.
    """
    scheme, separator, rest = text.strip().rpartition("://")
    scheme = scheme.lower() if separator else DEFAULT_SCHEME
    if not _SCHEME.fullmatch(scheme):
        raise _unreadable(text, "the scheme is not a word")
    host, port_text = _split(rest, text)
    if not host or not (":" in host or _HOST.fullmatch(host)):
        raise _unreadable(text, "the host is not a name or an IP address")
    return Address(host=host.lower(), port=_port(port_text, text), scheme=scheme)


def _split(rest: str, text: str) -> tuple[str, str]:
    if rest.startswith("["):
        host, bracket, tail = rest[1:].partition("]")
        if not bracket or (tail and not tail.startswith(":")):
            raise _unreadable(text, "the IPv6 address is not closed by a bracket")
        if not _is_ipv6(host):
            raise _unreadable(text, "brackets hold an IPv6 address")
        return host, tail[1:] if tail else str(DEFAULT_PORT)
    if rest.count(":") > 1:
        raise _unreadable(text, "an IPv6 address stands in brackets")
    host, colon, port = rest.partition(":")
    return host, port if colon else str(DEFAULT_PORT)


def _is_ipv6(host: str) -> bool:
    address, percent, zone = host.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return not percent or re.fullmatch(r"[A-Za-z0-9._-]+", zone) is not None


def _port(port_text: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", port_text) or int(port_text) > 65535:
        raise _unreadable(text, "the port is a number from 0 to 65535")
    return int(port_text)


def _unreadable(text: str, why: str) -> AddressError:
    shown = text.partition("#")[0][:200]  # behind it stands the token of a join string
    return AddressError(f"cannot read the address {shown!r}: {why}; write HOST or HOST:PORT")
