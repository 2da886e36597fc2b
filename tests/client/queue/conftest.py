from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ffx.client.queue.store import JobQueue


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "queue.db"


@pytest.fixture
def queue(file: Path) -> Iterator[JobQueue]:
    with JobQueue.open(file, check=True) as opened:
        yield opened
