"""The application: one Tk, one bridge, one main window; from its opening to its end."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from tkinter import messagebox

import sv_ttk
from tkinterdnd2 import TkinterDnD

from ffx.core.desk import Desk
from ffx.gui_tk.bridge import Bridge
from ffx.gui_tk.main_window import MainWindow
from ffx.gui_tk.scale import fit_rows, scale_fonts, scale_of, scaled
from ffx.gui_tk.texts import Texts, language_of
from ffx.gui_tk.words import Words

SMALLEST = (880, 480)
LARGEST_START = (1280, 800)
AROUND = (8, 64)
"""Pixels of a screen that the frame of a window, its menu bar and the system's own bars take."""
THEMES = ("light", "dark")


class Application:
    """Everything that is open."""

    def __init__(self, desk: Desk) -> None:
        """Raises TclError: there is no display."""
        _be_sharp()
        self.desk = desk
        self._remembered = dict(desk.remembered())
        self.words = Words(Texts(language_of(os.environ, self._remembered.get("language"))))
        self.root = TkinterDnD.Tk()
        self.root.title("ffx")
        most = self.root.winfo_screenwidth() - AROUND[0], self.root.winfo_screenheight() - AROUND[1]
        self.root.minsize(*(min(scaled(self.root, side), limit) for side, limit in zip(SMALLEST, most, strict=True)))
        self.root.geometry(self._geometry())
        self.theme = theme_of(self._remembered)
        sv_ttk.set_theme(self.theme, self.root)
        scale_fonts(self.root)
        fit_rows(self.root)
        self.bridge = Bridge(self.root, self.show_error)
        self.main = MainWindow(self, self._remembered)
        self.root.protocol("WM_DELETE_WINDOW", self.close)

    def run(self) -> None:
        """Until the window is closed."""
        with self.desk.working():
            try:
                self.root.mainloop()
            finally:
                self.bridge.close()
        self.desk.remember(self._remembered)

    def close(self) -> None:
        self._remembered |= self.main.state() | {"theme": self.theme, "geometry": self.root.geometry()}
        self.bridge.stop()
        self.root.destroy()

    def remember(self, **values: object) -> None:
        """Keep something for the next start."""
        self._remembered |= values

    def set_theme(self, theme: str) -> None:
        self.theme = theme
        sv_ttk.set_theme(theme, self.root)
        fit_rows(self.root)

    def show_error(self, message: str) -> None:
        """One sentence in a box."""
        messagebox.showerror("ffx", message, parent=self.root)

    def _geometry(self) -> str:
        screen = self.root.winfo_screenwidth(), self.root.winfo_screenheight()
        return geometry_on(screen, str(self._remembered.get("geometry", "")), scale_of(self.root))


def geometry_on(screen: tuple[int, int], remembered: str, scale: float = 1.0) -> str:
    """Where the window was the last time, else a large one; never larger than a screen (pixels), nor beside it."""
    most = screen[0] - AROUND[0], screen[1] - AROUND[1]
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})([+-]-?\d{1,5})([+-]-?\d{1,5})", remembered)
    if match is None:
        return "{}x{}".format(
            *(min(round(side * scale), limit) for side, limit in zip(LARGEST_START, most, strict=True))
        )
    size = tuple(map(min, map(int, match.groups()[:2]), most))
    places = (int(text.replace("+-", "-")) for text in match.groups()[2:])
    corner = (max(0, min(place, room - side)) for place, room, side in zip(places, most, size, strict=True))
    return "{}x{}+{}+{}".format(*size, *corner)


def theme_of(remembered: Mapping[str, object]) -> str:
    """The theme that was chosen, else that of the system."""
    chosen = remembered.get("theme")
    if chosen in THEMES:
        return str(chosen)
    import darkdetect  # asks the system, which may take a moment

    return "dark" if darkdetect.isDark() else "light"


def _be_sharp() -> None:
    """Windows draws a window that says nothing of its resolution coarsely and enlarges it; no other system does."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.shcore.SetProcessDpiAwareness(1)
