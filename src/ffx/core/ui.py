"""What a front end is: it follows jobs and shows them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence

from ffx.core.events import JobEvent
from ffx.core.model import JobConfiguration


class UserInterface(ABC):
    """Shows what happens to jobs."""

    name: str

    @abstractmethod
    async def follow(self, jobs: Sequence[JobConfiguration], events: AsyncIterator[JobEvent]) -> None:
        """Show ``events`` until they end; ``jobs`` are those known at the start, more may come."""
