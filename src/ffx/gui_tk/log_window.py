"""The window of the log: what happened to jobs, by how much it matters and by job."""

from __future__ import annotations

import time
import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING

from ffx.core.desk import Level, LogLine
from ffx.gui_tk.dialog import Dialog
from ffx.gui_tk.log_view import LogView
from ffx.gui_tk.table import Column, make_tree

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application

PERIOD = 700
"""Milliseconds between two looks."""


class LogWindow(Dialog):
    """Lines, the newest at the end."""

    def __init__(self, application: Application) -> None:
        super().__init__(application, application.words.texts("Log"), 900, 460)
        self.view = LogView()
        self.level, self.words = tk.StringVar(self, "all"), tk.StringVar(self)
        bar = ttk.Frame(self.body)
        for value, title in (
            ("all", self.texts("All")),
            (Level.WARNING.value, self.texts("Warnings and errors")),
            (Level.ERROR.value, self.texts("Errors")),
        ):
            button = ttk.Radiobutton(bar, text=title, value=value, variable=self.level, style="Toggle.TButton")
            button.configure(command=self._choose)
            button.pack(side="left", padx=(0, 4))
        ttk.Label(bar, text=self.texts("Job")).pack(side="left", padx=(12, 6))
        self.entry = ttk.Entry(bar, textvariable=self.words)
        self.entry.pack(side="left", fill="x", expand=True)
        self.words.trace_add("write", lambda *names: self._choose())
        bar.pack(fill="x", pady=(0, 8))
        columns = (
            Column("time", self.texts("Time"), 90),
            Column("text", self.texts("What happened"), 700, stretch=True),
        )
        self.tree = make_tree(self.body, columns, height=10, mode="browse")
        scroll = ttk.Scrollbar(self.body, command=self.tree.yview)
        self.tree.configure(yscrollcommand=scroll.set)
        self.tree.pack(side="left", fill="both", expand=True)
        scroll.pack(side="right", fill="y")
        self._look()

    def _look(self) -> None:
        desk, after = self.application.desk, self.view.last
        self.application.bridge.call(lambda: desk.log(after), self._take)

    def _take(self, lines: tuple[LogLine, ...]) -> None:
        if self.is_open:
            self._add(self.view.take(lines))
            self.application.bridge.later("log", PERIOD, self._look)

    def _choose(self) -> None:
        self.view.choose(self.level.get(), self.words.get())
        self.tree.delete(*self.tree.get_children())
        self._add(self.view.shown())

    def _add(self, lines: tuple[LogLine, ...]) -> None:
        signs = {Level.INFO: "", Level.WARNING: "⚠ ", Level.ERROR: "✖ "}
        for line in lines:
            moment = time.strftime("%H:%M:%S", time.localtime(line.time))
            item = self.tree.insert("", "end", values=(moment, f"{signs[line.level]}{line.text}"))
            self.tree.see(item)
