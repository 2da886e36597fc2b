"""One run of a farm: everything that does I/O for the dispatcher. Events go in, its instructions are carried out."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from attrs import define, evolve, frozen

from ffx.client.attempt import Attempt, Report
from ffx.client.connection import Endpoint, ServerConnection
from ffx.client.dispatch_words import (
    Abandon,
    Begin,
    CancelRequested,
    Conclude,
    Event,
    Expecting,
    Instruction,
    JobAdded,
    LocalEnded,
    Lost,
    ServerCame,
    ServerChanged,
    ServerGone,
    StartLocal,
    Tick,
    Unreachable,
    Wait,
)
from ffx.client.dispatcher import Dispatcher
from ffx.client.link import Link
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError, NoServerError
from ffx.core.events import JobEvent, Phase
from ffx.core.messages import JobCancel
from ffx.core.model import Evidence, JobConfiguration, JobResult, JobState, ServerInfo
from ffx.core.policy import Ranking, SchedulingPolicy
from ffx.core.transport import Transport

FAREWELL_SECONDS = 5.0
"""How long leaving waits for servers to say that they stopped."""

LocalServer = Callable[[], AbstractAsyncContextManager[Endpoint]]
"""Starts the embedded server and says where it is."""


@frozen
class JobOutcome:
    """How a job ended, as ``ffx submit --json`` prints it."""

    job: JobConfiguration
    state: JobState
    result: JobResult | None = None
    server: str = ""
    encoder: str = ""
    attempts: int = 0
    seconds: float = 0.0
    """From the first attempt to the end."""
    error: str = ""
    no_server: bool = False
    evidence: Evidence | None = None

    @property
    def verified(self) -> bool:
        """Nothing is committed that was not verified."""
        return self.state is JobState.COMPLETED

    @property
    def exit_status(self) -> int:
        """0 completed, 3 no server could do it, 1 anything else."""
        if self.state is JobState.COMPLETED:
            return 0
        return NoServerError.exit_status if self.no_server else FfxError.exit_status


@frozen
class Setting:
    """What a run works with."""

    endpoints: tuple[Endpoint, ...]
    transports: Mapping[str, Transport]
    policy: SchedulingPolicy
    specs: Mapping[str, EncoderSpec]
    client_id: str
    local: LocalServer | None
    local_only: bool
    overwrite: bool
    on_event: Callable[[JobEvent], None]


@define
class _Try:
    """The present attempt of a job, or the last one."""

    first_began: float
    server: str = ""
    encoder: str = ""
    number: int = 0


class Shell:
    """One run: the dispatcher and everything that does I/O for it. Every task belongs to ``tasks``."""

    def __init__(self, setting: Setting, jobs: Sequence[JobConfiguration], tasks: asyncio.TaskGroup) -> None:
        self.outcomes: dict[str, JobOutcome] = {}
        self.unreachable: dict[str, str] = {}
        self.finished = asyncio.Event()
        self.has_local = False
        self._setting = setting
        self._tasks = tasks
        self._jobs = {job.job_id: job for job in jobs}
        self._needed = _needed(jobs, setting.specs)
        may_start_local = setting.local is not None and not setting.local_only
        self._dispatcher = Dispatcher(setting.policy, setting.specs, may_start_local=may_start_local)
        self._servers: dict[str, ServerConnection] = {}
        self._links: list[Link] = []
        self._link_tasks: list[asyncio.Task[None]] = []
        self._attempts: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._tries: dict[str, _Try] = {}
        self._farewells: set[asyncio.Task[None]] = set()
        self._settling = asyncio.Event()
        self._local_starting = False
        self._alarm: asyncio.TimerHandle | None = None
        for endpoint in setting.endpoints:
            self._connect(endpoint)
        if setting.local_only:
            self.start_local()
        for job in jobs:
            self.post(JobAdded(job))
        self._count_expected()

    # -- The dispatcher's ear and hand ------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Tell the dispatcher, and do what it says."""
        for instruction in self._dispatcher.handle(event, time.monotonic()):
            self._carry_out(instruction)
        self._set_alarm()
        if self._dispatcher.finished:
            self.finished.set()

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Begin():
                self._begin(instruction)
            case Abandon():
                self._abandon(instruction)
            case StartLocal():
                self.start_local()
            case Wait():
                self._tell(instruction.job, JobState.PENDING, Phase.WAITING, instruction.reason)
            case Conclude():
                self._conclude(instruction)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        wake = self._dispatcher.next_wake()
        if wake is not None:
            delay = max(0.0, wake - time.monotonic())
            self._alarm = asyncio.get_running_loop().call_later(delay, self.post, Tick())

    # -- Attempts ---------------------------------------------------------------------------------------

    def _begin(self, begin: Begin) -> None:
        server = self._servers[begin.server_id]
        tried = self._tries.setdefault(begin.job.job_id, _Try(time.monotonic()))
        tried.server, tried.encoder, tried.number = server.info.name, begin.job.recipe.encoder, begin.attempt
        attempt = Attempt(
            server,
            begin.job,
            begin.attempt,
            overwrite=self._setting.overwrite,
            on_report=lambda report: self._report(begin.job, report),
            on_encoded=self.post,
        )
        self._tell(begin.job, JobState.QUEUED, Phase.WAITING, f"goes to {server.info.name}")
        key = begin.job.job_id, begin.attempt
        self._attempts[key] = self._tasks.create_task(self._run(attempt, server, key), name=f"attempt {key}")

    async def _run(self, attempt: Attempt, server: ServerConnection, key: tuple[str, int]) -> None:
        end = await attempt.run()
        self._attempts.pop(key, None)
        if isinstance(end, Lost) and server.is_closed:
            return  # the link says in a moment that the server is gone, for all of its attempts at once
        self.post(end)

    def _abandon(self, abandon: Abandon) -> None:
        attempt = self._attempts.pop((abandon.job_id, abandon.attempt), None)
        if attempt is not None:
            attempt.cancel()
        server = self._servers.get(abandon.server_id)
        if server is not None:
            farewell = self._tasks.create_task(self._forget(server, abandon), name=f"forget {abandon.job_id}")
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)

    async def _forget(self, server: ServerConnection, abandon: Abandon) -> None:
        # Whatever it answers, it was told; a server that is gone ends the job by itself.
        with contextlib.suppress(FfxError):
            cancel = JobCancel(abandon.job_id, abandon.attempt)
            await server.ask(cancel, JobCancel, time_limit=FAREWELL_SECONDS)

    def _conclude(self, end: Conclude) -> None:
        job_id = end.job.job_id
        tried = self._tries.get(job_id, _Try(time.monotonic()))
        result = end.result
        evidence = end.evidence and evolve(end.evidence, server=tried.server, attempt=end.attempt)
        self.outcomes[job_id] = JobOutcome(
            job=end.job,
            state=end.state,
            result=result,
            server=tried.server,
            encoder=tried.encoder,
            attempts=end.attempt,
            seconds=time.monotonic() - tried.first_began,
            error=end.error,
            no_server=end.no_server,
            evidence=evidence,
        )
        if result is None:
            result = JobResult(job_id, end.state, error_message=end.error)
        event = self._event(end.job, end.state, Phase.DONE)
        self._setting.on_event(evolve(event, message=end.error, result=result, evidence=evidence))

    def _report(self, job: JobConfiguration, report: Report) -> None:
        event = self._event(job, JobState.RUNNING, report.phase)
        self._setting.on_event(
            evolve(event, bytes_done=report.bytes_done, bytes_total=report.bytes_total, progress=report.progress)
        )

    def _tell(self, job: JobConfiguration, state: JobState, phase: Phase, message: str) -> None:
        self._setting.on_event(evolve(self._event(job, state, phase), message=message))

    def _event(self, job: JobConfiguration, state: JobState, phase: Phase) -> JobEvent:
        tried = self._tries.get(job.job_id, _Try(0.0))
        return JobEvent(job, state, phase, time=time.time(), attempt=tried.number, server=tried.server)

    # -- Servers ----------------------------------------------------------------------------------------

    def _connect(self, endpoint: Endpoint) -> Link | None:
        transport = self._setting.transports.get(endpoint.address.scheme)
        if transport is None:
            reason = f"no transport for {endpoint.address.scheme}://; see: ffx plugins"
            self.unreachable[endpoint.name] = reason
            self.post(Unreachable(endpoint.name, reason))
            return None
        link = Link(
            endpoint,
            transport,
            # A server speaks to the newest connection of a client: two ways to one server must be two clients.
            client_id=f"{self._setting.client_id}@{endpoint.address.authority}",
            needed=self._needed,
            watcher=self,
            is_known=self._servers.__contains__,
        )
        self._links.append(link)
        self._link_tasks.append(self._tasks.create_task(link.keep(), name=f"link {endpoint.name}"))
        return link

    def came(self, link: Link, server: ServerConnection) -> None:
        self._servers[server.info.server_id] = server
        self.unreachable.pop(link.endpoint.name, None)
        self.post(ServerCame(server.info, link.endpoint.preferred_for))
        self._count_expected()

    def changed(self, info: ServerInfo) -> None:
        self.post(ServerChanged(info))

    def gone(self, link: Link, server_id: str) -> None:
        server = self._servers.pop(server_id)
        self._count_expected()
        self.post(ServerGone(server_id, f"the connection to {server.info.name} was lost"))

    def missing(self, link: Link, reason: str) -> None:
        self.unreachable[link.endpoint.name] = reason
        self.post(Unreachable(link.endpoint.name, reason))
        self._count_expected()

    def start_local(self) -> None:
        """Start the embedded server; once."""
        if not self.has_local:
            self.has_local = self._local_starting = True
            self._link_tasks.append(self._tasks.create_task(self._host_local(), name="local server"))

    async def _host_local(self) -> None:
        assert self._setting.local is not None
        try:
            async with self._setting.local() as endpoint:
                link = self._connect(endpoint)
                self._local_starting = False
                if link is not None:
                    await asyncio.wait([self._link_tasks[-1]])
        except FfxError as error:
            self._local_starting = False
            self.post(LocalEnded(str(error)))
            self._count_expected()

    def _count_expected(self) -> None:
        expected = sum(link.expected for link in self._links) + self._local_starting
        if not expected:
            self._settling.set()
        self.post(Expecting(expected))

    async def look_around(self, time_limit: float | None) -> None:
        """Wait until every server has come or is known to be missing, at most ``time_limit`` seconds."""
        if any(link.expected for link in self._links) or self._local_starting:
            self._settling.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(time_limit):
                    await self._settling.wait()

    def servers(self) -> tuple[ServerInfo, ...]:
        """Those that are there."""
        return tuple(server.info for server in self._servers.values())

    def rankings(self) -> dict[str, Ranking]:
        return {job_id: self._dispatcher.rank(job) for job_id, job in self._jobs.items()}

    # -- The end ----------------------------------------------------------------------------------------

    def cancel_all(self) -> None:
        """Stop every job, here and on the servers."""
        for job_id in self._jobs:
            self.post(CancelRequested(job_id))

    async def close(self) -> None:
        """Let the servers hear what they were told, then leave them."""
        if self._alarm is not None:
            self._alarm.cancel()
        if self._farewells:
            await asyncio.wait(self._farewells)
        for task in reversed(self._link_tasks):
            task.cancel()
        if self._link_tasks:
            await asyncio.wait(self._link_tasks)


def _needed(jobs: Sequence[JobConfiguration], specs: Mapping[str, EncoderSpec]) -> tuple[str, ...]:
    """Every encoder that some job may use: a server tries these before it is reckoned with."""
    needed: dict[str, None] = {}
    for job in jobs:
        needed.update(dict.fromkeys(job.needs))
        if not job.recipe.encoder:
            needed.update(dict.fromkeys(spec.name for spec in specs.values() if spec.codec == job.recipe.codec))
    return tuple(needed)
