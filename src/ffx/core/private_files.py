"""Files that only their user may read: replaced whole and synced, private from their first byte on."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def replace_privately(file: Path, content: bytes) -> None:
    """Put the content in place whole or not at all, readable by this user only (0600, as ``mkstemp`` makes it); the
    folder is made when there is none.

    Raises:
        OSError: it could not be written; what was there before is there still.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
