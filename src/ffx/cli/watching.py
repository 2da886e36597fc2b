"""Looks on while another process works the queue: what it writes there becomes the events that front ends know."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from attrs import evolve

from ffx.client.outcome import JobOutcome
from ffx.client.queue.records import JobRecord, Live
from ffx.client.queue.store import JobQueue
from ffx.core.events import JobEvent, Phase
from ffx.core.model import JobConfiguration, JobProgress, JobResult, JobState


class Onlooker:
    """What became of some jobs, as often as it is asked."""

    def __init__(self, queue: JobQueue, records: Iterable[JobRecord], tell: Callable[[JobEvent], None]) -> None:
        self.outcomes: dict[str, JobOutcome] = {}
        """Of the jobs that have ended, by id."""
        self._queue = queue
        self._tell = tell
        self._open: dict[str, tuple[JobRecord, Live | None]] = {record.job_id: (record, None) for record in records}
        self._version = -1

    @property
    def open_records(self) -> tuple[JobRecord, ...]:
        """Those that had not ended when it was last looked."""
        return tuple(record for record, _ in self._open.values())

    def look(self) -> bool:
        """Tell of what changed since the last time; returns whether all have ended.

        Raises:
            QueueError: the queue cannot be read.
        """
        version = self._queue.data_version()
        if version != self._version:
            self._version = version
            live = {one.job_id: one for one in self._queue.live() if one.job_id in self._open}
            for job_id, before in tuple(self._open.items()):
                # One that was cleared while nobody looked had ended; how, only the history knows.
                record = self._queue.record(job_id) or _cleared(before[0])
                self._take(before, record, live.get(job_id))
        return not self._open

    def tell_all(self, message: str) -> None:
        """Say something of all that have not ended."""
        for record, _ in self._open.values():
            self._tell(evolve(_event(record, record.state, Phase.WAITING, time.time()), message=message))

    def _take(self, before: tuple[JobRecord, Live | None], record: JobRecord, live: Live | None) -> None:
        for event in events_between(before, (record, live), time.time()):
            self._tell(event)
        if record.state.is_final:
            del self._open[record.job_id]
            self.outcomes[record.job_id] = JobOutcome.of(record)
        else:
            self._open[record.job_id] = (record, live)


def events_between(
    before: tuple[JobRecord, Live | None], after: tuple[JobRecord, Live | None], now: float
) -> Iterator[JobEvent]:
    """What must have happened to a job that was seen so before and is so now."""
    (old, old_live), (record, live) = before, after
    if record.attempt > old.attempt:
        begun = _event(record, JobState.QUEUED, Phase.WAITING, record.began if not old.attempt else now)
        yield evolve(begun, job=_with_encoder(record), message=f"goes to {record.server}")
    if record.state.is_final:
        yield final_event(record, record.ended or now)
    elif record.state is JobState.PENDING:
        if (record.attempt, record.reason, record.paused) != (old.attempt, old.reason, old.paused) or old.server_id:
            yield evolve(_event(record, record.state, Phase.WAITING, now), message=_waiting(record))
    elif live is not None and live != old_live:
        yield _of_progress(record, live, now)


def final_event(record: JobRecord, now: float) -> JobEvent:
    """How a job that has ended is told."""
    outcome = JobOutcome.of(record)
    result = outcome.result or JobResult(record.job_id, record.state, error_message=outcome.error)
    event = _event(record, record.state, Phase.DONE, now)
    return evolve(event, message=outcome.error, result=result, evidence=record.evidence)


def _of_progress(record: JobRecord, live: Live, now: float) -> JobEvent:
    event = evolve(_event(record, record.state, live.phase, now), job=_with_encoder(record))
    if live.phase is Phase.ENCODE:
        told = JobProgress(
            record.job_id,
            live.progress,
            total_frames=record.job.frames,
            fps=live.fps,
            speed=live.speed,
            eta=live.eta,
            server_id=record.server_id,
        )
        return evolve(event, progress=told)
    size = record.result.file_size if record.result is not None else record.job.file_size
    return evolve(event, bytes_done=int(live.progress * size), bytes_total=size)


def _event(record: JobRecord, state: JobState, phase: Phase, now: float) -> JobEvent:
    return JobEvent(record.job, state, phase, time=now, attempt=record.attempt, server=record.server)


def _with_encoder(record: JobRecord) -> JobConfiguration:
    """The job with the encoder that its server uses."""
    return evolve(record.job, recipe=evolve(record.job.recipe, encoder=record.encoder))


def _waiting(record: JobRecord) -> str:
    return "is paused" if record.paused else record.reason or "waits for a server"


def _cleared(record: JobRecord) -> JobRecord:
    return evolve(record, state=JobState.CANCELLED, reason="it was cleared from the queue")
