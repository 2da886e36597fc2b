"""What people wrote by hand: a key that nothing knows is a mistake, where a message's is a newer version's."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from attrs import fields_dict, has

from ffx.core.registry import suggestion
from ffx.core.text import brief


def unknown_keys(plain: Mapping[str, Any], kind: type[Any], path: str = "") -> Iterator[str]:
    """Each key of a table that a class, or one of its fields, has no field for: its path, and what may be meant."""
    known = fields_dict(kind)
    hints = get_type_hints(kind)
    for key, value in plain.items():
        if key not in known:
            yield f"{path}{brief(key)}: unknown key{suggestion(key, list(known))}"
        else:
            yield from _within(value, hints[key], f"{path}{key}")


def _within(value: Any, kind: Any, path: str) -> Iterator[str]:
    for inner in _classes(kind):
        if isinstance(value, Mapping):
            yield from unknown_keys(value, inner, f"{path}.")
        elif isinstance(value, list):
            for place, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from unknown_keys(item, inner, f"{path}[{place}].")


def _classes(kind: Any) -> Iterator[type[Any]]:
    """The classes with fields among what a value may be, or may be a list of."""
    if get_origin(kind) in (types.UnionType, Union, tuple):
        for one in get_args(kind):
            yield from _classes(one)
    elif isinstance(kind, type) and has(kind):
        yield kind
