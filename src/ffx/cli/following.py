"""Shows what happens to jobs: the front end that was chosen, and what it and the plugins are told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Collection, Sequence

from attrs import define, field

from ffx.cli.assembly import Assembly
from ffx.core.errors import UsageError
from ffx.core.events import JobEvent
from ffx.core.model import JobConfiguration
from ffx.core.ui import UserInterface

_log = logging.getLogger(__name__)


def front_end(assembly: Assembly, *, as_json: bool, ui: str) -> UserInterface:
    """The front end that was asked for, or the one that suits where the output goes.

    Raises:
        UsageError: there is none of that name, or two were asked for.
    """
    if as_json and ui not in ("", "json"):
        raise UsageError(f"--json and --ui {ui} exclude each other")
    by_place = "live" if sys.stdout.isatty() else "lines"
    return assembly.plugins.uis().find("json" if as_json else ui or by_place)


@define
class Following:
    """One front end at work."""

    front_end: UserInterface
    only: Collection[str] | None = None
    """Ids of the jobs that are shown; None: all."""
    _events: asyncio.Queue[JobEvent | None] = field(init=False, factory=asyncio.Queue)

    def take(self, event: JobEvent) -> None:
        """Show an event, if its job is one of those that are shown."""
        if self.only is None or event.job.job_id in self.only:
            self._events.put_nowait(event)

    @contextlib.asynccontextmanager
    async def showing(self, jobs: Sequence[JobConfiguration]) -> AsyncIterator[None]:
        """Show what is taken while the block lasts, and all of it before it ends."""
        shown = asyncio.create_task(self._show(jobs), name="front end")
        try:
            yield
        finally:
            self._events.put_nowait(None)
            await shown

    async def _show(self, jobs: Sequence[JobConfiguration]) -> None:
        try:
            await self.front_end.follow(jobs, self._arriving())
        except BrokenPipeError:
            raise
        except Exception:  # noqa: BLE001 - a front end is a plugin: its fault is no reason to stop jobs
            _log.exception("the front end %s failed; the jobs go on", self.front_end.name)

    async def _arriving(self) -> AsyncIterator[JobEvent]:
        while (event := await self._events.get()) is not None:
            yield event
