"""What is known of inputs, and when it is known no more."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from ffx.client.sources import Sources, check_unchanged
from ffx.core.errors import TransferError


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    path.write_bytes(b"film")
    return path


def test_a_digest_is_known_until_the_file_changes(film: Path) -> None:
    sources = Sources()
    assert sources.known(film) == ""
    sources.remember(film, "digest")
    assert sources.known(film) == "digest"
    os.utime(film, (1, 1))
    assert sources.known(film) == ""


def test_a_digest_can_be_forgotten(film: Path) -> None:
    sources = Sources()
    sources.remember(film, "digest")
    sources.forget(film)
    assert sources.known(film) == ""


def test_a_file_that_is_gone_is_not_known(film: Path) -> None:
    sources = Sources()
    sources.remember(film, "digest")
    film.unlink()
    sources.remember(film, "digest")
    sources.forget(film)
    assert sources.known(film) == ""


async def test_one_file_goes_to_one_server_once_at_a_time(film: Path) -> None:
    sources = Sources()
    async with sources.turn("studio", film):
        assert sources.turn("studio", film).locked()
        assert not sources.turn("attic", film).locked()
        assert not sources.turn("studio", film.with_name("other")).locked()
        waiting = asyncio.create_task(sources.turn("studio", film).acquire())
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting


def test_an_input_that_is_as_it_was_passes(film: Path) -> None:
    check_unchanged(film, size=4, modified=film.stat().st_mtime)
    check_unchanged(film, size=4, modified=0.0)


@pytest.mark.parametrize("change", ["longer", "touched", "gone"])
def test_an_input_that_changed_is_told(film: Path, change: str) -> None:
    modified = film.stat().st_mtime
    if change == "longer":
        film.write_bytes(b"a longer film")
    elif change == "touched":
        os.utime(film, (1, 1))
    else:
        film.unlink()
    with pytest.raises(TransferError) as caught:
        check_unchanged(film, size=4, modified=modified)
    assert caught.value.code == "source_changed"
