"""What ``ffx queue why`` tells: what a job waits for, and each server's reason, by the dispatcher's own judgement."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from ffx.cli.assembly import Assembly
from ffx.cli.endpoints import endpoint, known_endpoints
from ffx.cli.queue_reassign import Asked, ask_servers
from ffx.cli.text import print_json, print_line, print_table
from ffx.cli.worker import working_process
from ffx.client.connection import Endpoint
from ffx.client.dispatcher import Dispatcher
from ffx.client.events import Encoding, Event, JobKnown, QueuePaused, ServerCame, ServerChanged, SetAsideKnown
from ffx.client.queue.records import JobRecord
from ffx.client.queue.store import JobQueue
from ffx.client.why import Reason
from ffx.core.errors import FfxError
from ffx.core.events import Phase
from ffx.core.model import JobState


def explain(assembly: Assembly, name: str, *, as_json: bool) -> int:
    """Print the reasons.

    Raises:
        UsageError: there is no such job.
    """
    with JobQueue.open(assembly.folders.queue_file) as queue:
        record, words, reasons = explanation(assembly, queue, queue.find(name))
    if as_json:
        plain = [{"server": r.server, "reason": r.reason, "possible": r.possible} for r in reasons]
        print_json({"number": record.number, "state": record.state.value, "reasons": words, "servers": plain})
        return 0
    for line in words:
        print_line(f"job {record.number}: {line}")
    if reasons:
        print_table([(reason.server, reason.reason) for reason in reasons], heading=("SERVER", "REASON"))
    elif not record.state.is_final:
        print_line("no server is known; start one with: ffx serve")
    return 0


def explanation(
    assembly: Assembly, queue: JobQueue, record: JobRecord
) -> tuple[JobRecord, tuple[str, ...], tuple[Reason, ...]]:
    """The job, what there is to say of it, and each server's reason."""
    asked = () if record.state.is_final else ask_servers(assembly, _places(assembly, record), record.job)
    dispatcher = Dispatcher(assembly.policy(), assembly.specs())
    for event in _as_it_is(queue, record, asked):
        dispatcher.handle(event, 0.0, time.time())
    job_reason, reasons = dispatcher.why(record)
    unreachable = {one.endpoint.name: one.error for one in asked if one.error}
    reasons = [reason for reason in reasons if reason.server not in unreachable]
    reasons += [Reason(server, f"it cannot be reached: {error}") for server, error in unreachable.items()]
    words = tuple(_words(assembly, record, job_reason, _ahead(queue, record)))
    return record, words, () if record.state.is_final else tuple(reasons)


def _places(assembly: Assembly, record: JobRecord) -> tuple[Endpoint, ...]:
    """Every server that is known, and the one that the job is for."""
    places = {str(place.address): place for place in known_endpoints(assembly)}
    if record.handling.server:
        try:
            place = endpoint(assembly, record.handling.server)
        except FfxError:
            return tuple(places.values())  # the job's reason names it
        places[str(place.address)] = place
    return tuple(places.values())


def _as_it_is(queue: JobQueue, record: JobRecord, asked: Sequence[Asked]) -> Iterator[Event]:
    """What a dispatcher has to be told to see the farm as it is now."""
    now = time.time()
    if queue.is_paused():
        yield QueuePaused()
    for aside in queue.set_aside():
        yield SetAsideKnown(aside, None if aside.until is None else max(0.0, aside.until - now))
    at_work = [one for one in queue.open_records() if one.server_id]
    for job in at_work:
        yield JobKnown(job)
    there = [one for one in asked if one.info is not None]
    for one in there:
        assert one.info is not None
        address = one.endpoint.address
        names = (one.endpoint.name, address.authority, str(address))
        yield ServerCame(one.info, one.epoch, one.endpoint.preferred_for, names)
    encoding = {live.job_id for live in queue.live() if live.phase is Phase.ENCODE}
    for job in at_work:
        if job.job_id in encoding:
            yield Encoding(job.job_id, job.attempt)
    for one in there:  # once more: its slots are shared out by what is known to be ours
        assert one.info is not None
        yield ServerChanged(one.info)


def _ahead(queue: JobQueue, record: JobRecord) -> int:
    """How many jobs go before one that waits."""
    if record.state is not JobState.PENDING:
        return 0
    own = (-record.job.priority, record.number)
    waiting = (one for one in queue.open_records() if one.state is JobState.PENDING and not one.paused)
    return sum((-one.job.priority, one.number) < own for one in waiting)


def _words(assembly: Assembly, record: JobRecord, job_reason: str, ahead: int) -> Iterator[str]:
    """What there is to say of the job itself."""
    waits = record.state is JobState.PENDING
    if job_reason or not waits:
        yield job_reason or record.state.value
    if waits and not record.paused:
        if working_process(assembly.folders.queue_file) is None:
            yield "nobody works the queue; work it with: ffx queue run"
        if ahead:
            yield f"{ahead} job{' goes' if ahead == 1 else 's go'} before it"
        elif not job_reason:
            yield "it is the next of those that wait"
