"""Which role a message needs, and which messages an administrator may send about anybody's job."""

from __future__ import annotations

from ffx.core.identity import Identity, Role
from ffx.core.messages import (
    CapabilityRequest,
    ErrorMessage,
    FileDownloadRequest,
    JobCancel,
    JobPause,
    JobReassign,
    Message,
    Pong,
    ServerDrain,
    ValidationErrorMessage,
)
from ffx.server.session import Refused

OF_ANYBODY = JobCancel | JobReassign | JobPause | FileDownloadRequest
"""What an administrator may say of the jobs of others."""

_READING = (CapabilityRequest, Pong, ErrorMessage, ValidationErrorMessage)
_ADMINISTRATION = (ServerDrain,)


def needed_role(message: Message) -> Role:
    """The least role that may send it: what is not known to be harmless wants to have jobs."""
    if isinstance(message, _ADMINISTRATION):
        return Role.ADMIN
    return Role.READ if isinstance(message, _READING) else Role.SUBMIT


def check_role(identity: Identity, message: Message) -> None:
    """Raises Refused ``forbidden``."""
    needed = needed_role(message)
    if not identity.role.allows(needed):
        raise Refused(
            "forbidden",
            f"the token {identity.token!r} has the role {identity.role}, and {message.type} needs {needed}",
        )
