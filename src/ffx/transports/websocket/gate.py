"""Who may speak to a listener at all: decided from a request's headers, before anything else of it is read.

A browser on the same machine is the enemy here: pages can reach any port, and rebind a name of theirs to any address.
A page's requests carry an ``Origin`` or a foreign ``Host``; nothing of ours does.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import socket
from collections.abc import Callable, Mapping, Sequence

from attrs import field, frozen

from ffx.core.identity import Identity
from ffx.transports.websocket.failures import Failures
from ffx.transports.websocket.vocabulary import CHALLENGE

PRIVATE_SUFFIXES = ("", ".local", ".lan", ".home.arpa", ".internal")
"""Domains that no public name server answers for: a machine's name in one of them cannot be a stranger's."""

_log = logging.getLogger(__name__)


@frozen
class Refusal:
    """A status and one line for a person."""

    status: int
    message: str
    headers: Mapping[str, str] = field(factory=dict)


class Gate:
    """Lets a request in or says why not."""

    def __init__(
        self,
        authenticate: Callable[[str], Identity | None],
        hosts: Sequence[str],
        *,
        failures: Failures | None = None,
    ) -> None:
        """``hosts``: names, beside IP addresses and localhost, that this server may be called by."""
        self._authenticate = authenticate
        self._failures = failures or Failures()
        self._hosts = frozenset(host.lower().rstrip(".") for host in hosts) | {"localhost"}

    def check(self, headers: Mapping[str, str], peer: str) -> Identity | Refusal:
        """Who comes in; ``peer`` is the address that wrong tokens are counted by."""
        if "Origin" in headers:
            return Refusal(403, "requests of web pages are not answered here")
        host = host_name(headers.get("Host", ""))
        if not (_is_ip_address(host) or host in self._hosts):
            return Refusal(403, "this server is not called by that name: use its IP address")
        return self.identify(headers) or self._turn_away(peer)

    def identify(self, headers: Mapping[str, str]) -> Identity | None:
        """Whom the token of a request proves at this moment."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        return self._authenticate(token.strip()) if scheme.lower() == "bearer" else None

    def _turn_away(self, peer: str) -> Refusal:
        wait = self._failures.note(peer)
        if not wait:
            return Refusal(401, "the token is missing or wrong", {"WWW-Authenticate": CHALLENGE})
        if self._failures.is_the_first_too_many(peer):
            _log.warning("many wrong tokens from %s; it has to wait %.0f s", peer, wait)
        seconds = math.ceil(wait)
        return Refusal(429, f"too many wrong tokens from there; wait {seconds} s", {"Retry-After": str(seconds)})


def own_names() -> tuple[str, ...]:
    """What this machine may be called in a private network."""
    name = socket.gethostname().lower()
    first_label = name.partition(".")[0]
    return (name, *(first_label + suffix for suffix in PRIVATE_SUFFIXES))


def host_name(header: str) -> str:
    """The host of a ``Host`` header, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower().rstrip(".")


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
