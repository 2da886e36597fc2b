"""Envelopes to JSON text and back.

An envelope is an object ``{type, data, message_id, timestamp, reply_to}``, its data a message as ``plain`` has it;
duplicate keys are refused.
"""

from __future__ import annotations

import functools
import json
from typing import Any, NoReturn, get_args

from ffx.core.errors import DecodeError
from ffx.core.messages import Envelope, Message, Unknown
from ffx.core.plain import from_plain, is_in_range, to_plain

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""A longer message is refused. Capabilities of a server with every encoder take about 60 kB."""


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
    if not isinstance(value, kind) or isinstance(value, bool) or not is_in_range(value):
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
