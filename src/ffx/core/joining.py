"""Join strings, ``ffx://HOST:PORT/#fp=FINGERPRINT&token=TOKEN``: all that a client needs to be let in, in one line.

What is secret stands in the fragment, the part of a URL that no program sends anywhere.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from attrs import field, frozen

from ffx.core.addressing import ENCRYPTED_SCHEME, PLAIN_SCHEME, Address, parse_address
from ffx.core.errors import AddressError, UsageError
from ffx.core.fingerprints import parse_fingerprint

JOIN_SCHEME = "ffx"
_PREFIX = f"{JOIN_SCHEME}://"
_TOKEN = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


@frozen
class Invitation:
    """What a join string says."""

    host: str
    port: int
    fingerprint: str = ""
    """Of the server's certificate; empty: it does not encrypt."""
    token: str = field(default="", repr=False)
    """Empty: it comes another way."""

    @property
    def address(self) -> Address:
        """Where to connect."""
        return Address(self.host, self.port, ENCRYPTED_SCHEME if self.fingerprint else PLAIN_SCHEME)


def is_join_string(text: str) -> bool:
    """Whether a text means to be one."""
    return text.strip().lower().startswith(_PREFIX)


def render_invitation(invitation: Invitation) -> str:
    """The join string; whoever prints it shows the token."""
    secrets = (("fp", invitation.fingerprint), ("token", invitation.token))
    fragment = "&".join(f"{key}={quote(value, safe='')}" for key, value in secrets if value)
    return f"{_PREFIX}{invitation.address.authority}/#{fragment}"


def parse_invitation(text: str) -> Invitation:
    """Read a join string.

    Raises:
        UsageError: it is none; the message does not repeat it, for it may hold a token.
    """
    if not is_join_string(text):
        raise _unreadable(f"it begins with {_PREFIX}")
    place, _, fragment = text.strip()[len(_PREFIX) :].partition("#")
    try:
        address = parse_address(place.removesuffix("/"))
    except AddressError:
        raise _unreadable("HOST:PORT follows on ffx://") from None
    if address.scheme != PLAIN_SCHEME or not address.port:
        raise _unreadable("HOST:PORT follows on ffx://")
    said = dict(_pairs(fragment))
    token, pin = said.get("token", ""), said.get("fp", "")
    if token and not _TOKEN.fullmatch(token):
        raise _unreadable("its token has a character that no token has")
    return Invitation(address.host, address.port, _fingerprint(pin) if pin else "", token)


def _fingerprint(text: str) -> str:
    try:
        return parse_fingerprint(text)
    except UsageError:  # whose message repeats it: the token may have run into it
        raise _unreadable("its fingerprint has 64 hexadecimal digits") from None


def _pairs(fragment: str) -> list[tuple[str, str]]:
    """What the fragment says; what a newer ffx adds is passed over."""
    pairs = []
    for part in fragment.split("&") if fragment else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise _unreadable("fp= and token= follow on #, with & between them")
        pairs.append((key, unquote(value)))
    return pairs


def _unreadable(why: str) -> UsageError:
    return UsageError(f"cannot read the join string: {why}; copy all of it, as `ffx serve` or `ffx token` printed it")
