"""Attempts that ended here: a late or repeated word about one is understood, also by a server that was restarted."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict, deque
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.errors import DecodeError
from ffx.core.messages import JobFailed
from ffx.core.model import Evidence
from ffx.core.plain import from_plain, to_plain
from ffx.server.job import Job

REMEMBERED = 10_000
"""Ended attempts that are remembered."""


@frozen
class EndedAttempt:
    """The last attempt of a job that ended here."""

    client_id: str
    job_id: str
    attempt: int
    failure: JobFailed | None = None
    """How it failed, when it did: its client may have missed the word."""


def ended_attempt(job: Job) -> EndedAttempt:
    """What is remembered of a job that is struck out: of a failure the word, not the pages of evidence."""
    failure = job.outcome if isinstance(job.outcome, JobFailed) else None
    if failure is not None:
        evidence = Evidence(
            exit_status=failure.evidence.exit_status, server=failure.evidence.server, attempt=failure.attempt
        )
        failure = evolve(failure, evidence=evidence)
    return EndedAttempt(job.client_id, job.job_id, job.attempt, failure)


class EndedAttempts:
    """The memory: the newest ``REMEMBERED`` of them."""

    def __init__(self) -> None:
        self._ended: OrderedDict[tuple[str, str], EndedAttempt] = OrderedDict()

    def find(self, client_id: str, job_id: str) -> EndedAttempt | None:
        return self._ended.get((client_id, job_id))

    def add(self, ended: EndedAttempt) -> None:
        key = (ended.client_id, ended.job_id)
        self._ended[key] = ended
        self._ended.move_to_end(key)
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)


class Journal:
    """The memory on disk: a line for each ended attempt. What the disk did not get before a crash is not missed much,
    so nobody waits for it. Blocking; any thread may call it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: deque[str] = deque(maxlen=REMEMBERED)
        self._written = 0
        self._lock = threading.Lock()

    def read(self) -> list[EndedAttempt]:
        """What was written by former lives; a line that was torn by a crash is passed over. Raises OSError."""
        found = []
        text = self._file.read_text(encoding="utf-8", errors="replace") if self._file.exists() else ""
        for line in text.splitlines():
            try:
                found.append(from_plain(json.loads(line), EndedAttempt))
            except (ValueError, DecodeError):
                continue
            self._lines.append(line)
        with self._lock:
            self._rewrite()
        return found

    def append(self, ended: EndedAttempt) -> None:
        """Raises OSError."""
        line = json.dumps(to_plain(ended))
        with self._lock:
            self._lines.append(line)
            if self._written >= 2 * REMEMBERED:
                self._rewrite()
            else:
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")
                self._written += 1

    def _rewrite(self) -> None:
        part = self._file.with_suffix(".part")
        part.write_text("".join(f"{line}\n" for line in self._lines), encoding="utf-8")
        part.replace(self._file)
        self._written = len(self._lines)
