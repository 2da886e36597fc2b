"""The examples for real: built, installed with pip beside the project's wheel into a fresh environment, and used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


class Environment:
    """A fresh environment with the wheels of the project and of the examples."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "environment"
        venv.create(self._folder, with_pip=False, symlinks=os.name != "nt")
        scheme = {"base": str(self._folder), "platbase": str(self._folder)}
        self.scripts = Path(sysconfig.get_path("scripts", "venv", scheme))
        site = Path(sysconfig.get_path("purelib", "venv", scheme))
        # The dependencies are those of the environment that runs the tests. Its own ffx is out of reach: it is an
        # editable install, and files that make one (.pth) are not read in a folder that is reached this way.
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    def install(self, wheels: Path) -> None:
        found = sorted(map(str, wheels.glob("*.whl")))
        run(sys.executable, "-m", "pip", "--python", str(self._folder), "install", "--no-deps", "--no-index", *found)

    @property
    def python(self) -> str:
        return str(self.scripts / Path(sys.executable).name)

    def ffx(self, *arguments: object) -> list[dict[str, Any]]:
        """Run ``ffx`` with ``--json``; every value that it printed."""
        done = run(str(self.scripts / "ffx"), *map(str, arguments), "--json")
        decoder, text, values = json.JSONDecoder(), done.strip(), []
        while text:
            value, end = decoder.raw_decode(text)
            values.append(value)
            text = text[end:].lstrip()
        return values

    @contextmanager
    def serving(self, *options: str) -> Iterator[str]:
        """A server of this environment; yields the address that it says it listens at."""
        command = [str(self.scripts / "ffx"), "serve", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                yield server.stdout.readline().split(" listens on ")[1].strip()
            finally:
                server.terminate()


def run(*command: str, **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("examples")
    projects = [str(path.parent) for path in (ROOT / "pyproject.toml", *EXAMPLES.glob("*/pyproject.toml"))]
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder / "wheels"))
    run(sys.executable, "-m", "pip", "wheel", *options, *projects)
    made = Environment(folder)
    made.install(folder / "wheels")
    return made


@pytest.fixture
def second(clip: Path, tmp_path: Path, ffmpeg9: Path) -> Path:
    """The first second of the clip."""
    short = tmp_path / "second.mp4"
    run(str(ffmpeg9), "-v", "error", "-i", str(clip), "-t", "1", "-c", "copy", str(short))
    return short


def pictures(path: Path) -> tuple[str, int]:
    with av.open(str(path)) as container:
        return container.streams.video[0].codec_context.name, sum(1 for _ in container.decode(video=0))


def test_what_runs_is_the_wheel(environment: Environment) -> None:
    where = run(environment.python, "-c", "import ffx, ffx_example_encoder; print(ffx.__file__)")
    assert Path(where.strip()).is_relative_to(environment.scripts.parent)


def test_both_are_listed_with_their_distributions(environment: Environment) -> None:
    (plugins,) = environment.ffx("plugins")
    found = {plugin["name"]: plugin for plugin in plugins if plugin["distribution"] != "ffmpeg-easy"}
    assert {name: (plugin["state"], plugin["distribution"], plugin["hooks"]) for name, plugin in found.items()} == {
        "jpeg2000": ("active", "ffx-example-encoder", ["ffx_register_encoders"]),
        "tcp": ("active", "ffx-example-transport", ["ffx_register_transports"]),
    }


def test_the_encoder_encodes_and_its_quality_scale_is_used(
    environment: Environment, second: Path, tmp_path: Path
) -> None:
    sizes = []
    for quality in ("4", "20"):
        output = tmp_path / f"{quality}.mkv"
        (job,) = environment.ffx(
            "submit", second, "-o", output, "--encoder", "jpeg2000", "--quality", quality, "--local", "only"
        )
        assert (job["state"], job["encoder"], job["verified"]) == ("completed", "jpeg2000", True)
        assert pictures(output) == ("jpeg2000", pictures(second)[1])
        sizes.append(output.stat().st_size)
    assert sizes[0] > 1.5 * sizes[1]


def test_an_impossible_quality_is_refused_by_the_scale_of_the_plugin(environment: Environment, second: Path) -> None:
    done = subprocess.run(
        [environment.scripts / "ffx", "submit", second, "-o", "x.mkv", "--encoder", "jpeg2000", "--quality", "32"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "quality 32 is impossible for jpeg2000: its scale runs from 1 (best) to 31 (worst)" in done.stderr


def test_a_job_travels_over_the_transport(environment: Environment, second: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mkv"
    with environment.serving("--host", "tcp://127.0.0.1", "--port", "0", "--name", "studio") as address:
        assert address.startswith("tcp://127.0.0.1:")
        (job,) = environment.ffx(
            "submit", second, "-o", output, "--encoder", "libx264", "--server", address, "--local", "never"
        )
    assert (job["state"], job["server"], job["verified"]) == ("completed", "studio", True)
    assert pictures(output) == ("h264", pictures(second)[1])


def test_the_transport_passes_the_conformance_suite(environment: Environment) -> None:
    suite = EXAMPLES / "ffx-example-transport" / "tests"
    options = ("-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "--rootdir", str(suite))
    done = run(environment.python, "-m", "pytest", *options, str(suite))
    assert " passed" in done
    assert "skipped" not in done
