"""The menu bar, and the keys of its entries."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import messagebox
from typing import TYPE_CHECKING

from ffx import __version__
from ffx.core.desk import Step
from ffx.gui_tk.batch_window import BatchWindow
from ffx.gui_tk.capabilities_window import CapabilitiesWindow
from ffx.gui_tk.history_window import HistoryWindow
from ffx.gui_tk.log_window import LogWindow
from ffx.gui_tk.merge_window import MergeWindow
from ffx.gui_tk.settings_window import SettingsWindow

if TYPE_CHECKING:
    from ffx.gui_tk.main_window import MainWindow

_KEY = "Command" if sys.platform == "darwin" else "Control"
_SHOWN_KEY = "Cmd" if sys.platform == "darwin" else "Ctrl"


def build_menus(window: MainWindow) -> None:
    """Give the window its menu bar."""
    root, texts = window.root, window.application.words.texts
    bar = tk.Menu(root, tearoff=False)
    for title, fill in (
        (texts("File"), _fill_file),
        (texts("Jobs"), _fill_jobs),
        (texts("Servers"), _fill_servers),
        (texts("Tools"), _fill_tools),
        (texts("Help"), _fill_help),
    ):
        menu = tk.Menu(bar, tearoff=False)
        fill(menu, window)
        bar.add_cascade(label=title, menu=menu, underline=0)
    root.configure(menu=bar)


def _fill_file(menu: tk.Menu, window: MainWindow) -> None:
    texts, root = window.application.words.texts, window.root
    for title, key, command in (
        (texts("Add files…"), "o", window.add_files),
        (texts("Add a folder…"), "d", window.add_folder),
        (texts("Start"), "Return", window.start),
    ):
        shown = f"{_SHOWN_KEY}+{'Enter' if key == 'Return' else key.upper()}"
        menu.add_command(label=title, command=command, accelerator=shown)
        root.bind(f"<{_KEY}-{key}>", partial(_run, command))
    menu.add_separator()
    menu.add_command(label=texts("Quit"), command=window.application.close, accelerator=f"{_SHOWN_KEY}+Q")
    root.bind(f"<{_KEY}-q>", lambda event: window.application.close())


def _run(command: Callable[[], None], event: tk.Event[tk.Misc]) -> None:
    command()


def _fill_jobs(menu: tk.Menu, window: MainWindow) -> None:
    texts = window.application.words.texts
    menu.add_command(label=texts("Pause or resume the queue"), command=window.queue.pause)
    menu.add_command(label=texts("Stop…"), command=window.queue.stop)
    menu.add_separator()
    for title, step in (
        (texts("Pause"), Step.PAUSE),
        (texts("Resume"), Step.RESUME),
        (texts("Cancel"), Step.CANCEL),
        (texts("Retry"), Step.RETRY),
    ):
        menu.add_command(label=title, command=partial(window.queue.ask, step))
    menu.add_command(label=texts("Edit the recipe…"), command=window.queue.edit, accelerator="F2")
    menu.add_command(label=texts("Why is it waiting?"), command=window.queue.why)


def _fill_servers(menu: tk.Menu, window: MainWindow) -> None:
    texts = window.application.words.texts
    menu.add_command(label=texts("Manage servers"), command=window.servers_pane.take_focus, accelerator="F3")
    menu.add_command(label=texts("Queue"), command=window.queue.take_focus, accelerator="F4")
    menu.add_command(label=texts("Add a server"), command=window.servers_pane.entry.focus_set)
    menu.add_command(label=texts("Capabilities"), command=lambda: CapabilitiesWindow(window.application))
    menu.add_command(label=texts("Test all connections"), command=window.look_at_servers, accelerator="F5")
    window.root.bind("<F3>", lambda event: window.servers_pane.take_focus())
    window.root.bind("<F4>", lambda event: window.queue.take_focus())
    window.root.bind("<F5>", lambda event: window.look_at_servers())


def _fill_tools(menu: tk.Menu, window: MainWindow) -> None:
    texts = window.application.words.texts
    menu.add_command(label=texts("A whole folder…"), command=lambda: BatchWindow(window.application))
    menu.add_command(
        label=texts("Merge files…"), command=lambda: MergeWindow(window.application, window.files.view.files)
    )
    menu.add_separator()
    menu.add_command(label=texts("History"), command=lambda: HistoryWindow(window.application))
    menu.add_command(label=texts("Log"), command=lambda: LogWindow(window.application))
    menu.add_separator()
    menu.add_command(label=texts("Settings"), command=lambda: SettingsWindow(window.application))


def _fill_help(menu: tk.Menu, window: MainWindow) -> None:
    texts = window.application.words.texts
    menu.add_command(
        label=texts("About ffx"), command=lambda: messagebox.showinfo("ffx", f"ffx {__version__}", parent=window.root)
    )
