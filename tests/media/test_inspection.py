"""What a reader says of a file: it may have been taken over, so it is believed no further than it fits."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import DecodeError, ProbeError
from ffx.core.plain import from_plain, to_plain
from ffx.media.inspection import examine_to_text, read_examination
from ffx.media.probe import examine

PATH = Path("/spool/in/0")
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["found", "fault", "streams", "packets"]), inner),
)


def said(clip: Path) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(examine_to_text(clip))
    return plain


def test_what_was_found_comes_back_whole(clip: Path) -> None:
    media, packets = read_examination(examine_to_text(clip), clip, clip.stat().st_size)
    assert (media, packets) == examine(clip)


def test_a_fault_is_one_line_about_the_file_that_was_asked_for() -> None:
    text = json.dumps({"fault": "is \x1b[2J not\nmedia" + "!" * 1000})
    with pytest.raises(ProbeError) as caught:
        read_examination(text.encode(), PATH, 1)
    assert str(caught.value).startswith(f"{PATH}: is ")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("change", [
    lambda found: found["streams"][1].update(index=0),
    lambda found: found["streams"].pop(),
    lambda found: found["packets"]["streams"][0].update(index=7),
    lambda found: found["packets"]["streams"][0].update(index=1),
    lambda found: found["packets"]["streams"][0].update(packets=2**70),
    lambda found: found["streams"][0].update(frame_rate="1/0"),
    lambda found: found["streams"][0].update(frame_rate=25),
    lambda found: found["streams"][0].update(width="320"),
    lambda found: found.update(duration=None),
    lambda found: found.update(metadata=["title"]),
    lambda found: found.pop("container"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(clip: Path, change: Any) -> None:
    plain = said(clip)
    change(plain["found"])
    with pytest.raises(DecodeError):
        read_examination(json.dumps(plain).encode(), PATH, 1)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_said_is_a_plain_error(text: bytes) -> None:
    with pytest.raises((DecodeError, ProbeError)):
        read_examination(text, PATH, 1)


@given(st.fractions())
def test_fractions_come_back(value: Fraction) -> None:
    if abs(value.numerator) < 10**19 and value.denominator < 10**19:
        assert from_plain(to_plain(value), Fraction) == value


@pytest.mark.parametrize("text", ["", "1/", "/1", "1/0", "1/-2", "1.5", " 1", "1" * 20, "¹", 1, None])
def test_what_is_no_fraction(text: Any) -> None:
    with pytest.raises(DecodeError, match="must be a fraction"):
        from_plain(text, Fraction)
