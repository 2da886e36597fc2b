"""Fingerprints of certificates: SHA-256 of the DER form, written as 64 hexadecimal digits."""

from __future__ import annotations

import hashlib
import re
import ssl

from ffx.core.errors import UsageError

_DIGITS = re.compile(r"[0-9a-f]{64}")


def fingerprint(certificate: bytes) -> str:
    """That of a certificate in DER form, as TLS shows it."""
    return hashlib.sha256(certificate).hexdigest()


def fingerprint_of_pem(text: str) -> str:
    """That of the first certificate in a PEM text: the one that a server shows of a chain.

    Raises:
        ValueError: there is none in it.
    """
    begin, end = text.find(ssl.PEM_HEADER), text.find(ssl.PEM_FOOTER)
    if begin < 0 or end < begin:
        raise ValueError("it holds no certificate in PEM form")
    return fingerprint(ssl.PEM_cert_to_DER_cert(text[begin : end + len(ssl.PEM_FOOTER)]))


def parse_fingerprint(text: str) -> str:
    """Read one as people copy it, also as other programs write it (``AB:CD:...``).

    Raises:
        UsageError: it is none.
    """
    digits = text.strip().replace(":", "").lower()
    if not _DIGITS.fullmatch(digits):
        raise UsageError(f"{text[:100]!r} is no fingerprint of a certificate: those have 64 hexadecimal digits")
    return digits
