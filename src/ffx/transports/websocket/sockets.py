"""The sockets of a client's session, which are closed when it is: a goodbye of TLS would outlast the program."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from weakref import WeakSet

from aiohttp import AddrInfoType

_TURNS = 100
"""Turns of the loop in which asyncio closes a socket that was cut; it takes about three."""


class Sockets:
    """Makes sockets for aiohttp and sees them closed."""

    def __init__(self) -> None:
        self._made: WeakSet[socket.socket] = WeakSet()

    def make(self, information: AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = information
        made = socket.socket(family, kind, protocol)
        self._made.add(made)
        return made

    async def close(self) -> None:
        """Cut what aiohttp left to end by itself, and let asyncio put it away."""
        for one in self._open():
            with contextlib.suppress(OSError):  # not connected any more
                one.shutdown(socket.SHUT_RDWR)
        for _ in range(_TURNS):
            if not self._open():
                return
            await asyncio.sleep(0)

    def _open(self) -> list[socket.socket]:
        return [one for one in self._made if one.fileno() != -1]
