"""The jobs that wait for a server, in their order: higher priority first, then the older one.

Jobs that any server would judge alike stand in one line, so that a server is judged once for thousands of jobs; a line
is a heap, and so are the lines: putting a job in, taking it out and finding the first cost the logarithm of their
number.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Hashable, Iterator
from contextlib import contextmanager

from attrs import define, field, frozen

from ffx.client.queue.records import JobRecord

Order = tuple[int, int]
"""Smaller goes first: the priority turned round, and the job's number."""


@define(eq=False)
class Line:
    """Jobs that any server would judge alike."""

    key: Hashable
    heap: list[tuple[Order, str]] = field(factory=list)
    hurried: int = 0
    """How many of them somebody waits for."""
    able: dict[str, int] = field(factory=dict)
    """By server: the version of it that can do them, or that cannot as ``~version``."""


@frozen
class First:
    """The first job of a line."""

    order: Order
    line: Line
    job_id: str


@define
class WaitingJobs:
    """Who waits. A job stands in one line at most."""

    _lines: dict[Hashable, Line] = field(factory=dict)
    _places: dict[str, tuple[Line, Order]] = field(factory=dict)
    _hurried: set[str] = field(factory=set)
    _order: list[tuple[Order, int, Line]] = field(factory=list)
    """A heap with an entry for every line, no later than its first, and with others that are passed over."""

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._places

    def put(self, record: JobRecord, *, hurried: bool = False) -> Line:
        """Let a job wait, by its record; one that waits already takes its new place. Returns its line."""
        job_id, order, line = record.job_id, (-record.job.priority, record.number), self.line_for(record)
        if self._places.get(job_id) == (line, order):
            return line
        self.remove(job_id)
        self._places[job_id] = (line, order)
        if hurried:
            self._hurried.add(job_id)
            line.hurried += 1
        heapq.heappush(line.heap, (order, job_id))
        if line.heap[0][1] == job_id:
            self._announce(order, line)
        return line

    def line_for(self, record: JobRecord) -> Line:
        """The line in which a job stands, or would."""
        key = line_of(record)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(key)
        return line

    def remove(self, job_id: str) -> None:
        """It waits no longer; that it did not is fine."""
        place = self._places.pop(job_id, None)  # its entry in the heap is passed over when it comes to the top
        if place is not None and job_id in self._hurried:
            self._hurried.remove(job_id)
            place[0].hurried -= 1

    @contextmanager
    def in_order(self) -> Iterator[Iterator[First]]:
        """The first jobs of all lines, one after the other in their order; who was taken out meanwhile is followed by
        the next of its line, who was not holds up only its own line.
        """
        passed: list[tuple[Order, Line]] = []
        walk = self._walk(passed)
        try:
            yield walk
        finally:
            walk.close()
            for order, line in passed:
                self._announce(order, line)

    def lines(self) -> tuple[Line, ...]:
        """Every line in which somebody stands or stood, in no order."""
        return tuple(self._lines.values())

    def first(self, line: Line) -> First | None:
        """The first job of a line; None when nobody stands in it."""
        heap = line.heap
        while heap:
            order, job_id = heap[0]
            if self._places.get(job_id) == (line, order):
                return First(order, line, job_id)
            heapq.heappop(heap)
        if self._lines.get(line.key) is line:
            del self._lines[line.key]
        return None

    def of_line(self, line: Line) -> list[str]:
        """Everybody in a line, in their order."""
        entries = sorted(set(line.heap))  # who left and came back is in it twice
        return [job_id for order, job_id in entries if self._places.get(job_id) == (line, order)]

    def _walk(self, passed: list[tuple[Order, Line]]) -> Generator[First, None, None]:
        last = None
        while self._order:
            entry = heapq.heappop(self._order)
            if entry == last:  # announced twice
                continue
            last = entry
            order, _, line = entry
            first = self.first(line)
            if first is not None and first.order == order:
                try:
                    yield first
                finally:
                    after = self.first(line)
                    if after is not None and after.order == order:
                        passed.append((order, line))
                    elif after is not None:
                        self._announce(after.order, line)
            elif first is not None and first.order > order:  # of a job that left: the line stands further behind now
                self._announce(first.order, line)

    def _announce(self, order: Order, line: Line) -> None:
        heapq.heappush(self._order, (order, id(line), line))


def line_of(record: JobRecord) -> Hashable:
    """What makes a job another one in the eyes of servers and policies: its recipe, what it needs, its picture, its
    size to a factor of two, and which servers it may go to.
    """
    job = record.job
    return (
        job.recipe,
        job.required_capabilities,
        job.resolution,
        job.codec,
        job.file_size.bit_length(),
        record.handling.server,
        record.handling.local,
        frozenset(record.avoids),
        frozenset(record.failed_on),
    )
