"""Files that are to be encoded, with the profile and the folder of their results."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tkinter import filedialog, ttk
from typing import TYPE_CHECKING, Any

from attrs import evolve
from tkinterdnd2 import DND_FILES

from ffx.core.desk import ProfileRow, Wishes
from ffx.gui_tk.files_view import FilesView
from ffx.gui_tk.recipe_view import summary
from ffx.gui_tk.recipe_window import RecipeWindow
from ffx.gui_tk.table import Column, make_tree

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application


class FilesPane(ttk.Frame):
    """A list that files are dropped on, and the button that starts them."""

    def __init__(
        self,
        parent: tk.Misc,
        application: Application,
        on_start: Callable[[], None],
        remembered: Mapping[str, object],
    ) -> None:
        super().__init__(parent, padding=(0, 0, 6, 0))
        self.view = FilesView()
        self._application, self._besides = application, Wishes()
        texts = application.words.texts
        self.profile = tk.StringVar(value=str(remembered.get("profile", "")))
        self.folder = tk.StringVar(value=str(remembered.get("folder", "")))
        columns = (Column("file", texts("File"), 160), Column("folder", texts("Folder"), 260, stretch=True))
        self.tree = make_tree(self, columns, height=5)
        self.tree.bind("<Delete>", lambda event: self._remove())
        drop: Any = self.tree  # tkinterdnd2 gives every widget these when it makes the root
        drop.drop_target_register(DND_FILES)
        drop.dnd_bind("<<Drop>>", self._dropped)
        self._empty = ttk.Label(self.tree, text=texts("Drop films here, or add them with Ctrl+O"), anchor="center")
        self.box = ttk.Combobox(self, textvariable=self.profile, state="readonly", width=18)
        self.start_button = ttk.Button(self, text=texts("Start"), style="Accent.TButton", command=on_start)
        self._recipe_button = ttk.Button(self, text=texts("Recipe…"), command=self.edit_recipe)
        self._choose = ttk.Button(self, text="…", width=3, command=self._choose_folder)
        self.folder_entry = ttk.Entry(self, textvariable=self.folder, width=12)
        self._lay_out(texts("Profile"), texts("Results go to"))
        self._show()

    def _lay_out(self, profile: str, folder: str) -> None:
        self.tree.grid(row=0, column=0, columnspan=7, sticky="nsew", pady=(0, 6))
        ttk.Label(self, text=profile).grid(row=1, column=0, padx=(0, 6))
        self.box.grid(row=1, column=1)
        self._recipe_button.grid(row=1, column=2, padx=(6, 0))
        ttk.Label(self, text=folder).grid(row=1, column=3, padx=6)
        self.folder_entry.grid(row=1, column=4, sticky="ew")
        self._choose.grid(row=1, column=5, padx=6)
        self.start_button.grid(row=1, column=6)
        self.rowconfigure(0, weight=1)
        self.columnconfigure(4, weight=1)

    def kept(self) -> dict[str, object]:
        """What is kept for the next start."""
        return {"profile": self.profile.get(), "folder": self.folder.get()}

    def show_profiles(self, profiles: Iterable[ProfileRow]) -> None:
        names = [profile.name for profile in profiles]
        self.box.configure(values=names)
        if self.profile.get() not in names and names:
            self.profile.set("web-1080p" if "web-1080p" in names else names[0])

    def add(self, paths: Iterable[Path]) -> None:
        self.view.add(paths)
        default = self.view.default_folder()
        if not self.folder.get() and default is not None:
            self.folder.set(str(default))
        self._show()

    def _dropped(self, event: Any) -> str:
        """Take files from another program; it hears what became of them."""
        self.add(map(Path, self.tk.splitlist(event.data)))
        return str(event.action)

    def clear(self) -> None:
        self.view.clear()
        self._show()

    def wish(self) -> tuple[list[Path], Wishes, Path]:
        """The files, how they are to be encoded, and the folder."""
        return list(self.view.files), self.wishes, Path(self.folder.get()).expanduser()

    @property
    def wishes(self) -> Wishes:
        """The profile, and what was said besides."""
        return evolve(self._besides, profile=self.profile.get())

    def edit_recipe(self) -> RecipeWindow:
        """Open the window of the recipe; it can try the first file, or the one that is selected."""
        chosen = [self.view.files[self.tree.index(item)] for item in self.tree.selection()] or self.view.files
        return RecipeWindow(self._application, self.wishes, next(iter(chosen), None), self._take_recipe)

    def _take_recipe(self, wishes: Wishes) -> None:
        self._besides = wishes
        said = summary(wishes)
        self._recipe_button.configure(text=self._application.words.texts("Recipe…") + (" •" if said else ""))

    def set_busy(self, busy: bool) -> None:
        self.start_button.state(["disabled" if busy else "!disabled"])

    @property
    def is_busy(self) -> bool:
        """Whether files are on their way into the queue."""
        return self.start_button.instate(["disabled"])

    def _remove(self) -> None:
        self.view.remove(self.view.files[self.tree.index(item)] for item in self.tree.selection())
        self._show()

    def _choose_folder(self) -> None:
        name = filedialog.askdirectory(parent=self, mustexist=False)
        if name:
            self.folder.set(name)

    def _show(self) -> None:
        self.tree.delete(*self.tree.get_children())
        for path in self.view.files:
            self.tree.insert("", "end", values=(path.name, str(path.parent)))
        if self.view.files:
            self._empty.place_forget()
        else:
            self._empty.place(relx=0.5, rely=0.6, anchor="center")
        self.set_busy(not self.view.files)
