"""Values of the model to what JSON holds, and back: read strictly, whoever wrote it.

Tuples are arrays, enums their values; fields that a version does not know are passed over; numbers and texts are never
converted into each other; infinities, what is no number, and whole numbers beyond 64 bits are refused.
"""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from types import GenericAlias
from typing import Any, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from ffx.core.errors import DecodeError
from ffx.core.model import EncoderReport, ServerCapabilities

_SHARED_LENGTH = 32
"""Characters of a text that many values may have in common."""

_LONGEST_REASON = 200
"""Characters; what does not fit is quoted in answers and logs, and may be megabytes long."""


def to_plain(value: Any) -> Any:
    """Any value of the model as JSON would hold it: dictionaries, lists, texts, numbers."""
    return _converter().unstructure(value)


def from_plain(plain: Any, kind: type[Any], *, path: str = "") -> Any:
    """The value of a class from its plain form.

    Raises:
        DecodeError: something does not fit; carries the path of the first field at fault.
    """
    try:
        return _converter().structure(plain, kind)
    except Exception as error:  # noqa: BLE001 - cattrs wraps whatever a value's own checks raised
        where, why = _first_fault(error, path)
        raise DecodeError(why, path=where) from None


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=True)
    for kind, accepted, expected in (
        (str, (str,), "text"),
        (bool, (bool,), "true or false"),
        (int, (int,), "a whole number"),
        (float, (int, float), "a number"),
    ):
        converter.register_structure_hook(kind, _exactly(kind, accepted, expected))
    converter.register_structure_hook(Fraction, _fraction)
    converter.register_unstructure_hook(Fraction, str)
    # Left alone, cattrs takes a text for a list of its letters, and a list for an object without fields.
    converter.register_structure_hook_factory(attrs.has, lambda kind: _from_object(converter, kind))
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _from_array(converter, kind))
    # What is derived is on the wire for readers in other languages, and passed over when it is read here.
    # The inner one first: the hook of the outer one binds what is registered for its fields by then.
    for derived_kind, names in (
        (EncoderReport, ("vendor",)),
        (ServerCapabilities, ("software_encoders", "hardware_encoders")),
    ):
        converter.register_unstructure_hook(derived_kind, _with_derived(converter, derived_kind, names))
    return converter


def _exactly(kind: type, accepted: tuple[type, ...], expected: str) -> Callable[[Any, Any], Any]:
    def structure(value: Any, asked: type[Any]) -> Any:
        if asked is kind and type(value) is kind and (kind in (str, bool) or is_in_range(value)):  # nearly always
            # Servers by the hundred have the same encoders: their names are in memory once.
            return sys.intern(value) if kind is str and len(value) <= _SHARED_LENGTH else value
        if issubclass(asked, Enum):  # cattrs takes an enum of texts for a text
            return asked(value)
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"must be {expected}")
        if not is_in_range(value):
            raise ValueError(f"must be {expected}, finite and within 64 bits")
        return kind(value)

    return structure


def _fraction(value: Any, asked: type[Any]) -> Fraction:
    """Of ``30000/1001`` or ``25``."""
    parts = re.fullmatch(r"(-?[0-9]{1,19})(?:/([0-9]{1,19}))?", value) if isinstance(value, str) else None
    if parts is None or (parts[2] is not None and not int(parts[2])):
        raise ValueError("must be a fraction")
    return Fraction(int(parts[1]), int(parts[2] or 1))


def is_in_range(value: Any) -> bool:
    """Whether a value is no number, or one that every JSON reader takes: finite, and whole ones within 64 bits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _from_object(converter: cattrs.Converter, kind: type[Any]) -> Callable[[Any, Any], Any]:
    fields = make_dict_structure_fn(kind, converter)

    def structure(value: Any, asked: type[Any]) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError("must be an object")
        return fields(value, asked)

    return structure


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _from_array(converter: cattrs.Converter, kind: Any) -> Callable[[Any, Any], Any]:
    """The hook for ``tuple[T, ...]``, the only kind of tuple that the model has."""
    listed: Any = GenericAlias(list, get_args(kind)[:1])
    items = converter.get_structure_hook(listed)

    def structure(value: Any, asked: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise ValueError("must be a list")
        return tuple(items(value, listed))

    return structure


def _with_derived(converter: cattrs.Converter, kind: type[Any], names: tuple[str, ...]) -> Callable[[Any], Any]:
    plain = make_dict_unstructure_fn(kind, converter)

    def unstructure(value: Any) -> Any:
        return {**plain(value), **{name: converter.unstructure(getattr(value, name)) for name in names}}

    return unstructure


def _first_fault(error: BaseException, path: str) -> tuple[str, str]:
    """The path and the reason of the first leaf of cattrs' tree of errors."""
    if isinstance(error, cattrs.ClassValidationError):
        with_notes, without = error.group_exceptions()
        if with_notes:
            inner, note = with_notes[0]
            return _first_fault(inner, f"{path}.{note.name}" if path else note.name)
        return _first_fault(without[0], path)
    if isinstance(error, cattrs.IterableValidationError):
        with_index, without_index = error.group_exceptions()
        if with_index:
            inner, index_note = with_index[0]
            return _first_fault(inner, f"{path}[{index_note.index!r}]")
        return _first_fault(without_index[0], path)
    if isinstance(error, KeyError):
        return path, "required field missing"
    if isinstance(error, (TypeError, AttributeError)):
        return path, "has the wrong type"
    reason = str(error)
    return path, reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
