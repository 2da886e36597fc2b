"""The protocol: the envelope and every message. ``docs/reference/protocol.md`` explains their order.

A message is a frozen value with its ``type``. An unknown type becomes ``Unknown`` and unknown fields are passed
over, so a newer peer is survived; a known type whose data does not fit is a ``DecodeError`` with its path.

Names: *job_id* and *attempt* together say which try of which job a message speaks of; *epoch* names one life of
a server process. A word about an old attempt changes nothing.
"""

from __future__ import annotations

import time
import uuid
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from ffx.core.model import (
    Evidence,
    JobConfiguration,
    JobProgress,
    JobResult,
    JobStage,
    ServerCapabilities,
    ServerInfo,
)

PROTOCOL_VERSION = 1
"""The newest version that this ffx speaks."""
PROTOCOL_OLDEST = 1
"""The oldest version that it still speaks."""

RETRY_AFTER_FULL = 30.0
"""Seconds after which a client may ask a full server again."""


# -- Connection ---------------------------------------------------------------------------------------------


@frozen
class Hello:
    """Client to server, first of all: the range of versions it speaks, and who it is."""

    type: ClassVar[str] = "hello"
    client_id: str
    protocol_min: int = PROTOCOL_OLDEST
    protocol_max: int = PROTOCOL_VERSION
    version: str = ""
    """Of ffx, for people."""


@frozen
class ServerInfoMessage:
    """Server to client, the answer to hello: the version chosen, and what this server is."""

    type: ClassVar[str] = "server_info"
    server: ServerInfo
    protocol: int = PROTOCOL_VERSION
    epoch: str = ""


@frozen
class Ping:
    """Either way. The answer is a pong with the same data."""

    type: ClassVar[str] = "ping"
    data: str = ""


@frozen
class Pong:
    type: ClassVar[str] = "pong"
    data: str = ""


@frozen
class Disconnect:
    """Either way, last of all: the other side goes on purpose."""

    type: ClassVar[str] = "disconnect"
    reason: str = ""


# -- Capabilities -------------------------------------------------------------------------------------------


@frozen
class CapabilityRequest:
    """Client to server: can you do these? Encoders that were not tried yet are tried before the answer."""

    type: ClassVar[str] = "capability_request"
    encoders: tuple[str, ...] = ()


@frozen
class CapabilityResponse:
    type: ClassVar[str] = "capability_response"
    compatible: tuple[str, ...]
    missing: tuple[str, ...]
    compatibility_score: float
    """Share of the encoders asked for that work; 1 when none was asked for."""
    load: float
    """Running jobs / max jobs."""
    estimated_performance: float
    capabilities: ServerCapabilities = ServerCapabilities()


@frozen
class CapabilityUpdate:
    """Server to client, unasked: its state or what is known of its encoders changed. That with the larger ``uptime``
    is the newer one.
    """

    type: ClassVar[str] = "capability_update"
    server: ServerInfo
    unchanged: bool = False
    """The capabilities are those told before: but for the load they are left out here, being large."""


# -- Jobs ---------------------------------------------------------------------------------------------------


@frozen
class JobSubmit:
    """Client to server: will you do this?"""

    type: ClassVar[str] = "job_submit"
    configuration: JobConfiguration
    attempt: int = 1


@frozen
class JobAccepted:
    """The job is taken. The client sends the file next; the encode begins as soon as a slot is free then."""

    type: ClassVar[str] = "job_accepted"
    job_id: str
    attempt: int
    estimated_duration: float = 0.0


@frozen
class JobRejected:
    """``code``: ``server_full`` (it has as many jobs as it takes), ``incompatible_encoder``, ``too_large``,
    ``disk_full``, ``maintenance``, ``invalid_recipe``, ``duplicate_job``.
    """

    type: ClassVar[str] = "job_rejected"
    job_id: str
    attempt: int
    code: str
    message: str = ""
    retry_after: float | None = None
    """Seconds; None: asking again changes nothing."""
    missing: tuple[str, ...] = ()


@frozen
class JobProgressMessage:
    """Told at each change of stage, and about twice a second while FFmpeg runs."""

    type: ClassVar[str] = "job_progress"
    attempt: int
    progress: JobProgress
    stage: JobStage = JobStage.ENCODE
    paused: bool = False
    """FFmpeg is suspended, or will be before it begins."""


@frozen
class JobCompleted:
    """The result is made and checked, and waits to be fetched."""

    type: ClassVar[str] = "job_completed"
    attempt: int
    result: JobResult


