"""The small tables beside the jobs, to rows and back: farewells, servers set aside, wishes, and how far jobs are."""

from __future__ import annotations

from typing import Any, get_args

from ffx.client.queue.damage import DamagedRow
from ffx.client.queue.records import Farewell, Live, SetAside, Wish
from ffx.client.queue.rows import Row, read_row, stored_text, text_from, value_from_text, value_to_text
from ffx.client.queue.schema import OPEN
from ffx.core.events import Phase

PUT_FAREWELL = "INSERT OR IGNORE INTO farewells (server_id, job_id, attempt) VALUES (?, ?, ?)"
DROP_FAREWELL = "DELETE FROM farewells WHERE server_id = ? AND job_id = ? AND attempt = ?"
SELECT_FAREWELLS = "SELECT server_id, job_id, attempt FROM farewells ORDER BY rowid"

PUT_SET_ASIDE = "INSERT OR REPLACE INTO set_aside (server_id, server, reason, since, until) VALUES (?, ?, ?, ?, ?)"
DROP_SET_ASIDE = "DELETE FROM set_aside WHERE server_id = ?"
SELECT_SET_ASIDE = "SELECT server_id, server, reason, since, until FROM set_aside ORDER BY since, server_id"

PUT_WISH = "INSERT INTO wishes (kind, wish) VALUES (?, ?)"
DROP_WISH = "DELETE FROM wishes WHERE number = ?"
SELECT_WISHES = "SELECT number, kind, wish FROM wishes ORDER BY number"

PUT_LIVE = (
    "INSERT OR REPLACE INTO live (job_id, phase, progress, fps, speed, eta) SELECT ?, ?, ?, ?, ?, ? "
    f"WHERE EXISTS (SELECT 1 FROM jobs WHERE job_id = ?1 AND state IN {OPEN})"
)
"""Passed over when the job has ended."""
DROP_LIVE = "DELETE FROM live WHERE job_id = ?"
SELECT_LIVE = "SELECT job_id, phase, progress, fps, speed, eta FROM live"

PUT_META = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"
SELECT_META = "SELECT value FROM meta WHERE name = ?"

_WISHES: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Wish)}


def farewell_row(farewell: Farewell) -> Row:
    return stored_text(farewell.server_id), stored_text(farewell.job_id), farewell.attempt


def farewell_from(row: Row) -> Farewell:
    server_id, job_id, attempt = row
    return Farewell(text_from(server_id), text_from(job_id), attempt)


def set_aside_row(one: SetAside) -> Row:
    return stored_text(one.server_id), stored_text(one.server), stored_text(one.reason), one.since, one.until


def set_aside_from(row: Row) -> SetAside:
    server_id, server, reason, since, until = row
    return SetAside(text_from(server_id), text_from(server), text_from(reason), since, until)


def wish_row(wish: Wish) -> Row:
    return type(wish).__name__, value_to_text(wish)


def wish_from(row: Row) -> tuple[int, Wish]:
    """Its number and the wish. Raises DamagedRow when there is no such wish."""
    number, kind, text = row
    if kind not in _WISHES:
        raise DamagedRow(f"wish {number} cannot be read: there is no wish {kind!r}")
    wish: Wish = value_from_text(text, _WISHES[kind])
    return number, wish


def live_row(live: Live) -> Row:
    return stored_text(live.job_id), live.phase.value, live.progress, live.fps, live.speed, live.eta


def live_from(row: Row) -> Live:
    """Raises DamagedRow when there is no such phase."""
    job_id, phase, progress, fps, speed, eta = row
    live: Live = read_row(
        f"progress of job {job_id}", lambda: Live(text_from(job_id), Phase(phase), progress, fps, speed, eta)
    )
    return live
