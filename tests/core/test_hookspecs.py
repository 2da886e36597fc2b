"""The hooks: ``from ffx import hookimpl`` is all that a plugin needs."""

from __future__ import annotations

import inspect
import subprocess
import sys

import ffx
from ffx.core import hookspecs
from ffx.core.pluginhost import PluginHost

HOOKS = {name: function for name, function in vars(hookspecs).items() if name.startswith("ffx_")}


def test_the_marker_of_the_package_is_the_one_of_the_hooks() -> None:
    assert ffx.hookimpl is hookspecs.hookimpl


def test_every_hook_says_when_it_is_called_and_what_it_returns() -> None:
    assert len(HOOKS) >= 9
    for name, function in HOOKS.items():
        assert inspect.getdoc(function), name
        assert inspect.signature(function).return_annotation is not inspect.Signature.empty, name


def test_every_registering_hook_has_a_registry_of_its_name() -> None:
    for name in HOOKS:
        if name.startswith("ffx_register_"):
            assert dict(getattr(PluginHost(), name.removeprefix("ffx_register_"))()) == {}


def test_the_version_is_known_without_anything_slow() -> None:
    slow = ("pluggy", "attr", "cattrs", "av", "aiohttp")
    code = f"import sys, ffx; print(ffx.__version__, *(name for name in {slow} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == [ffx.__version__]
