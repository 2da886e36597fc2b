"""Text from the other side cannot move a cursor, hide itself or become two lines."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.text import one_line, printable

ANY = st.text(st.characters(codec=None, exclude_categories=()))


@given(ANY)
def test_nothing_is_left_that_a_terminal_would_obey(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in shown)
    assert len(shown.splitlines()) <= 1


@given(ANY)
def test_one_line_has_single_spaces(text: str) -> None:
    line = one_line(text)
    assert line == line.strip()
    assert "  " not in line


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_can_be_read_is_kept(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\nb\r\nc", "a b c"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\x9b2J", "2J"),
        ("film \udcff.mkv", "film \udcff.mkv"),
        ("e\u0301t\u00e9", "e\u0301t\u00e9"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert one_line(text) == shown
