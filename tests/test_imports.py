"""Imports run one way: the table of docs/explanation/architecture.md, held for every module, inner imports too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "ffx"

ALLOWED: dict[str, frozenset[str]] = {
    "core": frozenset(),
    "media": frozenset({"core"}),
    "server": frozenset({"core", "media"}),
    "client": frozenset({"core", "media"}),
    "plugins": frozenset({"core", "media"}),
    "transports": frozenset({"core"}),
    "gui_tk": frozenset({"core", "client"}),
    "testing": frozenset({"core", "media"}),
    "cli": frozenset({"core", "media", "server", "client", "plugins", "transports", "gui_tk", "testing"}),
    "": frozenset({"core", "cli"}),  # ffx/__init__.py and ffx/__main__.py
}
"""Room -> the rooms that it may import besides itself."""

NOT_IN_CORE = frozenset({"aiohttp", "tkinter", "click", "psutil"})


@frozen
class Import:
    module: str
    """Absolute, such as ``ffx.core.model``."""
    line: int
    for_annotations_only: bool


def imports(source: str, package: str) -> Iterator[Import]:
    """Every import of a module of ``package``, at any depth."""
    tree = ast.parse(source)
    annotations_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for statement in branch.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            modules = [f"{base}.{alias.name}" for alias in node.names] if base == "ffx" else [base]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            modules = [ast.literal_eval(node.args[0])] if isinstance(node.args[0], ast.Constant) else []
        else:
            continue
        for module in modules:
            yield Import(module, node.lineno, id(node) in annotations_only)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def violations(root: Path) -> list[str]:
    """What breaks the table under ``root``, the folder of the package ``ffx``."""
    found = []
    for file in sorted(root.rglob("*.py")):
        relative = file.relative_to(root)
        room = relative.parts[0] if len(relative.parts) > 1 else ""
        if room not in ALLOWED:
            found.append(f"{relative}: the room {room!r} is not in the table")
            continue
        package = ".".join(["ffx", *relative.parts[:-1]])
        for imported in imports(file.read_text(encoding="utf-8"), package):
            if not _is_allowed(imported, room):
                found.append(f"{relative}:{imported.line}: {room or 'ffx'} imports {imported.module}")
    return found


def _is_allowed(imported: Import, room: str) -> bool:
    top, _, rest = imported.module.partition(".")
    if top != "ffx":
        return imported.for_annotations_only or room != "core" or top not in NOT_IN_CORE
    other = rest.partition(".")[0]
    is_a_room = other in ALLOWED and other != ""
    return not is_a_room or other == room or other in ALLOWED[room]


def test_every_module_keeps_to_the_table() -> None:
    assert violations(PACKAGE) == []


def test_every_room_is_looked_at() -> None:
    rooms = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    assert {"core", "media", "server", "client", "plugins", "transports", "cli", "testing"} <= rooms <= set(ALLOWED)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/a.py", "import ffx.media.probe"),
        ("core/a.py", "from ffx.media import probe"),
        ("core/a.py", "from ffx import media"),
        ("core/a.py", "from .. import media"),
        ("core/a.py", "from ..media.probe import probe"),
        ("core/deep/a.py", "from ...server import server"),
        ("core/a.py", "def f():\n    from ffx.cli import main"),
        ("core/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ffx.media.probe import MediaInfo"),
        ("core/a.py", "import importlib\nimportlib.import_module('ffx.media')"),
        ("core/a.py", "import aiohttp"),
        ("core/a.py", "def f():\n    from tkinter import ttk"),
        ("core/a.py", "import click.testing"),
        ("core/a.py", "import psutil"),
        ("core/a.py", "if True:\n    import click\nelse:\n    pass"),
        ("media/a.py", "import ffx.plugins.software"),
        ("server/a.py", "from ffx.client.farm import Farm"),
        ("client/a.py", "from ffx.server.server import Server"),
        ("plugins/a.py", "from ffx.server.machine import Machine"),
        ("plugins/a.py", "from ffx.transports import inproc"),
        ("transports/a.py", "from ffx.media import probe"),
        ("transports/a.py", "from ffx.testing import transport"),
        ("testing/a.py", "from ffx.server import server"),
        ("gui_tk/a.py", "from ffx.media import probe"),
        ("attic/a.py", ""),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    assert len(violations(tmp_path)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/a.py", "import ffx\nfrom ffx.core.model import ServerInfo\nfrom . import b\nimport attrs, json"),
        ("core/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import click"),
        ("media/a.py", "from ffx.core.model import ServerInfo"),
        ("server/a.py", "from ffx.media import probe\nfrom ..core import model\nimport psutil"),
        ("transports/a.py", "import aiohttp\nfrom ffx.core import transport"),
        ("gui_tk/a.py", "from ffx.client.farm import Farm\nimport tkinter"),
        ("cli/commands/a.py", "from ffx.server.server import Server\nfrom ffx.client.farm import Farm\nimport click"),
        ("plugins/a.py", "from ffx import hookimpl"),
        ("__main__.py", "from ffx.cli.main import run"),
    ],
)
def test_what_the_table_allows_is_left_alone(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    assert violations(tmp_path) == []


def test_the_page_on_the_architecture_draws_the_same_table() -> None:
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)/` \|.*\| ([^|]*) \|$", page, flags=re.MULTILINE))
    drawn = {room: frozenset(re.findall(r"`(\w+)`", allowed)) for room, allowed in rows.items()}
    assert drawn == {room: allowed for room, allowed in ALLOWED.items() if room not in ("", "gui_tk", "cli")} | {
        "cli": ALLOWED["cli"] - {"gui_tk"}
    }
