"""Which jobs are on a server, whose they are, and which ended: a word about any other changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from weakref import WeakValueDictionary

from attrs import evolve

from ffx.core.errors import DecodeError
from ffx.core.identity import token_of
from ffx.core.messages import JobFailed, JobSubmit
from ffx.server.admission import Rejection
from ffx.server.ended import EndedAttempt, EndedAttempts, ended_attempt
from ffx.server.job import Job
from ffx.server.session import Refused

MAX_JOB_ID = 200
"""Characters of a job's id."""


class Ledger:
    """The jobs by client and id. One client sees nothing of another's."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], Job] = {}
        self.ended = EndedAttempts()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def waiting(self) -> int:
        """Jobs that have not begun to encode."""
        return sum(job.waits for job in self._jobs.values())

    def of_token(self, token: str) -> tuple[Job, ...]:
        """The jobs of all clients with a token."""
        return tuple(job for job in self if token_of(job.client_id) == token)

    def turn(self, client_id: str, job_id: str) -> asyncio.Lock:
        """Held while a word about a job is followed; those who wait are let in by the order of their arrival."""
        key = (client_id, job_id)
        turn = self._turns.get(key)
        if turn is None:
            turn = self._turns[key] = asyncio.Lock()
        return turn

    def find(self, client_id: str, job_id: str, attempt: int) -> Job:
        """The attempt that a word is about.

        Raises:
            Refused: ``unknown_job``, it is not here.
        """
        job = self._jobs.get((client_id, job_id))
        if job is None or job.attempt != attempt:
            what = f"attempt {attempt} of a job {job_id[:MAX_JOB_ID]!r}"
            raise Refused("unknown_job", f"this server has no {what} of yours")
        return job

    def holds(self, job: Job) -> bool:
        """Whether this very job is still here."""
        return self._jobs.get((job.client_id, job.job_id)) is job

    def has_ended(self, client_id: str, job_id: str, attempt: int) -> bool:
        """Whether that attempt was here and ended last."""
        ended = self.ended.find(client_id, job_id)
        return ended is not None and ended.attempt == attempt

    def failure(self, client_id: str, message: JobSubmit) -> JobFailed | None:
        """How the very attempt that is submitted failed here, if it did: its client did not hear of it."""
        ended = self.ended.find(client_id, message.configuration.job_id)
        return ended.failure if ended is not None and ended.attempt == message.attempt else None

    def same(self, client_id: str, message: JobSubmit) -> Job | None:
        """The very job that is submitted, when it is here already.

        Raises:
            DecodeError: its id or its attempt cannot be.
        """
        job_id = message.configuration.job_id
        if not 0 < len(job_id) <= MAX_JOB_ID:
            raise DecodeError(f"has 1 to {MAX_JOB_ID} characters", path="data.configuration.job_id")
        if message.attempt < 1:
            raise DecodeError("is 1 or more", path="data.attempt")
        here = self._jobs.get((client_id, job_id))
        if here is None or here.attempt != message.attempt:
            return None
        # A person may give a job another priority at any time: it is the same job.
        configuration = evolve(message.configuration, priority=here.configuration.priority)
        return here if here.configuration == configuration else None

    def older(self, client_id: str, message: JobSubmit) -> Job | None:
        """The older attempt that a submission ends.

        Raises:
            Rejection: ``duplicate_job``, the attempt that is submitted has ended here or is another job.
        """
        key, attempt = (client_id, message.configuration.job_id), message.attempt
        ended = self.ended.find(*key)
        if ended is not None and ended.attempt >= attempt:
            raise Rejection("duplicate_job", f"attempt {attempt} of this job has ended here; submit it as a new one")
        here = self._jobs.get(key)
        if here is not None and here.attempt >= attempt:
            raise Rejection("duplicate_job", f"attempt {here.attempt} of this job is here already, and is another")
        return here

    def add(self, job: Job) -> None:
        self._jobs[job.client_id, job.job_id] = job

    def drop(self, job: Job) -> bool:
        """Strike a job out; whether it was here. The same attempt may come again."""
        if not self.holds(job):
            return False
        del self._jobs[job.client_id, job.job_id]
        return True

    def forget(self, job: Job) -> EndedAttempt | None:
        """Strike a job out and remember that it ended; None when it was not here."""
        if not self.drop(job):
            return None
        ended = ended_attempt(job)
        self.ended.add(ended)
        return ended
