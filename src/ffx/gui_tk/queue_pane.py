"""The queue: its jobs, what a person does with them, and moving one onto a server."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tkinter import messagebox, ttk
from typing import TYPE_CHECKING

from ffx.core.desk import JobPage, JobRow, Step, Totals, Wishes
from ffx.core.model import JobState
from ffx.gui_tk.queue_view import PAGE, QueueView
from ffx.gui_tk.recipe_window import RecipeWindow
from ffx.gui_tk.servers_pane import ServersPane
from ffx.gui_tk.table import MENU_KEYS, Column, JobTable
from ffx.gui_tk.words import DONE, FAILED, RUNNING, WAITING

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application

REFUSALS_SHOWN = 10
"""Lines in a box that has to fit on a screen."""
DRAG_PIXELS = 8
"""A pointer that moved less has clicked."""


class QueuePane(ttk.Frame):
    """The list of jobs, with its filters and its menu."""

    page_size = PAGE

    def __init__(
        self, parent: tk.Misc, application: Application, on_change: Callable[[], None], servers: ServersPane
    ) -> None:
        super().__init__(parent, padding=(0, 6, 0, 0))
        self._application, self._on_change, self._servers = application, on_change, servers
        self.view = QueueView()
        self._filter = tk.StringVar(value="all")
        self._filters: dict[str, tuple[ttk.Radiobutton, str, tuple[JobState, ...]]] = {}
        self._bar = ttk.Frame(self)
        self._bar.grid(row=0, column=0, sticky="ew", pady=(0, 4))
        self._add_filters()
        texts = application.words.texts
        self.stop_button = ttk.Button(self._bar, text=texts("Stop…"), command=self.stop)
        self.pause_button = ttk.Button(self._bar, text=texts("Pause"), command=self.pause)
        for button in (self.stop_button, self.pause_button):
            button.pack(side="right", padx=(4, 0))
        self._paused = False
        columns = (
            Column("number", "#", 60, right=True),
            Column("file", texts("File"), 220, stretch=True),
            Column("state", texts("State"), 100),
            Column("server", texts("Server"), 110),
            Column("encoder", texts("Encoder"), 100),
            Column("progress", texts("Progress"), 210),
            Column("size", texts("Size"), 140),
            Column("reason", texts("Reason"), 200, stretch=True),
        )
        self.table = JobTable(self, self.view, columns, application.words.job, on_change)
        self.table.grid(row=1, column=0, sticky="nsew")
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        self.menu = tk.Menu(self, tearoff=False)
        tree = self.table.tree
        for event in ("<Button-3>", "<Control-Button-1>"):
            tree.bind(event, self._open_menu)
        for key in MENU_KEYS:
            tree.bind(key, lambda event: self._open_menu_at(tree.winfo_rootx(), tree.winfo_rooty()))
        tree.bind("<Delete>", lambda event: self.ask(Step.CANCEL))
        tree.bind("<Return>", lambda event: self.why())
        tree.bind("<F2>", lambda event: self.edit())
        tree.bind("<ButtonPress-1>", self._press, add=True)
        tree.bind("<B1-Motion>", self._drag, add=True)
        tree.bind("<ButtonRelease-1>", self._drop, add=True)
        self._pressed: tuple[int, int, int] | None = None
        self._dragging = 0
        self.editor: RecipeWindow | None = None

    def take(self, pages: Mapping[int, JobPage], totals: Totals) -> None:
        """Show the queue as it is."""
        changed = [self.view.take(number, page) for number, page in pages.items()]
        if any(changed):
            self.table.show()
        self._paused = totals.paused
        texts = self._application.words.texts
        self.pause_button.configure(text=texts("Resume") if totals.paused else texts("Pause"))
        for button, title, states in self._filters.values():
            number = sum(totals.counts.get(state, 0) for state in states or tuple(JobState))
            button.configure(text=f"{title} ({number})")

    def take_focus(self) -> None:
        """Let the keyboard move in the list, from its first job on."""
        self.table.focus_on_first()

    # -- Filters --------------------------------------------------------------------------------------------

    def _add_filters(self) -> None:
        texts = self._application.words.texts
        kinds: tuple[tuple[str, str, tuple[JobState, ...]], ...] = (
            ("all", texts("All"), ()),
            ("waiting", texts("Waiting"), WAITING),
            ("running", texts("Running"), RUNNING),
            ("done", texts("Done"), DONE),
            ("failed", texts("Failed"), FAILED),
        )
        for name, title, states in kinds:
            button = ttk.Radiobutton(
                self._bar,
                text=title,
                value=name,
                variable=self._filter,
                style="Toggle.TButton",
                command=self._choose_filter,
            )
            button.pack(side="left", padx=(0, 4))
            self._filters[name] = button, title, states

    def _choose_filter(self) -> None:
        self.view.show(self._filters[self._filter.get()][2])
        self.table.show()
        self._on_change()

    # -- What the person does with the whole ----------------------------------------------------------------

    def pause(self) -> None:
        """Suspend the queue, or let it go on."""
        desk, paused = self._application.desk, not self._paused
        self._application.bridge.call(lambda: desk.pause_queue(paused), self._done)

    def stop(self) -> None:
        """End all jobs that have not ended, after a question."""
        desk, texts = self._application.desk, self._application.words.texts
        if not messagebox.askyesno("ffx", texts("Cancel all jobs that are not done?"), parent=self):
            return

        def end_all() -> tuple[str, ...]:
            states = (*WAITING, *RUNNING)
            total = desk.page(states, number=1, size=1).total
            return desk.ask([row.number for row in desk.page(states, number=1, size=max(1, total)).rows], Step.CANCEL)

        self._application.bridge.call(end_all, self._asked)

    # -- What the person does with jobs ---------------------------------------------------------------------

    def ask(self, step: Step) -> None:
        numbers = sorted(self.view.selected)
        if numbers:
            desk = self._application.desk
            self._application.bridge.call(lambda: desk.ask(numbers, step), self._asked)

    def _asked(self, refusals: tuple[str, ...]) -> None:
        self._on_change()
        if refusals:
            more = ("…",) if len(refusals) > REFUSALS_SHOWN else ()
            self._application.show_error("\n".join((*refusals[:REFUSALS_SHOWN], *more)))

    def _done(self, answer: None) -> None:
        self._on_change()

    def prioritize(self, priority: int) -> None:
        desk = self._application.desk
        for number in sorted(self.view.selected):
            self._application.bridge.call(partial(desk.prioritize, number, priority), self._done)

    def why(self) -> None:
        """Say why the selected job does not run."""
        if not self.view.chosen:
            return
        desk, number = self._application.desk, self.view.chosen[0].number
        self._application.bridge.call(lambda: desk.why(number), partial(self._explain, number))

    def _explain(self, number: int, lines: tuple[str, ...]) -> None:
        title = self._application.words.texts("Job {number}", number=number)
        messagebox.showinfo(title, "\n".join(lines), parent=self)

    def edit(self) -> None:
        """Open the recipe of the selected job, which another job follows in its place."""
        waiting = [row for row in self.view.chosen if row.state is JobState.PENDING]
        if waiting:
            desk, number = self._application.desk, waiting[0].number
            self._application.bridge.call(lambda: desk.wishes_of(number), partial(self._open_recipe, number))
        elif self.view.chosen:
            self._application.show_error(self._application.words.texts("Only a job that waits can be changed."))

    def _open_recipe(self, number: int, found: tuple[Path, Wishes]) -> None:
        desk, bridge = self._application.desk, self._application.bridge

        def change(wishes: Wishes) -> None:
            bridge.call(lambda: desk.change(number, wishes), lambda other: self._on_change())

        title = self._application.words.texts("Job {number}", number=number)
        self.editor = RecipeWindow(self._application, found[1], found[0], change, title=title)

    def move(self, number: int, server: str) -> None:
        """Give a job to a server; a warning says what it lacks, and who has it."""
        desk, texts = self._application.desk, self._application.words.texts

        def warn(message: str) -> None:
            title = texts("{server} cannot do this job", server=server)
            messagebox.showwarning(title, message, parent=self)

        self._application.bridge.call(lambda: desk.move(number, server), self._done, warn)

    # -- The menu of a job ----------------------------------------------------------------------------------

    def _open_menu(self, event: tk.Event[ttk.Treeview]) -> None:
        number = self.table.number_at(event.y)
        if number is None:
            return
        if number not in self.view.selected:
            self.view.selected = frozenset({number})
            self.table.show()
        self._open_menu_at(event.x_root, event.y_root)

    def _open_menu_at(self, x: int, y: int) -> None:
        if self.view.selected:
            self.fill_menu()
            self.menu.tk_popup(x, y)

    def fill_menu(self) -> None:
        """What can be done with the selected jobs."""
        texts, rows = self._application.words.texts, self.view.chosen
        self.menu.delete(0, "end")
        steps = (
            (texts("Pause"), Step.PAUSE, any(not row.state.is_final and not row.paused for row in rows)),
            (texts("Resume"), Step.RESUME, any(row.paused for row in rows)),
            (texts("Cancel"), Step.CANCEL, any(not row.state.is_final for row in rows)),
            (texts("Retry"), Step.RETRY, any(row.state in FAILED for row in rows)),
        )
        for title, step, possible in steps:
            self.menu.add_command(
                label=title,
                state="normal" if possible else "disabled",
                command=partial(self.ask, step),
            )
        self.menu.add_separator()
        waits = any(row.state is JobState.PENDING for row in rows)
        self.menu.add_command(
            label=texts("Edit the recipe…"), state="normal" if waits else "disabled", command=self.edit
        )
        self.menu.add_cascade(label=texts("Priority"), menu=self._priorities())
        self.menu.add_cascade(label=texts("Move to"), menu=self._servers_menu(rows))
        self.menu.add_command(label=texts("Why is it waiting?"), command=self.why)

    def _priorities(self) -> tk.Menu:
        menu = tk.Menu(self.menu, tearoff=False)
        for priority in range(10, 0, -1):
            menu.add_command(label=str(priority), command=partial(self.prioritize, priority))
        return menu

    def _servers_menu(self, rows: tuple[JobRow, ...]) -> tk.Menu:
        menu = tk.Menu(self.menu, tearoff=False)
        for server in self._servers.rows:
            menu.add_command(label=server.name, command=partial(self._move_all, rows, server.name))
        return menu

    def _move_all(self, rows: tuple[JobRow, ...], server: str) -> None:
        for row in rows:
            self.move(row.number, server)

    # -- Dragging a job onto a server -----------------------------------------------------------------------

    def _press(self, event: tk.Event[ttk.Treeview]) -> None:
        number = self.table.number_at(event.y)
        self._pressed = None if number is None else (number, event.x, event.y)

    def _drag(self, event: tk.Event[ttk.Treeview]) -> None:
        if self._pressed is None:
            return
        number, x, y = self._pressed
        if self._dragging or abs(event.x - x) + abs(event.y - y) > DRAG_PIXELS:
            self._dragging = number
            over = self._servers.server_at(event.x_root, event.y_root)
            self.table.tree.configure(cursor="plus" if over else "hand2")

    def _drop(self, event: tk.Event[ttk.Treeview]) -> None:
        number, self._dragging, self._pressed = self._dragging, 0, None
        self.table.tree.configure(cursor="")
        server = self._servers.server_at(event.x_root, event.y_root) if number else ""
        if server:
            self.move(number, server)
