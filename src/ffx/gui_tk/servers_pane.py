"""The servers: how they are, and what a person does with them."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from tkinter import messagebox, ttk
from typing import TYPE_CHECKING

from ffx.core.desk import ServerRow
from ffx.core.model import ServerStatus
from ffx.gui_tk.table import MENU_KEYS, Column, make_tree

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application


KINDS = ("any", "h264", "hevc", "av1")
"""Of jobs that a server can be preferred for."""


class ServersPane(ttk.Frame):
    """A list of servers; jobs can be dropped on them."""

    def __init__(self, parent: tk.Misc, application: Application, on_change: Callable[[], None]) -> None:
        super().__init__(parent)
        self._application, self._on_change = application, on_change
        self.rows: tuple[ServerRow, ...] = ()
        texts = application.words.texts
        self.tree = make_tree(
            self,
            (
                Column("name", texts("Server"), 90, stretch=True),
                Column("address", texts("Address"), 110, stretch=True),
                Column("state", texts("State"), 110),
                Column("jobs", texts("Jobs"), 45, right=True),
                Column("cpu", texts("CPU"), 50, right=True),
                Column("memory", texts("Memory"), 70, right=True),
                Column("disk", texts("Disk"), 70, right=True),
            ),
            height=5,
            mode="browse",
        )
        self.tree.tag_configure("target", font="TkHeadingFont")
        self.address = tk.StringVar()
        self.entry = ttk.Entry(self, textvariable=self.address)
        self.entry.bind("<Return>", lambda event: self.add())
        self.add_button = ttk.Button(self, text=texts("Add"), command=self.add)
        self.remove_button = ttk.Button(self, text=texts("Remove"), command=self.remove)
        self.drain_button = ttk.Button(self, text=texts("Drain"), command=self.drain)
        self.tree.grid(row=0, column=0, columnspan=4, sticky="nsew", pady=(0, 6))
        self.entry.grid(row=1, column=0, sticky="ew", padx=(0, 6))
        self.add_button.grid(row=1, column=1)
        self.remove_button.grid(row=1, column=2, padx=6)
        self.drain_button.grid(row=1, column=3)
        self.rowconfigure(0, weight=1)
        self.columnconfigure(0, weight=1)
        self.details = tk.StringVar(self)
        ttk.Label(self, textvariable=self.details).grid(row=2, column=0, columnspan=4, sticky="w")
        self.menu = tk.Menu(self, tearoff=False)
        self.tree.bind("<Button-3>", self._open_menu)
        for key in MENU_KEYS:
            self.tree.bind(key, lambda event: self._open_menu_at(self.tree.winfo_rootx(), self.tree.winfo_rooty()))
        self.tree.bind("<<TreeviewSelect>>", lambda event: self._show_buttons())
        self._show_buttons()

    def take(self, rows: Sequence[ServerRow]) -> None:
        """Show the servers as they are; who was selected stays so."""
        words, before = self._application.words, {row.name: row for row in self.rows}
        self.rows = tuple(rows)
        for row in rows:
            if not self.tree.exists(row.name):
                self.tree.insert("", "end", iid=row.name, values=words.server(row))
            elif row != before.get(row.name):
                self.tree.item(row.name, values=words.server(row))
        gone = set(self.tree.get_children()) - {row.name for row in rows}
        self.tree.delete(*gone)
        self._show_buttons()

    def take_focus(self) -> None:
        """Let the keyboard move in the list, from its first server on."""
        self.tree.focus_set()
        if self.rows and not self.tree.selection():
            self.tree.selection_set(self.rows[0].name)
        self.tree.focus(next(iter(self.tree.selection()), ""))

    @property
    def chosen(self) -> ServerRow | None:
        selection = self.tree.selection()
        return next((row for row in self.rows if selection and row.name == selection[0]), None)

    def server_at(self, x_root: int, y_root: int) -> str:
        """The name of the server under a point of the screen; empty where there is none."""
        if self.winfo_containing(x_root, y_root) is not self.tree:
            return ""
        return self.tree.identify_row(y_root - self.tree.winfo_rooty())

    # -- What the person does -------------------------------------------------------------------------------

    def add(self) -> None:
        text = self.address.get().strip()
        if not text:
            self.entry.focus_set()
            return
        desk = self._application.desk
        self.add_button.state(["disabled"])
        self._application.bridge.call(lambda: desk.add_server(text), self._added, self._not_added)

    def _added(self, row: ServerRow) -> None:
        self.address.set("")
        self.add_button.state(["!disabled"])
        self._on_change()

    def _not_added(self, message: str) -> None:
        self.add_button.state(["!disabled"])
        self._application.show_error(message)

    def remove(self) -> None:
        row, texts = self.chosen, self._application.words.texts
        if row is None or not messagebox.askyesno("ffx", texts("Forget {server}?", server=row.name), parent=self):
            return
        desk, name = self._application.desk, row.name
        self._application.bridge.call(lambda: desk.remove_server(name), lambda answer: self._on_change())

    def drain(self) -> None:
        row = self.chosen
        if row is None or row.info is None:
            return
        desk, name, draining = self._application.desk, row.name, row.info.status is not ServerStatus.MAINTENANCE
        self._application.bridge.call(lambda: desk.drain(name, draining), lambda answer: self._on_change())

    def test(self) -> None:
        """Ask the selected server how it is, and say so in a box."""
        row, words = self.chosen, self._application.words
        if row is None:
            return
        desk, name = self._application.desk, row.name

        def tell(found: tuple[ServerRow, ...]) -> None:
            for one in found:
                if one.name == name:
                    lines = (words.server_state(one), words.server_details(one))
                    messagebox.showinfo(name, "\n".join(lines), parent=self)

        self._application.bridge.call(lambda: tuple(desk.servers()), tell)

    def prefer(self, kind: str) -> None:
        """Ask the selected server first for a kind of job, or no longer."""
        row = self.chosen
        if row is None:
            return
        kinds = [one for one in row.preferred_for if one != kind]
        kinds += [kind] if kind not in row.preferred_for else []
        desk, name = self._application.desk, row.name
        self._application.bridge.call(lambda: desk.prefer(name, kinds), lambda answer: self._on_change())

    def _open_menu(self, event: tk.Event[ttk.Treeview]) -> None:
        self.tree.selection_set(self.tree.identify_row(event.y) or ())
        self._open_menu_at(event.x_root, event.y_root)

    def _open_menu_at(self, x: int, y: int) -> None:
        self.fill_menu()
        if self.chosen is not None:
            self.menu.tk_popup(x, y)

    def fill_menu(self) -> None:
        """What can be done with the selected server: tried, and preferred for kinds of job."""
        self.menu.delete(0, "end")
        row, texts = self.chosen, self._application.words.texts
        self.menu.add_command(label=texts("Test the connection"), command=self.test)
        for kind in KINDS if row is not None and row.remembered else ():
            mark = "✔ " if row is not None and kind in row.preferred_for else "    "
            title = texts("all jobs") if kind == "any" else kind
            self.menu.add_command(label=f"{mark}{texts('Prefer for')} {title}", command=partial(self.prefer, kind))

    def _show_buttons(self) -> None:
        row, texts = self.chosen, self._application.words.texts
        self.remove_button.state(["!disabled" if row is not None and row.remembered else "disabled"])
        there = row is not None and row.info is not None
        self.details.set(self._application.words.server_details(row) if row is not None else "")
        self.drain_button.state(["!disabled" if there else "disabled"])
        drains = row is not None and row.info is not None and row.info.status is ServerStatus.MAINTENANCE
        self.drain_button.configure(text=texts("Take jobs again") if drains else texts("Drain"))
