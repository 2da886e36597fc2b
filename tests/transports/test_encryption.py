"""TLS between client and server: which certificates are good, and one plain line for each that is not."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import evolve

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError, UsageError
from ffx.core.messages import Envelope, Ping
from ffx.core.transport import Certificate, Listener
from ffx.testing.laboratory import TOKEN, LaboratoryService, content, in_blocks
from ffx.transports.websocket import EncryptedWebSocketTransport, WebSocketTransport
from ffx.transports.websocket.client import connect
from ffx.transports.websocket.limits import Limits
from tests.certificates import Proof, write_proof
from tests.transports.sockets import LOOPBACK, listening, program

HERE = Address(LOOPBACK, 0, "wss")


@asynccontextmanager
async def encrypted(proof: Proof, limits: Limits | None = None) -> AsyncIterator[tuple[Listener, LaboratoryService]]:
    service = LaboratoryService()
    listener = await EncryptedWebSocketTransport(limits=limits).listen(HERE, service, proof.certificate)
    try:
        yield listener, service
    finally:
        await listener.close()


async def refused(address: Address, fingerprint: str = "") -> ConnectError:
    transport = EncryptedWebSocketTransport() if address.scheme == "wss" else WebSocketTransport()
    with pytest.raises(ConnectError) as caught:
        await transport.connect(address, TOKEN, fingerprint)
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    return caught.value


# -- The pin --------------------------------------------------------------------------------------------------


async def test_the_pinned_certificate_and_no_other(proof: Proof, tmp_path: Path) -> None:
    other = write_proof(tmp_path, "other")
    async with encrypted(proof) as (listener, service):
        client = await EncryptedWebSocketTransport().connect(listener.address, TOKEN, proof.fingerprint)
        await client.close()
        assert len(service.identities) == 1
        error = await refused(listener.address, other.fingerprint)
        assert error.code == "certificate_changed"
        for shown in (other.fingerprint, proof.fingerprint, "join string"):
            assert shown in str(error)
        assert len(service.identities) == 1


async def test_a_server_with_a_new_certificate_is_a_hard_stop(proof: Proof, tmp_path: Path) -> None:
    async with encrypted(proof) as (listener, _):
        address = listener.address
    service = LaboratoryService()
    again = await EncryptedWebSocketTransport().listen(address, service, write_proof(tmp_path).certificate)
    try:
        assert (await refused(address, proof.fingerprint)).code == "certificate_changed"
        assert service.identities == []
    finally:
        await again.close()


async def test_the_pin_holds_for_the_bytes_of_files_too(proof: Proof, tmp_path: Path) -> None:
    """Another server at the address, after the conversation began with the right one, gets neither token nor byte."""
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(65_536))

    other, data = write_proof(tmp_path), content(100_000)
    async with encrypted(proof) as (listener, _):
        client = await EncryptedWebSocketTransport().connect(listener.address, TOKEN, proof.fingerprint)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(other.certificate.chain, other.certificate.key)
        impostor = await asyncio.start_server(listen, LOOPBACK, 0, ssl=context)
        port = impostor.sockets[0].getsockname()[1]
        client._transfers._server = client._transfers._server.with_port(port)  # type: ignore[attr-defined]
        try:
            with pytest.raises(Exception, match="broke during the transfer"):
                await client.upload("film", 0, len(data), in_blocks(data))
        finally:
            await client.close()
            impostor.close()
            await impostor.wait_closed()
    assert not heard


async def test_a_pin_that_is_none_is_one_line(proof: Proof) -> None:
    async with encrypted(proof) as (listener, service):
        with pytest.raises(UsageError, match="64 hexadecimal digits"):
            await EncryptedWebSocketTransport().connect(listener.address, TOKEN, proof.fingerprint[:-1])
        assert service.identities == []


async def test_a_pin_on_what_is_not_encrypted_is_refused() -> None:
    """aiohttp passes a pin over where there is no TLS: whoever is in between would only have to leave it out."""
    async with listening() as (listener, service):
        error = await refused(listener.address, "a" * 64)
        assert error.code == "not_encrypted"
        error = await refused(evolve(listener.address, scheme="wss"), "a" * 64)
        assert error.code == "not_encrypted"
        assert service.identities == []


# -- Without a pin --------------------------------------------------------------------------------------------


async def test_a_certificate_that_nothing_vouches_for_is_named(proof: Proof) -> None:
    async with encrypted(proof) as (listener, service):
        error = await refused(listener.address)
        assert error.code == "certificate_unknown"
        assert f"ffx servers add 'ffx://{listener.address.authority}/#fp={proof.fingerprint}'" in str(error)
        assert service.identities == []


async def test_one_that_the_system_vouches_for_needs_no_pin(tmp_path: Path) -> None:
    signed, authority = signed_by_an_authority(tmp_path)
    async with encrypted(signed) as (listener, _):
        assert (await refused(listener.address)).code == "certificate_unknown"
        trusting = ssl.create_default_context(cafile=str(authority))
        client = await connect(listener.address, TOKEN, Limits(), trusting)  # type: ignore[arg-type]
        await client.send(Envelope(Ping("trusted")))
        assert (await client.receive()).message == Ping("trusted")
        await client.close()


def signed_by_an_authority(folder: Path) -> tuple[Proof, Path]:
    """A certificate for 127.0.0.1 as an operator's authority issues it, and that of the authority."""
    import ipaddress
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now, pem = datetime.now(UTC), serialization.Encoding.PEM

    def issue(name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signing: ec.EllipticCurvePrivateKey) -> bytes:
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
        own = signing.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
            .add_extension(here, critical=False)
        )
        return builder.sign(signing, hashes.SHA256()).public_bytes(pem)

    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, chain, key_file = (folder / name for name in ("authority.pem", "chain.pem", "chain.key"))
    authority.write_bytes(issue("authority", root, "authority", root))
    certificate = issue(LOOPBACK, leaf, "authority", root)
    chain.write_bytes(certificate + authority.read_bytes())
    key_file.write_bytes(leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).hexdigest()
    return Proof(Certificate(chain, key_file), fingerprint), authority


