"""Who sits before the window: looks, clicks, types and drags, and never touches what the window does not show."""

from __future__ import annotations

import gc
import subprocess
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk
from unittest import mock

from ffx.core.desk import JobRow
from ffx.gui_tk.application import Application

PATIENCE = 60.0
_KEYS = {".": "period", ":": "colon", "/": "slash", "-": "minus", "_": "underscore", " ": "space"}


class Person:
    """One person at one window."""

    def __init__(self, application: Application, display: str, stop: Callable[[], None]) -> None:
        self.window = application
        self.main = application.main
        self._display = display
        self._stop = stop
        self._open = True
        self.messages: list[str] = []
        """What boxes said; each is closed at once."""
        self._boxes = [
            mock.patch(f"tkinter.messagebox.{name}", self._close_box)
            for name in ("showerror", "showwarning", "showinfo", "askyesno")
        ]
        for box in self._boxes:
            box.start()

    def _close_box(self, title: str, message: str, **options: object) -> bool:
        self.messages.append(f"{title}: {message}")
        return True

    def leave(self) -> None:
        """Close the window, if it is open."""
        if self._open:
            self._open = False
            self.window.close()
            self.window.bridge.close()
            self._stop()
            self.window.desk.remember(self.window._remembered)
            for box in self._boxes:
                box.stop()
            del self.window, self.main
            gc.collect()  # here: what Tk gave out may be taken back by the thread that draws alone

    # -- Waiting and looking --------------------------------------------------------------------------------

    def until(self, holds: Callable[[], bool], what: str = "") -> None:
        """Look at the window until something is so."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"it never came to that: {what}; messages: {self.messages}"
            self.look()

    def look(self, seconds: float = 0.02) -> None:
        end = time.monotonic() + seconds
        while True:
            self.window.root.update()
            if time.monotonic() >= end:
                break
            time.sleep(0.005)

    def jobs(self) -> list[JobRow]:
        """The jobs that are seen."""
        return [row for row in self.main.queue.view.visible() if row is not None]

    def servers(self) -> dict[str, str]:
        """Names of servers that are seen, each with its state in words."""
        tree = self.main.servers_pane.tree
        return {str(item): str(tree.set(item, "state")) for item in tree.get_children()}

    def picture(self, file: Path) -> None:
        """Keep what the screen shows."""
        self.look(0.2)
        file.parent.mkdir(parents=True, exist_ok=True)
        grab = ["ffmpeg", "-v", "error", "-y", "-f", "x11grab", "-video_size", "1280x720", "-i", self._display]
        subprocess.run([*grab, "-frames:v", "1", "-update", "1", str(file)], check=True, stdin=subprocess.DEVNULL)

    # -- Hands ----------------------------------------------------------------------------------------------

    def click(self, widget: tk.Misc, x: int | None = None, y: int | None = None) -> None:
        self.look()
        place = {
            "x": widget.winfo_width() // 2 if x is None else x,
            "y": widget.winfo_height() // 2 if y is None else y,
        }
        for event in ("<Enter>", "<ButtonPress-1>", "<ButtonRelease-1>"):
            widget.event_generate(event, **place)
        self.look()

    def type(self, entry: ttk.Entry, text: str) -> None:
        entry.focus_force()
        self.look()
        for letter in text:
            entry.event_generate("<KeyPress>", keysym=_KEYS.get(letter, letter))
        self.look()

    def press(self, widget: tk.Misc, key: str) -> None:
        widget.focus_force()
        self.look()
        widget.event_generate(key)
        self.look()

    def click_job(self, number: int) -> None:
        self.click(self.main.queue.table.tree, 100, self._y_of(number))

    def drag_job(self, number: int, server: str) -> None:
        """From its row onto the row of a server."""
        tree, servers = self.main.queue.table.tree, self.main.servers_pane.tree
        self.look()
        y = self._y_of(number)
        left, top, width, height = servers.bbox(server)  # type: ignore[misc]
        x_root, y_root = servers.winfo_rootx() + left + width // 2, servers.winfo_rooty() + top + height // 2
        end = {"x": x_root - tree.winfo_rootx(), "y": y_root - tree.winfo_rooty(), "rootx": x_root, "rooty": y_root}
        tree.event_generate("<ButtonPress-1>", x=100, y=y)
        tree.event_generate("<B1-Motion>", x=120, y=y + 10)
        tree.event_generate("<B1-Motion>", **end)
        tree.event_generate("<ButtonRelease-1>", **end)
        self.look()

    def _y_of(self, number: int) -> int:
        place = next(place for place, row in enumerate(self.main.queue.view.visible()) if row and row.number == number)
        _, top, _, height = self.main.queue.table.tree.bbox(str(place))  # type: ignore[misc]
        return int(top) + int(height) // 2
