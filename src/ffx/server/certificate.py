"""The certificate that a server makes for itself: its clients pin it, and ask nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import field, frozen

VALID_FOR = timedelta(days=36_500)
"""It ends when it is replaced: a pin on an expired certificate would only stop a farm one night."""


@frozen
class CertificateText:
    """A certificate and its key, in PEM form."""

    chain: str
    key: str = field(repr=False)


def make_certificate(name: str, now: datetime | None = None) -> CertificateText:
    """A certificate that vouches for itself, with a new key on the curve P-256. ``name`` is for people."""
    # Imported when one is made, once in the life of an installation.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    begin = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"ffx on {name}"[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - timedelta(days=1))  # for clients whose clocks are behind
        .not_valid_after(begin + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    return CertificateText(
        certificate.public_bytes(pem).decode("ascii"),
        key.private_bytes(pem, private, serialization.NoEncryption()).decode("ascii"),
    )
