"""The recipe reference, written from the types themselves: docs/reference/recipe.md."""

from __future__ import annotations

import ast
import inspect
import json
import types
from collections.abc import Iterator
from enum import Enum
from fractions import Fraction
from textwrap import dedent
from typing import Any, get_args, get_origin, get_type_hints

import attrs

from ffx.core.edits import Corner, Crop, Deinterlace, Denoise, PictureEdits, Scale, Watermark
from ffx.core.recipe import QualityMode, Recipe, Trim
from ffx.core.targets import Metric, Target
from ffx.core.tracks import Downmix, SoundChoice, SubtitleChoice

PARTS = (Recipe, PictureEdits, Crop, Scale, Watermark, SoundChoice, SubtitleChoice, Trim, Target)
WORDS = (QualityMode, Metric, Deinterlace, Denoise, Corner, Downmix)

_HEAD = """# Recipes

Written from the types themselves by `make docs`; a test holds this page to them. A recipe says how a job encodes. It is
the same value on the command line (the options of [ffx submit](commands.md#ffx-submit)), in a profile's file
(`ffx profiles export`), and in the `recipe` of a [job](protocol.md#jobconfiguration). What a field leaves empty is kept
as the source has it, as far as the container can hold it; an unknown key in a file is refused with its path.
"""
_SIMPLE = {str: "text", bool: "true or false", int: "whole number", float: "number", Fraction: "fraction"}


def recipe_page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_HEAD, *(line for kind in PARTS for line in _part(kind)), *_words()])


def _part(kind: type[Any]) -> Iterator[str]:
    yield f"## {kind.__name__}\n"
    yield f"{_one_line(inspect.getdoc(kind) or '')}\n"
    yield "| field | type | default | meaning |\n| --- | --- | --- | --- |"
    hints, meanings = get_type_hints(kind), field_docs(kind)
    for field in attrs.fields(kind):
        cells = (f"`{field.name}`", _type(hints[field.name]), _default(field), meanings.get(field.name, ""))
        yield f"| {' | '.join(_one_line(cell).replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _words() -> Iterator[str]:
    for kind in WORDS:
        yield f"## {kind.__name__}\n"
        if kind.__doc__ and not kind.__doc__.startswith("An enumeration"):
            yield f"{_one_line(inspect.getdoc(kind) or '')}\n"
        yield f"{', '.join(f'`{member.value}`' for member in kind)}\n"


def field_docs(kind: type[Any]) -> dict[str, str]:
    """The text below each field of a class, by the field's name."""
    (body,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            assert isinstance(field.target, ast.Name)
            found[field.target.id] = str(text.value.value)
    return found


def _type(kind: Any) -> str:
    if get_origin(kind) is types.UnionType:
        return " or ".join("null" if member is types.NoneType else _type(member) for member in get_args(kind))
    if get_origin(kind) is tuple:
        return f"list of {_type(get_args(kind)[0])}"
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    return f"[{kind.__name__}](#{kind.__name__.lower()})"


def _default(field: attrs.Attribute[Any]) -> str:
    default = field.default
    if default is attrs.NOTHING:
        return "required"
    if isinstance(default, Enum):
        return f"`{default.value}`"
    if attrs.has(type(default)):
        return "empty"
    return f"`{json.dumps(list(default) if isinstance(default, tuple) else default)}`"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")
