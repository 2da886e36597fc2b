"""Room on the disk: before and during uploads and encodes, what jobs must leave free is left free."""

from __future__ import annotations

from attrs import frozen

from ffx.core.errors import EncodeError, TransferError
from ffx.core.model import Evidence
from ffx.server.spool import Spool


@frozen
class DiskRoom:
    """What there is on the disk of the jobs, and what must be left of it."""

    spool: Spool
    reserve: int
    """Bytes."""

    def shortage(self) -> int:
        """Bytes that are missing to the reserve; none or fewer: there is room."""
        return self.reserve - self.spool.free_space()

    def refusal(self) -> str:
        """Why no more is written, for a person."""
        free = self.spool.free_space()
        limit = f"the server's disk has {free} bytes free and keeps {self.reserve} (its --disk-reserve)"
        return f"{limit}; free some or move its --temp-dir"

    def check_upload(self) -> None:
        """Raises TransferError ``disk_full``."""
        if self.shortage() > 0:
            raise TransferError(self.refusal(), code="disk_full")

    def check_encode(self) -> None:
        """Raises EncodeError ``disk_full``."""
        if self.shortage() > 0:
            raise EncodeError(self.refusal(), evidence=Evidence(), code="disk_full")
