"""The plugin ``gui_tk``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ffx import hookimpl
from ffx.core.errors import WindowError
from ffx.core.ui import Window

if TYPE_CHECKING:
    from ffx.core.desk import Desk

_INSTALL = "install Tk for this Python (Debian: apt install python3-tk), or use the command line: ffx --help"
_DISPLAY = "there is no display to open it on; use the command line: ffx --help"


class TkWindow(Window):
    """The window of the extra ``gui``."""

    name = "tk"

    def run(self, desk: Desk) -> int:
        try:
            import tkinter

            import sv_ttk  # noqa: F401 - said before a window is half open
            import tkinterdnd2  # noqa: F401
        except ImportError as error:
            if error.name in ("tkinter", "_tkinter"):
                raise WindowError(f"this Python has no Tk: {_INSTALL}") from None
            raise WindowError(f"the window needs {error.name}: pip install 'ffmpeg-easy[gui]'") from None
        from ffx.gui_tk.application import Application

        try:
            application = Application(desk)
        except tkinter.TclError as error:
            raise WindowError(f"the window cannot be opened: {error}; {_DISPLAY}") from None
        application.run()
        return 0


@hookimpl
def ffx_register_windows() -> Sequence[Window]:
    return [TkWindow()]
