"""Plugins for real: distributions in a folder on PYTHONPATH, found by a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

ENCODER_PLUGIN = """
from ffx import hookimpl

@hookimpl
def ffx_register_encoders():
    from ffx.core.encoders import EncoderSpec
    return [EncoderSpec({name!r}, "codec")]
"""


class Site:
    """A folder of installed distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(
        self, distribution: str, entry_points: dict[str, str], modules: dict[str, str], version: str = "1.0"
    ) -> None:
        information = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        information.mkdir(parents=True)
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        (information / "METADATA").write_text(metadata, encoding="utf-8")
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (information / "entry_points.txt").write_text("\n".join(["[ffx]", *lines, ""]), encoding="utf-8")
        for module, source in modules.items():
            (self.folder / f"{module}.py").write_text(source, encoding="utf-8")

    def ffx(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ffx.cli.main", *arguments],
            env=os.environ | {"PYTHONPATH": str(self.folder)} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def plugins(self, **environment: str) -> dict[str, dict[str, Any]]:
        done = self.ffx("plugins", "--json", **environment)
        assert done.returncode == 0, done.stderr
        return {plugin["name"]: plugin for plugin in json.loads(done.stdout)}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def built_in_plugins() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return set(project["project"]["entry-points"]["ffx"])


def test_the_built_in_plugins_come_through_entry_points_like_everybody_s(site: Site) -> None:
    plugins = site.plugins()
    assert set(plugins) == built_in_plugins()
    for plugin in plugins.values():
        assert (plugin["state"], plugin["error"], plugin["distribution"]) == ("active", "", "ffmpeg-easy"), plugin
        assert plugin["hooks"]
        assert plugin["version"]


def test_a_stranger_s_plugin_is_found(site: Site) -> None:
    site.install("ffx-mine", {"mine": "ffx_mine"}, {"ffx_mine": ENCODER_PLUGIN.format(name="odd")}, version="2.5")
    assert site.plugins()["mine"] == {
        "name": "mine",
        "distribution": "ffx-mine",
        "version": "2.5",
        "hooks": ["ffx_register_encoders"],
        "state": "active",
        "error": "",
    }


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import a_module_that_is_not_there", "ModuleNotFoundError: No module named 'a_module_that_is_not_there'"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("raise RuntimeError('one\\ntwo')", "RuntimeError: one two"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("from ffx import hookimpl\n@hookimpl\ndef ffx_register_encoder(): pass", "unknown hook ffx_register_encoder"),
        ("from ffx import hookimpl\n@hookimpl\ndef ffx_register_encoders(): 1 / 0", "ZeroDivisionError"),
        (ENCODER_PLUGIN.format(name="libx264"), "the encoder 'libx264' of plugin 'a_bad_one' is registered already by"),
    ],
    ids=["import", "syntax", "raises", "exits", "unknown-hook", "raising-hook", "clash"],
)
def test_a_broken_plugin_is_reported_and_the_others_go_on(site: Site, source: str, error: str) -> None:
    site.install("bad-plugin", {"a_bad_one": "bad_plugin"}, {"bad_plugin": source})
    site.install("good-plugin", {"good": "good_plugin"}, {"good_plugin": ENCODER_PLUGIN.format(name="odd")})
    plugins = site.plugins()
    assert plugins["a_bad_one"]["state"] == "broken"
    assert error in plugins["a_bad_one"]["error"]
    assert plugins["a_bad_one"]["distribution"] == "bad-plugin"
    for name in {"good", *built_in_plugins()}:
        assert plugins[name]["state"] == "active", plugins[name]


def test_an_entry_point_that_names_nothing_is_reported(site: Site) -> None:
    site.install("bad-plugin", {"bad": "bad_plugin:nothing"}, {"bad_plugin": ""})
    assert "has no attribute 'nothing'" in site.plugins()["bad"]["error"]


def test_of_two_plugins_with_one_name_neither_is_loaded(site: Site) -> None:
    for letter in "ab":
        source = "raise RuntimeError('loaded')"
        site.install(f"plugin-{letter}", {"same": f"plugin_{letter}"}, {f"plugin_{letter}": source})
    found = site.plugins()["same"]
    assert found["state"] == "broken"
    assert "taken more than once, so none is loaded: plugin-a (plugin_a), plugin-b (plugin_b)" in found["error"]


def test_two_distributions_with_one_name_are_told_even_when_they_name_one_module(site: Site) -> None:
    for letter in "ab":
        site.install(f"plugin-{letter}", {"same": "shared"}, {"shared": ENCODER_PLUGIN.format(name="odd")})
    assert "plugin-a (shared), plugin-b (shared)" in site.plugins()["same"]["error"]


def test_a_stranger_who_takes_a_built_in_name_is_told(site: Site) -> None:
    site.install("rival", {"weighted": "rival"}, {"rival": ""})
    assert "ffmpeg-easy (ffx.plugins.weighted), rival (rival)" in site.plugins()["weighted"]["error"]


def test_plugins_are_blocked_by_name(site: Site) -> None:
    site.install("loud", {"loud": "loud"}, {"loud": "raise RuntimeError('loaded')"})
    plugins = site.plugins(FFX_DISABLED_PLUGINS="loud,nvidia")
    assert {name for name, plugin in plugins.items() if plugin["state"] == "blocked"} == {"loud", "nvidia"}
    assert {name for name, plugin in plugins.items() if plugin["state"] == "broken"} == set()


def test_plugins_are_blocked_by_the_configuration(site: Site, ffx_home: Path) -> None:
    (ffx_home / "config").mkdir()
    (ffx_home / "config" / "ffx.toml").write_text('[plugins]\ndisabled = ["amd"]\n', encoding="utf-8")
    assert site.plugins()["amd"]["state"] == "blocked"


def test_a_person_reads_what_is_wrong(site: Site) -> None:
    site.install("bad-plugin", {"bad": "bad_plugin"}, {"bad_plugin": "import a_module_that_is_not_there"})
    done = site.ffx("plugins")
    assert done.returncode == 0
    assert "bad: ModuleNotFoundError: No module named 'a_module_that_is_not_there'" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_plugin_s_command_is_a_command_of_ffx(site: Site) -> None:
    source = (
        "import click\nfrom ffx import hookimpl\n"
        "@click.command()\ndef greet():\n    click.echo('hello from a plugin')\n"
        "@hookimpl\ndef ffx_register_commands():\n    return [greet]\n"
    )
    site.install("greeter", {"greeter": "greeter"}, {"greeter": source})
    assert site.ffx("greet").stdout == "hello from a plugin\n"
    assert "greet" in site.ffx("--help").stdout
