"""Moments as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.cli.moments import moment, moment_to_come
from ffx.core.errors import UsageError

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("text", "ago"), [("30m", 1800), ("12h", 43200), (" 7d ", 604800), ("1.5H", 5400), ("2w", 1209600), ("0s", 0)]
)
def test_a_span_is_that_long_ago(text: str, ago: float) -> None:
    assert moment(text, option="--since", now=NOW) == NOW - ago


@pytest.mark.parametrize("text", ["2026-11-01", "2026-11-01 12:30", "2026-11-01T12:30:00+02:00"])
def test_a_date(text: str) -> None:
    assert moment(text, option="--since", now=NOW) == datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "7dd", "soon", "2026-13-01", "1e3d", "\u0667d"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match=r"--since: .* is no time"):
        moment(text, option="--since", now=NOW)


@given(st.text(max_size=12))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        assert isinstance(moment(text, option="--since", now=NOW), float)
    except UsageError as error:
        assert str(error).startswith("--since: ")


@pytest.mark.parametrize(("text", "ahead"), [("30d", 30 * 86400), ("1h", 3600), (" 2w ", 1209600)])
def test_a_span_that_is_to_come(text: str, ahead: float) -> None:
    assert moment_to_come(text, option="--expires", now=NOW) == NOW + ahead


def test_a_date_that_is_to_come() -> None:
    assert moment_to_come("2199-01-01", option="--expires", now=NOW) == datetime(2199, 1, 1).timestamp()


@pytest.mark.parametrize(("text", "why"), [("2001-01-01", "is over"), ("0s", "is over"), ("soon", "is no time")])
def test_what_cannot_be_to_come(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=f"--expires: .* {why}"):
        moment_to_come(text, option="--expires", now=NOW)
