"""What a server does while nobody asks: it watches its load and its disk, and removes what nobody needs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ffx.server.spool import Spool

if TYPE_CHECKING:
    from ffx.server.capabilities import CapabilityService

LOAD_PERIOD = 5.0
"""Seconds between two looks at the CPU."""
LOAD_STEP = 0.1
"""A change of the CPU's load that clients are told of."""
DISK_PERIOD = 1.0
"""Seconds between two looks at the free space."""
CLEANING_PERIOD = 60.0
"""Seconds between two looks for leftovers."""

log = logging.getLogger(__name__)


async def watch_load(
    capabilities: CapabilityService, on_change: Callable[[], None], *, period: float = LOAD_PERIOD
) -> None:
    """Keep the load fresh for ever; ``on_change`` hears when it moved by ``LOAD_STEP`` since it last heard."""
    told = capabilities.snapshot().current_load
    while True:
        await asyncio.sleep(period)
        await capabilities.refresh_load()
        load = capabilities.snapshot().current_load
        if abs(load - told) >= LOAD_STEP:
            told = load
            on_change()


async def watch_disk(look: Callable[[], Awaitable[None]], *, period: float = DISK_PERIOD) -> None:
    """See to the free space for ever."""
    while True:
        try:
            await look()
        except OSError as error:
            log.warning("the free space cannot be seen: %s", error.strerror)
        await asyncio.sleep(period)


async def clean_up(spool: Spool, expire: Callable[[], Awaitable[None]], *, period: float = CLEANING_PERIOD) -> None:
    """Remove the leftovers of dead servers for ever, and what was kept long enough; show that this one lives."""
    while True:
        try:
            await asyncio.to_thread(spool.remove_leftovers)
            spool.show_life()
            await expire()
        except OSError as error:
            log.warning("upkeep of %s: %s", spool.path, error.strerror)
        await asyncio.sleep(period)
