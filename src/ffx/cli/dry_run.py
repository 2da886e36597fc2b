"""What ``ffx submit --dry-run`` shows: how the servers rank, what they warn of, and the command that would run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import click
from attrs import frozen

from ffx.cli.planning import Planned
from ffx.cli.text import print_line
from ffx.client.farm import Survey
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfxError, NoServerError, ProbeError
from ffx.core.model import CapabilityMatch, EncoderSetup, ServerInfo
from ffx.core.plain import to_plain
from ffx.core.policy import Ranking
from ffx.core.recipe import ArgumentPolicy
from ffx.media.command import Command, build_command, seen_here
from ffx.media.equivalents import with_encoder
from ffx.media.probe import PacketCounts, count_packets

SHOWN = 3
"""Servers that people are shown; JSON has all."""


@frozen
class Candidate:
    """One server for one job."""

    server: ServerInfo
    match: CapabilityMatch
    command: Command | None = None
    error: str = ""
    """Why there is no command though nothing is missing."""


def show_survey(
    survey: Survey,
    planned: Sequence[Planned],
    specs: Mapping[str, EncoderSpec],
    *,
    policy: ArgumentPolicy,
    as_json: bool,
) -> list[int]:
    """Print one job after the other; returns for each 0, or 3 when no server could do it."""
    statuses = []
    for plan in planned:
        ranking = survey.rankings[plan.job.job_id]
        found = candidates(survey, ranking, plan, specs, policy)
        if as_json:
            click.echo(json.dumps(_plain(plan, found, ranking, survey), allow_nan=False))
        else:
            _print_job(plan, found, ranking, survey)
        statuses.append(0 if ranking.compatible else NoServerError.exit_status)
    return statuses


def candidates(
    survey: Survey, ranking: Ranking, plan: Planned, specs: Mapping[str, EncoderSpec], policy: ArgumentPolicy
) -> list[Candidate]:
    """Every server that was considered, the best first, with its command where it can do the job."""
    servers = {server.server_id: server for server in survey.servers}
    packets = _packets(plan) if ranking.compatible else None
    return [_candidate(servers[match.server_id], match, plan, packets, specs, policy) for match in ranking.matches]


def _packets(plan: Planned) -> PacketCounts | None:
    """As the server counts them before it builds its command; None where it would refuse the file."""
    try:
        return count_packets(plan.media.path)
    except ProbeError:
        return None


def _candidate(
    server: ServerInfo,
    match: CapabilityMatch,
    plan: Planned,
    packets: PacketCounts | None,
    specs: Mapping[str, EncoderSpec],
    policy: ArgumentPolicy,
) -> Candidate:
    if not match.compatible:
        return Candidate(server, match)
    report = server.capabilities.encoder(match.encoder)
    job = plan.job if report is None else with_encoder(plan.job, match.encoder, specs, report.encoder_type)
    try:
        command = build_command(
            job.recipe,
            plan.media,
            seen_here(specs, {report.name for report in server.capabilities.encoders if report.ten_bit}),
            report.setup if report is not None else EncoderSetup(),
            # The server gives the files names of its own; these make the command one that can be run here.
            input_name=job.input_file,
            output_name=job.output_file,
            other_files=plan.other_files,
            packets=packets,
            ffmpeg_version=server.capabilities.ffmpeg_version,
            policy=policy,
        )
    except FfxError as error:
        return Candidate(server, match, error=str(error))
    return Candidate(server, match, command)


# -- For people -------------------------------------------------------------------------------------------------


def _print_job(plan: Planned, candidates: Sequence[Candidate], ranking: Ranking, survey: Survey) -> None:
    print_line(f"{plan.job.input_file} -> {plan.job.output_file}")
    for candidate in candidates[:SHOWN]:
        _print_candidate(candidate)
    if len(candidates) > SHOWN:
        print_line(f"  and {len(candidates) - SHOWN} more")
    for name, reason in survey.unreachable.items():
        print_line(f"  {name}: cannot be reached: {reason}")
    if not ranking.compatible:
        print_line("  no server can do it")
    for alternative in ranking.alternatives:
        print_line(f"  {alternative}")
    best = candidates[0] if candidates else None
    for argv in best.command.passes if best is not None and best.command is not None else ():
        print_line(f"  {shlex.join(('ffmpeg', *argv))}")
    for warning in best.command.warnings if best is not None and best.command is not None else ():
        print_line(f"  {warning}")


def _print_candidate(candidate: Candidate) -> None:
    match = candidate.match
    encoder = f" with {match.encoder}" if match.encoder else ""
    recommended = ", recommended" if match.recommended else ""
    print_line(
        f"  {candidate.server.name}{encoder}: score {match.total_score:.2f}{recommended} (compatibility "
        f"{match.compatibility_score:.2f}, performance {match.performance_estimate:.2f}, load {match.load_score:.2f})"
    )
    if match.missing_capabilities:
        print_line(f"    missing: {', '.join(match.missing_capabilities)}")
    for warning in match.warnings:
        print_line(f"    warning: {warning}")
    if candidate.error:
        print_line(f"    {candidate.error}")


# -- For programs -----------------------------------------------------------------------------------------------


def _plain(plan: Planned, candidates: Sequence[Candidate], ranking: Ranking, survey: Survey) -> dict[str, Any]:
    return {
        "job_id": plan.job.job_id,
        "input": plan.job.input_file,
        "output": plan.job.output_file,
        "recipe": to_plain(plan.job.recipe),
        "required": list(plan.job.needs),
        "servers": [_plain_candidate(candidate) for candidate in candidates],
        "alternatives": list(ranking.alternatives),
        "unreachable": dict(survey.unreachable),
    }


def _plain_candidate(candidate: Candidate) -> dict[str, Any]:
    match, command = candidate.match, candidate.command
    return {
        "server": candidate.server.name,
        "server_id": match.server_id,
        "encoder": match.encoder,
        "score": round(match.total_score, 4),
        "compatibility": round(match.compatibility_score, 4),
        "performance": round(match.performance_estimate, 4),
        "load": round(match.load_score, 4),
        "recommended": match.recommended,
        "missing": list(match.missing_capabilities),
        "warnings": [*match.warnings, *(command.warnings if command is not None else ())],
        "command": [["ffmpeg", *argv] for argv in command.passes] if command is not None else [],
        "error": candidate.error,
    }
