"""One run of a farm: everything that does I/O for the dispatcher.

It works in turns: what happened since the last turn is told to the dispatcher, what changed by it is brought to the
disk in one piece, and only then is done what the dispatcher said. So no server ever hears a word that a crash could
make untrue, and everything that happens while the disk is busy shares the next turn. Where nothing is to be done, what
changed waits a moment for a turn that goes to the disk anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from ffx.client.attempt import Attempt, Report
from ffx.client.bookkeeper import Bookkeeper, News
from ffx.client.changes import Changes
from ffx.client.clock import WakingClock
from ffx.client.commit import clear_parts, commit, part_path
from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.dispatcher import Dispatcher
from ffx.client.events import Closing, Committed, Event, Failed, JobKnown, Lost, Opened, Tick, Told, Unreachable
from ffx.client.farmstate import Limits
from ffx.client.instructions import (
    Abandon,
    Acknowledge,
    Begin,
    Commit,
    Conclude,
    Instruction,
    StartLocal,
    Suspend,
    Tell,
    Wait,
)
from ffx.client.link import Heartbeat
from ffx.client.outcome import JobOutcome
from ffx.client.queue.records import Farewell, JobRecord, Live
from ffx.client.queue.store import JobQueue
from ffx.client.servers import LocalServer, Servers
from ffx.client.sources import Sources
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError, RemoteError, UsageError, VerificationError
from ffx.core.events import JobEvent, Phase
from ffx.core.messages import JobCancel, JobCommitted, JobPause
from ffx.core.model import JobConfiguration, JobResult, JobState
from ffx.core.policy import SchedulingPolicy
from ffx.core.transport import Transport

FAREWELL_SECONDS = 5.0
"""How long leaving waits for servers to say that they heard the last words."""
NEWS_PERIOD = 0.2
"""Seconds between two looks at what other processes brought to the queue."""
SERVERS_PERIOD = 2.0
"""Seconds between two looks at what servers there are."""
LINGER = 0.1
"""Seconds that changes wait on which no word depends, such as that an encode began: a crash costs but their time."""
LIVE_PERIOD = 1.0
"""Seconds between two notes on how far the jobs are, for those who look on."""


@frozen
class Setting:
    """What a run works with."""

    endpoints: Callable[[], Sequence[Endpoint]]
    """The servers that are known at the moment. Blocking; raises FfxError."""
    transports: Mapping[str, Transport]
    policy: SchedulingPolicy
    specs: Mapping[str, EncoderSpec]
    client_id: str
    local: LocalServer | None
    endpoint_of: Callable[[str], Endpoint]
    """Where a server is that a job asks for by name or address. Raises FfxError."""
    heartbeat: Heartbeat
    patience: float
    """Seconds, see ``Limits``."""
    on_event: Callable[[JobEvent], None]


class Shell:
    """One run. Every task belongs to ``tasks``; ``work`` is the one that makes the turns."""

    def __init__(
        self,
        setting: Setting,
        queue: JobQueue,
        tasks: asyncio.TaskGroup,
        *,
        hurried: frozenset[str] = frozenset(),
        on_outcome: Callable[[JobOutcome], None],
    ) -> None:
        """``hurried``: ids of the jobs that somebody waits for; ``on_outcome`` hears of each job that ended."""
        self._setting = setting
        self._tasks = tasks
        self._clock = WakingClock()
        self._on_outcome = on_outcome
        self._books = Bookkeeper(queue, hurried)
        self._inbox: list[Event] = []
        self._wishes: list[int] = []
        self._woken = asyncio.Event()
        self._turned = asyncio.Condition()
        self._alarm: asyncio.TimerHandle | None = None
        self._keep_by = math.inf
        """When changes are to be on the disk that wait."""
        limits = Limits(lease=setting.heartbeat.lease, patience=setting.patience)
        self._dispatcher = Dispatcher(
            setting.policy, setting.specs, may_start_local=setting.local is not None, limits=limits
        )
        self.servers = Servers(
            transports=setting.transports,
            specs=setting.specs,
            client_id=setting.client_id,
            local=setting.local,
            heartbeat=setting.heartbeat,
            clock=self._clock.now,
            post=self.post,
            tasks=tasks,
        )
        self._sources = Sources()
        self._attempts: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._errands: set[asyncio.Task[Any]] = set()
        self._live: dict[str, Live] = {}
        self._upkeep: list[asyncio.Task[None]] = []

    # -- Turns ------------------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Tell the dispatcher, in the next turn."""
        self._inbox.append(event)
        self._woken.set()

    async def start(self, look_around: float) -> None:
        """Take up what the queue holds, connect to the servers, and begin to assign after at most ``look_around``
        seconds.
        """
        everything = await self._books.everything()
        self._take_in(everything)
        self.servers.know(await asyncio.to_thread(self._setting.endpoints))
        self._upkeep = [
            self._tasks.create_task(self._clock.watch(), name="clock"),
            self._tasks.create_task(self._listen(), name="news of the queue"),
            self._tasks.create_task(self._meet(), name="news of servers"),
            self._tasks.create_task(self._note_progress(), name="progress"),
            self._tasks.create_task(self._work(), name="turns"),
        ]
        await self.servers.look_around(look_around)
        self.post(Opened())

    async def until(self, is_enough: Callable[[Dispatcher], bool]) -> None:
        """Wait until after a turn it is enough."""
        async with self._turned:
            await self._turned.wait_for(lambda: not self._inbox and is_enough(self._dispatcher))

    async def _work(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            async with self._turned:  # nobody judges it amid a turn, whose words are not said yet
                await self._turn()
                self._turned.notify_all()

    async def _turn(self, *, is_last: bool = False) -> None:
        events, self._inbox = self._inbox, []
        wishes, self._wishes = self._wishes, []
        now, date = self._clock.now(), time.time()
        instructions = self._dispatcher.handle_all(events, now, date)
        if instructions or wishes or is_last or now >= self._keep_by:
            await self._keep(wishes)
        elif self._dispatcher.has_changes:
            self._keep_by = min(self._keep_by, now + LINGER)
        for instruction in instructions:
            self._carry_out(instruction)
        self._set_alarm()

    async def _keep(self, wishes: Sequence[int]) -> None:
        changes, self._keep_by = self._dispatcher.take_changes(), math.inf
        if changes or wishes:
            await self._books.keep(changes, wishes=wishes)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        next_wake = self._dispatcher.next_wake()
        wake = self._keep_by if next_wake is None else min(next_wake, self._keep_by)
        if wake < math.inf:
            delay = max(0.0, wake - self._clock.now())
            self._alarm = asyncio.get_running_loop().call_later(delay, self.post, Tick())

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Begin():
                self._begin(instruction)
            case Suspend(job_id, attempt, server_id, paused):
                self._errand(self._ask(server_id, JobPause(job_id, attempt, paused)), f"pause {job_id}")
            case Abandon(job_id, attempt, server_id):
                self._abandon(Farewell(server_id, job_id, attempt))
            case Commit():
                self._errand(self._commit(instruction), f"commit {instruction.job.job_id}")
            case Acknowledge(job_id, attempt, server_id):
                farewell = Farewell(server_id, job_id, attempt)
                self._errand(self._bid_farewell(farewell, JobCommitted(job_id, attempt)), f"acknowledge {job_id}")
            case StartLocal():
                self.servers.start_local()
            case Wait():
                self._tell(instruction.job, JobState.PENDING, Phase.WAITING, instruction.reason)
            case Tell(record):
                self._tell(record.job, record.state, Phase.WAITING, record.reason)
            case Conclude():
                self._conclude(instruction.record)

    # -- What others bring ------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            await asyncio.sleep(NEWS_PERIOD)
            self._take_in(await self._books.news())

    async def _meet(self) -> None:
        while True:
            await asyncio.sleep(SERVERS_PERIOD)
            with contextlib.suppress(FfxError):  # a book that cannot be read leaves things as they are
                self.servers.know(await asyncio.to_thread(self._setting.endpoints))

    def _take_in(self, news: News) -> None:
        if not news:
            return
        known = [event.record for event in news.events if isinstance(event, JobKnown)]
        for name in dict.fromkeys(record.handling.server for record in known if record.handling.server):
            self._seek(name)
        self.servers.need(record.job for record in known)
        self._inbox.extend(news.events)
        self._wishes.extend(news.wishes)
        self._woken.set()

    def _seek(self, name: str) -> None:
        """Connect to a server that a job asks for."""
        try:
            self.servers.connect(self._setting.endpoint_of(name))
        except FfxError as error:
            self.post(Unreachable(name, str(error)))

    async def _note_progress(self) -> None:
        while True:
            await asyncio.sleep(LIVE_PERIOD)
            live, self._live = self._live, {}
            if live:
                await self._books.keep(Changes(), live=tuple(live.values()))

    # -- Attempts ---------------------------------------------------------------------------------------

    def _begin(self, begin: Begin) -> None:
        server = self.servers.connection(begin.server_id)
        if server is None:
            return  # it went in this moment, and is told of by an event: the attempt is taken up when it is back
        job, key = begin.job, (begin.job.job_id, begin.attempt)
        attempt = Attempt(
            server,
            begin,
            sources=self._sources,
            on_report=lambda report: self._report(job, report),
            on_event=self.post,
        )
        how = "goes on at" if begin.resumed else "goes to"
        self._tell(job, JobState.QUEUED, Phase.WAITING, f"{how} {server.info.name}")
        before = self._attempts.get(key)
        self._attempts[key] = self._tasks.create_task(self._run(attempt, server, before), name=f"attempt {key}")

    async def _run(self, attempt: Attempt, server: ServerConnection, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            before.cancel()
            await asyncio.wait([before])
        end = await attempt.run()
        if isinstance(end, Lost) and server.is_closed:
            return  # the link tells that the server is silent; the attempt goes on when it is back
        self.post(end)

    def _abandon(self, farewell: Farewell) -> None:
        running = self._attempts.pop((farewell.job_id, farewell.attempt), None)
        if running is not None:
            running.cancel()
        word = JobCancel(farewell.job_id, farewell.attempt)
        self._errand(self._bid_farewell(farewell, word), f"forget {farewell.job_id}")

    async def _bid_farewell(self, farewell: Farewell, word: JobCancel | JobCommitted) -> None:
        """Tell a server that an attempt is wanted no more; one that is not there is told when it comes."""
        if await self._ask(farewell.server_id, word):
            self.post(Told(farewell))

    async def _ask(self, server_id: str, word: JobCancel | JobCommitted | JobPause) -> bool:
        """Whether the server heard it: followed it, or has no such attempt."""
        server = self.servers.connection(server_id)
        if server is None:
            return False
        try:
            await server.ask(word, type(word), time_limit=FAREWELL_SECONDS)
        except RemoteError:
            return True
        except FfxError:
            return False
        return True

    async def _commit(self, order: Commit) -> None:
        job_id, output = order.job.job_id, Path(order.job.output_file)
        part = part_path(output, job_id, order.attempt)
        digest = order.result.digest if order.resumed else ""
        try:
            await asyncio.to_thread(commit, part, output, overwrite=order.overwrite, digest=digest)
        except UsageError as error:
            self.post(Failed(job_id, order.attempt, "output_refused", str(error)))
        except VerificationError as error:
            self.post(Lost(job_id, order.attempt, str(error)))
        else:
            self.post(Committed(job_id, order.attempt))

    def _errand(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Do something beside the turns that is waited for before we leave."""
        errand = self._tasks.create_task(work, name=name)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    # -- For those who look on --------------------------------------------------------------------------

    def _conclude(self, record: JobRecord) -> None:
        job_id = record.job_id
        self._live.pop(job_id, None)
        self._attempts.pop((job_id, record.attempt), None)
        outcome = JobOutcome.of(record)
        result = outcome.result or JobResult(job_id, record.state, error_message=outcome.error)
        output = Path(record.job.output_file)
        self._errand(asyncio.to_thread(clear_parts, output, job_id, record.attempt), f"clear {job_id}")
        event = JobEvent(
            record.job, record.state, Phase.DONE, time=time.time(), attempt=record.attempt, server=record.server
        )
        self._setting.on_event(evolve(event, message=outcome.error, result=result, evidence=record.evidence))
        self._on_outcome(outcome)

    def _report(self, job: JobConfiguration, report: Report) -> None:
        state = JobState.QUEUED if report.phase in (Phase.WAITING, Phase.UPLOAD) else JobState.RUNNING
        event = self._event(job, state, report.phase)
        self._setting.on_event(
            evolve(event, bytes_done=report.bytes_done, bytes_total=report.bytes_total, progress=report.progress)
        )
        self._live[job.job_id] = _live(job, report)

    def _tell(self, job: JobConfiguration, state: JobState, phase: Phase, message: str) -> None:
        self._setting.on_event(evolve(self._event(job, state, phase), message=message))

    def _event(self, job: JobConfiguration, state: JobState, phase: Phase) -> JobEvent:
        record = self._dispatcher.record(job.job_id)
        attempt, server = (record.attempt, record.server) if record is not None else (0, "")
        return JobEvent(job, state, phase, time=time.time(), attempt=attempt, server=server)

    # -- The end ----------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Leave: what runs on servers goes on there, what was fetched stays where it is; all is in the queue."""
        self.post(Closing())
        for attempt in self._attempts.values():
            attempt.cancel()
        if self._errands:  # last words; they are in the queue for another time if they are not heard now
            await asyncio.wait(self._errands, timeout=FAREWELL_SECONDS)
        for task in (*self._upkeep, *self._errands):
            task.cancel()
        if self._upkeep:
            await asyncio.wait((*self._upkeep, *self._errands))
        try:
            await self._turn(is_last=True)
        finally:
            if self._alarm is not None:
                self._alarm.cancel()
            await self.servers.leave()
            self._books.close()


def _live(job: JobConfiguration, report: Report) -> Live:
    if report.progress is None:
        share = report.bytes_done / report.bytes_total if report.bytes_total else 0.0
        return Live(job.job_id, report.phase, share)
    told = report.progress
    return Live(job.job_id, report.phase, told.progress, told.fps, told.speed, told.eta)
