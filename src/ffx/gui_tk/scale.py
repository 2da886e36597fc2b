"""Sizes on screens of high resolution: what the theme and we give in pixels is meant for 96 of them an inch."""

from __future__ import annotations

import tkinter as tk
from tkinter import font, ttk

USUAL_RESOLUTION = 96.0
"""Pixels an inch."""
_FONTS_OF_THEME = "SunValley"
_TEXT = "SunValleyBodyFont"
_AROUND_TEXT = 5
"""Pixels of a row of a list above and below its text, together."""


def scaled(widget: tk.Misc, pixels: int) -> int:
    """So many pixels of a usual screen, on the screen of a widget."""
    return round(pixels * scale_of(widget))


def scale_of(widget: tk.Misc) -> float:
    """How many times as many pixels an inch has as usual; never less than once."""
    return max(1.0, widget.winfo_fpixels("1i") / USUAL_RESOLUTION)


def scale_fonts(root: tk.Misc) -> None:
    """Bring the fonts of the theme, which are given in pixels, to the screen; once, after the theme was loaded."""
    for name in font.names(root):
        if name.startswith(_FONTS_OF_THEME):
            one = font.nametofont(name, root)
            size = int(one.cget("size"))
            if size < 0:  # negative: pixels
                one.configure(size=-scaled(root, -size))


def fit_rows(root: tk.Misc) -> None:
    """Make the rows of lists as high as their text needs it; after each change of the theme, which has its own."""
    height = font.nametofont(_TEXT, root).metrics("linespace") + scaled(root, _AROUND_TEXT)
    ttk.Style(root).configure("Treeview", rowheight=height)
