"""What a restarted server must know of each job: a file in the job's folder, replaced whole or not at all."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path

from attrs import frozen

from ffx.core.errors import DecodeError
from ffx.core.messages import JobCompleted, JobFailed
from ffx.core.model import JobConfiguration
from ffx.core.plain import from_plain, to_plain
from ffx.server.job import Job

MANIFEST = "manifest.json"

log = logging.getLogger(__name__)


@frozen
class Manifest:
    """One attempt of one job, as far as it outlives its server."""

    client_id: str
    configuration: JobConfiguration
    attempt: int
    size: int
    """Bytes of the input."""
    other_sizes: tuple[int, ...] = ()
    """Bytes of the job's other files."""
    completed: JobCompleted | None = None
    failed: JobFailed | None = None
    ended_at: float = 0.0
    """Seconds since the epoch; 0 before it has an outcome."""


def manifest_of(job: Job, outcome: JobCompleted | JobFailed | None) -> Manifest:
    """What is to be remembered of a job as it is now."""
    return Manifest(
        job.client_id,
        job.configuration,
        job.attempt,
        *_sizes(job),
        completed=outcome if isinstance(outcome, JobCompleted) else None,
        failed=outcome if isinstance(outcome, JobFailed) else None,
        ended_at=job.ended_at,
    )


def _sizes(job: Job) -> tuple[int, tuple[int, ...]]:
    first, *others = (file.size for file in job.files)
    return first, tuple(others)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put it into the folder, and on the disk itself. Raises OSError."""
    folder.mkdir(exist_ok=True)
    part = folder / f"{MANIFEST}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(to_plain(manifest), file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest | None:
    """That of a folder; None where there is none that can be read."""
    try:
        manifest: Manifest = from_plain(json.loads((folder / MANIFEST).read_text(encoding="utf-8")), Manifest)
    except (OSError, ValueError, DecodeError):
        return None
    return manifest


class Manifests:
    """Writes down what becomes of jobs, where the server comes back under the same id."""

    def __init__(self, *, durable: bool) -> None:
        self._durable = durable

    async def note(self, job: Job, outcome: JobCompleted | JobFailed | None = None) -> None:
        """Bring a job as it is now, or its outcome, to the disk. Where that fails the job goes on: a restart will not
        know it.
        """
        if not self._durable:
            return
        try:
            await asyncio.to_thread(write_manifest, job.folder.path, manifest_of(job, outcome))
        except OSError as error:
            log.warning("%s cannot be written: %s", job.folder.path / MANIFEST, error.strerror)
