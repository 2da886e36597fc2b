"""The farm: the servers of one client and its queue, and what can be asked of them together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from ffx.client.clock import WakingClock
from ffx.client.connection import Endpoint
from ffx.client.dispatcher import Dispatcher
from ffx.client.events import Event
from ffx.client.link import Heartbeat
from ffx.client.outcome import JobOutcome
from ffx.client.queue.records import JobRecord
from ffx.client.queue.store import JobQueue
from ffx.client.servers import LocalServer, Servers
from ffx.client.shell import Setting, Shell
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError, UsageError
from ffx.core.events import JobEvent
from ffx.core.model import JobConfiguration, ServerInfo
from ffx.core.policy import Ranking, SchedulingPolicy
from ffx.core.transport import Transport

LOOK_AROUND_SECONDS = 2.0
"""How long the first assignment waits for slow servers, so that one job finds the best of those that are there."""

PATIENCE_SECONDS = 600.0
"""How long a job that somebody waits for stays when the servers that could do it were lost: as a reboot takes."""


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


def _no_further_servers(name: str) -> Endpoint:
    raise UsageError(f"no server {name!r} is known here")


class Farm:
    """The servers of one client. ``local`` starts the embedded server; None: nothing is ever encoded here."""

    def __init__(
        self,
        endpoints: Callable[[], Sequence[Endpoint]],
        *,
        transports: Mapping[str, Transport],
        policy: SchedulingPolicy,
        specs: Mapping[str, EncoderSpec],
        client_id: str,
        local: LocalServer | None = None,
        endpoint_of: Callable[[str], Endpoint] = _no_further_servers,
        heartbeat: Heartbeat | None = None,
        patience: float = PATIENCE_SECONDS,
        on_event: Callable[[JobEvent], None] = lambda event: None,
    ) -> None:
        """``endpoints``: the servers that are known at the moment, asked again and again in a thread, so that servers
        can be added and removed while jobs run; ``endpoint_of``: where a server is that a job asks for and that is not
        among them; ``patience``: seconds for which a job that somebody waits for stays when the servers that could do
        it were lost.
        """
        self._setting = Setting(
            endpoints=endpoints,
            transports=transports,
            policy=policy,
            specs=specs,
            client_id=client_id,
            local=local,
            endpoint_of=endpoint_of,
            heartbeat=heartbeat or Heartbeat(),
            patience=patience,
            on_event=on_event,
        )

    async def run(self, queue: JobQueue, records: Iterable[JobRecord]) -> tuple[JobOutcome, ...]:
        """Work the queue until these jobs of it have ended; returns how each did, in the order given.

        Cancelling it leaves everything as it is: servers go on with what they have, and whoever works the queue next
        takes it up. Only what the embedded server does begins anew.

        Raises:
            QueueError: the queue's file is damaged or cannot be written.
        """
        ids = [record.job_id for record in records]

        def ended(dispatcher: Dispatcher) -> bool:
            return all(dispatcher.record(job_id) is None for job_id in ids)

        outcomes: dict[str, JobOutcome] = {}

        def note(outcome: JobOutcome) -> None:
            outcomes[outcome.job.job_id] = outcome

        await self._work(queue, ended, note, hurried=frozenset(ids))
        return tuple(outcomes[job_id] for job_id in ids)

    async def work(
        self,
        queue: JobQueue,
        *,
        forever: bool = False,
        on_outcome: Callable[[JobOutcome], None] = lambda outcome: None,
    ) -> None:
        """Work the queue until nothing is left that could be done, or for ever; ``on_outcome`` hears of each job that
        ended.

        Cancelling it, and what it raises: see ``run``.
        """
        await self._work(queue, lambda dispatcher: not forever and dispatcher.rests, on_outcome)

    async def _work(
        self,
        queue: JobQueue,
        is_enough: Callable[[Dispatcher], bool],
        on_outcome: Callable[[JobOutcome], None],
        *,
        hurried: frozenset[str] = frozenset(),
    ) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                shell = Shell(self._setting, queue, tasks, hurried=hurried, on_outcome=on_outcome)
                try:
                    await shell.start(LOOK_AROUND_SECONDS)
                    await shell.until(is_enough)
                finally:
                    await shell.close()
        except* FfxError as failures:
            raise failures.exceptions[0] from None

    async def survey(self, jobs: Sequence[JobConfiguration]) -> Survey:
        """Look at the servers and rank them for each job; nothing is sent."""
        setting, events = self._setting, list[Event]()
        async with asyncio.TaskGroup() as tasks:
            servers = Servers(
                transports=setting.transports,
                specs=setting.specs,
                client_id=setting.client_id,
                local=setting.local,
                heartbeat=setting.heartbeat,
                clock=WakingClock().now,
                post=events.append,
                tasks=tasks,
            )
            try:
                servers.need(jobs)
                servers.know(await asyncio.to_thread(setting.endpoints))
                await servers.look_around(None)
                rankings = self._rankings(jobs, servers.infos())
                if setting.local and not all(ranking.compatible for ranking in rankings.values()):
                    servers.start_local()
                    await servers.look_around(None)
                    rankings = self._rankings(jobs, servers.infos())
                return Survey(servers.infos(), dict(servers.unreachable), rankings, servers.has_local)
            finally:
                await servers.leave()

    def _rankings(self, jobs: Sequence[JobConfiguration], servers: Sequence[ServerInfo]) -> dict[str, Ranking]:
        setting = self._setting
        return {job.job_id: setting.policy.rank(job, servers, setting.specs) for job in jobs}
