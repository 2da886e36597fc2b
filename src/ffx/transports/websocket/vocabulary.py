"""The words that client and server share on HTTP: paths, headers, and codes with their statuses."""

from __future__ import annotations

import re

CONVERSATION_PATH = "/ws"
FILES_PATH = "/files/"
SUBPROTOCOL = "ffx"
"""A WebSocket server that does not answer with it is not an ffx server."""

SERVER_MARK = "ffx"
"""The ``Server`` header of everything that an ffx server answers."""
CHALLENGE = 'Bearer realm="ffx"'
UPLOAD_OFFSET = "Upload-Offset"
CODE = "Ffx-Code"

STATUS_OF_CODE = {
    "unknown_resource": 404,
    "wrong_offset": 409,
    "source_changed": 409,
    "digest_mismatch": 412,
    "too_large": 413,
    "incomplete": 422,
    "interrupted": 400,
    "disk_full": 507,
}
"""Every code of a TransferError."""

_UPLOAD_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18})", re.ASCII)
_DOWNLOAD_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})?", re.ASCII)


def upload_range(offset: int, total: int) -> str:
    """The ``Content-Range`` of an upload; ``bytes */TOTAL`` when nothing is left to send."""
    return f"bytes {offset}-{total - 1}/{total}" if offset < total else f"bytes */{total}"


def parse_upload_range(header: str) -> tuple[int, int] | None:
    """Offset and total of a ``Content-Range`` that reaches to the end of the file; None: it is not one."""
    found = _UPLOAD_RANGE.fullmatch(header)
    if not found:
        return None
    first, last, total = found.groups()
    if first is None:
        return int(total), int(total)
    fits = int(first) <= int(last) == int(total) - 1
    return (int(first), int(total)) if fits else None


def parse_download_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and end (exclusive) of a ``Range`` in a file; None: it lies outside, or is not one."""
    found = _DOWNLOAD_RANGE.fullmatch(header)
    if not found:
        return None
    first = int(found[1])
    end = min(size, int(found[2]) + 1) if found[2] else size
    return (first, end) if first < end else None
