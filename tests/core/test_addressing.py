"""Addresses: read, written, and the bad ones told apart in one line."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.addressing import Address, parse_address
from ffx.core.errors import AddressError

WORD = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(WORD, min_size=1, max_size=3).map(".".join) | st.ip_addresses().map(str)
ADDRESSES = st.builds(Address, HOSTS, st.integers(0, 65535), st.from_regex(r"[a-z][a-z0-9+.-]{0,5}", fullmatch=True))


@given(ADDRESSES)
def test_an_address_survives_being_written_and_read(address: Address) -> None:
    assert parse_address(str(address)) == address


@given(st.text() | st.text("abc:/[]%.-@ 0123456789"))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError as error:
        assert "\n" not in str(error)
        assert "write HOST or HOST:PORT" in str(error)
    else:
        assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("studio.local", Address("studio.local", 8765, "ws")),
        ("studio.local:9000", Address("studio.local", 9000, "ws")),
        ("  Studio.Local:0 ", Address("studio.local", 0, "ws")),
        ("192.168.1.20:8765", Address("192.168.1.20", 8765, "ws")),
        ("inproc://farm:1", Address("farm", 1, "inproc")),
        ("WS://studio", Address("studio", 8765, "ws")),
        ("[::1]", Address("::1", 8765, "ws")),
        ("ws://[fe80::1%eth0]:1", Address("fe80::1%eth0", 1, "ws")),
        ("render_node-3", Address("render_node-3", 8765, "ws")),
    ],
)
def test_addresses_that_people_write(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the host is not a name"),
        (":8765", "the host is not a name"),
        ("studio:", "the port is a number"),
        ("studio:port", "the port is a number"),
        ("studio:65536", "the port is a number"),
        ("studio:-1", "the port is a number"),
        ("studio:٨٧٦٥", "the port is a number"),
        ("studio:8765/path", "the port is a number"),
        ("user@studio", "the host is not a name"),
        ("stu dio", "the host is not a name"),
        ("-studio", "the host is not a name"),
        ("studio\nlocal", "the host is not a name"),
        ("::1", "an IPv6 address stands in brackets"),
        ("[::1", "not closed by a bracket"),
        ("[::1]8765", "not closed by a bracket"),
        ("[studio]:8765", "brackets hold an IPv6 address"),
        ("[]:8765", "brackets hold an IPv6 address"),
        ("[fe80::1%]", "brackets hold an IPv6 address"),
        ("://studio", "the scheme is not a word"),
        ("1ws://studio", "the scheme is not a word"),
        ("a://b://c", "the scheme is not a word"),
    ],
)
def test_a_bad_address_says_why(text: str, why: str) -> None:
    with pytest.raises(AddressError, match=why) as caught:
        parse_address(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "0:0:0:0:0:0:0:1"])
def test_loopback(host: str) -> None:
    assert Address(host).is_loopback


@pytest.mark.parametrize(
    "host", ["studio.local", "192.168.1.20", "0.0.0.0", "::", "127.evil.example", "localhost.evil"]
)
def test_not_loopback(host: str) -> None:
    """The token of this user's own servers is offered to loopback addresses alone."""
    assert not Address(host).is_loopback


@given(st.ip_addresses())
def test_loopback_is_what_the_standard_library_says(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert Address(str(address)).is_loopback == address.is_loopback


def test_the_token_of_a_join_string_that_is_none_is_not_repeated() -> None:
    with pytest.raises(AddressError) as caught:
        parse_address("'ffx://studio:8765/#token=abcdef'")
    assert "abcdef" not in str(caught.value)
