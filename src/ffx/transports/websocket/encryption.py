"""TLS for the network transport: what a listener shows, what a client trusts, and what is said when they differ."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import aiohttp

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError
from ffx.core.fingerprints import fingerprint, parse_fingerprint
from ffx.core.joining import Invitation, render_invitation
from ffx.core.transport import Certificate

Trust = bool | aiohttp.Fingerprint
"""What aiohttp takes: one certificate, or every one that the system trusts for the name."""

LOOK_SECONDS = 3.0
"""What it may take to see which certificate is shown, once a connection has failed already."""


def server_encryption(certificate: Certificate) -> ssl.SSLContext:
    """What a listener encrypts with. Raises ConnectError when the files are no certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3  # both ends are ours, and know it
    try:
        context.load_cert_chain(certificate.chain, certificate.key, password=_no_password)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        raise ConnectError(
            f"the certificate {certificate.chain} cannot be used with the key {certificate.key}: "
            f"{reason or 'they are not a certificate and its key in PEM form, without a password'}",
            code="refused",
        ) from None
    return context


def client_encryption(pin: str) -> Trust:
    """What a client takes for the server: the one with the pinned certificate and no other. Raises UsageError when the
    pin is no fingerprint.
    """
    return aiohttp.Fingerprint(bytes.fromhex(parse_fingerprint(pin))) if pin else True


def changed(address: Address, error: aiohttp.ServerFingerprintMismatch) -> ConnectError:
    """The server has not the certificate that is pinned: that is a hard stop."""
    return ConnectError(
        f"{address.authority} shows another certificate than the one that was pinned: expected {error.expected.hex()}, "
        f"got {error.got.hex()}; if the server was given a new one, add it anew with the join string that it prints, "
        "else somebody is in between",
        code="certificate_changed",
    )


async def unknown(address: Address) -> ConnectError:
    """Nothing vouches for the certificate that the server shows: which one that is, and how to pin it."""
    where, shown = address.authority, await shown_fingerprint(address)
    if not shown:
        return ConnectError(f"{where} has a certificate that cannot be trusted", code="certificate_unknown")
    example = render_invitation(Invitation(address.host, address.port, shown))
    return ConnectError(
        f"{where} shows a certificate that nothing vouches for, with the fingerprint {shown}; add the server with the "
        f"join string that it prints, or, if that is its fingerprint: ffx servers add '{example}'",
        code="certificate_unknown",
    )


async def shown_fingerprint(address: Address) -> str:
    """That of the certificate which a server shows; empty when it does not speak TLS. Nothing is sent to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            _, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    except OSError:  # a TimeoutError is one too
        return ""
    try:
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return fingerprint(certificate) if certificate else ""


def _no_password() -> str:
    """Called for a key that wants one: nobody is asked at a terminal."""
    return ""
