"""The front ends of a terminal: ``live`` bars, plain ``lines`` for pipes, and ``json``, one line a job that ended."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ffx import hookimpl
from ffx.core.events import JobEvent, Phase
from ffx.core.model import JobConfiguration, JobState
from ffx.core.ui import UserInterface
from ffx.plugins._course import Course, Courses, figures, lines_of, name_of, share_done, shortened, summary, where

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

LINE_INTERVAL = 10.0
"""Seconds between two plain lines about the progress of one job."""
NAME_WIDTH = 24
"""Characters of a file's name before a bar."""


class JsonLines(UserInterface):
    """One JSON object a line for every job that ended, when it ends."""

    name = "json"

    async def follow(self, jobs: Sequence[JobConfiguration], events: AsyncIterator[JobEvent]) -> None:
        courses = Courses()
        async for event in events:
            course = courses.take(event)
            if event.state.is_final:
                print(json.dumps(summary(course), allow_nan=False), flush=True)


class PlainLines(UserInterface):
    """A line for every step of a job, and now and then one on its progress."""

    name = "lines"

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    async def follow(self, jobs: Sequence[JobConfiguration], events: AsyncIterator[JobEvent]) -> None:
        courses = Courses()
        steps: dict[str, tuple[Phase, int]] = {}
        spoke: dict[str, float] = {}
        async for event in events:
            course = courses.take(event)
            job_id, step, now = event.job.job_id, (event.phase, event.attempt), self._clock()
            is_news = event.state.is_final or bool(event.message) or steps.get(job_id) != step
            if is_news or now - spoke[job_id] >= LINE_INTERVAL:
                steps[job_id], spoke[job_id] = step, now
                for line in lines_of(course):
                    print(line, flush=True)


class LiveBars(UserInterface):
    """A bar for every job that is under way; what ended stands above them as a line."""

    name = "live"

    def __init__(self, console: Callable[[], Console] | None = None) -> None:
        self._console = console

    async def follow(self, jobs: Sequence[JobConfiguration], events: AsyncIterator[JobEvent]) -> None:
        from rich.console import Console  # slow to import for those who only want lines

        console = self._console() if self._console is not None else Console(file=sys.stdout)
        courses = Courses()
        with _progress(console) as progress:
            bars = _Bars(progress, len(jobs))
            async for event in events:
                bars.show(courses.take(event))


class _Bars:
    """The bars of one run."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress = progress
        self._count = count
        self._seen: set[str] = set()
        self._ended = 0
        self._bars: dict[str, TaskID] = {}
        self._all = progress.add_task("", total=count, figures="", visible=count > 1)
        self._show_count()

    def show(self, course: Course) -> None:
        event = course.event
        if event.job.job_id not in self._seen:
            self._seen.add(event.job.job_id)
            self._show_count()
        if event.state.is_final:
            self._remove(event.job.job_id)
            self._say(lines_of(course))
            self._ended += 1
            self._show_count()
        elif event.state is JobState.PENDING:
            self._remove(event.job.job_id)  # it lost its server; a bar comes back with the next one
            self._say(lines_of(course))
        else:
            self._update(course)

    def _update(self, course: Course) -> None:
        event = course.event
        bar = self._bars.get(event.job.job_id)
        if bar is None:
            bar = self._bars[event.job.job_id] = self._progress.add_task("", total=1.0, figures="")
        self._progress.update(
            bar,
            description=f"{shortened(name_of(event.job), NAME_WIDTH)}  {where(course)}",
            completed=share_done(event),
            figures=", ".join(figures(event)),
        )

    def _remove(self, job_id: str) -> None:
        bar = self._bars.pop(job_id, None)
        if bar is not None:
            self._progress.remove_task(bar)

    def _show_count(self) -> None:
        count = max(self._count, len(self._seen))  # jobs may be added while others run
        self._progress.update(
            self._all,
            total=count,
            completed=self._ended,
            description=f"{self._ended} of {count} jobs",
            visible=count > 1,
        )

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _progress(console: Console) -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[figures]}", markup=False),
        console=console,
        expand=True,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=True,  # a line that is logged meanwhile stands above the bars, not in them
    )


@hookimpl
def ffx_register_uis() -> list[UserInterface]:
    return [LiveBars(), PlainLines(), JsonLines()]
