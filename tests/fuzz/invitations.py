"""The reader of join strings."""

from __future__ import annotations

from ffx.core.errors import UsageError
from ffx.core.joining import parse_invitation, render_invitation
from tests.fuzz.mutations import damaged
from tests.fuzz.target import Target, is_one_line

SECRET = "V0LbYZ3xJvZ6b1tq0yqS2v5nT8sKk4mQ"
STRINGS = (
    f"ffx://192.168.1.20:8765/#fp={'ab' * 32}&token={SECRET}",
    f"ffx://[fe80::1%25eth0]:8765/#token={SECRET}",
    f"ffx://studio.local:8765/#fp={':'.join(['AB'] * 32)}",
)


def check(text: str) -> None:
    """It is a join string, the same when it is written and read again; or is refused in a line without its secret."""
    try:
        invitation = parse_invitation(text)
    except UsageError as error:
        assert is_one_line(str(error)), repr(str(error))
        assert SECRET[:8] not in str(error)
        return
    assert parse_invitation(render_invitation(invitation)) == invitation


TARGET = Target("invitations", damaged(STRINGS), check)
