"""Every error that ffx raises on purpose, and the exit status each one means.

::

    FfxError                      1   one line: what, where, what to do
    ├── UsageError                2   the request itself is wrong
    │   ├── ConfigurationError    2   a value in a file, the environment or an option
    │   ├── AddressError          2   an address that cannot be read
    │   └── RecipeError           2   an encoder, quality or container that cannot be
    ├── NoRoomError               1   the disk of this machine is full
    ├── PluginError               1   a plugin that is broken, missing or clashes
    ├── ProtocolError             1   the other side does not speak as agreed
    │   └── DecodeError           1   one message that does not fit; carries the path of the field
    ├── TransportError            1   the way to the other side
    │   ├── ConnectError          1   no connection could be made; carries a code
    │   ├── ConnectionClosed      1   it was there and is gone
    │   └── TransferError         1   bulk bytes that did not arrive whole; carries a code
    ├── RemoteError               1   the other side answered with an error; carries its code
    ├── MediaError                1   a file or an FFmpeg
    │   ├── FfmpegNotFound        1
    │   ├── ProbeError            1   cannot be read as media
    │   ├── EncodeError           1   FFmpeg failed; carries the Evidence
    │   └── VerificationError     1   the result is not what was asked for
    ├── WindowError               1   a window that cannot be opened here
    ├── QueueError                1   the queue on disk: damaged, busy, or where it cannot be kept
    └── NoServerError             3   no server could do it

An ``FfxError`` is shown to a person as its one line; anything else is a fault of ffx and keeps its traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ffx.core.model import Evidence


class FfxError(Exception):
    """The base of all; ``str()`` is one line for a person."""

    exit_status: ClassVar[int] = 1


class UsageError(FfxError):
    exit_status = 2


class NoRoomError(FfxError):
    """The disk of this machine is full; the message names the folder and what is missing."""


class ConfigurationError(UsageError):
    """A configuration value that does not fit; the message names where it came from."""


class AddressError(UsageError):
    """An address that cannot be read as ``[scheme://]host[:port]``."""


class RecipeError(UsageError):
    """A recipe that no FFmpeg could follow."""


class PluginError(FfxError):
    """A plugin that is broken, missing or clashes with another."""


class ProtocolError(FfxError):
    """The other side does not speak the protocol as agreed."""


class DecodeError(ProtocolError):
    """One message that does not fit; the connection can live on.

    ``path`` is the field, such as ``data.configuration.recipe.encoder``; ``message_id`` is that of the
    message at fault, or empty when it could not be read.
    """

    def __init__(self, message: str, *, path: str = "", message_type: str = "", message_id: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.detail = message
        self.path = path
        self.message_type = message_type
        self.message_id = message_id


class TransportError(FfxError):
    """The way to the other side failed."""


class ConnectError(TransportError):
    """No connection could be made.

    ``code`` is one of ``unreachable``, ``refused``, ``timeout``, ``unauthorized``, ``not_ffx``; of what encryption
    has to do with, ``certificate_changed`` (it is not the pinned one), ``certificate_unknown`` (nothing vouches for
    it), ``not_encrypted`` (it should be), ``encrypted`` (the address says that it is not).
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class ConnectionClosed(TransportError):
    """The connection was there and is gone."""


class TransferError(TransportError):
    """Bulk bytes that did not arrive whole.

    ``code`` is one of ``unknown_resource``, ``wrong_offset``, ``too_large``, ``incomplete``,
    ``digest_mismatch``, ``disk_full``, ``source_changed``, ``interrupted``.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class RemoteError(FfxError):
    """The other side answered with an ``error`` or ``validation_error`` message."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class MediaError(FfxError):
    """A media file or an FFmpeg."""


class FfmpegNotFound(MediaError):
    """No FFmpeg on this machine, or the one that was named does not run."""


class ProbeError(MediaError):
    """The file cannot be read as media; the message says which file and why."""


class EncodeError(MediaError):
    """FFmpeg failed; ``evidence`` says how."""

    def __init__(self, message: str, *, evidence: Evidence, code: str = "encode_failed") -> None:
        super().__init__(message)
        self.evidence = evidence
        self.code = code


class VerificationError(MediaError):
    """The result is not what was asked for, whatever FFmpeg's exit status said."""


class WindowError(FfxError):
    """A window that cannot be opened here."""


class QueueError(FfxError):
    """The queue on disk is damaged, held by somebody else, or cannot be kept where it is."""


class NoServerError(FfxError):
    """No server could do the job; the message lists each server's reason."""

    exit_status = 3
