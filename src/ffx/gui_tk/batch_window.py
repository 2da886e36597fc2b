"""The window of a whole folder: its films, a profile, and how the results are called."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import filedialog, ttk
from typing import TYPE_CHECKING

from ffx.core.desk import ProfileRow, Submitted, Wishes
from ffx.gui_tk.dialog import Dialog

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application

TEMPLATE = "{stem}.{height}p.{ext}"


class BatchWindow(Dialog):
    """Puts the films of a folder into the queue."""

    def __init__(self, application: Application) -> None:
        super().__init__(application, application.words.texts("A whole folder"), 640, 260)
        texts = self.texts
        self.source, self.target = tk.StringVar(), tk.StringVar()
        self.profile, self.template = tk.StringVar(), tk.StringVar(value=TEMPLATE)
        self._row(0, texts("Folder"), ttk.Entry(self.body, textvariable=self.source), self.source)
        self._row(1, texts("Results go to"), ttk.Entry(self.body, textvariable=self.target), self.target)
        self.box = ttk.Combobox(self.body, textvariable=self.profile, state="readonly")
        self._row(2, texts("Profile"), self.box)
        self._row(3, texts("Names"), ttk.Entry(self.body, textvariable=self.template))
        self.start_button = ttk.Button(self.body, text=texts("Start"), style="Accent.TButton", command=self.start)
        self.start_button.grid(row=4, column=1, sticky="e", pady=(12, 0))
        self.body.columnconfigure(1, weight=1)
        application.bridge.call(application.desk.profiles, self._show_profiles)

    def _row(self, row: int, title: str, field: ttk.Entry, folder: tk.StringVar | None = None) -> None:
        ttk.Label(self.body, text=title).grid(row=row, column=0, sticky="w", padx=(0, 10), pady=4)
        field.grid(row=row, column=1, sticky="ew", pady=4)
        if folder is not None:
            button = ttk.Button(self.body, text="…", width=3, command=lambda: self._choose(folder))
            button.grid(row=row, column=2, padx=(6, 0))

    def _choose(self, folder: tk.StringVar) -> None:
        name = filedialog.askdirectory(parent=self, mustexist=folder is self.source)
        if name:
            folder.set(name)

    def _show_profiles(self, profiles: tuple[ProfileRow, ...]) -> None:
        if self.is_open:
            self.box.configure(values=[profile.name for profile in profiles])
            self.profile.set(self.application.main.files.profile.get())

    def start(self) -> None:
        if not self.source.get():
            return
        source = Path(self.source.get()).expanduser()
        target = Path(self.target.get()).expanduser() if self.target.get() else source / "encoded"
        desk, profile, name = self.application.desk, self.profile.get(), self.template.get().strip()
        self.start_button.state(["disabled"])
        self.application.bridge.call(
            lambda: desk.submit([source], Wishes(profile), target, name=name), self._submitted, self._not_submitted
        )

    def _submitted(self, submitted: Submitted) -> None:
        self.application.main.look_at_queue()
        if submitted.refused:
            self.application.show_error("\n".join(submitted.refused))
        if self.is_open:
            self.destroy()

    def _not_submitted(self, message: str) -> None:
        if self.is_open:
            self.start_button.state(["!disabled"])
        self.application.show_error(message)
