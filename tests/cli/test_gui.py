"""``ffx gui`` where no window can be opened: one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Ffx


def test_without_a_display(ffx: Ffx) -> None:
    told = ffx.refused(1, "gui", DISPLAY="")
    assert told.startswith("the window cannot be opened: ")
    assert told.endswith("there is no display to open it on; use the command line: ffx --help")


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("tkinter", "this Python has no Tk: install Tk for this Python (Debian: apt install python3-tk)"),
        ("sv_ttk", "the window needs sv_ttk: pip install 'ffmpeg-easy[gui]'"),
        ("tkinterdnd2", "the window needs tkinterdnd2: pip install 'ffmpeg-easy[gui]'"),
    ],
)
def test_without_what_it_needs(ffx: Ffx, tmp_path: Path, missing: str, told: str) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / f"{missing}.py").write_text(f"raise ModuleNotFoundError('no', name={missing!r})\n")
    done = ffx.run("gui", environment={"PYTHONPATH": str(folder), "DISPLAY": ""})
    assert done.returncode == 1
    assert done.stderr.startswith(f"ffx: {told}")
    assert len(done.stderr.splitlines()) == 1


def test_a_window_that_no_plugin_has(ffx: Ffx) -> None:
    assert ffx.refused(2, "gui", "--window", "tkk") == "unknown window 'tkk'; did you mean 'tk'?"
