"""The window of what each server can do."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping
from tkinter import ttk
from typing import TYPE_CHECKING

from ffx.core.model import ServerCapabilities
from ffx.gui_tk.capabilities_view import CapabilitiesView, side_by_side
from ffx.gui_tk.dialog import Dialog
from ffx.gui_tk.table import Column, make_tree

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application


class CapabilitiesWindow(Dialog):
    """A column for each server, a row for each encoder."""

    def __init__(self, application: Application) -> None:
        super().__init__(application, application.words.texts("Capabilities of the servers"), 1000, 600)
        self.tree: ttk.Treeview | None = None
        self._wait = ttk.Label(self.body, text=self.texts("The servers are asked…"))
        self._wait.pack(expand=True)
        application.bridge.call(application.desk.capabilities, self._show, self._fail)

    def _show(self, found: Mapping[str, ServerCapabilities]) -> None:
        if not self.is_open:
            return
        self._wait.destroy()
        if not found:
            ttk.Label(self.body, text=self.texts("No server")).pack(expand=True)
            return
        view = side_by_side(found, self.texts)
        columns = [Column("vendor", self.texts("Vendor"), 90), Column("encoder", self.texts("Encoder"), 150)]
        columns += [Column(f"s{place}", name, 260, stretch=True) for place, name in enumerate(view.servers)]
        self.tree = make_tree(self.body, columns, height=10, mode="browse")
        bar = ttk.Scrollbar(self.body, command=self.tree.yview)
        self.tree.configure(yscrollcommand=bar.set)
        for row in view.rows:
            self.tree.insert("", "end", values=(row.vendor, row.encoder, *row.cells))
        self.details = tk.StringVar(self)
        ttk.Label(self.body, textvariable=self.details, wraplength=960).pack(side="bottom", fill="x", pady=(8, 0))
        self.tree.bind("<<TreeviewSelect>>", lambda event: self._explain(view))
        self.tree.pack(side="left", fill="both", expand=True)
        bar.pack(side="right", fill="y")

    def _explain(self, view: CapabilitiesView) -> None:
        """The cells of the selected row as a whole: a reason may be longer than a column."""
        assert self.tree is not None
        selection = self.tree.selection()
        if selection:
            row = view.rows[self.tree.index(selection[0])]
            words = (f"{server}: {cell}" for server, cell in zip(view.servers, row.cells, strict=True))
            self.details.set("\n".join(words))

    def _fail(self, message: str) -> None:
        if self.is_open:
            self._wait.configure(text=message)
