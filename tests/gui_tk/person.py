"""Who sits before the window: looks, clicks, types and drags, and never touches what the window does not show."""

from __future__ import annotations

import gc
import os
import subprocess
import time
import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import ttk
from unittest import mock

from ffx.core.desk import JobRow
from ffx.gui_tk.application import Application

SYSTEM_PYTHON = "/usr/bin/python3"
"""The one for which Debian has GTK."""
FILE_MANAGER = Path(__file__).with_name("file_manager.py")
WIDTH, HEIGHT = 160, 48
"""Of the file manager's window, in pixels."""
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

    def hand(self, *words: str | int) -> None:
        """Do something with the mouse and the keyboard of the display, as xdotool says it."""
        environment = {**os.environ, "DISPLAY": self._display}
        with subprocess.Popen(["xdotool", *map(str, words)], env=environment) as hand:
            self.until(lambda: hand.poll() is not None, f"the hand does {words}")
        assert hand.returncode == 0
        self.look()

    def click(self, widget: tk.Misc, x: int | None = None, y: int | None = None) -> None:
        """With the left button, in the middle of a widget or at a place in it."""
        self.until(lambda: bool(widget.winfo_viewable()), f"{widget} is seen")
        self.look(0.1)
        x = widget.winfo_width() // 2 if x is None else x
        y = widget.winfo_height() // 2 if y is None else y
        self.hand("mousemove", widget.winfo_rootx() + x, widget.winfo_rooty() + y, "click", 1)

    def _drag(self, *way: tuple[int, int]) -> None:
        """From the first place of the screen over the others to the last one."""
        self.hand("mousemove", *way[0], "mousedown", 1)
        for x, y in way[1:]:
            self.hand("mousemove", x, y)
            self.look(0.1)
        self.hand("mouseup", 1)

    def drop(self, files: Sequence[Path], widget: tk.Misc) -> None:
        """Drag files out of the window of another program, and drop them on a widget."""
        root = self.window.root
        left, top = root.winfo_rootx() + root.winfo_width() - WIDTH, root.winfo_rooty() + root.winfo_height() - HEIGHT
        argv = [SYSTEM_PYTHON, str(FILE_MANAGER), str(left), str(top), *map(str, files)]
        environment = {"DISPLAY": self._display, "PATH": os.environ["PATH"], "NO_AT_BRIDGE": "1"}
        with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as manager:
            assert manager.stdout is not None
            try:
                assert manager.stdout.readline() == "ready\n"
                x, y = widget.winfo_rootx() + widget.winfo_width() // 2, widget.winfo_rooty() + 60
                self._drag((left + 20, top + 20), (left + 40, top + 10), (x + 40, y + 20), (x, y), (x + 2, y + 2))
                self.until(lambda: manager.poll() is not None, "the drop is taken")
                assert manager.stdout.read() == ""
            finally:
                manager.kill()

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

    def close(self, title: str) -> None:
        """Close a window beside the main one with Escape."""
        (window,) = (
            one for one in self.window.root.winfo_children() if isinstance(one, tk.Toplevel) and one.title() == title
        )
        self.press(window, "<Escape>")

    def click_job(self, number: int) -> None:
        self.click(self.main.queue.table.tree, 100, self._y_of(number))

    def drag_job(self, number: int, server: str) -> None:
        """From its row onto the row of a server."""
        tree, servers = self.main.queue.table.tree, self.main.servers_pane.tree
        self.look()
        left, top, width, height = servers.bbox(server)  # type: ignore[misc]
        x_root, y_root = servers.winfo_rootx() + left + width // 2, servers.winfo_rooty() + top + height // 2
        x, y = tree.winfo_rootx() + 100, tree.winfo_rooty() + self._y_of(number)
        self._drag((x, y), (x + 20, y + 10), (x_root - 10, y_root), (x_root, y_root))

    def _y_of(self, number: int) -> int:
        place = next(place for place, row in enumerate(self.main.queue.view.visible()) if row and row.number == number)
        _, top, _, height = self.main.queue.table.tree.bbox(str(place))  # type: ignore[misc]
        return int(top) + int(height) // 2
