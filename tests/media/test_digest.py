"""The digest of a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from blake3 import blake3

from ffx.media.digest import file_digest


def test_it_is_the_blake3_of_the_content(clip: Path) -> None:
    assert file_digest(clip) == blake3(clip.read_bytes()).hexdigest()


def test_one_bit_changes_it(clip: Path, tmp_path: Path) -> None:
    content = bytearray(clip.read_bytes())
    content[400_000] ^= 1
    (tmp_path / "flipped.mp4").write_bytes(content)
    assert file_digest(tmp_path / "flipped.mp4") != file_digest(clip)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_digest(tmp_path / "missing")
