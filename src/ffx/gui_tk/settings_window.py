"""The window of the settings: how the window looks and speaks, and what the configuration file says."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk
from typing import TYPE_CHECKING

from ffx.core.desk import Setting
from ffx.gui_tk.dialog import Dialog
from ffx.gui_tk.texts import LANGUAGE_NAMES, Texts

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application


def titles(texts: Texts) -> dict[str, str]:
    """What a person calls the settings of the file."""
    return {
        "submit.local": texts("Encode on this machine"),
        "policy.name": texts("Servers are chosen by"),
        "farm.patience": texts("Seconds to wait for lost servers"),
        "notify.webhook": texts("Address to notify"),
        "notify.command": texts("Program to run when a job ends"),
    }


class SettingsWindow(Dialog):
    """Looks and language are kept at once, the rest when it is saved; both count from the next start."""

    def __init__(self, application: Application) -> None:
        super().__init__(application, application.words.texts("Settings"), 640, 420)
        texts = self.texts
        self._themes = {texts("Light"): "light", texts("Dark"): "dark"}
        theme = next(name for name, value in self._themes.items() if value == application.theme)
        self.theme = tk.StringVar(self, theme)
        self.language = tk.StringVar(self, LANGUAGE_NAMES[texts.language])
        self._row(0, texts("Looks"), self.theme, list(self._themes))
        self._row(1, texts("Language"), self.language, list(LANGUAGE_NAMES.values()))
        self.theme.trace_add("write", self._choose_theme)
        self.language.trace_add("write", self._choose_language)
        self.values: dict[str, tk.StringVar] = {}
        self._before: dict[str, str] = {}
        self.note = tk.StringVar(self)
        self.save_button = ttk.Button(self.body, text=texts("Save"), style="Accent.TButton", command=self.save)
        self.body.columnconfigure(1, weight=1)
        application.bridge.call(application.desk.settings, self._show)

    def _row(self, row: int, title: str, variable: tk.StringVar, values: Sequence[str]) -> ttk.Entry:
        """A field; with values a choice of them."""
        ttk.Label(self.body, text=title).grid(row=row, column=0, sticky="w", padx=(0, 12), pady=5)
        field: ttk.Entry = ttk.Entry(self.body, textvariable=variable)
        if values:
            field = ttk.Combobox(self.body, textvariable=variable, values=list(values), state="readonly")
        field.grid(row=row, column=1, sticky="ew", pady=5)
        return field

    def _show(self, settings: tuple[Setting, ...]) -> None:
        if not self.is_open:
            return
        named = titles(self.texts)
        for row, setting in enumerate(settings, 2):
            variable = self.values[setting.name] = tk.StringVar(self, setting.value)
            field = self._row(row, named.get(setting.name, setting.name), variable, setting.choices)
            if setting.fixed_by:
                field.configure(state="disabled")
                self.note.set(self.texts("{variable} decides what is grey.", variable=setting.fixed_by))
        self._before = {name: variable.get() for name, variable in self.values.items()}
        below = 2 + len(settings)
        ttk.Label(self.body, textvariable=self.note, wraplength=420).grid(row=below, column=0, columnspan=2, sticky="w")
        self.save_button.grid(row=below + 1, column=1, sticky="e", pady=(10, 0))

    # -- What the person does -------------------------------------------------------------------------------

    def save(self) -> None:
        """Write what was changed into the configuration file."""
        desk = self.application.desk
        now = {name: variable.get() for name, variable in self.values.items()}
        changed = {name: value for name, value in now.items() if value != self._before[name]}
        if not changed:
            self.destroy()
            return
        self.application.bridge.call(lambda: desk.save_settings(changed), lambda answer: self._saved(now), self._say)

    def _saved(self, now: dict[str, str]) -> None:
        self._before = now
        self._say(self.texts("Saved; it counts from the next start."))

    def _choose_theme(self, *names: str) -> None:
        self.application.set_theme(self._themes[self.theme.get()])

    def _choose_language(self, *names: str) -> None:
        language = next(code for code, name in LANGUAGE_NAMES.items() if name == self.language.get())
        self.application.remember(language=language)
        self._say(self.texts("The language changes with the next start."))

    def _say(self, words: str) -> None:
        if self.is_open:
            self.note.set(words)
