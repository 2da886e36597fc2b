"""A list of jobs that has as many rows as are seen: a scroll bar moves through all that a ``QueueView`` stands for."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from tkinter import ttk
from typing import Literal

from attrs import frozen

from ffx.core.desk import JobRow
from ffx.gui_tk.queue_view import QueueView
from ffx.gui_tk.scale import scaled

WHEEL_ROWS = 3
MENU_KEYS = ("<Shift-F10>", "<App>" if sys.platform == "win32" else "<Menu>")
"""What opens the menu of a row without a mouse."""


@frozen
class Column:
    """One column of a list."""

    name: str
    title: str
    width: int
    stretch: bool = False
    right: bool = False
    """Whether its text stands at the right, as numbers do."""


def make_tree(
    parent: tk.Misc, columns: Sequence[Column], *, height: int, mode: Literal["extended", "browse"] = "extended"
) -> ttk.Treeview:
    """A list with these columns."""
    tree = ttk.Treeview(
        parent, columns=[column.name for column in columns], show="headings", height=height, selectmode=mode
    )
    for column in columns:
        anchor: Literal["e", "w"] = "e" if column.right else "w"
        tree.heading(column.name, text=column.title, anchor=anchor)
        width = scaled(parent, column.width)
        tree.column(column.name, width=width, minwidth=scaled(parent, 40), stretch=column.stretch, anchor=anchor)
    return tree


class JobTable(ttk.Frame):
    """The list with its scroll bar."""

    def __init__(
        self,
        parent: tk.Misc,
        view: QueueView,
        columns: Sequence[Column],
        cells: Callable[[JobRow], tuple[str, ...]],
        on_move: Callable[[], None],
    ) -> None:
        """``on_move`` hears when other rows are seen than before, and pages may be missing."""
        super().__init__(parent)
        self._view, self._cells, self._on_move = view, cells, on_move
        self.tree = make_tree(self, columns, height=view.height)
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._scroll)
        self.tree.grid(row=0, column=0, sticky="nsew")
        self._bar.grid(row=0, column=1, sticky="ns")
        self.rowconfigure(0, weight=1)
        self.columnconfigure(0, weight=1)
        self._shown: list[tuple[int, tuple[str, ...]]] = []
        self._updating = False
        self.tree.bind("<Configure>", self._resized)
        self.tree.bind("<<TreeviewSelect>>", self._selected)
        for event, rows in (("<Button-4>", -WHEEL_ROWS), ("<Button-5>", WHEEL_ROWS)):
            self.tree.bind(event, partial(self._wheel, rows))
        self.tree.bind("<MouseWheel>", lambda event: self._by(-WHEEL_ROWS if event.delta > 0 else WHEEL_ROWS))
        self.tree.bind("<Up>", lambda event: self._step(-1))
        self.tree.bind("<Down>", lambda event: self._step(1))
        self.tree.bind("<Prior>", lambda event: self._by(-view.height))
        self.tree.bind("<Next>", lambda event: self._by(view.height))
        self.tree.bind("<Home>", lambda event: self._by(-view.total))
        self.tree.bind("<End>", lambda event: self._by(view.total))

    def show(self) -> None:
        """Draw what the view holds now; rows that are as before are left alone."""
        rows = [(row.number, self._cells(row)) if row is not None else (0, ("…",)) for row in self._view.visible()]
        self._updating = True
        try:
            for place, (number, cells) in enumerate(rows):
                if place >= len(self._shown):
                    self.tree.insert("", "end", iid=str(place), values=cells)
                elif self._shown[place] != (number, cells):
                    self.tree.item(str(place), values=cells)
            for place in range(len(rows), len(self._shown)):
                self.tree.delete(str(place))
            self._shown = rows
            wanted = [str(place) for place, (number, _) in enumerate(rows) if number in self._view.selected]
            if list(self.tree.selection()) != wanted:
                self.tree.selection_set(wanted)
        finally:
            self.update_idletasks()  # the event of the selection is ours, and comes now
            self._updating = False
        self._bar.set(*self._view.span)

    def number_at(self, y: int) -> int | None:
        """The job at a place of the list, in pixels."""
        place = self.tree.identify_row(y)
        return self._shown[int(place)][0] or None if place and int(place) < len(self._shown) else None

    def focus_on_first(self) -> None:
        """Let the keyboard move in the list, from what is selected or the first row on."""
        self.tree.focus_set()
        if not self.tree.selection():
            self._select(0)

    # -- What the person does -------------------------------------------------------------------------------

    def _step(self, by: int) -> str:
        """Select the row above or below, and scroll where there is none in sight."""
        places = [int(place) for place in self.tree.selection()]
        place = (places[-1 if by > 0 else 0] + by) if places else 0
        if not 0 <= place < len(self._shown):
            self._view.scroll_by(by)
            self._moved()
        self._select(place)
        return "break"

    def _select(self, place: int) -> None:
        if self._shown:
            row = str(max(0, min(len(self._shown) - 1, place)))
            self.tree.selection_set(row)
            self.tree.focus(row)

    def _resized(self, event: tk.Event[ttk.Treeview]) -> None:
        row = ttk.Style(self).lookup("Treeview", "rowheight") or 20
        self._view.height = max(1, (event.height - int(row)) // int(row))
        self._moved()

    def _scroll(self, how: str, amount: str, unit: str = "") -> None:
        if how == "moveto":
            self._view.scroll_to(float(amount))
        else:
            self._view.scroll_by(int(amount) * (self._view.height if unit == "pages" else 1))
        self._moved()

    def _wheel(self, rows: int, event: tk.Event[ttk.Treeview]) -> str:
        return self._by(rows)

    def _by(self, rows: int) -> str:
        self._view.scroll_by(rows)
        self._moved()
        return "break"

    def _moved(self) -> None:
        self.show()
        self._on_move()

    def _selected(self, event: tk.Event[ttk.Treeview]) -> None:
        if self._updating:
            return
        here = {number for number, _ in self._shown}
        chosen = {self._shown[int(place)][0] for place in self.tree.selection() if int(place) < len(self._shown)}
        elsewhere = self._view.selected - here if len(chosen) > 1 else frozenset()
        self._view.selected = frozenset(elsewhere | chosen) - {0}
