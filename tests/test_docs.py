"""The documents say what the code does: fields, codes, hooks, keys, statuses, snippets and links."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
import tomllib
import types
import typing
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import click
import pytest

from ffx.cli.main import ffx
from ffx.cli.recipe_reference import recipe_page
from ffx.core import errors, hookspecs, model
from ffx.core.configuration import Configuration, read_configuration
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError
from ffx.core.messages import JobFailed, JobRejected, Message, Unknown
from ffx.core.pluginhost import PluginHost, PluginState
from ffx.testing.detector import check_detector
from ffx.testing.policy import check_policy

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PROTOCOL = (DOCS / "reference" / "protocol.md").read_text(encoding="utf-8")
CONFIGURATION = (DOCS / "reference" / "configuration.md").read_text(encoding="utf-8")
EXIT_STATUS = (DOCS / "reference" / "exit-status.md").read_text(encoding="utf-8")
PLUGINS = (DOCS / "howto" / "write-a-plugin.md").read_text(encoding="utf-8")

MESSAGES = [kind for kind in get_args(Message) if kind is not Unknown]
VALUES = [
    kind
    for kind in vars(model).values()
    if isinstance(kind, type) and attrs.has(kind) and kind.__module__ == model.__name__
]
"""Recipes have a page of their own."""


def section(page: str, heading: str) -> str:
    """The text below a heading, to the next of the same or a higher level."""
    level = heading.split(" ", 1)[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the first table, without its head."""
    table = re.search(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    lines = table[0].splitlines() if table else []
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[2:]]


def type_in_words(kind: Any) -> str:
    simple = {str: "text", bool: "true or false", int: "whole number", float: "number"}
    if kind in simple:
        return simple[kind]
    if get_origin(kind) is types.UnionType:
        (inner,) = (member for member in get_args(kind) if member is not type(None))
        return f"{type_in_words(inner)} or null"
    if get_origin(kind) is tuple:
        return f"list of {type_in_words(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return f"table of {type_in_words(get_args(kind)[1])}s"
    if attrs.has(kind):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    assert issubclass(kind, Enum)
    return "word"


def default_in_words(field: attrs.Attribute[Any]) -> str:
    if field.default is attrs.NOTHING:
        return "required"
    if isinstance(field.default, Enum):
        return f"`{field.default.value}`"
    if attrs.has(type(field.default)):
        return "empty"
    default = {} if isinstance(field.default, attrs.Factory) else field.default  # type: ignore[arg-type]
    return f"`{json.dumps(list(default) if isinstance(default, tuple) else default)}`"


def fields_in_words(kind: type[Any]) -> list[list[str]]:
    hints = typing.get_type_hints(kind)
    return [[f"`{f.name}`", type_in_words(hints[f.name]), default_in_words(f)] for f in attrs.fields(kind)]


# -- Recipes ------------------------------------------------------------------------------------------------


def test_the_recipe_reference_is_written_from_the_types() -> None:
    page = (DOCS / "reference" / "recipe.md").read_text(encoding="utf-8")
    assert page == recipe_page(), "write it anew with: make docs"
    assert "| `loudness` | number or null | `null` | LUFS that the whole is brought to" in page


# -- The protocol -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: str(kind.type))
def test_every_message_is_documented_field_by_field(kind: type[Any]) -> None:
    documented = rows(section(PROTOCOL, f"### `{kind.type}`"))
    assert [row[:3] for row in documented] == fields_in_words(kind)
    assert all(row[3] for row in documented)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: str(kind.__name__))
def test_every_value_is_documented_field_by_field(kind: type[Any]) -> None:
    if kind is model.CapabilityMatch:
        assert "CapabilityMatch" not in PROTOCOL  # it never travels
        return
    documented = rows(section(PROTOCOL, f"### {kind.__name__}"))
    assert [row[:3] for row in documented] == fields_in_words(kind)
    assert all(row[3] for row in documented)


def test_no_message_is_documented_that_does_not_exist() -> None:
    documented = re.findall(r"^### `(\w+)`$", PROTOCOL, re.MULTILINE)
    assert documented == [kind.type for kind in MESSAGES]


def codes(heading: str) -> set[str]:
    return {row[0].strip("`") for row in rows(section(PROTOCOL, heading))}


