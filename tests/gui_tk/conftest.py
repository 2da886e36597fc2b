"""A display of its own for each worker, the servers of the command line's tests, and a window on both."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ffx.cli.assembly import assemble
from ffx.cli.desk import ProgramDesk
from tests.cli.conftest import Ffx, farm, settled, shared_ffx  # noqa: F401 - fixtures
from tests.gui_tk.displays import virtual_display
from tests.gui_tk.person import SYSTEM_PYTHON, Person

PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"


@pytest.fixture(scope="package")  # no longer: tests elsewhere look whether any process was left behind
def display() -> Iterator[str]:
    """The name of a display of 1280x720."""
    missing = [program for program in ("Xvfb", "xdotool") if shutil.which(program) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"there is no {' and no '.join(missing)}")
    with virtual_display() as name:
        yield name


@pytest.fixture(scope="package")
def fine_display(display: str) -> Iterator[str]:
    """One of as many inches, and twice as many pixels an inch."""
    with virtual_display("2560x1440", dpi=192) as name:
        yield name


@pytest.fixture
def other_program() -> None:
    """There is one to drag files out of: GTK, and a Python that has it."""
    look = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('Gtk', '3.0')"]
    found = Path(SYSTEM_PYTHON).exists() and subprocess.run(look, capture_output=True, check=False).returncode == 0
    if not found and os.environ.get("CI") != "true":
        pytest.skip("there is no GTK for the Python of the system")


@pytest.fixture
def open_window(
    display: str,
    farm: Ffx,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Person]]:
    """Opens windows on the farm of the tests, and closes them all in the end."""
    from ffx.gui_tk.application import Application

    opened: list[tuple[Person, ProgramDesk]] = []
    monkeypatch.setenv("DISPLAY", display)
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)

    def make(ffx: Ffx = farm, **environment: str) -> Person:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        desk = ProgramDesk(assemble(ffx.environment))
        application = Application(desk)
        work = desk.working()
        work.__enter__()
        person = Person(application, display, lambda: work.__exit__(None, None, None))
        opened.append((person, desk))
        return person

    yield make
    for person, desk in opened:
        person.leave()
        desk.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: into the documents when ``make docs`` runs the tests."""
    return PICTURES if os.environ.get("KEEP_PICTURES") else tmp_path
