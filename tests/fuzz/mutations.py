"""Strategies that damage something valid: most of what is wrong in the wild is nearly right."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

EXTREMES = (
    *["0", "-1", "1.5", "1e400", "NaN", "-Infinity", "9223372036854775808", "true", "null", '""', "[]", "{}"],
    *("9" * 5000, '"\\u0000"', '"\\ud800"', f'"{"x" * 5000}"', "[" * 3000, '{"a":' * 3000),
)
"""Values that break readers, as JSON writes them; TOML takes most of them too."""

AWKWARD = ("\x00", "\x1b[2J", "\n", "\r", "\u202e", "\ufeff", "\u00a0", "\uff0d", *"'\"\\:=/%", "..")
"""Characters that mean something to somebody on the way."""


@st.composite
def damaged(draw: st.DrawFn, texts: Sequence[str]) -> str:
    """One of the texts with up to four things done to it."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 20)))
        put = draw(
            st.sampled_from((*AWKWARD, *EXTREMES)) | st.text(max_size=8) | st.just(text[start:end] * 2) | st.just("")
        )
        text = text[:start] + put + text[end:]
    return text
