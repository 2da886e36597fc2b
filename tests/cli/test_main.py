"""The entry: commands found when they are used, one line for what a person can act on, the documented statuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ffx.cli import main
from ffx.cli.boundary import Interrupted
from ffx.core.errors import FfxError, NoServerError, UsageError
from tests.cli.conftest import Ffx

HEAVY = {"aiohttp", "av", "cattrs", "rich", "pluggy", "psutil", "tomlkit", "platformdirs", "asyncio"}


def imported(*arguments: str) -> set[str]:
    """The top-level modules that ``ffx`` imports for a command line."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ffx.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}


def test_the_version_costs_no_heavy_import() -> None:
    assert not imported("--version") & HEAVY


def test_help_of_a_command_costs_no_heavy_import() -> None:
    assert not imported("submit", "--help") & HEAVY


def test_what_only_adds_to_the_queue_starts_no_farm(ffx: Ffx, clip: Path) -> None:
    words = ("submit", clip, "-o", "out.mp4", "--encoder", "libx264", "--detach")
    command = [sys.executable, "-X", "importtime", *ffx.command(*words)[1:]]
    done = subprocess.run(command, env=ffx.environment, cwd=ffx.folder, capture_output=True, text=True, check=True)
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "ffx.client.queue.store" in modules
    assert not modules & {"aiohttp", "rich", "ffx.client.farm", "ffx.client.shell", "ffx.server.server"}


def test_version(ffx: Ffx) -> None:
    name, version = ffx.ok("--version").split()
    assert name == "ffx"
    assert version[0].isdigit()


def test_python_minus_m_ffx_is_the_same(ffx: Ffx) -> None:
    done = subprocess.run([sys.executable, "-m", "ffx", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == ffx.ok("--version")


def test_help_lists_every_command(ffx: Ffx) -> None:
    page = ffx.ok("--help")
    for name in main.BUILT_IN:
        assert f"\n  {name} " in page
        assert ffx.ok(name, "--help").startswith(f"Usage: ffx {name}")


def test_without_a_command_it_helps_and_says_that_this_is_no_use(ffx: Ffx) -> None:
    done = ffx.run()
    assert done.returncode == 2
    assert "Commands:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("sumbit",), "no such command 'sumbit'; did you mean 'submit'? (see: ffx --help)"),
        (("--nonsense",), "(see: ffx --help)"),
        (("submit", "--nonsense"), "(see: ffx submit --help)"),
        (("servers", "remove"), "(see: ffx servers remove --help)"),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...], line: str, ffx: Ffx) -> None:
    assert ffx.refused(2, *arguments).endswith(line)


def test_a_broken_configuration_is_one_line_and_help_still_works(ffx: Ffx, tmp_path: Path) -> None:
    broken = tmp_path / "ffx.toml"
    broken.write_text("[serve\n", encoding="utf-8")
    assert "is not TOML" in ffx.refused(2, "plugins", FFX_CONFIG=str(broken))
    done = ffx.run("--help", environment={"FFX_CONFIG": str(broken)})
    assert done.returncode == 0
    assert "  submit " in done.stdout
    assert "is not TOML" in done.stderr


# -- Commands of plugins ----------------------------------------------------------------------------------------


PLUGIN = """
import click
from ffx import hookimpl

@click.command(help="Wave a hand.")
def wave():
    click.echo("hello from a plugin")
    return 0

@click.command("doctor")
def other_doctor():
    click.echo("not the real one")

@hookimpl
def ffx_register_commands():
    return [wave, other_doctor]
"""


@pytest.fixture
def with_plugin(ffx: Ffx, tmp_path: Path) -> Ffx:
    """``ffx`` with a distribution that has commands."""
    information = tmp_path / "site" / "waver-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: waver\nVersion: 1.0\n", encoding="utf-8")
    (information / "entry_points.txt").write_text("[ffx]\nwaver = waver\n", encoding="utf-8")
    (tmp_path / "site" / "waver.py").write_text(PLUGIN, encoding="utf-8")
    ffx.environment |= {"PYTHONPATH": os.pathsep.join((str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")))}
    return ffx


def test_a_plugins_command_is_listed_and_runs(with_plugin: Ffx) -> None:
    assert "  wave " in with_plugin.ok("--help")
    assert with_plugin.ok("wave") == "hello from a plugin\n"


def test_a_built_in_command_cannot_be_replaced(with_plugin: Ffx) -> None:
    assert "Look at FFmpeg" in with_plugin.ok("doctor", "--help")


def test_a_blocked_plugins_command_is_gone(with_plugin: Ffx) -> None:
    assert "no such command 'wave'" in with_plugin.refused(2, "wave", FFX_DISABLED_PLUGINS="waver")


# -- The boundary -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (FfxError("it broke"), 1, "ffx: it broke\n"),
        (UsageError("not so"), 2, "ffx: not so\n"),
        (NoServerError("nobody"), 3, "ffx: nobody\n"),
        (KeyboardInterrupt(), 130, "ffx: interrupted\n"),
        (Interrupted("2 jobs stay in the queue"), 130, "ffx: interrupted: 2 jobs stay in the queue\n"),
        (click.Abort(), 130, "ffx: interrupted\n"),
        (FfxError("studio\x1b[2J said:\n\u202eno"), 1, "ffx: studio[2J said: no\n"),
    ],
)
def test_an_error_is_one_line_and_its_status(
    error: BaseException, status: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(main.ffx, "main", fail)
    assert main.exit_status(["anything"]) == status
    assert capsys.readouterr().err == line


def test_a_fault_of_ffx_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(main.ffx, "main", fail)
    with pytest.raises(ZeroDivisionError):
        main.exit_status(["anything"])


def test_a_reader_that_goes_away_is_no_traceback(ffx: Ffx) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            ffx.command("plugins"),
            env=ffx.environment,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""
