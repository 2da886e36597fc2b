"""In which encoding a file of subtitles is written: most say nothing of it, and old ones are not UTF-8; and files that
FFmpeg does not read, written anew.
"""

from __future__ import annotations

from pathlib import Path

from blake3 import blake3

from ffx.core.errors import ProbeError
from ffx.media.subrip import mended

_LARGEST = 16 * 1024 * 1024
"""Bytes; a larger file is no text of subtitles."""
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""Of UTF-8 and UTF-16; FFmpeg reads these itself."""
_CANDIDATES = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "koi8_r"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
)
"""Encodings in which subtitles go round, the commonest first: Windows' own, which hold those of ISO 8859, and those of
East Asia.
"""


def charset_of(path: Path) -> str:
    """The encoding of a file's text by iconv's name for FFmpeg; empty: UTF-8, UTF-16 with its mark, or no text.

    Raises:
        ProbeError: the file cannot be read.
    """
    content = _content(path)
    if content.startswith(_MARKS) or b"\0" in content or len(content) > _LARGEST or _is_utf_8(content):
        return ""
    from charset_normalizer import from_bytes  # hundreds of modules, for a file that few jobs have

    matches = from_bytes(content, cp_isolation=list(_CANDIDATES))
    best = matches.best()
    if best is None:
        return ""
    if not best.coherence:  # too short for any language to show: the commonest that fits
        best = min(matches, key=lambda match: _CANDIDATES.index(match.encoding))
    return best.encoding.upper().replace("_", "-")


def write_mended(path: Path, folder: Path) -> Path | None:
    """Write a file of subtitles into a folder as FFmpeg reads it, and in UTF-8; returns where it is, or None where it
    holds no lines of SubRip. The same content has the same place.

    Raises:
        ProbeError: the file cannot be read, or the other one not be written.
    """
    content = _content(path)
    try:
        text = mended(content.decode(charset_of(path) or _with_mark(content)))
    except (UnicodeDecodeError, LookupError):
        return None
    if not text:
        return None
    place = folder / f"{blake3(text.encode()).hexdigest(16)}.srt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProbeError(f"{place}: cannot be written: {error.strerror or error}") from None
    return place


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except OSError as error:
        raise ProbeError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _with_mark(content: bytes) -> str:
    return "utf-16" if content.startswith(_MARKS[1:]) else "utf-8-sig"


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
