"""Envelopes to JSON text and back.

Decisions about the wire: an object ``{type, data, message_id, timestamp, reply_to}``; tuples are arrays, enums
their values; fields that a version does not know are passed over; numbers and texts are never converted into each
other; NaN, infinities, whole numbers beyond 64 bits and duplicate keys are refused.
"""

from __future__ import annotations

import functools
import json
import math
import re
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from types import GenericAlias
from typing import Any, NoReturn, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from ffx.core.errors import DecodeError
from ffx.core.messages import Envelope, Message, Unknown
from ffx.core.model import EncoderReport, ServerCapabilities

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""A longer message is refused. Capabilities of a server with every encoder take about 60 kB."""

_SHARED_LENGTH = 32
"""Characters of a text that many messages may have in common."""

_LONGEST_REASON = 200
"""Characters; what does not fit is quoted in answers and logs, and may be megabytes long."""


def encode(envelope: Envelope) -> str:
    """The JSON text of an envelope."""
    message = envelope.message
    if isinstance(message, Unknown):
        message_type, data = message.original_type, message.data
    else:
        message_type, data = message.type, to_plain(message)
    return json.dumps(
        {
            "type": message_type,
            "data": data,
            "message_id": envelope.message_id,
            "timestamp": envelope.timestamp,
            "reply_to": envelope.reply_to,
        },
        separators=(",", ":"),
        allow_nan=False,
    )


def decode(text: str | bytes) -> Envelope:
    """Read an envelope.

    Raises:
        DecodeError: it is not JSON, not an envelope, or its data does not fit its type.
    """
    size = _size(text)
    if size > MAX_MESSAGE_BYTES:
        raise DecodeError(f"a message may have {MAX_MESSAGE_BYTES} bytes, this one has {size}")
    raw = _parse(text)
    message_id = _envelope_field(raw, "message_id", str, "")
    message_type = _envelope_field(raw, "type", str, message_id)
    timestamp = _envelope_field(raw, "timestamp", (int, float), message_id)
    reply_to = raw.get("reply_to")
    if reply_to is not None and not isinstance(reply_to, str):
        raise DecodeError("must be text or null", path="reply_to", message_type=message_type, message_id=message_id)
    data = raw.get("data", {})
    if not isinstance(data, dict):
        raise DecodeError("must be an object", path="data", message_type=message_type, message_id=message_id)
    message = _message(message_type, data, message_id)
    return Envelope(message, message_id=message_id, timestamp=float(timestamp), reply_to=reply_to)


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


def _size(text: str | bytes) -> int:
    if isinstance(text, bytes) or text.isascii():
        return len(text)
    return len(text.encode("utf-8", "surrogatepass"))


def _parse(text: str | bytes) -> dict[str, Any]:
    try:
        raw = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise DecodeError(f"not a JSON message: {reason}") from None
    if not isinstance(raw, dict):
        raise DecodeError("a message is a JSON object")
    return raw


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return unique


def _envelope_field(raw: dict[str, Any], name: str, kind: type | tuple[type, ...], message_id: str) -> Any:
    if name not in raw:
        raise DecodeError("required field missing", path=name, message_id=message_id)
    value = raw[name]
    if not isinstance(value, kind) or isinstance(value, bool) or not _is_in_range(value):
        expected = "text" if kind is str else "a number"
        raise DecodeError(f"must be {expected}", path=name, message_id=message_id)
    return value


def _message(message_type: str, data: dict[str, Any], message_id: str) -> Message:
    kind = _kinds().get(message_type)
    if kind is None:
        return Unknown(message_type, data)
    try:
        message: Message = from_plain(data, kind, path="data")
    except DecodeError as error:
        raise DecodeError(error.detail, path=error.path, message_type=message_type, message_id=message_id) from None
    return message


@functools.cache
def _kinds() -> dict[str, type[Any]]:
    return {kind.type: kind for kind in get_args(Message) if kind is not Unknown}


# -- The converter ------------------------------------------------------------------------------------------


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
        if asked is kind and type(value) is kind and (kind in (str, bool) or _is_in_range(value)):  # nearly always
            # Servers by the hundred have the same encoders: their names are in memory once.
            return sys.intern(value) if kind is str and len(value) <= _SHARED_LENGTH else value
        if issubclass(asked, Enum):  # cattrs takes an enum of texts for a text
            return asked(value)
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"must be {expected}")
        if not _is_in_range(value):
            raise ValueError(f"must be {expected}, finite and within 64 bits")
        return kind(value)

    return structure


def _fraction(value: Any, asked: type[Any]) -> Fraction:
    """Of ``30000/1001`` or ``25``."""
    parts = re.fullmatch(r"(-?[0-9]{1,19})(?:/([0-9]{1,19}))?", value) if isinstance(value, str) else None
    if parts is None or (parts[2] is not None and not int(parts[2])):
        raise ValueError("must be a fraction")
    return Fraction(int(parts[1]), int(parts[2] or 1))


def _is_in_range(value: Any) -> bool:
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
