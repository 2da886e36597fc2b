"""Runs first in a Python process that is to live by another clock, with smaller constants, or to die at a certain step.

``FAULTS_CLOCK``: seconds by which its wall clock is off. ``FAULTS_CONSTANTS``: ``module:NAME=literal`` separated by
blanks. ``FAULTS_DEATH``: ``before`` or ``after``, a blank and ``module:function``; the process is killed there. All of
it is set as soon as its module was loaded, before anybody can import a name from it.
"""

from __future__ import annotations

import ast
import importlib.machinery
import os
import signal
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

_SHIFT = float(os.environ.get("FAULTS_CLOCK", "0"))
_CHANGES: dict[str, dict[str, Callable[[Any], Any]]] = {}


def _note(place: str, change: Callable[[Any], Any]) -> None:
    module, _, name = place.partition(":")
    _CHANGES.setdefault(module, {})[name] = change


def _constant(literal: str) -> Callable[[Any], Any]:
    value = ast.literal_eval(literal)
    return lambda _: value


def _deadly(when: str) -> Callable[[Any], Any]:
    def change(function: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*arguments: Any, **named: Any) -> None:
            if when == "after":
                function(*arguments, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        return dying

    return change


for _word in os.environ.get("FAULTS_CONSTANTS", "").split():
    _place, _, _literal = _word.partition("=")
    _note(_place, _constant(_literal))
if "FAULTS_DEATH" in os.environ:
    _when, _place = os.environ["FAULTS_DEATH"].split()
    _note(_place, _deadly(_when))


class _Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        for name, change in _CHANGES[module.__name__].items():
            if not hasattr(module, name):
                raise AttributeError(f"{module.__name__} has no {name} any more: correct what the faults change")
            setattr(module, name, change(getattr(module, name)))


class _Finder:
    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name not in _CHANGES:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        if found is not None and found.origin is not None:
            found.loader = _Loader(name, found.origin)
        return found


if _CHANGES:
    sys.meta_path.insert(0, _Finder)

if _SHIFT:
    _time, _time_ns = time.time, time.time_ns
    time.time = lambda: _time() + _SHIFT
    time.time_ns = lambda: _time_ns() + int(_SHIFT * 1e9)
