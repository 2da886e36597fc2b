"""What every test can ask for: real FFmpegs, real clips, and a home of its own."""

from __future__ import annotations

import functools
import itertools
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import HealthCheck, settings

DATA = Path(__file__).parent / "data"

# Two busy cores make any example slow now and then; how long one took says nothing about the code.
settings.register_profile("ffx", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ffx")


WAITING = (
    *("tests/faults/test_chaos.py", "tests/faults/", "tests/gui_tk/", "tests/server/test_kill.py"),
    *("tests/media/test_watchdog.py", "tests/cli/test_queue_run.py", "tests/cli/test_interrupting.py"),
)
"""Beginnings of paths of what takes long and mostly waits, that which takes longest first."""
SPREAD = 0.8
"""Over so much of the others it is spread: while one worker waits the others compute, and none of it comes last."""


def pytest_configure() -> None:
    """The processes of tests find compiled modules, as those of people do, whatever this machine says of them."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files = dict.fromkeys(item.nodeid.partition("::")[0] for item in items)
    waiting = dict.fromkeys(file for start in WAITING for file in files if file.startswith(start))
    others = iter([file for file in files if file not in waiting])
    between = round(SPREAD * (len(files) - len(waiting)) / max(1, len(waiting)))
    order = [file for first in waiting for file in (first, *itertools.islice(others, between))]
    places = {file: place for place, file in enumerate((*order, *others))}
    items.sort(key=lambda item: places[item.nodeid.partition("::")[0]])


@functools.cache
def _ffmpeg_of_the_wheel() -> Path:
    return Path(imageio_ffmpeg.get_ffmpeg_exe())


def _ffmpeg_on_path() -> Path | None:
    found = shutil.which("ffmpeg")
    if found is None or Path(found).samefile(_ffmpeg_of_the_wheel()):
        return None
    return Path(found)


def _ffmpegs_expected() -> list[str]:
    """``path`` too wherever it must be there: in CI its absence is a failure, never a skip."""
    on_path = _ffmpeg_on_path() is not None or os.environ.get("CI") == "true"
    return ["wheel", "path"] if on_path else ["wheel"]


@pytest.fixture(params=_ffmpegs_expected())
def ffmpeg(request: pytest.FixtureRequest) -> Path:
    """Each FFmpeg of this machine: the one of imageio-ffmpeg, and the one on PATH when that is another."""
    if request.param == "wheel":
        return _ffmpeg_of_the_wheel()
    found = _ffmpeg_on_path()
    if found is None:
        pytest.fail("there is no FFmpeg on PATH beside the one of imageio-ffmpeg: install one, as .ci/run does")
    return found


@pytest.fixture
def ffmpeg9() -> Path:
    """The FFmpeg of imageio-ffmpeg (9.x)."""
    return _ffmpeg_of_the_wheel()


@pytest.fixture
def clip() -> Path:
    """A small real clip: H.264 320x240 with 234 frames, and AAC. Never written to."""
    return DATA / "rabbit-320x240-8s.mp4"


@pytest.fixture
def bunny() -> Path:
    """A real clip in 1280x720 with 132 frames, and AAC 5.1. Never written to."""
    return DATA / "big-buck-bunny-720p-5s.mp4"


@pytest.fixture(autouse=True)
def ffx_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for every test: nobody's configuration, token or cache is read or written."""
    for name in [name for name in os.environ if name.startswith("FFX_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("FFX_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that runs in the test's own process sets up logging for all of it; the next test starts anew."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def detection_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was tried once need not be tried for every test."""
    return tmp_path_factory.mktemp("detection")
