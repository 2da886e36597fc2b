"""The farm: the servers of one client, and what can be asked of them together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from ffx.client.connection import Endpoint
from ffx.client.dispatch_words import Opened
from ffx.client.shell import JobOutcome, LocalServer, Setting, Shell
from ffx.core.encoders import EncoderSpec
from ffx.core.events import JobEvent
from ffx.core.model import JobConfiguration, ServerInfo
from ffx.core.policy import Ranking, SchedulingPolicy
from ffx.core.transport import Transport

LOOK_AROUND_SECONDS = 2.0
"""How long the first assignment waits for slow servers, so that one job finds the best of those that are there."""


@frozen
class Survey:
    """What a look around the farm showed; nothing was sent."""

    servers: tuple[ServerInfo, ...]
    unreachable: Mapping[str, str]
    """Reasons by name."""
    rankings: Mapping[str, Ranking]
    """By job_id."""
    local: bool = False
    """Whether the embedded server had to be asked."""


class Farm:
    """The servers of one client. ``local_mode``: ``auto`` encodes here when no server can, ``never``, ``only``."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        transports: Mapping[str, Transport],
        policy: SchedulingPolicy,
        specs: Mapping[str, EncoderSpec],
        client_id: str,
        local: LocalServer | None = None,
        local_mode: str = "auto",
        overwrite: bool = False,
        on_event: Callable[[JobEvent], None] = lambda event: None,
    ) -> None:
        self._setting = Setting(
            endpoints=() if local_mode == "only" else tuple(endpoints),
            transports=transports,
            policy=policy,
            specs=specs,
            client_id=client_id,
            local=None if local_mode == "never" else local,
            local_only=local_mode == "only",
            overwrite=overwrite,
            on_event=on_event,
        )

    async def run(self, jobs: Sequence[JobConfiguration]) -> tuple[JobOutcome, ...]:
        """Do the jobs, side by side over all servers; returns how each ended, in the order given.

        Cancelling it stops what runs, on the servers too, and leaves no part of a file behind.
        """
        async with asyncio.TaskGroup() as tasks:
            shell = Shell(self._setting, jobs, tasks)
            try:
                await shell.look_around(LOOK_AROUND_SECONDS)
                shell.post(Opened())
                await shell.finished.wait()
            except asyncio.CancelledError:
                shell.cancel_all()
                raise
            finally:
                await shell.close()
        return tuple(shell.outcomes[job.job_id] for job in jobs)

    async def survey(self, jobs: Sequence[JobConfiguration]) -> Survey:
        """Look at the servers and rank them for each job; nothing is sent."""
        async with asyncio.TaskGroup() as tasks:
            shell = Shell(self._setting, jobs, tasks)
            try:
                await shell.look_around(None)
                rankings = shell.rankings()
                if self._setting.local and not all(ranking.compatible for ranking in rankings.values()):
                    shell.start_local()
                    await shell.look_around(None)
                return Survey(shell.servers(), dict(shell.unreachable), shell.rankings(), shell.has_local)
            finally:
                await shell.close()
