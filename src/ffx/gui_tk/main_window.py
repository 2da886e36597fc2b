"""The main window: files to encode, the queue, the servers, and what the whole is doing."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from pathlib import Path
from tkinter import filedialog, ttk
from typing import TYPE_CHECKING

from attrs import frozen

from ffx.core.desk import JobPage, ServerRow, Submitted, Totals
from ffx.core.model import JobState
from ffx.gui_tk.files_pane import FilesPane
from ffx.gui_tk.menus import build_menus
from ffx.gui_tk.queue_pane import QueuePane
from ffx.gui_tk.servers_pane import ServersPane

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application

QUEUE_PERIOD = 500
"""Milliseconds between two looks at the queue."""
SERVERS_PERIOD = 3000


@frozen
class Seen:
    """What one look at the queue brought."""

    version: int
    totals: Totals
    states: tuple[JobState, ...]
    """The filter that the pages are of."""
    pages: Mapping[int, JobPage]


class MainWindow:
    """Lays out the panes and keeps them fresh."""

    def __init__(self, application: Application, remembered: Mapping[str, object]) -> None:
        self.application = application
        self.root = application.root
        texts = application.words.texts
        self.totals, self.servers = Totals(), tuple[ServerRow, ...]()
        halves = ttk.Panedwindow(self.root, orient="vertical")
        upper = ttk.Panedwindow(halves, orient="horizontal")
        self.files = FilesPane(upper, application, self.start, remembered)
        self.servers_pane = ServersPane(upper, application, self.look_at_servers)
        self.queue = QueuePane(halves, application, self.look_at_queue, self.servers_pane)
        upper.add(self.files, weight=3)
        upper.add(self.servers_pane, weight=2)
        halves.add(upper, weight=1)
        halves.add(self.queue, weight=2)
        self._status = tk.StringVar(value=texts("Ready")), tk.StringVar()
        bar = ttk.Frame(self.root, padding=(8, 2))
        ttk.Label(bar, textvariable=self._status[0]).pack(side="left")
        ttk.Label(bar, textvariable=self._status[1]).pack(side="right")
        bar.pack(side="bottom", fill="x")
        halves.pack(fill="both", expand=True, padx=6, pady=(6, 0))
        build_menus(self)
        self._version: int | None = None
        self._looking = self._again = False
        application.bridge.call(application.desk.profiles, self.files.show_profiles)
        self._tick_queue()
        self._tick_servers()

    def state(self) -> dict[str, object]:
        """What is kept for the next start."""
        return self.files.kept()

    # -- What the person does -------------------------------------------------------------------------------

    def add_files(self) -> None:
        names = filedialog.askopenfilenames(parent=self.root, title=self.application.words.texts("Add files"))
        self.files.add(Path(name) for name in names)

    def add_folder(self) -> None:
        name = filedialog.askdirectory(parent=self.root, title=self.application.words.texts("Add a folder"))
        if name:
            self.files.add([Path(name)])

    def start(self) -> None:
        """Put the files into the queue."""
        files, wishes, folder = self.files.wish()
        if not files or self.files.is_busy:
            return
        desk = self.application.desk
        self.files.set_busy(True)
        self.application.bridge.call(lambda: desk.submit(files, wishes, folder), self._submitted, self._not_submitted)

    def _submitted(self, submitted: Submitted) -> None:
        self.files.set_busy(False)
        self.files.clear()
        self.look_at_queue()
        if submitted.refused:
            self.application.show_error("\n".join(submitted.refused))

    def _not_submitted(self, message: str) -> None:
        self.files.set_busy(False)
        self.application.show_error(message)

    # -- Keeping fresh --------------------------------------------------------------------------------------

    def look_at_queue(self) -> None:
        """Look again, whatever the queue's version."""
        self._version = None
        self._look()

    def _tick_queue(self) -> None:
        self._look()
        self.application.bridge.later("queue", QUEUE_PERIOD, self._tick_queue)

    def _look(self) -> None:
        self._again = self._looking
        if self._looking:
            return
        self._looking = True
        desk, view, known = self.application.desk, self.queue.view, self._version
        states, wanted, size = view.states, view.wanted, self.queue.page_size

        def look() -> Seen | None:
            version = desk.version()
            if version == known:
                return None
            pages = {number: desk.page(states, number=number, size=size) for number in wanted}
            return Seen(version, desk.totals(), states, pages)

        self.application.bridge.call(look, self._take, self._failed_look)

    def _take(self, seen: Seen | None) -> None:
        self._looking = False
        if seen is not None:
            self._version, self.totals = seen.version, seen.totals
            # What was asked for another filter has come too late.
            self.queue.take(seen.pages if seen.states == self.queue.view.states else {}, self.totals)
            self._show_status()
        if self._again:
            self.look_at_queue()

    def _failed_look(self, message: str) -> None:
        self._looking = False
        self._status[0].set(message)

    def look_at_servers(self, then: Callable[[], None] = lambda: None) -> None:
        """Ask every server how it is."""
        desk = self.application.desk

        def take(rows: tuple[ServerRow, ...]) -> None:
            self.servers = rows
            self.servers_pane.take(rows)
            self._show_status()
            then()

        self.application.bridge.call(lambda: tuple(desk.servers()), take, lambda message: then())

    def _tick_servers(self) -> None:
        bridge = self.application.bridge
        self.look_at_servers(lambda: bridge.later("servers", SERVERS_PERIOD, self._tick_servers))

    def _show_status(self) -> None:
        left, right = self.application.words.status(self.totals, self.servers)
        self._status[0].set(left)
        self._status[1].set(right)

    @property
    def status(self) -> tuple[str, str]:
        return self._status[0].get(), self._status[1].get()
