"""How ``--audio`` and ``--subtitles`` are written: words as ``lang=fra,eng codec=opus default``, read into choices."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from ffx.core.errors import UsageError
from ffx.core.registry import suggestion
from ffx.core.tracks import EBU_R128, Downmix, SoundChoice, SubtitleChoice

_RATE_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
NONE = "none"


def sounds_named(texts: tuple[str, ...]) -> tuple[SoundChoice, ...] | None:
    """The sounds that are asked for; None where nothing is said of them, and empty where none are wanted.

    Raises:
        UsageError: a text that cannot be read; says what is written how.
    """
    found: tuple[SoundChoice, ...] | None = _choices("--audio", texts, SoundChoice, _SOUND_KEYS, _SOUND_FLAGS)
    return found


def subtitles_named(texts: tuple[str, ...]) -> tuple[SubtitleChoice, ...] | None:
    """The same for subtitles. Raises UsageError."""
    found: tuple[SubtitleChoice, ...] | None = _choices(
        "--subtitles", texts, SubtitleChoice, _SUBTITLE_KEYS, _SUBTITLE_FLAGS
    )
    return found


def rate(option: str, text: str) -> int:
    """Bits a second of ``4M`` or ``160k``. Raises UsageError."""
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKmMgG]?)\s*", text)
    found = int(float(match[1]) * _RATE_UNITS[match[2].lower()]) if match and len(match[1]) < 16 else 0
    if found < 1:
        raise UsageError(f"{option}: {text!r} is not a bitrate; write it like 4M or 160k")
    return found


def seconds(option: str, text: str) -> float:
    """Of ``1.5``, ``90``, ``1:30`` or ``00:01:30.5``, also negative. Raises UsageError."""
    match = re.fullmatch(r"\s*(-?)(?:(?:([0-9]{1,3}):)?([0-9]{1,4}):)?([0-9]{1,7}(?:\.[0-9]{1,6})?)\s*", text)
    if match is None:
        raise UsageError(f"{option}: {text!r} is no time; write it in seconds, or like 00:01:30")
    sign, hours, minutes, rest = match.groups()
    found = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest)
    return -found if sign else found


def loudness(option: str, text: str) -> float:
    """LUFS of ``ebu-r128`` or a number. Raises UsageError."""
    if text.lower() == "ebu-r128":
        return EBU_R128
    try:
        return float(text.lower().removesuffix("lufs"))
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no loudness; write ebu-r128, or LUFS such as -16") from None


# -- The words --------------------------------------------------------------------------------------------------

Reader = Callable[[str, str], dict[str, Any]]


def _number(field: str) -> Reader:
    def read(option: str, text: str) -> dict[str, Any]:
        if not re.fullmatch("[0-9]{1,4}", text):
            raise UsageError(f"{option}: {text!r} is no number")
        return {field: int(text)}

    return read


def _text(field: str) -> Reader:
    return lambda option, text: {field: text}


def _yes_or_no(field: str) -> Reader:
    def read(option: str, text: str) -> dict[str, Any]:
        if text.lower() not in ("yes", "no"):
            raise UsageError(f"{option}: {field} is yes or no, not {text!r}")
        return {field: text.lower() == "yes"}

    return read


def _downmix(option: str, text: str) -> dict[str, Any]:
    try:
        return {"downmix": Downmix(text.lower())}
    except ValueError:
        raise UsageError(f"{option}: downmix is one of {', '.join(Downmix)}, not {text!r}") from None


def _languages(option: str, text: str) -> dict[str, Any]:
    return {"languages": tuple(word for word in text.split(",") if word)}


_COMMON: Mapping[str, Reader] = {
    "index": _number("index"),
    "lang": _languages,
    "source-codec": _text("source_codec"),
    "codec": _text("encoder"),
    "encoder": _text("encoder"),
    "title": _text("title"),
    "language": _text("language"),
    "default": _yes_or_no("default"),
}
_SOUND_KEYS: Mapping[str, Reader] = {
    **_COMMON,
    "channels": _number("channels"),
    "bitrate": lambda option, text: {"bitrate": rate(option, text)},
    "downmix": _downmix,
    "loudness": lambda option, text: {"loudness": loudness(option, text)},
    "delay": lambda option, text: {"delay": seconds(option, text)},
}
_SUBTITLE_KEYS: Mapping[str, Reader] = {
    **_COMMON,
    "file": _text("file"),
    "charset": _text("charset"),
    "forced": _yes_or_no("forced"),
}
_SOUND_FLAGS: Mapping[str, dict[str, Any]] = {"copy": {"encoder": "copy"}, "default": {"default": True}}
_SUBTITLE_FLAGS: Mapping[str, dict[str, Any]] = {
    **_SOUND_FLAGS,
    "burn": {"burn": True},
    "forced": {"forced": True},
}


def _choices(
    option: str,
    texts: tuple[str, ...],
    kind: type[Any],
    keys: Mapping[str, Reader],
    flags: Mapping[str, dict[str, Any]],
) -> Any:
    if not texts:
        return None
    if any(text.strip().lower() == NONE for text in texts):
        if len(texts) > 1:
            raise UsageError(f"{option} none leaves no room for another {option}")
        return ()
    return tuple(_choice(option, text, kind, keys, flags) for text in texts)


def _choice(
    option: str, text: str, kind: type[Any], keys: Mapping[str, Reader], flags: Mapping[str, dict[str, Any]]
) -> Any:
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} has a quotation mark that is not closed") from None
    if not words:
        raise UsageError(f"{option} is empty; write it like lang=eng codec=aac, or copy, or none")
    fields: dict[str, Any] = {}
    for word in words:
        fields |= _read_word(option, word, keys, flags, alone=len(words) == 1)
    _name_language_of_file(fields)
    try:
        return kind(**fields)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def _read_word(
    option: str, word: str, keys: Mapping[str, Reader], flags: Mapping[str, dict[str, Any]], *, alone: bool
) -> dict[str, Any]:
    name, equals, value = word.partition("=")
    if equals and name in keys:
        if not value:
            raise UsageError(f"{option}: {name}= lacks its value")
        return keys[name](option, value)
    if not equals and name in flags:
        return dict(flags[name])
    if not equals and alone:  # an encoder or a codec, as in --audio libopus
        return {"encoder": name}
    known = [*(f"{key}=" for key in keys), *flags]
    near = suggestion(word if not equals else f"{name}=", known)
    raise UsageError(f"{option}: {word!r} is not understood{near}; there is {' '.join(known)}")


def _name_language_of_file(fields: dict[str, Any]) -> None:
    """A file is not chosen by its language: ``lang`` then says which one it has."""
    if fields.get("file") and fields.get("languages"):
        fields["language"] = fields.pop("languages")[0]
