"""The words of the window: every one has a translation, and what is shipped is what was translated."""

from __future__ import annotations

import ast
import gettext
import io
import string
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ffx.gui_tk.texts import LANGUAGES, Texts, language_of

ROOM = Path(__file__).parent.parent.parent / "src" / "ffx" / "gui_tk"
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def catalog_file(language: str, suffix: str) -> Path:
    return ROOM / "locale" / language / "LC_MESSAGES" / f"ffx.{suffix}"


def spoken() -> set[str]:
    """Every English text in the code of the window."""
    found = set()
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("texts", "count"):
                found |= {
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_no_other(language: str) -> None:
    with catalog_file(language, "po").open("rb") as file:
        catalog = read_po(file)
    known = {}
    for message in catalog:
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            known |= dict(zip(ids, texts, strict=True))
    assert set(known) == spoken()
    for english, text in known.items():
        assert text
        places = {name for _, name, _, _ in string.Formatter().parse(english) if name}
        assert {name for _, name, _, _ in string.Formatter().parse(text) if name} == places


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_shipped_is_what_was_translated(language: str) -> None:
    compiled = io.BytesIO()
    with catalog_file(language, "po").open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    with catalog_file(language, "mo").open("rb") as file:
        shipped = gettext.GNUTranslations(file)
    fresh = gettext.GNUTranslations(compiled)
    for text in spoken():
        assert shipped.gettext(text) == fresh.gettext(text)
        assert shipped.ngettext("{number} job", "{number} jobs", 2) == fresh.ngettext(
            "{number} job", "{number} jobs", 2
        )


def test_numbers_take_their_form() -> None:
    french = Texts("fr")
    assert french.count("{number} server", "{number} servers", 1) == "1 serveur"
    assert french.count("{number} server", "{number} servers", 3) == "3 serveurs"
    assert Texts("en").count("{number} server", "{number} servers", 0) == "0 servers"
    assert french("{time} left", time="0:12") == "encore 0:12"


@pytest.mark.parametrize(
    ("environment", "chosen", "language"),
    [
        ({}, "", "en"),
        ({"LANG": "fr_FR.UTF-8"}, "", "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "", "en"),
        ({"LANGUAGE": "de:fr:en", "LANG": "en_US.UTF-8"}, "", "fr"),
        ({"LANG": "de_DE.UTF-8"}, "", "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en", "en"),
        ({}, "fr", "fr"),
        ({}, 7, "en"),
    ],
)
def test_the_language_that_is_spoken(environment: dict[str, str], chosen: object, language: str) -> None:
    assert language_of(environment, chosen) == language
