"""Certificates for tests, made as a server makes its own."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from ffx.core.fingerprints import fingerprint_of_pem
from ffx.core.transport import Certificate
from ffx.server.certificate import make_certificate


@frozen
class Proof:
    """A certificate with its key, and its fingerprint."""

    certificate: Certificate
    fingerprint: str


def write_proof(folder: Path, name: str = "tests") -> Proof:
    """A new one, in files of this name."""
    text = make_certificate(name)
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_text(text.chain, encoding="ascii")
    key.write_text(text.key, encoding="ascii")
    return Proof(Certificate(chain, key), fingerprint_of_pem(text.chain))
