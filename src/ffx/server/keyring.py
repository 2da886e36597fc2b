"""Who is let in at this moment: the user's own token, and those of the store as it is now."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ffx.core.errors import FfxError
from ffx.core.identity import Identity, Role
from ffx.server.token_store import TokenStore
from ffx.server.tokens import OWN_TOKEN, Token, digest_of, identify

GOOD_FOR = 1.0
"""Seconds that what was read of the files is relied on: a token that is revoked is good no longer than that."""

log = logging.getLogger(__name__)


class Keyring:
    """The tokens of one server, as its files say; ``refresh`` looks whether these have changed."""

    def __init__(
        self,
        own_secret: Callable[[], str],
        store: TokenStore | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``own_secret``: the secret of the user's own token; empty when it cannot be read now.

        Raises:
            ConfigurationError: the store is damaged.
        """
        self._own_secret = own_secret
        self._store = store
        self._clock = clock
        self._own: tuple[Token, ...] = ()
        self._others: tuple[Token, ...] = ()
        self._seen: object = None
        self._read_at = 0.0
        self._read()

    def identify(self, secret: str) -> Identity | None:
        """Whom a secret proves now; compares in constant time. For one that is not known the files are looked at once
        more: it may have been made a moment ago.
        """
        if time.monotonic() - self._read_at > GOOD_FOR:
            self.refresh()
        found = identify(self._tokens, secret, self._clock())
        if found is None:
            self.refresh()
            found = identify(self._tokens, secret, self._clock())
        return found

    def admits(self, identity: Identity) -> bool:
        """Whether what was proved before still holds: its token is there, the same, and has not expired."""
        return any(token.identity == identity and not token.has_expired(self._clock()) for token in self._tokens)

    def refresh(self) -> None:
        """See to what has changed in the files. While the store cannot be read, what is known of it stays. Blocking."""
        try:
            self._read()
        except FfxError as error:
            log.error("tokens that were revoked lately may still be good: %s", error)

    @property
    def _tokens(self) -> tuple[Token, ...]:
        return (*self._own, *self._others)

    def _read(self) -> None:
        self._read_at = time.monotonic()
        secret = self._own_secret()
        if secret:
            self._own = (Token(OWN_TOKEN, Role.ADMIN, digest_of(secret)),)
        version = self._store.version() if self._store is not None else None
        if self._store is not None and version != self._seen:
            self._seen = version
            self._others = self._store.tokens()
