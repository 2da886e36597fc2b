"""Tokens as a server knows them: a name, a role, an end, and the digest of a secret that it does not keep.

The digest is one round of SHA-256. Slow hashes protect secrets that people choose, of which a thief of the digests can
try the likely ones; of 256 random bits none is likelier than another, and a slow hash would only let strangers keep the
server busy.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from attrs import field, frozen

from ffx.core.errors import UsageError
from ffx.core.identity import Identity, Role

OWN_TOKEN = "local"
"""The name of the token of the user whose servers these are."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@frozen
class Token:
    """One token; whoever has its secret is who it names."""

    name: str
    role: Role
    digest: str = field(repr=False)
    created: float = 0.0
    """Seconds since the epoch."""
    expires: float | None = None
    """Seconds since the epoch; None: never."""

    @property
    def identity(self) -> Identity:
        """Whom it proves."""
        return Identity(self.name, self.role, self.digest)

    def has_expired(self, now: float) -> bool:
        return self.expires is not None and self.expires <= now


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def identify(tokens: Iterable[Token], secret: str, now: float) -> Identity | None:
    """Whom a secret proves. Every token is compared, so the time that it takes says nothing."""
    shown, found = digest_of(secret), None
    for token in tokens:
        if hmac.compare_digest(shown, token.digest) and not token.has_expired(now):
            found = token.identity
    return found


def check_name(name: str) -> str:
    """A name for a new token.

    Raises:
        UsageError: it cannot be one.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:80]!r} is no name for a token: up to 64 letters, digits, dots, dashes and underscores"
        )
    if name == OWN_TOKEN:
        raise UsageError(f"the name {OWN_TOKEN!r} is that of your own token; choose another")
    return name
