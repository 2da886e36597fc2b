"""The list of a file's sounds or subtitles: each kept or left out, moved, and made something else of."""

from __future__ import annotations

import shlex
import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import filedialog, ttk

from ffx.core.desk import TrackRow
from ffx.gui_tk.table import Column, make_tree
from ffx.gui_tk.texts import Texts
from ffx.gui_tk.tracks_view import TracksView

WORDS = {
    "audio": (
        "copy",
        "codec=aac bitrate=160k",
        "codec=aac bitrate=160k downmix=stereo",
        "codec=opus bitrate=128k",
        "codec=ac3 bitrate=448k",
        "codec=flac",
        "loudness=ebu-r128",
        "default=yes",
    ),
    "subtitles": ("copy", "burn", "codec=mov_text", "default=yes", "forced=yes"),
}
"""What is offered; anything else that the command line takes may be written too."""
ROWS = 4


class TracksList(ttk.Frame):
    """Tells with each change what is wanted, in the lines of the command line."""

    def __init__(self, parent: tk.Misc, name: str, texts: Texts, on_change: Callable[[Sequence[str]], None]) -> None:
        """``name``: ``audio`` or ``subtitles``."""
        super().__init__(parent)
        self.view = TracksView()
        self._texts, self._on_change = texts, on_change
        columns = (
            Column("kept", "", 40),
            Column("index", "#", 40, right=True),
            Column("language", texts("Language"), 80),
            Column("track", texts("Track"), 170),
            Column("title", texts("Title"), 150, stretch=True),
            Column("words", texts("What becomes of it"), 250, stretch=True),
        )
        self.tree = make_tree(self, columns, height=ROWS, mode="browse")
        self.tree.pack(fill="x")
        self.tree.bind("<space>", lambda event: self.toggle())
        self.tree.bind("<Double-Button-1>", lambda event: self.toggle())
        self.tree.bind("<<TreeviewSelect>>", lambda event: self._selected())
        self.words = tk.StringVar(self)
        self.buttons: dict[str, ttk.Button] = {}
        self._lay_out(name)

    def _lay_out(self, name: str) -> None:
        bar, texts = ttk.Frame(self), self._texts
        self.box = ttk.Combobox(bar, textvariable=self.words, values=WORDS[name], width=34)
        self.box.pack(side="left")
        self.box.bind("<Return>", lambda event: self.say())
        self.box.bind("<<ComboboxSelected>>", lambda event: self.say())
        commands: list[tuple[str, str, Callable[[], object]]] = [
            ("say", texts("Set"), self.say),
            ("toggle", texts("Keep or leave out"), self.toggle),
            ("up", "▲", lambda: self.move(-1)),
            ("down", "▼", lambda: self.move(1)),
        ]
        if name == "subtitles":
            commands.append(("file", texts("Add a file…"), self._choose_file))
        for key, title, command in commands:
            width = 3 if len(title) == 1 else 0
            self.buttons[key] = ttk.Button(bar, text=title, command=command, width=width)
            self.buttons[key].pack(side="left", padx=(6, 0))
        bar.pack(fill="x", pady=(6, 0))

    def show(self, rows: Sequence[TrackRow], lines: Sequence[str]) -> None:
        """Show the tracks of a file as these lines want them."""
        self.view.rows = tuple(rows)
        self.follow(lines)
        self.tree.selection_set(self.tree.get_children()[:1])

    def follow(self, lines: Sequence[str]) -> None:
        """Show what was written by hand."""
        self.view.take(lines)
        self._draw()

    # -- What the person does -------------------------------------------------------------------------------

    @property
    def chosen(self) -> int | None:
        """The place of the selected track."""
        selection = self.tree.selection()
        return self.tree.index(selection[0]) if selection else None

    def toggle(self) -> str:
        if (place := self.chosen) is not None:
            self.view.toggle(place)
            self._changed(place)
        return "break"

    def say(self) -> None:
        if (place := self.chosen) is not None:
            self.view.say(place, self.words.get())
            self._changed(place)

    def move(self, by: int) -> None:
        if (place := self.chosen) is not None:
            self._changed(self.view.move(place, by))

    def add_file(self, name: str) -> None:
        """Have subtitles out of a file."""
        self.view.others = (*self.view.others, f"file={shlex.quote(name)}")
        self._changed(self.chosen)

    def _choose_file(self) -> None:
        name = filedialog.askopenfilename(parent=self, filetypes=[("", "*.srt *.ass *.ssa *.vtt *.sub"), ("", "*")])
        if name:
            self.add_file(name)

    def _selected(self) -> None:
        if (place := self.chosen) is not None:
            self.words.set(self.view.tracks[place].words)

    def _changed(self, place: int | None) -> None:
        self._draw()
        if place is not None:
            self.tree.selection_set(self.tree.get_children()[place])
        self._on_change(self.view.lines())

    def _draw(self) -> None:
        self.tree.delete(*self.tree.get_children())
        for cells in self.view.cells(self._texts):
            self.tree.insert("", "end", values=cells)
