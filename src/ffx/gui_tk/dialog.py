"""A window beside the main one: closed by Escape, never larger than the screen."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import TYPE_CHECKING

from ffx.gui_tk.scale import scaled

if TYPE_CHECKING:
    from ffx.gui_tk.application import Application

AROUND = 80
"""Pixels of the screen that are left free."""


class Dialog(tk.Toplevel):
    """What stands in it is laid out in ``body``."""

    def __init__(self, application: Application, title: str, width: int, height: int) -> None:
        super().__init__(application.root)
        self.application = application
        self.texts = application.words.texts
        self.title(title)
        width, height = scaled(self, width), scaled(self, height)
        width = min(width, self.winfo_screenwidth() - AROUND)
        height = min(height, self.winfo_screenheight() - AROUND)
        self.geometry(f"{width}x{height}+{AROUND // 2}+{AROUND // 2}")
        self.transient(application.root)
        self.bind("<Escape>", lambda event: self.destroy())
        self.body = ttk.Frame(self, padding=10)
        self.body.pack(fill="both", expand=True)

    @property
    def is_open(self) -> bool:
        """Whether nobody closed it meanwhile: answers come late."""
        try:
            return bool(self.winfo_exists())
        except tk.TclError:
            return False