# -- One side encrypts, the other does not --------------------------------------------------------------------


async def test_an_address_that_leaves_out_the_encryption_says_so(proof: Proof) -> None:
    async with encrypted(proof) as (listener, service):
        error = await refused(evolve(listener.address, scheme="ws"))
        assert (error.code, "join string" in str(error)) == ("encrypted", True)
        assert service.identities == []


async def test_another_program_at_an_encrypted_address_hears_no_token() -> None:
    heard = bytearray()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(65_536))
        writer.write(b"220 mail.example ESMTP\r\n")

    async with program(speak) as address:
        for pin in ("", "a" * 64):
            assert (await refused(evolve(address, scheme="wss"), pin)).code == "not_encrypted"
    assert TOKEN.encode() not in heard


@pytest.mark.parametrize("beginning", [b"", b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\n"])
async def test_a_handshake_that_does_not_come_is_cut_off(proof: Proof, beginning: bytes) -> None:
    async with encrypted(proof, Limits(handshake=0.3)) as (listener, _):
        reader, writer = await asyncio.open_connection(LOOPBACK, listener.address.port)
        writer.write(beginning)
        client = await EncryptedWebSocketTransport().connect(listener.address, TOKEN, proof.fingerprint)
        async with asyncio.timeout(10):
            assert len(await reader.read()) < 100  # nothing but an alert, and the end
        await client.send(Envelope(Ping("still here")))
        assert (await client.receive()).message
        await client.close()
        writer.close()


async def test_old_protocols_are_not_spoken(proof: Proof) -> None:
    async with encrypted(proof) as (listener, _):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2

        def shake_hands() -> None:
            with socket.create_connection((LOOPBACK, listener.address.port)) as bare, context.wrap_socket(bare):
                pass

        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.to_thread(shake_hands)


# -- The files of a listener ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["missing", "empty", "another key", "no key", "with a password"])
async def test_what_cannot_be_used_is_one_line(wrong: str, proof: Proof, tmp_path: Path) -> None:
    chain, key = proof.certificate.chain, tmp_path / "key"
    match wrong:
        case "empty":
            key.write_text("", encoding="ascii")
        case "another key":
            key = write_proof(tmp_path).certificate.key
        case "no key":
            key = chain
        case "with a password":
            key.write_bytes(locked_key())
    with pytest.raises(ConnectError) as caught:
        await EncryptedWebSocketTransport().listen(HERE, LaboratoryService(), Certificate(chain, key))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"the certificate {chain} cannot be used with the key {key}: ")


def locked_key() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    lock = serialization.BestAvailableEncryption(b"password")
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


async def test_a_listener_that_encrypts_needs_a_certificate() -> None:
    with pytest.raises(ConnectError, match="needs a certificate"):
        await EncryptedWebSocketTransport().listen(HERE, LaboratoryService())
