"""Working the queue: the farm that does it, and whose turn it is when several processes want it done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from attrs import frozen

from ffx.cli.assembly import Assembly
from ffx.cli.endpoints import endpoint, known_endpoints
from ffx.cli.identity import client_id, queue_client_id
from ffx.cli.settings import client_configuration, farm_settings
from ffx.cli.text import print_note
from ffx.cli.watching import Onlooker
from ffx.client.connection import Endpoint
from ffx.client.farm import Farm
from ffx.client.link import Heartbeat
from ffx.client.outcome import JobOutcome
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.records import HurryJob, JobRecord
from ffx.client.queue.store import JobQueue
from ffx.core.errors import ConfigurationError
from ffx.core.events import JobEvent
from ffx.core.transport import Transport

LOOK_PERIOD = 0.2
"""Seconds between two looks at what the process that works the queue has written."""


def farm_of(
    assembly: Assembly,
    on_event: Callable[[JobEvent], None] = lambda event: None,
    *,
    note_local: bool = True,
    apart: bool = False,
) -> Farm:
    """The farm of this user's queue; plugins hear of what happens to its jobs before ``on_event`` does.

    ``note_local``: say so when this machine has to encode. ``apart``: for jobs that are not in that queue; to servers
    they are another client's, and plugins do not hear of them.

    Raises:
        UsageError: there is no such policy.
        ConfigurationError: a setting does not fit.
    """
    settings, transports = farm_settings(assembly.source), assembly.plugins.transports()
    configuration = client_configuration(assembly.source)

    def tell(event: JobEvent) -> None:
        on_event(event)
        if not apart:
            assembly.plugins.job_event(event, configuration)

    return Farm(
        lambda: known_endpoints(assembly),
        transports=transports,
        policy=assembly.policy(),
        specs=assembly.specs(),
        client_id=client_id(assembly.folders) if apart else queue_client_id(assembly.folders),
        local=lambda: _this_machine(assembly, transports, note_local),
        endpoint_of=lambda name: endpoint(assembly, name),
        heartbeat=Heartbeat(settings.heartbeat, settings.suspect_after, settings.lost_after),
        patience=settings.patience,
        on_event=tell,
    )


@contextlib.asynccontextmanager
async def _this_machine(assembly: Assembly, transports: Mapping[str, Transport], note: bool) -> AsyncIterator[Endpoint]:
    from ffx.cli.embedded import SCHEME, embedded_server  # a whole server, which most runs do not need

    if SCHEME not in transports:
        raise ConfigurationError("encoding here needs the plugin inproc; see: ffx plugins")
    async with embedded_server(assembly, transports[SCHEME]) as place:
        if note:
            print_note("ffx: no usable server; encoding on this machine")
        yield place


@frozen
class Turn:
    """A process that wants some jobs of the queue done: it works the queue, or looks on while another one does."""

    queue: JobQueue
    lock: QueueLock
    farm: Farm
    tell: Callable[[JobEvent], None]
    """Of what another process does; the farm tells what it does itself."""

    async def until_ended(self, records: Sequence[JobRecord]) -> tuple[JobOutcome, ...]:
        """Wait until these jobs have ended; returns how each did. Cancelling it leaves all as it is, to be resumed.

        Raises:
            QueueError: the queue cannot be read or written.
        """
        try:
            return await self._until_ended(records)
        except asyncio.CancelledError:
            self._hurry(records, hurried=False)
            raise

    def _hurry(self, records: Sequence[JobRecord], *, hurried: bool = True) -> None:
        """Let who works the queue know that somebody waits for these jobs, or does no more."""
        if not self.lock.is_held:
            self.queue.wish(*(HurryJob(record.job_id, hurried) for record in records))

    async def _until_ended(self, records: Sequence[JobRecord]) -> tuple[JobOutcome, ...]:
        onlooker = Onlooker(self.queue, records, self.tell)
        outcomes = onlooker.outcomes
        is_told = False
        while True:
            if self.lock.acquire():
                try:
                    if not onlooker.look():  # what another one wrote between our last look and its end
                        worked = await self.farm.run(self.queue, onlooker.open_records)
                        outcomes.update((outcome.job.job_id, outcome) for outcome in worked)
                finally:
                    self.lock.release()
                break
            if not is_told:
                self._hurry(onlooker.open_records)
                onlooker.tell_all(f"waits in the queue, which {self.lock.holder() or 'another process'} works")
                is_told = True
            if onlooker.look():
                break
            await asyncio.sleep(LOOK_PERIOD)
        return tuple(outcomes[record.job_id] for record in records)
