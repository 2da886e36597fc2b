"""The window of the settings: how the window looks and speaks, and what it begins with."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING

from ffx.gui_tk.dialog import Dialog
from ffx.gui_tk.texts import LANGUAGE_NAMES

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application


class SettingsWindow(Dialog):
    """What is chosen here is kept for the next start."""

    def __init__(self, application: Application) -> None:
        super().__init__(application, application.words.texts("Settings"), 460, 220)
        texts = self.texts
        self._themes = {texts("Light"): "light", texts("Dark"): "dark"}
        theme = next(name for name, value in self._themes.items() if value == application.theme)
        self.theme = tk.StringVar(self, theme)
        self.language = tk.StringVar(self, LANGUAGE_NAMES[texts.language])
        self._row(0, texts("Looks"), self.theme, list(self._themes), self._choose_theme)
        self._row(1, texts("Language"), self.language, list(LANGUAGE_NAMES.values()), self._choose_language)
        self.note = tk.StringVar(self)
        ttk.Label(self.body, textvariable=self.note).grid(row=2, column=0, columnspan=2, sticky="w", pady=(10, 0))
        self.body.columnconfigure(1, weight=1)

    def _row(self, row: int, title: str, variable: tk.StringVar, values: list[str], chosen: object) -> None:
        ttk.Label(self.body, text=title).grid(row=row, column=0, sticky="w", padx=(0, 12), pady=6)
        box = ttk.Combobox(self.body, textvariable=variable, values=values, state="readonly")
        box.grid(row=row, column=1, sticky="ew", pady=6)
        variable.trace_add("write", chosen)  # type: ignore[arg-type]

    def _choose_theme(self, *names: str) -> None:
        self.application.set_theme(self._themes[self.theme.get()])

    def _choose_language(self, *names: str) -> None:
        language = next(code for code, name in LANGUAGE_NAMES.items() if name == self.language.get())
        self.application.remember(language=language)
        self.note.set(self.texts("The language changes with the next start."))
