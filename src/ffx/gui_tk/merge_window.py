"""The window in which files become one."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable
from pathlib import Path
from tkinter import filedialog, messagebox, ttk
from typing import TYPE_CHECKING

from ffx.gui_tk.dialog import Dialog
from ffx.gui_tk.table import Column, make_tree

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application


class MergeWindow(Dialog):
    """A list in its order, and where the one goes."""

    def __init__(self, application: Application, files: Iterable[Path] = ()) -> None:
        super().__init__(application, application.words.texts("Merge files"), 680, 420)
        texts = self.texts
        self.files = list(files)
        self.output = tk.StringVar(self)
        columns = (Column("file", texts("File"), 160), Column("folder", texts("Folder"), 320, stretch=True))
        self.tree = make_tree(self.body, columns, height=8, mode="browse")
        self.tree.grid(row=0, column=0, columnspan=3, sticky="nsew")
        self.buttons: dict[str, ttk.Button] = {}
        bar = ttk.Frame(self.body)
        for name, title, command in (
            ("add", texts("Add files…"), self._choose),
            ("up", "↑", lambda: self.move(-1)),
            ("down", "↓", lambda: self.move(1)),
            ("remove", texts("Remove"), self._remove),
        ):
            self.buttons[name] = ttk.Button(bar, text=title, command=command)
            self.buttons[name].pack(side="left", padx=(0, 6))
        bar.grid(row=1, column=0, columnspan=3, sticky="w", pady=8)
        ttk.Label(self.body, text=texts("Result")).grid(row=2, column=0, padx=(0, 8))
        ttk.Entry(self.body, textvariable=self.output).grid(row=2, column=1, sticky="ew")
        ttk.Button(self.body, text="…", width=3, command=self._choose_output).grid(row=2, column=2, padx=(6, 0))
        self.start_button = ttk.Button(self.body, text=texts("Start"), style="Accent.TButton", command=self.start)
        self.start_button.grid(row=3, column=1, columnspan=2, sticky="e", pady=(10, 0))
        self.body.rowconfigure(0, weight=1)
        self.body.columnconfigure(1, weight=1)
        self._show()

    def move(self, by: int) -> None:
        """The selected file, up or down."""
        place = self._chosen
        if place is None or not 0 <= place + by < len(self.files):
            return
        self.files[place], self.files[place + by] = self.files[place + by], self.files[place]
        self._show(place + by)

    def start(self) -> None:
        if not self.output.get():
            return
        desk, files, output = self.application.desk, list(self.files), Path(self.output.get()).expanduser()
        self.start_button.state(["disabled"])
        self.application.bridge.call(lambda: desk.merge(files, output.absolute()), self._started, self._failed)

    def _started(self, how: str) -> None:
        self.application.main.look_at_queue()
        if self.is_open:
            messagebox.showinfo("ffx", how, parent=self)
            self.destroy()

    def _failed(self, message: str) -> None:
        if self.is_open:
            self.start_button.state(["!disabled"])
        self.application.show_error(message)

    @property
    def _chosen(self) -> int | None:
        selection = self.tree.selection()
        return self.tree.index(selection[0]) if selection else None

    def _choose(self) -> None:
        self.files += map(Path, filedialog.askopenfilenames(parent=self))
        self._show()

    def _choose_output(self) -> None:
        name = filedialog.asksaveasfilename(parent=self, defaultextension=".mp4")
        if name:
            self.output.set(name)

    def _remove(self) -> None:
        if self._chosen is not None:
            del self.files[self._chosen]
            self._show()

    def _show(self, chosen: int | None = None) -> None:
        self.tree.delete(*self.tree.get_children())
        for path in self.files:
            self.tree.insert("", "end", values=(path.name, str(path.parent)))
        if chosen is not None:
            self.tree.selection_set(self.tree.get_children()[chosen])
