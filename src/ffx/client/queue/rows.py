"""Jobs and attempts as rows, and back.

Columns hold what is listed and looked for; the rest of a job's configuration is JSON. Jobs of one submission differ in
columns only, so that the JSON is made and read once, and their records share its value: 100,000 of them are small.
"""

from __future__ import annotations

import functools
import json
import operator
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve, fields

from ffx.client.queue.damage import DamagedRow
from ffx.client.queue.records import AttemptEnd, AttemptRecord, Handling, JobRecord
from ffx.core.errors import DecodeError
from ffx.core.model import Evidence, JobConfiguration, JobResult, JobState
from ffx.core.plain import from_plain, to_plain

Row = tuple[Any, ...]

_FIXED = ("job_id", "input", "output", "added")
"""Columns of a job that never change."""

_CHANGING = (
    "state", "priority", "paused", "file_size", "frames", "duration", "estimated_duration", "configuration", "handling",
    "modified", "attempt", "server_id", "server", "encoder", "at_home", "failures", "losses", "avoids", "failed_on",
    "reason", "no_server", "began", "ended", "result", "evidence",
)  # fmt: skip

_VALUES = (*_FIXED, *_CHANGING)

SELECT_JOBS = f"SELECT number, {', '.join(_VALUES)}, checksum FROM jobs"
"""Rows for ``job_from_row``."""

INSERT_JOB = (
    f"INSERT INTO jobs (number, place, {', '.join(_VALUES)}, checksum) VALUES ({', '.join('?' * (len(_VALUES) + 3))})"
)
"""Takes ``inserted_row``."""

UPDATE_JOB = f"UPDATE jobs SET {', '.join(f'{name} = ?' for name in _CHANGING)}, checksum = ? WHERE number = ?"
"""Takes ``updated_row``."""

_ATTEMPT = (
    "job_id", "attempt", "server_id", "server", "epoch", "encoder", "began", "ended", "outcome", "code", "message",
    "evidence",
)  # fmt: skip

SELECT_ATTEMPTS = f"SELECT {', '.join(_ATTEMPT)} FROM attempts"
"""Rows for ``attempt_from_row``."""

PUT_ATTEMPT = (
    f"INSERT INTO attempts ({', '.join(_ATTEMPT)}) SELECT {', '.join('?' * len(_ATTEMPT))} "
    "WHERE EXISTS (SELECT 1 FROM jobs WHERE job_id = ?1) ON CONFLICT (job_id, attempt) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _ATTEMPT[2:])
)
"""Takes ``attempt_to_row``; passed over when the job is gone."""

_COLUMNS_OF_CONFIGURATION = frozenset(
    {"job_id", "input_file", "output_file", "priority", "file_size", "frames", "duration", "estimated_duration"}
)
_PLAN = tuple(field.name for field in fields(JobConfiguration) if field.name not in _COLUMNS_OF_CONFIGURATION)
"""Fields of a configuration that jobs of one submission have in common: they are the JSON."""

_plan_of = operator.attrgetter(*_PLAN)

_NOBODY: Mapping[str, str] = MappingProxyType({})
_MANY = 4096
"""Recipes, handlings and other repeated values that are remembered."""


def inserted_row(record: JobRecord, number: int | None, place: str) -> Row:
    """For ``INSERT_JOB``; ``number`` None: the next one."""
    fixed, changing = _fixed(record), _changing(record)
    return (number, stored_text(place), *fixed, *changing, _checksum((*fixed, *changing)))


def updated_row(record: JobRecord) -> Row:
    """For ``UPDATE_JOB``."""
    changing = _changing(record)
    return (*changing, _checksum((*_fixed(record), *changing)), record.number)


def job_from_row(row: Row) -> JobRecord:
    """The record of a row of ``SELECT_JOBS``.

    Raises:
        DamagedRow: it does not hold what was written.
    """
    if _checksum(row[1:-1]) != row[-1]:
        raise DamagedRow(f"job {row[0]} does not hold what was written")
    record: JobRecord = read_row(f"job {row[0]}", lambda: _job(row))
    return record


def attempt_to_row(attempt: AttemptRecord) -> Row:
    """For ``PUT_ATTEMPT``."""
    return (
        stored_text(attempt.job_id),
        attempt.attempt,
        stored_text(attempt.server_id),
        stored_text(attempt.server),
        stored_text(attempt.epoch),
        stored_text(attempt.encoder),
        attempt.began,
        attempt.ended,
        attempt.end.value if attempt.end else None,
        stored_text(attempt.code),
        stored_text(attempt.message),
        _optional_text(attempt.evidence),
    )


def attempt_from_row(row: Row) -> AttemptRecord:
    """The record of a row of ``SELECT_ATTEMPTS``.

    Raises:
        DamagedRow: it does not hold what was written.
    """
    attempt: AttemptRecord = read_row(
        f"attempt {row[1]} of job {row[0]}",
        lambda: AttemptRecord(
            job_id=text_from(row[0]),
            attempt=row[1],
            server_id=text_from(row[2]),
            server=text_from(row[3]),
            epoch=text_from(row[4]),
            encoder=text_from(row[5]),
            began=row[6],
            ended=row[7],
            end=AttemptEnd(row[8]) if row[8] is not None else None,
            code=text_from(row[9]),
            message=text_from(row[10]),
            evidence=_optional(row[11], Evidence),
        ),
    )
    return attempt


