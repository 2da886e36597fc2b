"""Logging: one line a record, whatever a client named its files."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ffx.cli.logs import PrintableFormatter, start_logging
from ffx.core.errors import ConfigurationError
from ffx.core.text import one_line, printable


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    information = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("ffx", logging.INFO, "file", 1, message, arguments, information)


def test_a_name_cannot_forge_a_line_or_move_the_cursor() -> None:
    hostile = "film\n2026-01-01 INFO ffx: all is well\x1b[2J"
    text = PrintableFormatter("%(levelname)s %(message)s").format(record("job of %s", hostile))
    assert text == "INFO job of film 2026-01-01 INFO ffx: all is well[2J"


def test_a_traceback_keeps_its_lines() -> None:
    try:
        raise ValueError("a\x1bb")
    except ValueError as error:
        text = PrintableFormatter("%(message)s").format(record("it broke", error=error))
    lines = text.splitlines()
    assert lines[0] == "it broke"
    assert lines[-1] == "ValueError: ab"
    assert len(lines) > 3


def test_it_appends_to_the_file_from_the_level_up(tmp_path: Path) -> None:
    file = tmp_path / "serve.log"
    file.write_text("before\n", encoding="utf-8")
    start_logging("WARNING", str(file))
    logging.getLogger("ffx.test").info("quiet")
    logging.getLogger("ffx.test").warning("loud")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "before"
    assert lines[1].endswith(" WARNING ffx.test: loud")
    assert len(lines) == 2


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"the log file .* cannot be written"):
        start_logging("INFO", str(tmp_path / "missing" / "serve.log"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text é 漢字 👍", "plain text é 漢字 👍"),
        ("a\x1b]0;title\x07b", "a]0;titleb"),
        ("line\r\nbreak\u2028and\x85more", "line break and more"),
        ("\u202eright to left\u200b", "right to left"),
        ("\udcff", "\udcff"),
    ],
)
def test_printable_text(text: str, shown: str) -> None:
    assert one_line(text) == shown
    assert not set(printable(text)) & set("\x1b\x07\r\n\u202e\u2028")
