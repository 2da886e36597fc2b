"""The window of what was done: how fast each server was, and what was saved."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk
from typing import TYPE_CHECKING

from ffx.core.desk import HistoryRow
from ffx.core.figures import size_text
from ffx.gui_tk.dialog import Dialog

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application

BAR = 22
"""Pixels from one bar to the next."""
NAMES = 230
FIGURES = 250
COLOUR = "#0f6cbd"


class HistoryWindow(Dialog):
    """A bar for each server and encoder."""

    def __init__(self, application: Application) -> None:
        super().__init__(application, application.words.texts("History"), 820, 480)
        self.summary = tk.StringVar()
        ttk.Label(self.body, textvariable=self.summary).pack(anchor="w", pady=(0, 8))
        self.chart = tk.Canvas(self.body, highlightthickness=0)
        self.chart.pack(fill="both", expand=True)
        self._rows: Sequence[HistoryRow] = ()
        self.chart.bind("<Configure>", lambda event: self._draw())
        application.bridge.call(application.desk.history, self._take)

    def _take(self, rows: tuple[HistoryRow, ...]) -> None:
        if not self.is_open:
            return
        self._rows = sorted(rows, key=lambda row: -row.fps)
        jobs = self.texts.count("{number} job", "{number} jobs", sum(row.completed for row in rows))
        saved = size_text(sum(row.saved for row in rows))
        self.summary.set(self.texts("{jobs} done, {size} saved", jobs=jobs, size=saved))
        self._draw()

    def _draw(self) -> None:
        chart, ink = self.chart, ttk.Style(self).lookup("TLabel", "foreground")
        chart.delete("all")
        room = max(50, chart.winfo_width() - NAMES - FIGURES)
        fastest = max((row.fps for row in self._rows), default=0.0) or 1.0
        for place, row in enumerate(self._rows):
            middle = BAR * place + BAR // 2
            length = max(1, round(room * row.fps / fastest))
            name = " · ".join(filter(None, (row.server or self.texts("No server"), row.encoder)))
            done = self.texts.count("{number} job", "{number} jobs", row.completed)
            figures = f"{row.fps:.0f} fps, {done}, {size_text(row.saved)}"
            chart.create_text(0, middle, text=name, anchor="w", fill=ink)
            chart.create_rectangle(NAMES, middle - 7, NAMES + length, middle + 7, fill=COLOUR, width=0)
            chart.create_text(NAMES + length + 8, middle, text=figures, anchor="w", fill=ink)
