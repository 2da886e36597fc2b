"""What a server says, brought within the bounds of what can be: a client trusts a server no more than it is trusted.

Types were checked when the message was read. Here numbers get their ranges, lists and texts their lengths; what is
too much is cut, since a figure that is wrong harms nobody, and a conversation that breaks over it would.
"""

from __future__ import annotations

from attrs import evolve

from ffx.core.messages import (
    CapabilityResponse,
    CapabilityUpdate,
    ErrorMessage,
    JobAccepted,
    JobCompleted,
    JobFailed,
    JobProgressMessage,
    JobReassign,
    JobRejected,
    Message,
    ServerInfoMessage,
)
from ffx.core.model import Evidence, JobProgress, JobResult, ServerCapabilities, ServerInfo
from ffx.core.targets import HIGHEST, Likeness
from ffx.core.text import brief

LONGEST_NAME = 200
LONGEST_LINE = 1000
"""Characters."""
MAX_ENCODERS = 2000
"""FFmpeg 9 lists about 230."""
MAX_FORMATS = 2000
MAX_LINES = 100
MAX_ARGUMENTS = 1000
MAX_SLOTS = 1000
"""Jobs that one server may be given at a time, encoding or ahead."""
LONGEST_PAUSE = 3600.0
"""Seconds for which a server may ask to be left alone."""
LARGEST = 2.0**53
"""Of any count: whole numbers beyond it are none in other languages."""
LONGEST_TIME = 10 * 365 * 86_400.0
"""Seconds."""


def plausible(message: Message) -> Message:
    """The message within its bounds; the same one when nothing is beyond them."""
    if isinstance(message, JobProgressMessage):
        return evolve(message, progress=_progress(message.progress))
    if isinstance(message, JobCompleted):
        return evolve(message, result=_result(message.result))
    if isinstance(message, JobFailed):
        return evolve(
            message,
            code=brief(message.code, LONGEST_NAME),
            message=brief(message.message, LONGEST_LINE),
            evidence=_evidence(message.evidence),
        )
    if isinstance(message, JobRejected):
        pause = None if message.retry_after is None else _within(message.retry_after, LONGEST_PAUSE)
        words = brief(message.message, LONGEST_LINE)
        return evolve(message, code=brief(message.code, LONGEST_NAME), message=words, retry_after=pause)
    if isinstance(message, ErrorMessage):
        return evolve(message, code=brief(message.code, LONGEST_NAME), message=brief(message.message, LONGEST_LINE))
    if isinstance(message, JobReassign):
        return evolve(message, reason=brief(message.reason, LONGEST_LINE))
    if isinstance(message, JobAccepted):
        return evolve(message, estimated_duration=_within(message.estimated_duration, LONGEST_TIME))
    if isinstance(message, ServerInfoMessage | CapabilityUpdate):
        return evolve(message, server=_server(message.server))
    if isinstance(message, CapabilityResponse):
        return evolve(message, capabilities=_capabilities(message.capabilities))
    return message


def _progress(told: JobProgress) -> JobProgress:
    return evolve(
        told,
        progress=_within(told.progress, 1.0),
        current_frame=_count(told.current_frame),
        total_frames=_count(told.total_frames),
        fps=_within(told.fps, LARGEST),
        bitrate=_within(told.bitrate, LARGEST),
        speed=_within(told.speed, LARGEST),
        eta=None if told.eta is None else _within(told.eta, LONGEST_TIME),
    )


def _result(told: JobResult) -> JobResult:
    return evolve(
        told,
        file_size=_count(told.file_size),
        duration=_within(told.duration, LONGEST_TIME),
        average_fps=_within(told.average_fps, LARGEST),
        frames=_count(told.frames),
        error_message=brief(told.error_message, LONGEST_LINE),
        completed_at=_within(told.completed_at, LARGEST),
        warnings=tuple(brief(warning, LONGEST_LINE) for warning in told.warnings[:MAX_LINES]),
        likeness=None if told.likeness is None else _likeness(told.likeness),
    )


def _likeness(told: Likeness) -> Likeness:
    quality = None if told.quality is None else _within(told.quality, LARGEST)
    return evolve(told, score=_within(told.score, HIGHEST[told.metric]), quality=quality)


def _evidence(told: Evidence) -> Evidence:
    return evolve(
        told,
        argv=tuple(brief(word, LONGEST_LINE) for word in told.argv[:MAX_ARGUMENTS]),
        stderr_tail=tuple(brief(line, LONGEST_LINE) for line in told.stderr_tail[-MAX_LINES:]),
        server=brief(told.server, LONGEST_NAME),
    )


def _server(told: ServerInfo) -> ServerInfo:
    return evolve(
        told,
        server_id=brief(told.server_id, LONGEST_NAME),
        name=brief(told.name, LONGEST_NAME),
        max_jobs=_count(told.max_jobs, MAX_SLOTS),
        current_jobs=_count(told.current_jobs),
        max_waiting=_count(told.max_waiting, MAX_SLOTS),
        waiting_jobs=_count(told.waiting_jobs),
        version=brief(told.version, LONGEST_NAME),
        capabilities=_capabilities(told.capabilities),
    )


def _capabilities(told: ServerCapabilities) -> ServerCapabilities:
    return evolve(
        told,
        hostname=brief(told.hostname, LONGEST_NAME),
        os=brief(told.os, LONGEST_NAME),
        cpu_cores=_count(told.cpu_cores, 100_000),
        memory_gb=_within(told.memory_gb, LARGEST),
        disk_space_gb=_within(told.disk_space_gb, LARGEST),
        encoders=told.encoders[:MAX_ENCODERS],
        supported_formats=told.supported_formats[:MAX_FORMATS],
        estimated_performance=_within(told.estimated_performance, 1000.0),
        current_load=_within(told.current_load, 1.0),
        max_file_size_gb=_within(told.max_file_size_gb, LARGEST),
    )


def _within(value: float, most: float) -> float:
    return min(max(0.0, value), most)


def _count(value: int, most: int = int(LARGEST)) -> int:
    return min(max(0, value), most)
