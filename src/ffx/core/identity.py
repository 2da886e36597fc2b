"""Who speaks to a server: what a token proves, and what its role allows."""

from __future__ import annotations

import secrets
from enum import StrEnum

from attrs import field, frozen

SECRET_BYTES = 32


def new_secret() -> str:
    """A token: 256 random bits, as text for people to copy."""
    return secrets.token_urlsafe(SECRET_BYTES)


class Role(StrEnum):
    """What the bearer of a token may do; each role may do what those before it may."""

    READ = "read"
    """Ask what the server is and can do."""
    SUBMIT = "submit"
    """Have jobs there, and see and change these."""
    ADMIN = "admin"
    """Change everybody's jobs, and whether the server takes any."""

    def allows(self, needed: Role) -> bool:
        """Whether what needs a role may be done with this one."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@frozen
class Identity:
    """Who holds a conversation, as a token proved it."""

    token: str
    """The name of the token."""
    role: Role
    proof: str = field(default="", repr=False)
    """The digest of the token: one that was made anew under the same name proves another identity."""

    def client(self, client_id: str) -> str:
        """Who a client with this token is: two that give themselves the same id under different tokens are two."""
        return f"{self.token}/{client_id}"


def token_of(client: str) -> str:
    """The name of the token of a client, as ``Identity.client`` names it; names of tokens have no slash."""
    return client.partition("/")[0]
