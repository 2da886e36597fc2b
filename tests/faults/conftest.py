"""A ground for each test, an FFmpeg that follows orders for all, and what only root can do."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.faults.harness.ground import Ground, Settled
from tests.faults.harness.orders import install_shim

PASSED = pytest.StashKey[bool]()

collect_ignore_glob = ["*"] if os.name == "nt" else []  # signals, /proc and namespaces


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "root: needs root, for networks and disks of its own")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs root is left out where there is none; never in CI."""
    if os.environ.get("CI") == "true" or missing() is None:
        return
    left_out = [item for item in items if item.get_closest_marker("root")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
        sys.stderr.write(f"\n{len(left_out)} tests of faults are left out: {missing()}\n")


def missing() -> str | None:
    """What the tests marked ``root`` lack on this machine, in one line."""
    if sys.platform != "linux":
        return "networks of their own need Linux"
    if os.geteuid() != 0:
        return "networks and disks of their own need root"
    for program, package in (("ip", "iproute2"), ("mount", "mount")):
        if shutil.which(program) is None:
            return f"they need the program {program} (Debian: {package})"
    if not Path("/dev/net/tun").exists():
        return "networks of their own need /dev/net/tun"
    return None


@pytest.fixture(autouse=True)
def has_what_it_needs(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("root") and (lack := missing()):
        pytest.fail(lack)


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Settled:
    """Made once for all workers of a test run."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "ffx-faults"
    shared.mkdir(exist_ok=True)
    with contextlib.closing(sqlite3.connect(shared / "lock", timeout=300)) as lock:
        lock.execute("BEGIN EXCLUSIVE")  # waits for the worker that came first
        return settle(shared)


def settle(folder: Path) -> Settled:
    """An FFmpeg that follows orders, tried and measured; whatever of it is there already is used."""
    ffmpeg, home = folder / "ffmpeg", folder / "home"
    if not ffmpeg.exists():
        install_shim(ffmpeg)
        environment = {**os.environ, "FFX_HOME": str(home), "FFX_FFMPEG": str(ffmpeg)}
        command = [sys.executable, "-m", "ffx", "serve", "--test-capabilities"]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return Settled(ffmpeg, home / "cache")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    played = getattr(item, "funcargs", {}).get("ground")
    if report.failed and isinstance(played, Ground):
        report.sections.append(("what happened on the ground", played.describe()))
    return report


@pytest.fixture
def ground(request: pytest.FixtureRequest, tmp_path: Path, settled: Settled) -> Iterator[Ground]:
    """Whatever a test does here, the invariants hold at its end."""
    made = Ground(tmp_path, settled)
    try:
        yield made
        if request.node.stash.get(PASSED, False):  # a test that failed has said enough
            made.check()
    finally:
        made.close()
