"""Who is exposed knows it; certificates are made once; join strings name an address that others can use."""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

import pytest
from attrs import evolve

from ffx.cli.certificates import fingerprint_of, server_certificate
from ffx.cli.exposure import Exposure, check_exposure, dangers, place
from ffx.cli.invitations import join_string, reached_by_others
from ffx.core.addressing import Address
from ffx.core.configuration import ServeTable
from ffx.core.errors import ConfigurationError, UsageError
from ffx.core.folders import Folders, folders
from ffx.core.transport import Certificate

WIDE = Address("0.0.0.0", 8765)


@pytest.fixture
def own(tmp_path: Path) -> Folders:
    return folders({"FFX_HOME": str(tmp_path)})


# -- Where --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "tls", "expected"),
    [
        ("127.0.0.1", "auto", "ws://127.0.0.1:1"),
        ("localhost", "auto", "ws://localhost:1"),
        ("[::1]", "auto", "ws://[::1]:1"),
        ("127.0.0.1", "on", "wss://127.0.0.1:1"),
        ("0.0.0.0", "auto", "wss://0.0.0.0:1"),
        ("::", "auto", "wss://[::]:1"),
        ("studio.lan", "auto", "wss://studio.lan:1"),
        ("0.0.0.0", "off", "ws://0.0.0.0:1"),
        ("ws://0.0.0.0", "auto", "ws://0.0.0.0:1"),
        ("wss://127.0.0.1", "auto", "wss://127.0.0.1:1"),
        ("tcp://127.0.0.1", "auto", "tcp://127.0.0.1:1"),
    ],
)
def test_what_others_can_reach_is_encrypted_unless_it_is_said_otherwise(host: str, tls: str, expected: str) -> None:
    assert str(place(ServeTable(host=host, port=1, tls=tls))) == expected


def test_a_certificate_that_is_named_is_used() -> None:
    assert place(ServeTable(certificate="chain.pem")).scheme == "wss"
    assert place(ServeTable(certificate="chain.pem", tls="off")).scheme == "ws"


@pytest.mark.parametrize(("host", "tls"), [("ws://0.0.0.0", "on"), ("wss://0.0.0.0", "off")])
def test_what_excludes_each_other(host: str, tls: str) -> None:
    with pytest.raises(ConfigurationError, match="exclude each other"):
        place(ServeTable(host=host, tls=tls))


def test_nobody_is_exposed_who_did_not_say_so() -> None:
    for exposure in (
        Exposure(WIDE, encrypted=False, sandboxed=True),
        Exposure(WIDE, encrypted=True, sandboxed=False),
        Exposure(Address("studio.lan"), encrypted=False, sandboxed=True),
    ):
        with pytest.raises(UsageError, match="--insecure") as caught:
            check_exposure(exposure, insecure=False)
        assert "\n" not in str(caught.value)
        for danger in dangers(exposure):
            assert danger in str(caught.value)
        check_exposure(exposure, insecure=True)


def test_who_is_protected_needs_to_say_nothing() -> None:
    check_exposure(Exposure(WIDE, encrypted=True, sandboxed=True), insecure=False)
    check_exposure(Exposure(Address("127.0.0.1"), encrypted=False, sandboxed=False), insecure=False)


def test_each_thing_that_is_missing_is_said() -> None:
    assert len(dangers(Exposure(WIDE, encrypted=False, sandboxed=False))) == 2


# -- The certificate ------------------------------------------------------------------------------------------------


def test_a_certificate_is_made_once_and_its_key_is_private(own: Folders) -> None:
    first = server_certificate(ServeTable(), own)
    pin = fingerprint_of(first)
    assert re.fullmatch("[0-9a-f]{64}", pin)
    assert fingerprint_of(server_certificate(ServeTable(), own)) == pin
    if os.name != "nt":
        assert stat.S_IMODE(first.key.stat().st_mode) == 0o600


def test_of_servers_that_start_at_once_one_makes_it(own: Folders) -> None:
    found: list[str] = []

    def start() -> None:
        found.append(fingerprint_of(server_certificate(ServeTable(), own)))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_it_is_long_lived_and_on_the_curve_that_is_said(own: Folders) -> None:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = server_certificate(ServeTable(), own).chain.read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert certificate.not_valid_before_utc < datetime.now(UTC)
    assert certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=30 * 365)


def test_the_operators_own(own: Folders, tmp_path: Path) -> None:
    table = ServeTable(certificate=str(tmp_path / "chain.pem"), key=str(tmp_path / "key.pem"))
    assert server_certificate(table, own) == Certificate(tmp_path / "chain.pem", tmp_path / "key.pem")
    assert not own.state.exists(), "none is made"
    for half in (evolve(table, key=""), evolve(table, certificate="")):
        with pytest.raises(ConfigurationError, match="go together"):
            server_certificate(half, own)


def test_a_file_that_is_no_certificate_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "chain.pem"
    with pytest.raises(ConfigurationError, match=r"chain\.pem: cannot be read: No such file"):
        fingerprint_of(Certificate(file, file))
    for content in (b"", b"\xff\xfe"):
        file.write_bytes(content)
        with pytest.raises(ConfigurationError, match=r"chain\.pem: cannot be used"):
            fingerprint_of(Certificate(file, file))


# -- For others -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_what_only_this_machine_reaches_is_nothing_for_others(host: str) -> None:
    assert reached_by_others(Address(host, 1)) is None


@pytest.mark.parametrize("host", ["192.168.1.20", "studio.lan", "2001:db8::5"])
def test_an_address_that_was_named_is_the_one(host: str) -> None:
    assert reached_by_others(Address(host, 1, "wss")) == Address(host, 1, "wss")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_who_listens_everywhere_is_reached_by_an_address_of_this_machine(host: str) -> None:
    found = reached_by_others(Address(host, 1, "wss"))
    assert found is not None
    assert (found.port, found.scheme) == (1, "wss")
    assert found.host not in ("", "0.0.0.0", "::")
    assert not found.is_loopback


def test_the_transport_of_a_plugin_has_no_join_string() -> None:
    assert join_string(Address("studio", 1, "tcp"), "") == ""
    assert join_string(Address("studio", 1, "wss"), "a" * 64, "x") == f"ffx://studio:1/#fp={'a' * 64}&token=x"
