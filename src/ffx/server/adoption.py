"""What a server takes over from its former life: results, failures that were not told, and inputs."""

from __future__ import annotations

import time
from pathlib import Path

from ffx.core.messages import JobCompleted
from ffx.core.model import JobStage
from ffx.core.transport import StoredFile
from ffx.server.admission import output_suffix
from ffx.server.inputs import Inputs
from ffx.server.job import Incoming, Job, incoming_files
from ffx.server.manifest import Manifest, read_manifest
from ffx.server.spool import JobFolder, Spool


def adopt(spool: Spool, inputs: Inputs, *, keep: float) -> list[Job]:
    """The jobs that are still of use: those with an outcome not older than ``keep`` seconds. Blocking.

    An encode died with its server, so its job is not here any more; but its input is put by, and so is the beginning
    of one: the same submission goes on with it. Everything else is removed. Raises OSError.
    """
    adopted = []
    for path in spool.jobs.iterdir():
        manifest = read_manifest(path)
        job = _with_outcome(path, manifest, keep) if manifest is not None else None
        if job is not None:
            adopted.append(job)
            continue
        folder = JobFolder(path)
        if manifest is not None and not manifest.ended_at:
            _put_by(folder, manifest, inputs)
        folder.remove()
    return adopted


def _put_by(folder: JobFolder, manifest: Manifest, inputs: Inputs) -> None:
    whose = {"client_id": manifest.client_id, "job_id": manifest.configuration.job_id}
    for number, file in enumerate(_files(folder, manifest)):
        inputs.put_by(file.path, **whose, number=number, size=file.size)


def _files(folder: JobFolder, manifest: Manifest) -> tuple[Incoming, ...]:
    sizes = (manifest.size, *manifest.other_sizes)
    whole = len(sizes) == len(manifest.configuration.sizes)  # else somebody changed it
    return incoming_files(folder, manifest.configuration, sizes if whole else ())


def _with_outcome(path: Path, manifest: Manifest, keep: float) -> Job | None:
    outcome = manifest.completed or manifest.failed
    if outcome is None or time.time() - manifest.ended_at > keep:
        return None
    folder = JobFolder(path, output_suffix(manifest.configuration.recipe))
    job = Job(
        manifest.client_id,
        manifest.configuration,
        manifest.attempt,
        folder,
        files=_files(folder, manifest),
        stage=JobStage.CHECK,
        outcome=outcome,
        ended_at=manifest.ended_at,
    )
    if isinstance(outcome, JobCompleted):
        result = outcome.result
        if not _has_size(job.folder.output, result.file_size):
            return None
        job.output = StoredFile(job.folder.output, result.file_size, result.digest)
    return job


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
