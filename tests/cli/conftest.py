"""Real ``ffx`` processes with homes of their own, and two servers that the tests of a worker share."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import imageio_ffmpeg
import pytest
from attrs import frozen

from ffx.cli import main

collect_ignore = ["test_terminals.py"] if os.name == "nt" else []  # only Unix has pseudo-terminals

LISTED = ("libx264", "libx265", "mpeg4", "h264_nvenc", "hevc_nvenc", "aac", "libmp3lame", "flac")
"""Encoders of the FFmpeg that these tests use: few, so that a server has soon tried all of them."""


def paced(speed: float) -> tuple[str, ...]:
    """A recipe whose encode takes the film's length divided by ``speed``, on any machine, and hardly any processor."""
    return ("--encoder", "libx264", "--preset", "ultrafast", "--filter", f"realtime=speed={speed:g}")


SLOW = paced(0.2)
"""Of the clip 40 seconds: it still runs whatever a test does meanwhile."""

_SHORT_LISTING = """#!{python} -SE
import os, subprocess, sys
arguments = sys.argv[1:]
if "-encoders" not in arguments:
    os.execv({real!r}, [{real!r}, *arguments])
listing = subprocess.run([{real!r}, *arguments], capture_output=True, text=True, check=True).stdout
for line in listing.splitlines():
    words = line.split()
    if len(words) < 2 or words[0] in ("V.....", "A.....", "S.....") and words[1] == "=" or words[1] in {listed!r}:
        print(line)
"""


class Ffx:
    """Runs ``ffx`` with one home."""

    def __init__(self, folder: Path, home: Path, **environment: str) -> None:
        self.folder = folder
        self.home = home
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FFX_")}
        self.environment = clean | {"FFX_HOME": str(home), "COLUMNS": "200"} | environment

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "ffx.cli.main", *map(str, arguments)]

    def run(
        self, *arguments: str | Path, given: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end, with the folder as working directory and ``given`` on stdin."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment | dict(environment or {}),
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )

    def ok(self, *arguments: str | Path, given: str = "", environment: Mapping[str, str] | None = None) -> str:
        """What it wrote on stdout; it must succeed."""
        done = self.run(*arguments, given=given, environment=environment)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def inside(
        self, *arguments: str | Path, given: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The same as ``run`` in this process: quick, for what needs no process of its own."""
        words, out, err = [*map(str, arguments)], io.StringIO(), io.StringIO()
        everything = self.environment | dict(environment or {})
        with (
            mock.patch.dict(os.environ, everything, clear=True),
            mock.patch.object(sys, "stdin", io.StringIO(given)),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            status = main.exit_status(words)
        return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())

    def json(self, *arguments: str | Path, **environment: str) -> Any:
        done = self.inside(*arguments, "--json", environment=environment)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def refused(self, status: int, *arguments: str | Path, given: str = "", **environment: str) -> str:
        """The one line on stderr of a run that must end with a status, and without a word on stdout."""
        run = (
            self.run if arguments[0] == "serve" else self.inside
        )  # a server that starts sets up the logs of its process
        done = run(*arguments, given=given, environment=environment)
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        (line,) = done.stderr.splitlines()
        assert line.startswith("ffx: "), line
        assert done.stdout == ""
        return line.removeprefix("ffx: ")

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment | environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    @contextlib.contextmanager
    def serving(self, *options: str | Path, **environment: str) -> Iterator[RunningServer]:
        """A server on a port of its own, which must stop cleanly when it is asked to."""
        log = self.folder / f"server-{os.urandom(4).hex()}.log"
        with log.open("w", encoding="utf-8") as stderr:
            process = subprocess.Popen(
                self.command("serve", "--port", "0", *options),
                env=self.environment | environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="utf-8",
            )
            assert process.stdout is not None
            try:
                line = process.stdout.readline()
                assert " listens on " in line, (line, log.read_text(encoding="utf-8"))
                yield RunningServer(process, line.rstrip("\n"), log)
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0, log.read_text(encoding="utf-8")
            finally:
                process.kill()
                process.wait()
                process.stdout.close()


@frozen
class Settled:
    """An FFmpeg, and the cache of a home where all its encoders were tried and measured."""

    ffmpeg: Path
    cache: Path


class RunningServer:
    """One ``ffx serve``."""

    def __init__(self, process: subprocess.Popen[str], line: str, log_file: Path) -> None:
        self.process = process
        self.line = line
        self.address = line.rpartition(" ")[2]
        self._log_file = log_file

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    @property
    def log(self) -> str:
        return self._log_file.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Settled:
    """Made once for all workers of a test run."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "ffx-cli"
    shared.mkdir(exist_ok=True)
    with contextlib.closing(sqlite3.connect(shared / "lock", timeout=300)) as lock:
        lock.execute("BEGIN EXCLUSIVE")  # waits for the worker that came first
        ffmpeg = _short_ffmpeg(shared)
        ffx = Ffx(shared, shared / "home", FFX_FFMPEG=str(ffmpeg))
        if not (shared / "home" / "cache").exists():
            ffx.ok("serve", "--test-capabilities")
    return Settled(ffmpeg, shared / "home" / "cache")


def _short_ffmpeg(folder: Path) -> Path:
    """A real FFmpeg that lists few encoders."""
    real = shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()
    if os.name == "nt":  # a script is no program there: the tests wait for the long listing instead
        return Path(real)
    script = folder / "ffmpeg"
    if not script.exists():
        script.write_text(_SHORT_LISTING.format(python=sys.executable, real=real, listed=LISTED), encoding="utf-8")
        script.chmod(0o755)
    return script


def _fresh(folder: Path, home: Path, settled: Settled) -> Ffx:
    shutil.copytree(settled.cache, home / "cache")
    return Ffx(folder, home, FFX_FFMPEG=str(settled.ffmpeg))


@pytest.fixture
def ffx(tmp_path: Path, ffx_home: Path, settled: Settled) -> Ffx:
    """``ffx`` with a fresh home, where nothing but the encoders is known yet."""
    return _fresh(tmp_path, ffx_home, settled)


@pytest.fixture(scope="package")  # no longer: tests elsewhere look whether any process was left behind
def shared_ffx(tmp_path_factory: pytest.TempPathFactory, settled: Settled) -> Iterator[Ffx]:
    """``ffx`` with a home where the servers ``studio`` and ``attic`` run, neither of them added."""
    ffx = _fresh(tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("home"), settled)
    with ffx.serving("--name", "studio"), ffx.serving("--name", "attic", "--max-jobs", "1"):
        yield ffx


@pytest.fixture
def farm(shared_ffx: Ffx, tmp_path: Path) -> Ffx:
    """The shared home with its two servers, in a folder of the test's own."""
    farm = Ffx(tmp_path, shared_ffx.home)
    farm.environment = shared_ffx.environment
    return farm
