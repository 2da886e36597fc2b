"""Wrong tokens by the address that they came from: after some, whoever tries is told to wait."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from attrs import define

ALLOWED = 10
"""Wrong tokens of one address before the next are answered with a time to wait."""
PERIOD = 60.0
"""Seconds after the first of them when they are forgotten."""
REMEMBERED = 1024
"""Addresses that are counted; of more, the one that was quiet longest is forgotten."""


@define
class _Count:
    since: float
    number: int = 0


class Failures:
    """The counts. A right token is never held up by them: it may come from a neighbour behind the same address."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def note(self, peer: str) -> float:
        """Count a wrong token; returns how many seconds its address has to wait, 0 while it is one of few."""
        place, now = _place(peer), self._clock()
        count = self._counts.get(place)
        if count is None or now - count.since >= PERIOD:
            count = self._counts[place] = _Count(now)
        count.number += 1
        self._counts.move_to_end(place)
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        return count.since + PERIOD - now if count.number > ALLOWED else 0.0

    def is_the_first_too_many(self, peer: str) -> bool:
        """Whether the last one was the one too many: worth a line in the log, of which no stranger makes thousands."""
        count = self._counts.get(_place(peer))
        return count is not None and count.number == ALLOWED + 1


def _place(peer: str) -> str:
    """Who counts as one: an address, or the network of 64 bits that one machine chooses its IPv6 addresses from."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))
