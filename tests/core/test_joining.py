"""Join strings and fingerprints: what is rendered is read again, and a token is never repeated."""

from __future__ import annotations

import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import UsageError
from ffx.core.fingerprints import fingerprint, fingerprint_of_pem, parse_fingerprint
from ffx.core.joining import Invitation, is_join_string, parse_invitation, render_invitation
from ffx.server.certificate import make_certificate

PIN = "0123456789abcdef" * 4

hosts = st.one_of(
    st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
)
tokens = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=50).map(str.strip)
pins = st.one_of(st.just(""), st.text("0123456789abcdef", min_size=64, max_size=64))


@given(hosts, st.integers(1, 65535), pins, tokens)
def test_what_is_rendered_is_read_again(host: str, port: int, pin: str, token: str) -> None:
    invitation = Invitation(host, port, pin, token)
    text = render_invitation(invitation)
    assert parse_invitation(text) == invitation
    assert parse_invitation(f"  {text}\n") == invitation
    assert is_join_string(text)


def test_how_it_looks() -> None:
    text = f"ffx://192.168.1.20:8765/#fp={PIN}&token=a-token_1"
    invitation = parse_invitation(text)
    assert render_invitation(invitation) == text
    assert str(invitation.address) == "wss://192.168.1.20:8765"
    assert str(parse_invitation("ffx://[::1]/#token=x").address) == "ws://[::1]:8765"
    assert "a-token_1" not in repr(invitation)


def test_what_a_newer_version_adds_is_passed_over() -> None:
    assert parse_invitation(f"ffx://studio:1/#fp={PIN}&name=a%20b&token=x") == Invitation("studio", 1, PIN, "x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "studio:8765",
        "https://studio:8765/#token=SECRET",
        "ffx://",
        "ffx://#token=SECRET",
        "ffx://:8765/#token=SECRET",
        "ffx://studio:99999/#token=SECRET",
        "ffx://studio:0/#token=SECRET",
        "ffx://wss://studio/#token=SECRET",
        "ffx://studio/path/#token=SECRET",
        "ffx://studio?token=SECRET",
        "ffx://user:SECRET@studio:1/#token=SECRET",
        "ffx://studio/#SECRET",
        "ffx://studio/#fp=12&token=SECRET",
        "ffx://studio/#token=SEC%0ARET",
        "ffx://studio/#token=SECRET%20",
        "ffx://studio/#token=SECRÉT",
    ],
)
def test_what_is_none_is_one_line_without_the_token(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_invitation(text)
    message = str(caught.value)
    assert "\n" not in message
    assert "SEC" not in message


@given(st.text(string.printable, max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for candidate in (text, f"ffx://{text}", f"ffx://studio/#{text}"):
        try:
            parse_invitation(candidate)
        except UsageError as error:
            assert "\n" not in str(error)


# -- Fingerprints -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [PIN, PIN.upper(), f" {PIN} ", ":".join(PIN[i : i + 2] for i in range(0, 64, 2))])
def test_a_fingerprint_is_read_as_people_copy_it(text: str) -> None:
    assert parse_fingerprint(text) == PIN


@pytest.mark.parametrize("text", ["", PIN[:-1], PIN + "0", "g" * 64, "\u0661" * 64, "sha256:" + PIN])
def test_what_is_no_fingerprint(text: str) -> None:
    with pytest.raises(UsageError, match="64 hexadecimal digits"):
        parse_fingerprint(text)


def test_it_is_that_of_the_first_certificate_of_a_chain() -> None:
    import ssl

    first, second = make_certificate("first").chain, make_certificate("second").chain
    der = ssl.PEM_cert_to_DER_cert(first)
    assert fingerprint_of_pem(f"a comment\n{first}{second}") == fingerprint(der) == hashlib.sha256(der).hexdigest()
    assert fingerprint_of_pem(second) != fingerprint_of_pem(first)


@pytest.mark.parametrize("text", ["", "certificate", "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----"])
def test_a_file_without_a_certificate(text: str) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        fingerprint_of_pem(text)
