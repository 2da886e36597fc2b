"""The desk that windows are given: what the commands do, in plain values instead of lines."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from ffx.cli.asking import Wish
from ffx.cli.assembly import Assembly
from ffx.cli.capability_command import ask_all
from ffx.cli.desk_rows import job_row, server_check, server_row, track_rows
from ffx.cli.diary import Diary
from ffx.cli.dry_run import candidates
from ffx.cli.endpoints import book, known_endpoints
from ffx.cli.estimating import estimates
from ffx.cli.finding import find_inputs
from ffx.cli.meeting import meet
from ffx.cli.merging import merging_recipe
from ffx.cli.naming import check_template
from ffx.cli.planning import Planned, Refused, plan_all
from ffx.cli.previewing import preview_picture
from ffx.cli.profiles import known_profiles, recipe_of_profile
from ffx.cli.queue_changes import Change, cancelling, make_change, pausing, prioritising, retrying
from ffx.cli.queue_edit import replacement
from ffx.cli.queue_reassign import moving
from ffx.cli.queue_why import explanation
from ffx.cli.queue_work import QueueWork
from ffx.cli.recipe_flags import no_options
from ffx.cli.recipe_options import recipe_named
from ffx.cli.recipe_words import options_of
from ffx.cli.server_care import set_draining
from ffx.cli.server_commands import Look, look_at
from ffx.cli.settings import argument_policy, submit_settings
from ffx.cli.settings_file import change_settings, settings_of
from ffx.cli.submitting import add_to_queue
from ffx.cli.trials import plan_one
from ffx.cli.worker import working_process
from ffx.cli.working import farm_of
from ffx.client.connection import Endpoint
from ffx.client.farm import Survey
from ffx.client.queue.records import Handling, JobRecord, PauseQueue
from ffx.client.queue.store import JobQueue
from ffx.core.desk import (
    Check,
    Desk,
    EstimateRow,
    HistoryRow,
    JobPage,
    LogLine,
    ProfileRow,
    ServerRow,
    Setting,
    Step,
    Submitted,
    Totals,
    TrackRow,
    Wishes,
)
from ffx.core.errors import UsageError
from ffx.core.events import Phase
from ffx.core.model import JobState, ServerCapabilities, Verification
from ffx.core.private_files import replace_privately
from ffx.core.recipe import Recipe
from ffx.media.plan import Request
from ffx.media.probe import probe

_AT_ONCE = 16
"""Servers that are asked at a time."""

T = TypeVar("T")


class ProgramDesk(Desk):
    """The desk of one user on this machine. Close it when the window is closed."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._queue = JobQueue.open(assembly.folders.queue_file, check=True)
        self._turn = threading.Lock()  # a queue is for one thread at a time
        self._diary = Diary()

    def close(self) -> None:
        with self._turn:
            self._queue.close()

    # -- Jobs -----------------------------------------------------------------------------------------------

    def profiles(self) -> tuple[ProfileRow, ...]:
        known = known_profiles(self._assembly)
        return tuple(ProfileRow(name, one.profile.description) for name, one in sorted(known.items()))

    def submit(self, files: Sequence[Path], wishes: Wishes, folder: Path, *, name: str = "") -> Submitted:
        if name:
            check_template(name)
        recipe = self._recipe(wishes)
        found = find_inputs([str(file) for file in files], recursive=True, apart=folder)
        wish = Wish(found, None, folder, Request(Path(), Path(), recipe), name=name, profile=wishes.profile)
        return self._add(wish, Handling(server=wishes.server, local=self._local(wishes)))

    def _add(self, wish: Wish, handling: Handling) -> Submitted:
        assembly = self._assembly
        plans = asyncio.run(
            plan_all(
                wish,
                assembly.specs(),
                policy=argument_policy(assembly.source),
                folders=assembly.folders,
                overwrite=False,
                dry_run=False,
            )
        )
        planned = [plan for plan in plans if isinstance(plan, Planned)]
        records = self._with_queue(lambda queue: add_to_queue(queue, planned, handling, Verification.QUICK))
        refused = tuple(str(plan.error) for plan in plans if isinstance(plan, Refused))
        return Submitted(tuple(record.number for record in records), refused)

    def merge(self, files: Sequence[Path], output: Path) -> str:
        names = [str(file) for file in files]
        recipe, how = merging_recipe(names, Recipe())
        wish = Wish.from_options(names[:1], recipe, output=str(output), out_dir=None)
        submitted = self._add(wish, Handling(local=submit_settings(self._assembly.source).local))
        if submitted.refused:
            raise UsageError(submitted.refused[0])
        return how

    def check(self, file: Path, wishes: Wishes) -> Check:
        assembly = self._assembly

        async def look() -> tuple[Planned, Survey]:
            planned = await plan_one(assembly, self._wish(file, wishes))
            return planned, await farm_of(assembly, note_local=False, apart=True).survey([planned.job])

        planned, survey = asyncio.run(look())
        ranking = survey.rankings[planned.job.job_id]
        found = candidates(survey, ranking, planned, assembly.specs(), argument_policy(assembly.source))
        return Check(tuple(server_check(one) for one in found), ranking.alternatives)

    def tracks(self, file: Path) -> tuple[TrackRow, ...]:
        return track_rows(probe(file))

    def estimate(self, file: Path, wishes: Wishes) -> tuple[EstimateRow, ...]:
        found = asyncio.run(estimates(self._assembly, self._wish(file, wishes), wishes.server))
        return tuple(EstimateRow(e.server, e.encoder, e.seconds, e.size, e.likeness, e.error) for e in found)

    def preview(self, file: Path, wishes: Wishes, moment: float) -> bytes:
        return asyncio.run(preview_picture(self._assembly, self._wish(file, wishes), moment, wishes.server))

    def _wish(self, file: Path, wishes: Wishes) -> Wish:
        return Wish.from_options([str(file)], self._recipe(wishes), output=None, out_dir=".")

    def _recipe(self, wishes: Wishes) -> Recipe:
        base = recipe_of_profile(self._assembly, wishes.profile or None)
        options = {**no_options(), "ffmpeg_args": (), **wishes.options}
        if isinstance(options["ffmpeg_args"], str):
            options["ffmpeg_args"] = _words(options["ffmpeg_args"])
        return recipe_named(base, options, self._assembly.specs())

    def _local(self, wishes: Wishes) -> str:
        return "never" if wishes.server else submit_settings(self._assembly.source).local

    def totals(self) -> Totals:
        counts, live, paused = self._with_queue(lambda queue: (queue.counts(), queue.live(), queue.is_paused()))
        encoding = [one for one in live if one.phase is Phase.ENCODE]
        worker = working_process(self._assembly.folders.queue_file)
        return Totals(
            counts=counts,
            paused=paused,
            fps=sum(one.fps for one in encoding),
            eta=max((one.eta for one in encoding if one.eta is not None), default=None),
            worked_by="" if worker is None else str(worker),
        )

    def page(self, states: Sequence[JobState], *, number: int, size: int) -> JobPage:
        page, live = self._with_queue(lambda queue: (queue.page(states, limit=size, page=number), queue.live()))
        by_id = {one.job_id: one for one in live}
        return JobPage(tuple(job_row(record, by_id.get(record.job_id)) for record in page.rows), page.total)

    def version(self) -> int:
        return self._with_queue(lambda queue: queue.data_version())

    def ask(self, numbers: Sequence[int], step: Step) -> tuple[str, ...]:
        changes: Mapping[Step, Callable[[JobQueue], Change]] = {
            Step.CANCEL: lambda queue: cancelling(),
            Step.PAUSE: lambda queue: pausing(True),
            Step.RESUME: lambda queue: pausing(False),
            Step.RETRY: retrying,
        }
        return self._change(numbers, lambda queue, records: changes[step](queue))

    def prioritize(self, number: int, priority: int) -> None:
        self._raise(self._change((number,), lambda queue, records: prioritising(priority)))

    def wishes_of(self, number: int) -> tuple[Path, Wishes]:
        record = self._with_queue(lambda queue: queue.find(str(number)))
        named = record.handling.server
        places = known_endpoints(self._assembly) if named else ()
        server = next((place.name for place in places if named in (place.name, place.address.authority)), named)
        return Path(record.job.input_file), Wishes(options=options_of(record.job.recipe), server=server)

    def change(self, number: int, wishes: Wishes) -> int:
        with self._own_queue() as queue:
            record = queue.find(str(number))
            changed = replacement(self._assembly, queue, record, self._recipe(wishes))
            handling = evolve(record.handling, server=wishes.server, local=self._local(wishes))
            self._raise(self._change((number,), lambda queue, records: cancelling()))
            (added,) = add_to_queue(queue, [changed], handling, record.job.verification)
        return added.number

    def move(self, number: int, server: str) -> None:
        self._raise(self._change((number,), lambda queue, records: moving(self._assembly, queue, records[0], server)))

    def why(self, number: int) -> tuple[str, ...]:
        with self._own_queue() as queue:
            _, words, reasons = explanation(self._assembly, queue, queue.find(str(number)))
        return (*words, *(f"{reason.server}: {reason.reason}" for reason in reasons))

    def pause_queue(self, paused: bool) -> None:
        self._with_queue(lambda queue: queue.wish(PauseQueue(paused)))

    def history(self) -> tuple[HistoryRow, ...]:
        rows = self._with_queue(lambda queue: queue.history())
        return tuple(
            HistoryRow(row.server, row.encoder, row.completed, row.failed, row.average_fps, row.bytes_saved)
            for row in rows
        )

    def log(self, after: int) -> tuple[LogLine, ...]:
        return self._diary.lines(after)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        work = QueueWork(self._assembly, self._diary.take)
        work.start()
        try:
            yield
        finally:
            work.stop()

    def _change(
        self, numbers: Sequence[int], change: Callable[[JobQueue, Sequence[JobRecord]], Change]
    ) -> tuple[str, ...]:
        """What became of jobs to which a change was not made."""
        with self._own_queue() as queue:
            records = [queue.find(str(number)) for number in numbers]
            changed = make_change(self._assembly, queue, records, change(queue, records))
        return tuple(f"job {one.record.number}: {one.words}" for one in changed if not one.done)

    def _raise(self, refusals: Sequence[str]) -> None:
        if refusals:
            raise UsageError("; ".join(refusals))

    def _with_queue(self, look: Callable[[JobQueue], T]) -> T:
        with self._turn:
            return look(self._queue)

    def _own_queue(self) -> JobQueue:
        """One for what takes longer, so that nobody waits for it."""
        return JobQueue.open(self._assembly.folders.queue_file)

    # -- Servers --------------------------------------------------------------------------------------------

    def servers(self) -> Iterator[ServerRow]:
        remembered = {server.name for server in book(self._assembly).servers()}
        endpoints = known_endpoints(self._assembly)
        if not endpoints:
            return
        with ThreadPoolExecutor(min(_AT_ONCE, len(endpoints)), "look") as pool:
            for look in pool.map(self._look, endpoints):
                yield server_row(look, remembered)

    def _look(self, endpoint: Endpoint) -> Look:
        return look_at(self._assembly, (endpoint,))[0]

    def capabilities(self) -> Mapping[str, ServerCapabilities]:
        found = asyncio.run(ask_all(self._assembly, known_endpoints(self._assembly)))
        return {one.name: one.capabilities for one in found if one.capabilities is not None}

    def add_server(self, text: str) -> ServerRow:
        server, info = meet(self._assembly, text.strip())
        return ServerRow(server.name, server.address, info, preferred_for=server.preferred_for)

    def remove_server(self, name: str) -> None:
        book(self._assembly).remove(name)

    def prefer(self, name: str, kinds: Sequence[str]) -> None:
        book(self._assembly).prefer(name, kinds)

    def drain(self, name: str, draining: bool) -> None:
        set_draining(self._assembly, name, draining=draining)

    # -- Settings -------------------------------------------------------------------------------------------

    def settings(self) -> tuple[Setting, ...]:
        return settings_of(self._assembly)

    def save_settings(self, values: Mapping[str, str]) -> None:
        change_settings(self._assembly, values)

    # -- What the window remembers --------------------------------------------------------------------------

    def remembered(self) -> Mapping[str, object]:
        try:
            plain = json.loads(self._window_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return plain if isinstance(plain, dict) else {}

    def remember(self, values: Mapping[str, object]) -> None:
        with contextlib.suppress(OSError):  # a window that cannot remember is one all the same
            replace_privately(self._window_file, json.dumps(dict(values), indent=1).encode())

    @property
    def _window_file(self) -> Path:
        return self._assembly.folders.state / "window.json"


def _words(text: str) -> tuple[str, ...]:
    """FFmpeg's arguments as a shell takes them. Raises UsageError."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise UsageError(f"{text!r} has a quotation mark that is not closed") from None
