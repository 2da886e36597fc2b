"""Gives waiting jobs to servers: to free slots first, then ahead of them, and from the busy to the idle at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from ffx.client.farmstate import FarmState, OpenJob
from ffx.client.instructions import Begin, Conclude, Instruction, StartLocal
from ffx.client.matching import Ranked
from ffx.client.queue.records import AttemptEnd, JobRecord
from ffx.client.standing import Standing
from ffx.client.waiting import Line
from ffx.client.why import server_reasons
from ffx.core.model import CapabilityMatch, JobState

MOVING_SECONDS = 2.0
"""What moving a job that waits on a server costs beside sending its input: worth it only for a longer wait."""


def settle(state: FarmState) -> Iterator[Instruction]:
    """Everything that can begin begins; what no server can do any more ends."""
    while state.unsettled:
        state.unsettled = False
        if state.open and not state.paused:
            yield from _assign(state, state.with_slot, lambda standing: standing.free_slots)
            yield from _assign(state, state.with_place, lambda standing: standing.places)
            yield from _take_back(state)
    if state.open and (state.doubtful or state.new_lines):
        yield from _strand(state)


def _ranked(state: FarmState, pool: dict[str, Standing], room: Callable[[Standing], int], jobs: int) -> Ranked:
    """The servers of the pool, for so many jobs at most."""

    def room_now(standing: Standing) -> int:
        if not standing.takes_jobs(state.now):
            return 0
        return 1 if standing.on_trial else min(jobs, room(standing))

    return Ranked(state.matching, dict(pool), room_now, state.now)


# -- To servers with room ---------------------------------------------------------------------------


def _assign(state: FarmState, pool: dict[str, Standing], room: Callable[[Standing], int]) -> Iterator[Begin]:
    if not pool or not state.waiting:
        return
    ranked = _ranked(state, pool, room, len(state.waiting))
    with state.waiting.in_order() as firsts:
        for first in firsts:
            job = state.jobs[first.job_id]
            match = ranked.best(first.line, job.record)
            if match is not None:
                yield state.begin(job, match)
                ranked.given(match.server_id)
                if not ranked.servers:
                    return


# -- From the busy to the idle ----------------------------------------------------------------------


def _take_back(state: FarmState) -> Iterator[Instruction]:
    """A server with a free slot and nothing to do gets a job that waits for a slot elsewhere."""
    if not state.with_slot or not state.with_surplus:
        return
    ranked = _ranked(state, state.with_slot, lambda standing: standing.free_slots, len(state.jobs))
    for server_id in tuple(state.with_surplus):
        for job_id in state.servers[server_id].surplus:
            job = state.jobs[job_id]
            match = _better_place(state, job, ranked)
            if match is None:
                continue
            name = state.servers[match.server_id].info.name
            yield state.give_up(job, AttemptEnd.MOVED, f"{name} had nothing to do")
            state.change(job, state=JobState.PENDING, server_id="", at_home=False)
            yield state.begin(job, match)
            ranked.given(match.server_id)
            if not ranked.servers:
                return


def _better_place(state: FarmState, job: OpenJob, ranked: Ranked) -> CapabilityMatch | None:
    """The idle server where a job is done sooner than where it waits now."""
    if job.record.paused or job.resumed:
        return None
    etas = [state.jobs[other].eta for other in state.servers[job.record.server_id].encoding]
    wait = min((eta for eta in etas if eta is not None), default=math.inf) - MOVING_SECONDS
    if wait <= 0:
        return None
    match = ranked.best(state.line(job), job.record)
    if match is None or match.server_id in job.record.failed_on:
        return None
    speed = ranked.servers[match.server_id].bytes_a_second
    return match if not speed or job.record.job.file_size / speed < wait else None


# -- Without a server -------------------------------------------------------------------------------


def _strand(state: FarmState) -> Iterator[Instruction]:
    """Jobs that no server can do: the embedded one is started for them, or, where somebody waits, they end."""
    lines = state.waiting.lines() if state.doubtful else state.new_lines
    firsts = [first for line in lines if (first := state.waiting.first(line)) is not None]
    state.doubtful, state.new_lines = False, {}
    for first in sorted(firsts, key=lambda first: first.order):
        record = state.jobs[first.job_id].record
        if has_hope(state, first.line, record):
            continue
        if state.may_start_local and record.handling.local != "never" and not record.handling.server:
            state.may_start_local = False
            state.expecting += 1
            yield StartLocal()
            return
        if first.line.hurried and not may_return(state, first.line, record):
            yield from _end_hurried(state, first.line)


def _end_hurried(state: FarmState, line: Line) -> Iterator[Conclude]:
    why = ""
    for job_id in state.waiting.of_line(line):
        job = state.jobs[job_id]
        if job.hurried:
            if not why or job.record.avoids:  # what servers said when they refused is each job's own
                why = why_not(state, job.record)
            yield state.conclude(job, JobState.FAILED, error=why, no_server=True)


def has_hope(state: FarmState, line: Line, record: JobRecord) -> bool:
    """Whether a server that is there can do it, or one may come that can."""
    if any(state.matching.is_able(line, record, *pair) for pair in state.usable()):
        return True
    return state.expecting > 0 and not (record.handling.local == "only" and state.may_start_local)


def may_return(state: FarmState, line: Line, record: JobRecord) -> bool:
    """Whether a server that could do it will be back soon, as far as that can be told."""
    return any(
        standing.is_away_for_a_moment(state.now, state.limits.patience)
        and state.matching.is_able(line, record, server_id, standing)
        for server_id, standing in state.servers.items()
    )


def why_not(state: FarmState, record: JobRecord) -> str:
    """Each server's reason, in one line."""
    reasons = [f"{name}: {reason}" for name, reason in state.unreachable.items()]
    reasons += [f"{why.server}: {why.reason}" for why in server_reasons(state, record)]
    if state.local_reason:
        reasons.append(f"this machine: {state.local_reason}")
    ranking = state.matching.rank(record.job, [s.seen for _, s in state.usable()])
    reasons.extend(ranking.alternatives)
    return "no server could do it: " + ("; ".join(reasons) or "there is none; start one with: ffx serve")
