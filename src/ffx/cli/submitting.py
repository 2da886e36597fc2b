"""Runs ``ffx submit``: plan, find servers, follow the jobs, and say how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from attrs import define, evolve, field, frozen

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.boundary import Interrupted, print_error
from ffx.cli.dry_run import show_survey
from ffx.cli.embedded import SCHEME, embedded_server
from ffx.cli.endpoints import endpoint, known_endpoints
from ffx.cli.identity import client_id
from ffx.cli.logs import start_logging
from ffx.cli.planning import Planned, Refused, plan_all
from ffx.cli.settings import submit_settings
from ffx.cli.signals import stop_signals
from ffx.cli.text import print_note
from ffx.cli.unknown import check_encoders
from ffx.client.connection import Endpoint
from ffx.client.farm import Farm
from ffx.core.errors import ConfigurationError, NoServerError, UsageError
from ffx.core.events import JobEvent, Phase
from ffx.core.model import JobConfiguration, JobResult, JobState
from ffx.core.transport import Transport
from ffx.core.ui import UserInterface

TEXT_INTERFACES = ("live", "lines")
"""Who reads these reads stderr too, where refused requests are told."""

_log = logging.getLogger(__name__)


@frozen
class Manner:
    """How a run is to go, beside what it makes."""

    server: str = ""
    """Name or address of the only server; empty: all."""
    overwrite: bool = False
    dry_run: bool = False
    as_json: bool = False
    ui: str = ""
    """Empty: by where the output goes."""


def submit_jobs(assembly: Assembly, wish: Wish, manner: Manner) -> int:
    """Do what was asked; returns the exit status.

    Raises:
        UsageError: the request as a whole cannot be followed; nothing was started.
        Interrupted: a person stopped it; everything that ran was stopped first.
    """
    # The embedded server's log is for whoever runs a server; here the front end says what became of each job.
    start_logging("ERROR", "")
    submission = _Submission(assembly, wish, manner)
    try:
        return asyncio.run(submission.run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted(submission.left_undone()) from None


def exit_status(of_jobs: Iterable[int], of_refused: Iterable[int]) -> int:
    """0 all completed; 2 everything was wrong usage; 3 what failed found no server; 1 any other failure."""
    of_jobs, of_refused = tuple(of_jobs), tuple(of_refused)
    failures = {status for status in (*of_jobs, *of_refused) if status}
    if failures == {NoServerError.exit_status}:
        return NoServerError.exit_status
    if failures == {UsageError.exit_status} and not of_jobs:
        return UsageError.exit_status
    return 1 if failures else 0


@define
class _Submission:
    """One run."""

    assembly: Assembly
    wish: Wish
    manner: Manner
    _open: set[str] = field(init=False, factory=set)
    """Jobs that have not ended."""
    _events: asyncio.Queue[JobEvent | None] = field(init=False, factory=asyncio.Queue)

    async def run(self) -> int:
        """From the wish to the exit status. SIGTERM interrupts like Ctrl-C."""
        task = asyncio.current_task()
        assert task is not None
        with stop_signals(lambda: _cancel(task), interrupt=False):
            return await self._run()

    def left_undone(self) -> str:
        """What an interruption cancelled."""
        count = len(self._open)
        return f"{count} job{'' if count == 1 else 's'} cancelled" if count else "nothing was running"

    async def _run(self) -> int:
        # What can be wrong with the request as a whole is found before any file is touched.
        front_end, endpoints, local_mode = self._front_end(), self._endpoints(), self._local_mode()
        specs, transports = self.assembly.specs(), self.assembly.plugins.transports()
        farm = Farm(
            endpoints,
            transports=transports,
            policy=self.assembly.policy(),
            specs=specs,
            client_id=client_id(self.assembly.folders),
            local=lambda: self._local(transports, local_mode),
            local_mode=local_mode,
            overwrite=self.manner.overwrite,
            on_event=self._take,
        )
        plans = await plan_all(self.wish, specs, overwrite=self.manner.overwrite, dry_run=self.manner.dry_run)
        planned = [plan for plan in plans if isinstance(plan, Planned)]
        refused = [plan for plan in plans if isinstance(plan, Refused)]
        await check_encoders(self.assembly, [plan.job for plan in planned], specs, endpoints)
        _tell_refused(refused)
        if self.manner.dry_run:
            survey = await farm.survey([plan.job for plan in planned])
            statuses = show_survey(survey, planned, specs, as_json=self.manner.as_json)
        else:
            statuses = await self._follow(farm, front_end, [plan.job for plan in planned], refused)
        return exit_status(statuses, (plan.error.exit_status for plan in refused))

    async def _follow(
        self, farm: Farm, front_end: UserInterface, jobs: Sequence[JobConfiguration], refused: Sequence[Refused]
    ) -> list[int]:
        """Run the jobs while the front end shows them; returns an exit status for each."""
        self._open = {job.job_id for job in jobs}
        following = asyncio.create_task(self._show(front_end, jobs), name="front end")
        try:
            if front_end.name not in TEXT_INTERFACES:
                for plan in refused:
                    self._take(_refusal(plan))
            outcomes = await farm.run(jobs) if jobs else ()
        finally:
            # Also after an interruption: what was cancelled is shown before we go.
            self._events.put_nowait(None)
            await following
        return [outcome.exit_status for outcome in outcomes]

    async def _show(self, front_end: UserInterface, jobs: Sequence[JobConfiguration]) -> None:
        try:
            await front_end.follow(jobs, self._arriving())
        except BrokenPipeError:
            raise
        except Exception:  # noqa: BLE001 - a front end is a plugin: its fault is no reason to stop jobs
            _log.exception("the front end %s failed; the jobs go on", front_end.name)

    async def _arriving(self) -> AsyncIterator[JobEvent]:
        while (event := await self._events.get()) is not None:
            yield event

    def _take(self, event: JobEvent) -> None:
        if event.state.is_final and event.state is not JobState.CANCELLED:
            self._open.discard(event.job.job_id)
        self._events.put_nowait(event)
        self.assembly.plugins.job_event(event)

    # -- What the run needs -----------------------------------------------------------------------------------

    def _front_end(self) -> UserInterface:
        if self.manner.as_json and self.manner.ui not in ("", "json"):
            raise UsageError(f"--json and --ui {self.manner.ui} exclude each other")
        by_place = "live" if sys.stdout.isatty() else "lines"
        name = "json" if self.manner.as_json else self.manner.ui or by_place
        return self.assembly.plugins.uis().find(name)

    def _endpoints(self) -> tuple[Endpoint, ...]:
        if self.manner.server:
            return (endpoint(self.assembly, self.manner.server),)
        return known_endpoints(self.assembly)

    def _local_mode(self) -> str:
        """Where jobs may be encoded; whoever names a server means that one."""
        asked = self.assembly.source.options.get("--local")
        mode = submit_settings(self.assembly.source).local
        if not self.manner.server:
            return mode
        if asked is not None and mode == "only":
            raise UsageError("--server and --local only exclude each other")
        return mode if asked is not None else "never"

    @contextlib.asynccontextmanager
    async def _local(self, transports: Mapping[str, Transport], mode: str) -> AsyncIterator[Endpoint]:
        if SCHEME not in transports:
            raise ConfigurationError("encoding here needs the plugin inproc; see: ffx plugins")
        async with embedded_server(self.assembly, transports[SCHEME]) as place:
            if mode != "only":
                print_note("ffx: no usable server; encoding on this machine")
            yield place


def _cancel(task: asyncio.Task[int]) -> None:
    task.cancel()


def _tell_refused(refused: Sequence[Refused]) -> None:
    for message in dict.fromkeys(str(plan.error) for plan in refused):
        print_error(message)


def _refusal(plan: Refused) -> JobEvent:
    """The refused request as the front end hears of it: a job that failed."""
    message = str(plan.error)
    result = JobResult(plan.job_id, JobState.FAILED, error_message=message)
    event = JobEvent(plan.job, JobState.FAILED, Phase.DONE, time=time.time())
    return evolve(event, message=message, result=result)
