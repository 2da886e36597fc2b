"""What happened to jobs, in lines: told by the thread that works the queue, read by those of a window."""

from __future__ import annotations

import threading
from collections import deque

from ffx.core.desk import Level, LogLine
from ffx.core.events import JobEvent
from ffx.core.model import JobState
from ffx.plugins._course import Courses, lines_of

KEPT_LINES = 5000


class Diary:
    """The last that happened, told by one thread and read by others."""

    def __init__(self) -> None:
        self._courses = Courses()
        self._lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._count = 0
        self._turn = threading.Lock()

    def take(self, event: JobEvent) -> None:
        course = self._courses.take(event)
        if not (event.message or event.state.is_final):  # mere progress
            return
        level = Level.ERROR if event.state is JobState.FAILED else Level.INFO
        with self._turn:
            for place, text in enumerate(lines_of(course)):
                self._count += 1
                line_level = Level.WARNING if place else level  # behind its end, what could not be kept
                self._lines.append(LogLine(self._count, event.time, line_level, event.job.job_id, text))

    def lines(self, after: int) -> tuple[LogLine, ...]:
        with self._turn:
            return tuple(line for line in self._lines if line.number > after)
