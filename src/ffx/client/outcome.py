"""How a job ended, as a front end and an exit status want to know it."""

from __future__ import annotations

from attrs import frozen

from ffx.client.queue.records import JobRecord
from ffx.core.errors import FfxError, NoServerError
from ffx.core.model import Evidence, JobConfiguration, JobResult, JobState


@frozen
class JobOutcome:
    """The end of one job."""

    job: JobConfiguration
    state: JobState
    result: JobResult | None = None
    server: str = ""
    encoder: str = ""
    attempts: int = 0
    seconds: float = 0.0
    """From the first attempt to the end."""
    error: str = ""
    no_server: bool = False
    evidence: Evidence | None = None

    @classmethod
    def of(cls, record: JobRecord) -> JobOutcome:
        """Of a job that has ended."""
        completed = record.state is JobState.COMPLETED
        return cls(
            job=record.job,
            state=record.state,
            result=record.result if completed else None,
            server=record.server,
            encoder=record.encoder,
            attempts=record.attempt,
            seconds=max(0.0, record.ended - record.began) if record.began else 0.0,
            error="" if completed else record.reason,
            no_server=record.no_server,
            evidence=record.evidence,
        )

    @property
    def verified(self) -> bool:
        """Nothing is committed that was not verified."""
        return self.state is JobState.COMPLETED

    @property
    def exit_status(self) -> int:
        """0 completed, 3 no server could do it, 1 anything else."""
        if self.state is JobState.COMPLETED:
            return 0
        return NoServerError.exit_status if self.no_server else FfxError.exit_status
