"""What every client is told unasked: slots as soon as they change, all else at most once a second, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attrs import evolve

from ffx.core.messages import CapabilityUpdate
from ffx.core.model import ServerCapabilities, ServerInfo, ServerStatus
from ffx.server.clients import Clients

SETTLING = 0.05
"""Seconds that a change of slots may take: one that is freed and taken again at once is no news."""
NEWS_PERIOD = 1.0
"""Seconds between two words on capabilities and load."""


class News:
    """Tells clients what changed. ``tell_slots`` and ``tell_news`` run for ever beside the conversations."""

    def __init__(self, clients: Clients, info: Callable[[], ServerInfo]) -> None:
        self._clients = clients
        self._info = info
        self._slots = asyncio.Event()
        self._news = asyncio.Event()
        self._told: tuple[ServerStatus, int, int] | None = None
        self._whole = False

    def slots_changed(self) -> None:
        self._slots.set()

    def changed(self) -> None:
        """More is known of the encoders."""
        self._whole = True
        self._news.set()

    def load_changed(self) -> None:
        self._news.set()

    def welcomed(self) -> None:
        """A client heard how things are at this moment, which others may have been spared."""
        self._told = None

    def tell(self, *, whole: bool = False) -> None:
        """Tell everybody how things are; what is known of the encoders only with the ``whole``: reading all of it
        costs each client some milliseconds.
        """
        self._tell(self._info(), whole=whole)

    def _tell(self, info: ServerInfo, *, whole: bool = False) -> None:
        self._told = _places(info)
        if whole:
            self._clients.tell_all(CapabilityUpdate(info), "news")
        else:
            load = ServerCapabilities(current_load=info.capabilities.current_load)
            self._clients.tell_all(CapabilityUpdate(evolve(info, capabilities=load), unchanged=True), "state")

    async def tell_slots(self) -> None:
        while True:
            await self._slots.wait()
            await asyncio.sleep(SETTLING)
            self._slots.clear()
            info = self._info()
            if _places(info) != self._told:
                self._tell(info)

    async def tell_news(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            whole, self._whole = self._whole, False
            self.tell(whole=whole)
            await asyncio.sleep(NEWS_PERIOD)


def _places(info: ServerInfo) -> tuple[ServerStatus, int, int]:
    return info.status, info.current_jobs, info.waiting_jobs
