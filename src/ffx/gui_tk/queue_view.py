"""The part of the queue that is seen: it holds a few pages, however many jobs there are. Without Tk."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from ffx.core.desk import JobPage, JobRow
from ffx.core.model import JobState

PAGE = 100
"""Rows that are read at a time."""


@define
class QueueView:
    """What a list of jobs shows: some states, from some row on."""

    states: tuple[JobState, ...] = ()
    """Empty: all."""
    first: int = 0
    """The row at the top, from 0."""
    height: int = 20
    """Rows that are seen."""
    total: int = 0
    selected: frozenset[int] = frozenset()
    """Numbers of jobs."""
    _pages: dict[int, tuple[JobRow, ...]] = field(factory=dict, init=False)

    # -- Rows -----------------------------------------------------------------------------------------------

    @property
    def wanted(self) -> tuple[int, ...]:
        """The numbers of the pages that hold what is seen, from 1."""
        last = max(self.first, min(self.first + self.height, max(1, self.total)) - 1)
        return tuple(range(self.first // PAGE + 1, last // PAGE + 2))

    def take(self, number: int, page: JobPage) -> bool:
        """A page as it is now; returns whether anything that is seen is another than before."""
        before = (self.total, self.visible())
        self._pages[number] = page.rows
        self.total = page.total
        self.first = max(0, min(self.first, self.total - 1))
        for other in [other for other in self._pages if other not in self.wanted]:
            del self._pages[other]
        return before != (self.total, self.visible())

    def visible(self) -> tuple[JobRow | None, ...]:
        """The rows that are seen; None where a page has not come yet."""
        count = max(0, min(self.height, self.total - self.first))
        return tuple(self._row(self.first + place) for place in range(count))

    def _row(self, place: int) -> JobRow | None:
        page = self._pages.get(place // PAGE + 1, ())
        return page[place % PAGE] if place % PAGE < len(page) else None

    # -- Moving ---------------------------------------------------------------------------------------------

    def show(self, states: Sequence[JobState]) -> None:
        """Jobs in other states, from the first on."""
        self.states, self.first, self.total = tuple(states), 0, 0
        self._pages.clear()

    def scroll_to(self, share: float) -> None:
        """0: to the beginning; 1: to the end."""
        self._go(round(share * self.total))

    def scroll_by(self, rows: int) -> None:
        self._go(self.first + rows)

    def _go(self, first: int) -> None:
        self.first = max(0, min(first, self.total - self.height))

    @property
    def span(self) -> tuple[float, float]:
        """Where what is seen lies in the whole, for a scroll bar: shares of it."""
        if self.total <= self.height:
            return 0.0, 1.0
        return self.first / self.total, min(1.0, (self.first + self.height) / self.total)

    # -- Selecting ------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> tuple[JobRow, ...]:
        """The selected jobs that are held, the newest first."""
        rows = (row for number in sorted(self._pages) for row in self._pages[number])
        return tuple(row for row in rows if row.number in self.selected)
