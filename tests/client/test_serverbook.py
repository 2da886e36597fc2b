"""The book of remembered servers."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ffx.client.serverbook import RememberedServer, ServerBook
from ffx.core.errors import ConfigurationError, UsageError


@pytest.fixture
def book(tmp_path: Path) -> ServerBook:
    return ServerBook(tmp_path / "config" / "servers.toml")


def test_a_book_that_was_never_written_is_empty(book: ServerBook) -> None:
    assert book.servers() == ()


def test_what_is_added_is_found_by_name_and_by_address(book: ServerBook) -> None:
    studio = RememberedServer("studio", "ws://studio.local:8765", "secret", ("hevc",))
    book.add(studio)
    book.add(RememberedServer("attic", "attic"))
    assert book.find("studio") == book.find("studio.local") == studio
    assert [server.name for server in book.servers()] == ["studio", "attic"]


def test_adding_again_replaces(book: ServerBook) -> None:
    book.add(RememberedServer("studio", "studio.local", "old"))
    book.add(RememberedServer("basement", "studio.local:8765", "new"))
    assert [(s.name, s.token) for s in book.servers()] == [("basement", "new")]


def test_removing_forgets_and_returns(book: ServerBook) -> None:
    book.add(RememberedServer("studio", "studio.local"))
    assert book.remove("studio.local").name == "studio"
    assert book.servers() == ()


def test_an_unknown_name_is_told_with_the_nearest(book: ServerBook) -> None:
    book.add(RememberedServer("studio", "studio.local"))
    with pytest.raises(UsageError, match=r"did you mean 'studio'\?"):
        book.find("studoi")


def test_one_server_is_preferred_for_a_kind(book: ServerBook) -> None:
    book.add(RememberedServer("a", "a", preferred_for=("hevc", "av1")))
    book.add(RememberedServer("b", "b"))
    book.prefer("b", ["hevc"])
    assert [s.preferred_for for s in book.servers()] == [("av1",), ("hevc",)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits; the profile's folder guards the file")
def test_only_the_user_can_read_the_tokens(book: ServerBook, tmp_path: Path) -> None:
    book.add(RememberedServer("studio", "studio.local", "secret"))
    assert stat.S_IMODE((tmp_path / "config" / "servers.toml").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("servers = [", "cannot be read"),
        ("servers = 5", "servers"),
        ('[[servers]]\nname = "x"', "address: required field missing"),
        ('[[servers]]\nname = 5\naddress = "x"', "name: must be text"),
    ],
)
def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "servers.toml"
    file.write_text(text)
    book = ServerBook(file)
    with pytest.raises(ConfigurationError, match=expected):
        book.servers()
    with pytest.raises(ConfigurationError):
        book.add(RememberedServer("a", "a"))
    assert file.read_text() == text
