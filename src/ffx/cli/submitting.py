"""Runs ``ffx submit``: plan, put the jobs into the queue, see them done, and say how it ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import evolve, frozen

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.batch import show_summary
from ffx.cli.boundary import Interrupted, print_error
from ffx.cli.endpoints import endpoint, known_endpoints
from ffx.cli.following import Following, front_end
from ffx.cli.interrupting import interruptible
from ffx.cli.leftovers import left_open
from ffx.cli.logs import start_logging
from ffx.cli.planning import Planned, Refused, Skipped, plan_all
from ffx.cli.settings import argument_policy, submit_settings
from ffx.cli.text import QUEUE_PAUSED, print_json_line, print_line, print_note
from ffx.cli.unknown import check_encoders
from ffx.cli.worker import working_process
from ffx.client.outcome import JobOutcome
from ffx.client.queue.lock import QueueLock
from ffx.client.queue.records import Handling, JobRecord
from ffx.client.queue.store import JobQueue
from ffx.core.errors import NoServerError, UsageError
from ffx.core.events import JobEvent, Phase
from ffx.core.model import JobResult, JobState, Verification
from ffx.core.ui import UserInterface

TEXT_INTERFACES = ("live", "lines")
"""Who reads these reads stderr too, where refused requests are told."""


@frozen
class Manner:
    """How a run is to go, beside what it makes."""

    server: str = ""
    """Name or address of the only server; empty: all."""
    overwrite: bool = False
    verification: Verification = Verification.QUICK
    dry_run: bool = False
    detach: bool = False
    """Put the jobs into the queue and leave them to whoever works it."""
    as_json: bool = False
    ui: str = ""
    """Empty: by where the output goes."""


def submit_jobs(assembly: Assembly, wish: Wish, manner: Manner) -> int:
    """Do what was asked; returns the exit status.

    Raises:
        UsageError: the request as a whole cannot be followed; nothing was started.
        Interrupted: a person stopped it; what is in the queue stays there.
    """
    # The embedded server's log is for whoever runs a server; here the front end says what became of each job.
    start_logging("ERROR", "")
    try:
        return asyncio.run(_Submission(assembly, wish, manner).run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted("nothing was put into the queue") from None


def exit_status(of_jobs: Iterable[int], of_refused: Iterable[int]) -> int:
    """0 all completed; 2 everything was wrong usage; 3 what failed found no server; 1 any other failure."""
    of_jobs, of_refused = tuple(of_jobs), tuple(of_refused)
    failures = {status for status in (*of_jobs, *of_refused) if status}
    if failures == {NoServerError.exit_status}:
        return NoServerError.exit_status
    if failures == {UsageError.exit_status} and not of_jobs:
        return UsageError.exit_status
    return 1 if failures else 0


@frozen
class _Submission:
    """One run."""

    assembly: Assembly
    wish: Wish
    manner: Manner

    async def run(self) -> int:
        """From the wish to the exit status. SIGTERM interrupts like Ctrl-C."""
        task = asyncio.current_task()
        assert task is not None
        with interruptible(task, "interrupted twice: what is in the queue stays; go on with: ffx queue run"):
            return await self._run()

    async def _run(self) -> int:
        # What can be wrong with the request as a whole is found before any file is touched.
        manner, specs = self.manner, self.assembly.specs()
        following, handling = Following(self._front_end()), self._handling()
        self.assembly.policy()
        policy = argument_policy(self.assembly.source)
        plans = await plan_all(
            self.wish,
            specs,
            policy=policy,
            folders=self.assembly.folders,
            overwrite=manner.overwrite,
            dry_run=manner.dry_run,
        )
        planned = [plan for plan in plans if isinstance(plan, Planned)]
        refused = [plan for plan in plans if isinstance(plan, Refused)]
        skipped = sum(isinstance(plan, Skipped) for plan in plans)
        jobs = [plan.job for plan in planned]
        await check_encoders(self.assembly, jobs, specs, known_endpoints(self.assembly))
        for message in dict.fromkeys(str(plan.error) for plan in refused):
            print_error(message)
        if skipped:
            print_note(f"ffx: {skipped} skipped, for their outputs exist")
        if manner.dry_run:
            statuses = await self._survey(planned)
        else:
            with JobQueue.open(self.assembly.folders.queue_file, check=not manner.detach) as queue:
                records = add_to_queue(queue, planned, handling, manner.verification)
                if records and queue.is_paused():
                    print_note(f"ffx: {QUEUE_PAUSED}")
                if manner.detach:
                    statuses = self._leave(records, queue)
                else:
                    outcomes = await self._follow(records, queue, following, refused)
                    statuses = [outcome.exit_status for outcome in outcomes]
                    if len(plans) > 1 and following.front_end.name in TEXT_INTERFACES:
                        show_summary(outcomes, refused=len(refused), skipped=skipped)
        return exit_status(statuses, (plan.error.exit_status for plan in refused))

    async def _survey(self, planned: Sequence[Planned]) -> list[int]:
        from ffx.cli.dry_run import show_survey
        from ffx.cli.working import farm_of

        survey = await farm_of(self.assembly).survey([plan.job for plan in planned])
        policy = argument_policy(self.assembly.source)
        return show_survey(survey, planned, self.assembly.specs(), policy=policy, as_json=self.manner.as_json)

    def _leave(self, records: Sequence[JobRecord], queue: JobQueue) -> list[int]:
        """Say where the jobs are now."""
        worker = working_process(queue.file)
        whose = f", which {worker} works" if worker is not None else "; work it with: ffx queue run"
        for record in records:
            job = record.job
            if self.manner.as_json:
                print_json_line(
                    {
                        "number": record.number,
                        "job_id": record.job_id,
                        "state": record.state.value,
                        "input": job.input_file,
                        "output": job.output_file,
                    }
                )
            else:
                files = f"{Path(job.input_file).name} -> {job.output_file}"
                print_line(f"job {record.number}: {files} is in the queue{whose}")
        return [0 for _ in records]

    async def _follow(
        self, records: Sequence[JobRecord], queue: JobQueue, following: Following, refused: Sequence[Refused]
    ) -> Sequence[JobOutcome]:
        """See the jobs done while the front end shows them.

        Raises:
            Interrupted: says what stays in the queue.
        """
        from ffx.cli.working import Turn, farm_of

        following.only = {record.job_id for record in records} | {plan.job_id for plan in refused}
        lock = QueueLock(queue.file)
        farm = farm_of(self.assembly, following.take, note_local=self._local_mode() != "only")
        try:
            async with following.showing([record.job for record in records]):
                if following.front_end.name not in TEXT_INTERFACES:
                    for plan in refused:
                        following.take(_refusal(plan))
                outcomes = await Turn(queue, lock, farm, following.take).until_ended(records)
        except asyncio.CancelledError:
            now = [queue.record(record.job_id) or record for record in records]
            raise Interrupted(left_open(queue.file, now)) from None
        return outcomes

    # -- What the run needs -----------------------------------------------------------------------------------

    def _front_end(self) -> UserInterface:
        manner = self.manner
        if manner.detach and (manner.dry_run or manner.ui):
            raise UsageError(f"--detach and {'--dry-run' if manner.dry_run else '--ui'} exclude each other")
        return front_end(self.assembly, as_json=manner.as_json, ui=manner.ui)

    def _handling(self) -> Handling:
        name, mode = self.manner.server, self._local_mode()
        if name:
            place = endpoint(self.assembly, name)
            name = name if name == place.name else place.address.authority
        return Handling(overwrite=self.manner.overwrite, local=mode, server=name)

    def _local_mode(self) -> str:
        """Where jobs may be encoded; whoever names a server means that one."""
        mode = submit_settings(self.assembly.source).local
        if not self.manner.server:
            return mode
        if mode == "only" and self.assembly.source.options.get("--local") is not None:
            raise UsageError("--server and --local only exclude each other")
        return "never"


def add_to_queue(
    queue: JobQueue, planned: Sequence[Planned], handling: Handling, verification: Verification
) -> tuple[JobRecord, ...]:
    """Put the jobs into the queue; says which of them are there already.

    Raises:
        UsageError: an output is being made by another job.
    """
    added = [
        (evolve(plan.job, verification=verification), evolve(handling, modified=plan.modified)) for plan in planned
    ]
    records = queue.add(added, time.time())
    for plan, record in zip(planned, records, strict=True):
        if record.job_id != plan.job.job_id:
            print_note(
                f"ffx: {Path(record.job.input_file).name} is in the queue already: going on with job {record.number}"
            )
    return records


def _refusal(plan: Refused) -> JobEvent:
    """The refused request as the front end hears of it: a job that failed."""
    message = str(plan.error)
    result = JobResult(plan.job_id, JobState.FAILED, error_message=message)
    event = JobEvent(plan.job, JobState.FAILED, Phase.DONE, time=time.time())
    return evolve(event, message=message, result=result)
