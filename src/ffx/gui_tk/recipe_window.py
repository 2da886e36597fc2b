"""The window of a recipe: its tabs, which servers can follow it, the exact command, an estimate and a preview."""

from __future__ import annotations

import math
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk
from typing import TYPE_CHECKING

from ffx.core.desk import Check, TrackRow, Wishes
from ffx.gui_tk.dialog import Dialog
from ffx.gui_tk.recipe_view import Field, Kind, RecipeForm, Tab, check_lines, estimate_lines, lines_of, shown, tabs
from ffx.gui_tk.tracks_list import TracksList

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application

LINES = 3
"""Of a text in which each is a choice."""
ROWS = 5
"""Fields of a tab that stand below each other; those of one with more are in two columns."""
CHECK_AFTER = 700
"""Milliseconds without a change until the servers are asked by themselves."""
LARGEST_PICTURE = (1160, 580)
"""Pixels; a larger one is reduced."""


class RecipeWindow(Dialog):
    """Changes what is said beside the profile; ``on_done`` is given it."""

    def __init__(
        self,
        application: Application,
        wishes: Wishes,
        file: Path | None,
        on_done: Callable[[Wishes], None],
        *,
        title: str = "",
    ) -> None:
        super().__init__(application, title or application.words.texts("Recipe"), 900, 640)
        self._file, self._on_done = file, on_done
        self._asked = 0
        """Times that the servers were asked; only the last answer counts."""
        self.tracks: dict[str, TracksList] = {}
        self._variables: dict[str, tk.StringVar | tk.BooleanVar] = {}
        self._lines: dict[str, tk.Text] = {}
        self._profile = wishes.profile
        self.server = tk.StringVar(value=wishes.server or self._automatic)
        self.moment = tk.StringVar(value="1")
        self.answer = tk.Text(self.body, height=7, wrap="word", state="disabled", relief="flat")
        self.picture: tk.PhotoImage | None = None
        self.book = ttk.Notebook(self.body)
        for tab in tabs(self.texts):
            self.book.add(self._page(self.book, tab, wishes), text=tab.title)
        self.book.enable_traversal()
        self.book.pack(fill="both", expand=True)
        self.buttons = self._buttons()
        self.answer.pack(fill="both", pady=(8, 0))
        if file is not None:
            application.bridge.call(lambda: application.desk.tracks(file), self._show_tracks, self._say)
            for variable in (*self._variables.values(), self.server):
                variable.trace_add("write", self._changed)
            self.check()

    @property
    def _automatic(self) -> str:
        return self.texts("Automatic selection")

    # -- The form -------------------------------------------------------------------------------------------

    def _page(self, book: ttk.Notebook, tab: Tab, wishes: Wishes) -> ttk.Frame:
        page = ttk.Frame(book, padding=10)
        rows = (len(tab.fields) + 1) // 2 if len(tab.fields) > ROWS else len(tab.fields)
        for place, one in enumerate(tab.fields):
            row, column = place % rows, 3 * (place // rows)
            ttk.Label(page, text=one.title).grid(row=row, column=column, sticky="nw", padx=(0, 8), pady=4)
            widget = self._field(page, one, wishes.options.get(one.name))
            widget.grid(row=row, column=column + 1, sticky="ew", padx=(0, 16), pady=4)
            page.columnconfigure(column + 1, weight=1)
        return page

    def _field(self, page: ttk.Frame, one: Field, value: str | tuple[str, ...] | bool | None) -> tk.Widget:
        if one.kind is Kind.SWITCH:
            switch = tk.BooleanVar(self, value=bool(value))
            self._variables[one.name] = switch
            return ttk.Checkbutton(page, variable=switch)
        if one.kind is Kind.LINES:
            return self._text(page, one, value)
        variable = tk.StringVar(self, value=shown(one, value))
        self._variables[one.name] = variable
        offered = one.choices or ((one.hint,) if one.hint else ())
        return ttk.Combobox(page, textvariable=variable, values=offered, width=18)

    def _text(self, page: ttk.Frame, one: Field, value: str | tuple[str, ...] | bool | None) -> ttk.Frame:
        """A text of lines; below the list of the file's tracks, where it is about those."""
        frame = ttk.Frame(page)
        text = tk.Text(frame, height=LINES, width=60)
        text.insert("1.0", shown(one, value))
        if one.name in ("audio", "subtitles") and self._file is not None:
            tracks = TracksList(frame, one.name, self.texts, lambda lines: self.set_field(one.name, "\n".join(lines)))
            tracks.pack(fill="x", pady=(0, 6))
            text.bind("<FocusOut>", lambda event: tracks.follow(lines_of(text.get("1.0", "end"))))
            self.tracks[one.name] = tracks
        text.pack(fill="x")
        ttk.Label(frame, text=one.hint).pack(anchor="w")
        self._lines[one.name] = text
        return frame

    def _show_tracks(self, rows: tuple[TrackRow, ...]) -> None:
        if self.is_open:
            for name, kind in (("audio", "audio"), ("subtitles", "subtitle")):
                lines = lines_of(self._lines[name].get("1.0", "end"))
                self.tracks[name].show([row for row in rows if row.kind == kind], lines)

    def _buttons(self) -> dict[str, ttk.Button]:
        bar = ttk.Frame(self.body)
        ttk.Label(bar, text=self.texts("Server")).pack(side="left", padx=(0, 6))
        names = [self._automatic, *(row.name for row in self.application.main.servers)]
        ttk.Combobox(bar, textvariable=self.server, values=names, state="readonly", width=20).pack(side="left")
        found = {}
        for name, title, command in (
            ("check", self.texts("Test compatibility"), self.check),
            ("estimate", self.texts("Estimate"), self.estimate),
            ("preview", self.texts("Preview at"), self.preview),
        ):
            found[name] = ttk.Button(bar, text=title, command=command)
            found[name].pack(side="left", padx=(8, 0))
            found[name].state(["disabled" if self._file is None else "!disabled"])
        ttk.Entry(bar, textvariable=self.moment, width=6).pack(side="left", padx=4)
        found["done"] = ttk.Button(bar, text=self.texts("Apply"), style="Accent.TButton", command=self.done)
        found["done"].pack(side="right")
        bar.pack(fill="x", pady=(8, 0))
        return found

    def set_field(self, name: str, value: str) -> None:
        """As if it were written there."""
        if name in self._lines:
            self._lines[name].delete("1.0", "end")
            self._lines[name].insert("1.0", value)
            self._changed()
        else:
            self._variables[name].set(value)  # type: ignore[arg-type]

    def wishes(self) -> Wishes:
        values: dict[str, str | bool] = {name: variable.get() for name, variable in self._variables.items()}
        values |= {name: text.get("1.0", "end") for name, text in self._lines.items()}
        server = "" if self.server.get() == self._automatic else self.server.get()
        return RecipeForm(self._profile, server, values).wishes(self.texts)

    # -- What the person does -------------------------------------------------------------------------------

    def _changed(self, *names: str) -> None:
        """Ask the servers once the person has written to the end."""
        if self._file is not None:
            self.application.bridge.later(f"check {self}", CHECK_AFTER, self.check)

    def check(self) -> None:
        """Ask the servers, and show the command."""
        if self._file is None or not self.is_open:
            return
        desk, file, wishes = self.application.desk, self._file, self.wishes()
        self._asked += 1
        asked = self._asked
        self._say(self.texts("The servers are asked…"))
        self.application.bridge.call(
            lambda: desk.check(file, wishes),
            lambda check: self._checked(check) if asked == self._asked else None,
            lambda words: self._say(words) if asked == self._asked else None,
        )

    def _checked(self, check: Check) -> None:
        if not self.is_open:
            return
        chosen = self.wishes().server
        command = next((one.command for one in check.servers if one.command and chosen in ("", one.name)), "")
        self._say("\n".join((*check_lines(check, chosen, self.texts), *(("", command) if command else ()))))

    def estimate(self) -> None:
        """Have pieces of the file encoded."""
        if self._file is None:
            return
        desk, file, wishes = self.application.desk, self._file, self.wishes()
        self._asked += 1
        self._say(self.texts("Pieces of the film are encoded…"))
        self.application.bridge.call(
            lambda: desk.estimate(file, wishes), lambda rows: self._say("\n".join(estimate_lines(rows))), self._say
        )

    def preview(self) -> None:
        """Show a frame before and after."""
        if self._file is None:
            return
        try:
            moment = float(self.moment.get())
        except ValueError:
            self._say(self.texts("A moment is a number of seconds."))
            return
        desk, file, wishes = self.application.desk, self._file, self.wishes()
        self._asked += 1
        self._say(self.texts("Pieces of the film are encoded…"))
        self.application.bridge.call(lambda: desk.preview(file, wishes, moment), self._show_picture, self._say)

    def _show_picture(self, content: bytes) -> None:
        if not self.is_open:
            return
        self._say("")
        window = Dialog(self.application, self.texts("Before and after"), 1200, 640)
        picture = tk.PhotoImage(master=window, data=content)
        sides = zip((picture.width(), picture.height()), LARGEST_PICTURE, strict=True)
        reduction = max(1, *(math.ceil(side / most) for side, most in sides))
        self.picture = picture.subsample(reduction)
        ttk.Label(window.body, image=self.picture).pack(expand=True)

    def done(self) -> None:
        self._on_done(self.wishes())
        self.destroy()

    def _say(self, text: str) -> None:
        if self.is_open:
            self.answer.configure(state="normal")
            self.answer.delete("1.0", "end")
            self.answer.insert("1.0", text)
            self.answer.configure(state="disabled")