def first_arguments(folder: str, *functions: str) -> set[str]:
    """The texts that these functions are called with first, in every module of a room."""
    found = set()
    for file in (ROOT / "src" / "ffx" / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in functions and node.args:
                found |= {leaf.value for leaf in ast.walk(node.args[0]) if isinstance(leaf, ast.Constant)}
    return {text for text in found if isinstance(text, str)}


def test_every_reason_to_refuse_a_job_is_documented() -> None:
    documented = codes("### Codes of `job_rejected`")
    assert documented == set(re.findall(r"``(\w+)``", JobRejected.__doc__ or "")) - {"code"}
    assert documented == first_arguments("server", "Rejection")


def test_every_reason_of_a_failure_is_documented() -> None:
    documented = codes("### Codes of `job_failed`")
    assert documented == set(re.findall(r"``(\w+)``", JobFailed.__doc__ or "")) - {"code"}


def test_every_code_of_an_error_is_documented() -> None:
    assert codes("### Codes of `error`") >= first_arguments("server", "Refused", "ErrorMessage")


def test_the_codes_of_bulk_bytes_are_those_of_the_transport() -> None:
    from ffx.transports.websocket.vocabulary import STATUS_OF_CODE

    (table,) = re.findall(r"^\| code \| status \| meaning \|\n(?:\|.*\n)+", PROTOCOL, re.MULTILINE)
    assert {row[0].strip("`"): int(row[1]) for row in rows(table)} == STATUS_OF_CODE
    assert set(STATUS_OF_CODE) == set(re.findall(r"``(\w+)``", errors.TransferError.__doc__ or "")) - {"code"}


# -- Hooks --------------------------------------------------------------------------------------------------


def hooks() -> dict[str, str]:
    """Every hook with its exact signature."""
    return {
        name: f"{name}{inspect.signature(function)}".replace("'", "")
        for name, function in vars(hookspecs).items()
        if name.startswith("ffx_")
    }


def test_every_hook_is_documented_with_its_exact_signature() -> None:
    documented = re.findall(r"^(?P<signature>ffx_\w+\(.*\) -> .*)$", section(PLUGINS, "## Every hook"), re.MULTILINE)
    assert documented == list(hooks().values())


def test_every_hook_is_explained() -> None:
    assert [row[0].strip("`") for row in rows(section(PLUGINS, "## Every hook"))] == list(hooks())


def snippets(page: str, *languages: str) -> list[str]:
    """The blocks of a page in one of these languages, a block without one being of ``""``."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [text for language, text in blocks if language in languages]


@pytest.mark.parametrize("source", snippets(PLUGINS, "python"))
def test_every_plugin_of_the_page_is_one(source: str) -> None:
    module = types.ModuleType("a_plugin_of_the_page")
    exec(compile(source, "write-a-plugin.md", "exec"), vars(module))
    host = PluginHost()
    host.register("page", module)
    for registry in (host.encoders, host.detectors, host.transports, host.policies, host.uis):
        registry()
    (record,) = host.records()
    assert (record.state, record.error) == (PluginState.ACTIVE, "")
    assert record.hooks
    for detector in host.detectors().values():
        check_detector(detector, [EncoderSpec("h264_board", "h264")])
    for policy in host.policies().values():
        check_policy(policy)


# -- Configuration ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [field.name for field in attrs.fields(Configuration)])
def test_every_key_of_the_configuration_is_documented(table: str) -> None:
    kind = type(attrs.fields_dict(Configuration)[table].default)
    documented = rows(section(CONFIGURATION, f"## `[{table}]`"))
    assert [row[:3] for row in documented] == fields_in_words(kind)
    assert all(row[5] for row in documented)


def test_every_variable_is_documented_and_no_other() -> None:
    read = {
        name
        for file in (ROOT / "src" / "ffx").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for name in re.findall(r"\bFFX_[A-Z_]*[A-Z]\b", node.value)
    }
    assert set(re.findall(r"`(FFX_\w+)`", CONFIGURATION)) == read


def test_every_option_that_a_key_has_is_one_of_a_command() -> None:
    from ffx.cli.commands.serve import serve
    from ffx.cli.commands.submit import submit

    options = {option for command in (serve, submit) for parameter in command.params for option in parameter.opts}
    documented = set(re.findall(r"`(--[a-z-]+)` \|", CONFIGURATION))
    assert len(documented) >= 10
    assert documented <= options


@pytest.mark.parametrize("source", snippets(CONFIGURATION, "toml"))
def test_the_example_of_the_page_is_a_configuration(source: str) -> None:
    assert read_configuration(tomllib.loads(source), origin="configuration.md") != Configuration()


# -- Exit status --------------------------------------------------------------------------------------------


def test_every_error_has_the_documented_exit_status() -> None:
    table = EXIT_STATUS[EXIT_STATUS.index("| error |") :]
    real = {
        name: kind.exit_status
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, FfxError)
    }
    assert {row[0].strip("`"): int(row[1]) for row in rows(table)} == real


def test_every_exit_status_is_explained() -> None:
    from ffx.cli.main import INTERRUPTED

    explained = {int(row[0]) for row in rows(EXIT_STATUS)}
    raised = {kind.exit_status for _, kind in inspect.getmembers(errors, inspect.isclass)}
    assert explained == {0, INTERRUPTED} | raised


# -- Command lines ------------------------------------------------------------------------------------------

PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


def command_lines() -> list[str]:
    """Every ``ffx ...`` in a block of a page; the command reference is held to the commands by a test of its own."""
    pages = [page.read_text(encoding="utf-8") for page in PAGES if page.name != "commands.md"]
    blocks = (block.replace("\\\n", " ") for page in pages for block in snippets(page, "", "sh"))
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if re.match(r"(\$ )?ffx (?!server )[a-z-]", line)]


@pytest.mark.parametrize("line", command_lines())
def test_every_command_line_is_understood(line: str) -> None:
    words = [word for word in shlex.split(line, comments=True) if word != "&"]
    command: click.Command | None = ffx
    context = None
    while isinstance(command, click.Group):
        context = click.Context(command, info_name=words.pop(0), parent=context)
        command = command.get_command(context, words[0])
    assert command is not None, f"there is no command {words[0]!r}"
    command.make_context(words[0], words[1:], parent=context)


# -- Links --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        target, _, anchor = link.partition("#")
        if re.match(r"https?:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name}: {link}"
        if anchor and file.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, link
