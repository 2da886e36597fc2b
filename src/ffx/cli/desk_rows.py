"""Jobs, tracks and servers as a desk hands them out."""

from __future__ import annotations

import shlex
from collections.abc import Container

from attrs import evolve

from ffx.cli.dry_run import Candidate
from ffx.cli.server_commands import Look
from ffx.client.queue.records import JobRecord, Live
from ffx.core.desk import JobRow, ServerCheck, ServerRow, TrackRow
from ffx.core.model import JobState
from ffx.media.probe import MediaInfo


def job_row(record: JobRecord, live: Live | None) -> JobRow:
    job, result = record.job, record.result
    if live is not None and (record.state.is_final or not record.server_id):
        live = None
    row = JobRow(
        number=record.number,
        job_id=record.job_id,
        state=record.state,
        input=job.input_file,
        output=job.output_file,
        paused=record.paused,
        server=record.server or record.handling.server,
        encoder=record.encoder or job.recipe.encoder or job.recipe.codec,
        priority=job.priority,
        reason="" if record.state is JobState.COMPLETED else record.reason,
        size_in=job.file_size,
        size_out=result.file_size if result is not None and record.state is JobState.COMPLETED else 0,
    )
    if live is None:
        return row
    return evolve(row, phase=live.phase.value, progress=live.progress, fps=live.fps, eta=live.eta)


def track_rows(media: MediaInfo) -> tuple[TrackRow, ...]:
    return tuple(
        TrackRow(
            index=stream.index,
            kind=stream.kind,
            codec=stream.codec,
            language=stream.language,
            channels=stream.channels,
            title=stream.title,
            default="default" in stream.disposition,
            forced="forced" in stream.disposition,
        )
        for stream in (*media.audio, *media.subtitles)
    )


def server_check(candidate: Candidate) -> ServerCheck:
    match, report = candidate.match, candidate.server.capabilities.encoder(candidate.match.encoder)
    command = candidate.command
    return ServerCheck(
        name=candidate.server.name,
        encoder=match.encoder,
        hardware=report is not None and report.encoder_type.is_hardware,
        missing=match.missing_capabilities or ((candidate.error,) if candidate.error else ()),
        warnings=(*match.warnings, *(command.warnings if command is not None else ())),
        command="\n".join(shlex.join(("ffmpeg", *argv)) for argv in command.passes) if command is not None else "",
    )


def server_row(look: Look, remembered: Container[str]) -> ServerRow:
    place = look.endpoint
    return ServerRow(
        name=place.name,
        address=str(place.address),
        info=look.info,
        round_trip=look.seconds,
        error=look.error,
        remembered=place.name in remembered,
        preferred_for=place.preferred_for,
    )
