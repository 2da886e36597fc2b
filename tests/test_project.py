"""What a person types in a fresh clone: make, the demo, .ci/run, the benchmarks."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


# -- make ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("demo", ["-m venv", "pip install", "-e '.[ffmpeg]'", "examples/demo.py"]),
        ("test", ["-m venv", "-e '.[ffmpeg,gui,dev]'", "ruff check .", "ruff format --check .", "mypy", "-m pytest"]),
        ("bench", ["-e '.[ffmpeg,gui,dev]'", "-m benchmarks"]),
        ("chaos", ["-e '.[ffmpeg,gui,dev]'", "-m tests.faults.chaos"]),
        ("docs", ["-e '.[ffmpeg,gui,dev]'", "docs/generate.py"]),
        ("clean", ["rm -rf .fresh demo-out"]),
    ],
)
def test_make_on_a_bare_machine(target: str, words: list[str]) -> None:
    done = run("make", "--dry-run", target, "VENV=.fresh")
    assert done.returncode == 0, done.stderr
    places = [done.stdout.find(word) for word in words]
    assert -1 not in places
    assert places == sorted(places)


def test_make_alone_says_what_there_is() -> None:
    done = run("make")
    for target in ("demo", "test", "bench", "chaos", "docs", "clean"):
        assert f"make {target} " in done.stdout


# -- .ci/run ------------------------------------------------------------------------------------------------


class Machine:
    """A machine of scripts: each program that is there writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self._programs = folder / "bin"
        self._programs.mkdir()
        self._calls = folder / "calls"
        for real in ("dirname", "env", "id"):
            (self._programs / real).symlink_to(next(path for path in _on_path(real)))
        self.has("apt-get", "sudo")

    def has(self, *programs: str, then: str = "exit 0") -> None:
        for program in programs:
            script = self._programs / program
            script.write_text(f'#!/bin/sh\necho "${{0##*/}} $* CI=$CI" >> {self._calls}\n{then}\n', encoding="utf-8")
            script.chmod(0o755)

    def ci(self) -> list[str]:
        bash = next(path for path in _on_path("bash"))
        done = run(bash, ROOT / ".ci" / "run", PATH=str(self._programs), CI="")
        assert done.returncode == 0, done.stderr
        return self._calls.read_text(encoding="utf-8").splitlines()


def _on_path(program: str) -> list[Path]:
    folders = map(Path, os.environ["PATH"].split(os.pathsep))
    return [folder / program for folder in folders if (folder / program).exists()]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_ci_on_a_machine_that_has_everything(machine: Machine) -> None:
    machine.has("make", "ffmpeg", "python3", "ip", "mount", "setpriv", "bwrap", "Xvfb", "xdotool")
    venv, tk, gtk, make = machine.ci()
    assert venv.startswith("python3 -c import ensurepip")
    assert tk.startswith("python3 -c import tkinter")
    assert gtk.startswith("python3 -c import gi")
    assert make == "make test CI=true"


def test_ci_installs_what_a_bare_machine_lacks(machine: Machine) -> None:
    machine.has("python3", then='[ "${0##*/}" = make ]')  # as python3 without ensurepip; as make all goes well
    machine.has("apt-get", "sudo", then='/bin/ln -sf python3 "${0%/*}/make"; exit 0')
    calls = machine.ci()
    update, install = [call for call in calls if "apt-get" in call]
    assert "update" in update
    for package in (
        "make",
        "ffmpeg",
        "python3-venv",
        "iproute2",
        "mount",
        "util-linux",
        "bubblewrap",
        "python3-tk",
        "xvfb",
        "xdotool",
        "python3-gi",
        "gir1.2-gtk-3.0",
    ):
        assert package in install.split()
    assert calls[-1] == "make test CI=true"


# -- The demo and the benchmarks ----------------------------------------------------------------------------


def test_the_demo_encodes_checks_and_reports(tmp_path: Path, clip: Path) -> None:
    done = run(sys.executable, "examples/demo.py", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "completed in " in done.stdout
    assert "decoded by PyAV: 234 frames in the source, 234 in the result" in done.stdout
    with av.open(str(tmp_path / "rabbit.mp4")) as result:
        assert result.streams.video[0].codec_context.name == "hevc"
        assert result.streams.audio


@pytest.mark.parametrize("file", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda file: str(file.stem))
def test_every_benchmark_is_one_of_make_bench(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    module = importlib.import_module(f"benchmarks.{file.stem}")
    chosen = importlib.import_module("benchmarks.__main__").BENCHMARKS
    assert (file.stem in chosen) == (file.stem not in ("harness", "simulation", "__main__"))
    assert hasattr(module, "main") or file.stem in ("harness", "simulation")
