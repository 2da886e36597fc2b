"""What front ends are: one follows jobs and shows them, a window is given a desk and does with it what people want."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from ffx.core.events import JobEvent
from ffx.core.model import JobConfiguration

if TYPE_CHECKING:  # most commands open no window
    from ffx.core.desk import Desk


class UserInterface(ABC):
    """Shows what happens to jobs."""

    name: str

    @abstractmethod
    async def follow(self, jobs: Sequence[JobConfiguration], events: AsyncIterator[JobEvent]) -> None:
        """Show ``events`` until they end; ``jobs`` are those known at the start, more may come."""


class Window(ABC):
    """A window, or another place where people work with the farm for as long as they like; see ``ffx gui``."""

    name: str

    @abstractmethod
    def run(self, desk: Desk) -> int:
        """Open it, and return an exit status when it was closed. Runs in the main thread.

        Raises:
            WindowError: it cannot be opened here; the message says what is missing and what to do.
        """
