"""Which sounds and subtitles a recipe takes, and what becomes of them."""

from __future__ import annotations

import math
from enum import StrEnum

from attrs import field, frozen

LONGEST_DELAY = 3600.0
"""Seconds."""
LONGEST_TITLE = 500
"""Characters."""
EBU_R128 = -23.0
"""LUFS, the programme loudness of EBU R 128."""


class Downmix(StrEnum):
    """Channels that a sound is mixed down to; a sound with fewer stays as it is."""

    MONO = "mono"
    STEREO = "stereo"
    SURROUND = "5.1"

    @property
    def channels(self) -> int:
        return {"mono": 1, "stereo": 2, "5.1": 6}[self.value]


def _title_fits(instance: object, attribute: object, value: str) -> None:
    if len(value) > LONGEST_TITLE or not value.isprintable():
        raise ValueError(f"a title has at most {LONGEST_TITLE} characters that can be seen")


def _languages_fit(instance: object, attribute: object, value: tuple[str, ...]) -> None:
    for language in value:
        _language_fits(instance, attribute, language)


def _language_fits(instance: object, attribute: object, value: str) -> None:
    if value and not (2 <= len(value) <= 35 and value.replace("-", "").isalnum() and value.isascii()):
        raise ValueError(f"{value[:40]!r} is no language; write it like fra or eng")


@frozen
class SoundChoice:
    """Sounds of the source, and how each is kept. Without anything to select by it means all of them."""

    index: int | None = None
    """The number of the stream in the source, as ``ffx probe`` shows it."""
    languages: tuple[str, ...] = field(default=(), validator=_languages_fit)
    """Codes of ISO 639; the sounds come in this order."""
    source_codec: str = ""
    """FFmpeg's name of the codec that it has in the source."""
    channels: int | None = None
    """Of the source."""
    encoder: str = ""
    """FFmpeg's name of an encoder; ``copy``; empty: copied when that can be, else encoded well."""
    bitrate: int | None = None
    """Bits a second; None: the encoder's default for the channels."""
    downmix: Downmix | None = None
    """To fewer channels than it has."""
    loudness: float | None = field(default=None)
    """LUFS that the whole is brought to, measured beforehand (EBU R 128); None: as it is."""
    delay: float = field(default=0.0)
    """Seconds that it comes later than in the source; earlier, where negative."""
    title: str = field(default="", validator=_title_fits)
    """What players show it as."""
    language: str = field(default="", validator=_language_fits)
    """Written instead of the source's."""
    default: bool | None = None
    """Whether players take it by themselves; None: as in the source."""

    @loudness.validator
    def _possible_loudness(self, attribute: object, value: float | None) -> None:
        if value is not None and not -70 <= value <= -5:
            raise ValueError(f"a loudness is -70 to -5 LUFS, not {value:g}")

    @delay.validator
    def _possible_delay(self, attribute: object, value: float) -> None:
        if not (math.isfinite(value) and abs(value) <= LONGEST_DELAY):
            raise ValueError(f"a delay is at most {LONGEST_DELAY:g} s")

    @property
    def selects(self) -> bool:
        """Whether it means some sounds only."""
        return self.index is not None or bool(self.languages or self.source_codec) or self.channels is not None

    @property
    def changes(self) -> bool:
        """Whether what it takes has to be encoded, as far as it says."""
        return self.bitrate is not None or self.downmix is not None or self.loudness is not None


@frozen
class SubtitleChoice:
    """Subtitles of the source, or a file of them, and what becomes of them. Without anything to select by: all."""

    index: int | None = None
    """The number of the stream in the source."""
    languages: tuple[str, ...] = field(default=(), validator=_languages_fit)
    """Codes of ISO 639; the subtitles come in this order."""
    source_codec: str = ""
    """FFmpeg's name of the codec that they have in the source."""
    file: str = ""
    """One of the job's other files, as it is written; empty: of the source."""
    charset: str = field(default="")
    """Encoding of the file's text, as iconv names it; empty: UTF-8, or UTF-16 with its mark, which FFmpeg knows."""
    encoder: str = ""
    """FFmpeg's name of an encoder; empty: copied when that can be, else made what the container takes."""
    burn: bool = False
    """Drawn into the picture instead of kept apart."""
    title: str = field(default="", validator=_title_fits)
    """What players show them as."""
    language: str = field(default="", validator=_language_fits)
    """Written instead of the source's; of a file, which says none."""
    default: bool | None = None
    """Whether players show them by themselves; None: as in the source."""
    forced: bool | None = None
    """Whether they are shown to everybody; None: as in the source."""

    @charset.validator
    def _name_of_charset(self, attribute: object, value: str) -> None:
        if len(value) > 40 or (not value.replace("-", "").replace("_", "").isalnum() and value):
            raise ValueError(f"{value[:40]!r} is no name of a character encoding")

    @property
    def selects(self) -> bool:
        """Whether it means some subtitles of the source only, or a file."""
        return self.index is not None or bool(self.languages or self.source_codec or self.file)
