"""Encodings of subtitles are found by their text."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.errors import ProbeError
from ffx.media.charsets import charset_of

FRENCH = "Où étais-tu ? Je t'ai cherché partout, à la plage, près du château. Ça m'a fait de la peine.\n"
RUSSIAN = "Где ты был? Я искал тебя повсюду, на пляже, возле замка. Мне было очень грустно без тебя.\n"
GREEK = "Πού ήσουν; Σε έψαχνα παντού, στην παραλία, κοντά στο κάστρο. Στενοχωρήθηκα πολύ.\n"
JAPANESE = "どこにいたの。ずっとあなたを探していました。海辺やお城の近くまで行きました。とても悲しかったです。\n"
CZECH = "Kde jsi byl? Hledal jsem tě všude, na pláži, poblíž zámku. Bylo mi bez tebe příliš smutno, vážně.\n"


def lines(text: str) -> str:
    """A whole file of subtitles."""
    return "".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{text}\n" for n in range(1, 20))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(FRENCH, "cp1252"), (RUSSIAN, "cp1251"), (GREEK, "cp1253"), (JAPANESE, "shift_jis"), (CZECH, "cp1250")],
)
def test_what_is_found_reads_the_text(tmp_path: Path, text: str, encoding: str) -> None:
    file = tmp_path / "old.srt"
    file.write_bytes(lines(text).encode(encoding))
    found = charset_of(file)
    assert found
    assert file.read_bytes().decode(found) == lines(text)


def test_a_few_words_are_taken_for_what_is_commonest(tmp_path: Path) -> None:
    file = tmp_path / "short.srt"
    file.write_bytes("1\n00:00:00,200 --> 00:00:03,000\nDéjà vu\n".encode("cp1252"))
    assert charset_of(file) == "CP1252"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_needs_no_name(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "new.srt"
    file.write_bytes(lines(RUSSIAN).encode(encoding))
    assert charset_of(file) == ""


def test_what_is_no_text_has_none(tmp_path: Path) -> None:
    file = tmp_path / "pictures.sup"
    file.write_bytes(b"PG\x00\x01\xff" * 100)
    assert charset_of(file) == ""


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=r"none\.srt: no such file or directory"):
        charset_of(tmp_path / "none.srt")