@frozen
class JobFailed:
    """``code``: ``encode_failed``, ``crashed``, ``out_of_memory``, ``encoder_full``, ``stuck``, ``endless``,
    ``output_too_large``, ``target_missed``, ``bad_input``, ``invalid_recipe``, ``verification_failed``, ``disk_full``,
    ``internal``.
    """

    type: ClassVar[str] = "job_failed"
    job_id: str
    attempt: int
    code: str
    message: str
    evidence: Evidence = Evidence()


@frozen
class JobCancel:
    """Client to server: stop it and forget it. Answered by job_cancel once the slot is free."""

    type: ClassVar[str] = "job_cancel"
    job_id: str
    attempt: int


@frozen
class JobPause:
    """Client to server: suspend FFmpeg, or let it go on. Answered by the same message once it is so."""

    type: ClassVar[str] = "job_pause"
    job_id: str
    attempt: int
    paused: bool = True


@frozen
class JobReassign:
    """Server to client: I give this job back, do it elsewhere. Client to server: it was given to another server,
    drop it; then answered like job_cancel.
    """

    type: ClassVar[str] = "job_reassign"
    job_id: str
    attempt: int
    reason: str = ""


@frozen
class JobCommitted:
    """Client to server: the result stands checked under its final name; the server may forget the job. Answered by the
    same message once it has.
    """

    type: ClassVar[str] = "job_committed"
    job_id: str
    attempt: int


# -- Files --------------------------------------------------------------------------------------------------


@frozen
class FileUploadStart:
    """Client to server: I want to send a file of the job. Answered by file_chunk."""

    type: ClassVar[str] = "file_upload_start"
    job_id: str
    attempt: int
    size: int
    digest: str = ""
    """Its BLAKE3 where the client knows it: a server that has that file from this client already wants no byte."""
    number: int = 0
    """Which file: 0 is the input, 1 the first of the job's other files."""


@frozen
class FileChunk:
    """Server to client: send ``resource`` from ``offset`` on (the bytes travel apart, see the transport)."""

    type: ClassVar[str] = "file_chunk"
    job_id: str
    attempt: int
    resource: str
    offset: int
    size: int
    number: int = 0


@frozen
class FileUploadComplete:
    """Client to server: all of a file is sent, and its digest is this. Answered by the same message once the server has
    checked it (with the last of the job's files its encode begins, or waits), or by an error ``digest_mismatch`` or
    ``incomplete``.
    """

    type: ClassVar[str] = "file_upload_complete"
    job_id: str
    attempt: int
    size: int
    digest: str
    number: int = 0


@frozen
class FileDownloadRequest:
    """Client to server: I want the result. Answered by file_download_start."""

    type: ClassVar[str] = "file_download_request"
    job_id: str
    attempt: int


@frozen
class FileDownloadStart:
    type: ClassVar[str] = "file_download_start"
    job_id: str
    attempt: int
    resource: str
    size: int
    digest: str


# -- Administration -----------------------------------------------------------------------------------------


@frozen
class ServerDrain:
    """Client to server: finish what is here and take nothing new, or take jobs again. Answered by the same message."""

    type: ClassVar[str] = "server_drain"
    drain: bool = True


# -- Errors -------------------------------------------------------------------------------------------------


@frozen
class ErrorMessage:
    """``code`` is a word for programs, ``message`` a line for people."""

    type: ClassVar[str] = "error"
    code: str
    message: str
    retry_after: float | None = None


@frozen
class ValidationErrorMessage:
    """The message answered did not fit: ``path`` names the field."""

    type: ClassVar[str] = "validation_error"
    message: str
    path: str = ""


@frozen
class Unknown:
    """A message of a type that this version does not know."""

    type: ClassVar[str] = "unknown"
    original_type: str
    data: dict[str, Any] = field(factory=dict)


Message = (
    Hello
    | ServerInfoMessage
    | Ping
    | Pong
    | Disconnect
    | CapabilityRequest
    | CapabilityResponse
    | CapabilityUpdate
    | JobSubmit
    | JobAccepted
    | JobRejected
    | JobProgressMessage
    | JobCompleted
    | JobFailed
    | JobCancel
    | JobPause
    | JobReassign
    | JobCommitted
    | FileUploadStart
    | FileChunk
    | FileUploadComplete
    | FileDownloadRequest
    | FileDownloadStart
    | ServerDrain
    | ErrorMessage
    | ValidationErrorMessage
    | Unknown
)


def _new_message_id() -> str:
    return str(uuid.uuid4())


@frozen
class Envelope:
    """A message on its way."""

    message: Message
    message_id: str = Factory(_new_message_id)
    timestamp: float = Factory(time.time)
    reply_to: str | None = None
    """The ``message_id`` that this answers."""

    def reply(self, message: Message) -> Envelope:
        """An envelope that answers this one."""
        return Envelope(message, reply_to=self.message_id)
