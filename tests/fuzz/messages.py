"""The decoder of messages."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from ffx.core.errors import DecodeError
from ffx.core.messages import Envelope
from ffx.core.wire import decode, encode
from tests.core.test_wire import KINDS, PLAIN, SIMPLE, of_class
from tests.fuzz.mutations import EXTREMES, damaged
from tests.fuzz.target import Target, is_one_line

VALID = st.one_of(*(st.builds(Envelope, of_class(kind), st.text(), SIMPLE[float]) for kind in KINDS)).map(encode)


@st.composite
def nearly_valid(draw: st.DrawFn) -> str:
    """A message of a real type with one value, at any depth, that is another one; or damaged as text."""
    text = draw(VALID)
    if draw(st.booleans()):
        return draw(damaged([text]))
    raw = json.loads(text)
    place = draw(st.sampled_from(list(_places(raw))))
    inner: Any = raw
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = "PLACE"
    return json.dumps(raw).replace('"PLACE"', draw(st.sampled_from(EXTREMES) | PLAIN.map(json.dumps)), 1)


def _places(value: Any, at: tuple[Any, ...] = ()) -> Any:
    """The path of every value inside another."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*at, key)
            yield from _places(inner, (*at, key))


def check(text: str | bytes) -> None:
    """It is a message, which is the same when it is written and read again; or it is refused in a line."""
    try:
        envelope = decode(text)
    except DecodeError as error:
        assert is_one_line(str(error)), repr(str(error))
        return
    assert decode(encode(envelope)) == envelope


TARGET = Target("messages", st.binary() | st.text() | nearly_valid(), check)