def value_to_text(value: Any) -> str:
    """A value of the model as JSON."""
    return json.dumps(to_plain(value), separators=(",", ":"), allow_nan=False)


def value_from_text(text: str, kind: type[Any]) -> Any:
    """Raises DamagedRow when the JSON is not that of such a value."""
    return read_row(kind.__name__, lambda: from_plain(json.loads(text), kind))


def read_row(what: str, read: Callable[[], Any]) -> Any:
    """What ``read`` returns. Raises DamagedRow with the name of ``what`` it is when that was never written so."""
    try:
        return read()
    except (DecodeError, ValueError, TypeError, AttributeError) as error:
        raise DamagedRow(f"{what} cannot be read: {error}") from None


def stored_text(text: str) -> str | bytes:
    """A text as SQLite takes it: file names that are no text are stored as bytes."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def text_from(stored: str | bytes) -> str:
    """The text that was stored."""
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")


# -- The columns of a job -----------------------------------------------------------------------------------


def _fixed(record: JobRecord) -> Row:
    job = record.job
    return stored_text(job.job_id), stored_text(job.input_file), stored_text(job.output_file), float(record.added)


def _changing(record: JobRecord) -> Row:
    # Numbers are made what their columns make of them: the checksum must be the same when they are read.
    job = record.job
    return (
        record.state.value,
        job.priority,
        int(record.paused),
        job.file_size,
        job.frames,
        float(job.duration),
        float(job.estimated_duration),
        _plan_text(_plan_of(job)),
        _handling_text(evolve(record.handling, modified=0.0)),
        float(record.handling.modified),
        record.attempt,
        stored_text(record.server_id),
        stored_text(record.server),
        stored_text(record.encoder),
        int(record.at_home),
        record.failures,
        record.losses,
        json.dumps(dict(record.avoids)) if record.avoids else "{}",
        json.dumps(record.failed_on) if record.failed_on else "[]",
        stored_text(record.reason),
        int(record.no_server),
        float(record.began),
        float(record.ended),
        _optional_text(record.result),
        _optional_text(record.evidence),
    )


def _job(row: Row) -> JobRecord:
    (
        number, job_id, input_file, output_file, added, state, priority, paused, file_size, frames, duration,
        estimated_duration, plan, handling, modified, attempt, server_id, server, encoder, at_home, failures, losses,
        avoids, failed_on, reason, no_server, began, ended, result, evidence, _,
    ) = row  # fmt: skip
    return JobRecord(
        number=number,
        job=JobConfiguration(
            job_id=text_from(job_id),
            input_file=text_from(input_file),
            output_file=text_from(output_file),
            priority=priority,
            estimated_duration=estimated_duration,
            file_size=file_size,
            frames=frames,
            duration=duration,
            **_plan(plan),
        ),
        handling=evolve(_handling(handling), modified=modified),
        state=JobState(state),
        paused=bool(paused),
        attempt=attempt,
        server_id=_shared(text_from(server_id)),
        server=_shared(text_from(server)),
        encoder=_shared(text_from(encoder)),
        at_home=bool(at_home),
        failures=failures,
        losses=losses,
        avoids=json.loads(avoids) if avoids != "{}" else _NOBODY,
        failed_on=tuple(json.loads(failed_on)) if failed_on != "[]" else (),
        reason=_shared(text_from(reason)),
        no_server=bool(no_server),
        added=added,
        began=began,
        ended=ended,
        result=_optional(result, JobResult),
        evidence=_optional(evidence, Evidence),
    )


def _checksum(values: Row) -> int:
    return zlib.crc32("\x1f".join(map(str, values)).encode())


def _optional_text(value: Any) -> str | None:
    return None if value is None else value_to_text(value)


def _optional(text: str | None, kind: type[Any]) -> Any:
    return None if text is None else from_plain(json.loads(text), kind)


_handling_text = functools.lru_cache(_MANY)(value_to_text)


@functools.lru_cache(_MANY)
def _plan_text(values: Row) -> str:
    return json.dumps(dict(zip(_PLAN, map(to_plain, values), strict=True)), separators=(",", ":"), allow_nan=False)


@functools.lru_cache(_MANY)
def _plan(text: str) -> Mapping[str, Any]:
    job = from_plain({**json.loads(text), "job_id": "", "input_file": "", "output_file": ""}, JobConfiguration)
    return dict(zip(_PLAN, _plan_of(job), strict=True))


@functools.lru_cache(_MANY)
def _handling(text: str) -> Handling:
    handling: Handling = from_plain(json.loads(text), Handling)
    return handling


@functools.lru_cache(_MANY)
def _shared(text: str) -> str:
    """The same object for the same text."""
    return text
