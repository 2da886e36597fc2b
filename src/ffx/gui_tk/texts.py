"""The words of the window in the language of whoever looks at it."""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Mapping
from pathlib import Path

LANGUAGE_NAMES = {"en": "English", "fr": "Français"}
LANGUAGES = tuple(LANGUAGE_NAMES)
_DOMAIN = "ffx"
_FOLDER = Path(__file__).parent / "locale"


class Texts:
    """English words to those of a language."""

    def __init__(self, language: str) -> None:
        """``language``: one of ``LANGUAGES``."""
        self.language = language
        self._catalog = gettext.translation(_DOMAIN, _FOLDER, [language], fallback=True)

    def __call__(self, english: str, **values: object) -> str:
        """The translation of a text; its ``{places}`` are filled with ``values``."""
        text = self._catalog.gettext(english)
        return text.format(**values) if values else text

    def count(self, one: str, many: str, number: int) -> str:
        """A text with a number in it, in the form that the number takes."""
        return self._catalog.ngettext(one, many, number).format(number=number)


def language_of(environment: Mapping[str, str], chosen: object = "") -> str:
    """The language to speak: the one that was chosen, else that of the system, else English."""
    if chosen in LANGUAGES:
        return str(chosen)
    named = [environment.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")]
    system = locale.getlocale()[0] or "" if os.name == "nt" else ""
    for word in (*":".join(named).split(":"), system):
        language = word.split("_")[0].split(".")[0].lower()
        if language in (*LANGUAGES, "french", "c", "posix"):
            return {"french": "fr"}.get(language, language if language in LANGUAGES else "en")
    return "en"
