"""The values that clients and servers exchange: jobs, progress, results, servers and what they can do.

All are frozen; a changed value is a new one (``attrs.evolve``). Units: seconds, bytes, frames; shares and
scores run from 0 to 1 unless a field says otherwise.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property

from attrs import field, frozen

from ffx.core.recipe import Recipe
from ffx.core.targets import Likeness


class EncoderType(StrEnum):
    """Where an encoder does its work."""

    SOFTWARE = "software"
    HARDWARE_NVIDIA = "hardware_nvidia"
    HARDWARE_INTEL = "hardware_intel"
    HARDWARE_AMD = "hardware_amd"
    HARDWARE_APPLE = "hardware_apple"
    HARDWARE_OTHER = "hardware_other"

    @property
    def is_hardware(self) -> bool:
        return self is not EncoderType.SOFTWARE

    @property
    def vendor(self) -> str:
        """``nvidia``, ``intel``, ``amd``, ``apple``, ``other`` or ``software``."""
        return self.value.removeprefix("hardware_")


class JobState(StrEnum):
    PENDING = "pending"  # known to the client, not yet given to a server
    QUEUED = "queued"  # a server took it; its bytes are on the way
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)


class JobStage(StrEnum):
    """Where a job is on its server."""

    UPLOAD = "upload"  # its bytes are on the way
    WAITING = "waiting"  # its input is there; the next slot that is freed is its
    ENCODE = "encode"  # the only stage that takes a slot
    CHECK = "check"  # FFmpeg has ended; its result is being checked


class Verification(StrEnum):
    """How closely a result is looked at before it counts."""

    QUICK = "quick"  # packets, durations, streams
    FULL = "full"  # every frame is decoded as well, on the server


class ServerStatus(StrEnum):
    ONLINE = "online"
    BUSY = "busy"  # every slot is taken
    MAINTENANCE = "maintenance"  # finishing, takes nothing new
    OFFLINE = "offline"


class SandboxLevel(StrEnum):
    """What confines the FFmpeg of a job on its server."""

    FULL = "full"  # no network, the system read-only, of files only the job's own; and limits
    LIMITS = "limits"  # limits on files, memory and processes, and a small environment
    NONE = "none"


RESOLUTIONS: Mapping[str, tuple[int, int]] = {
    "1080p": (1920, 1080),
    "2K": (2560, 1440),
    "4K": (3840, 2160),
    "8K": (7680, 4320),
}
"""Names of resolutions, smallest first: width and height in pixels."""


@frozen
class EncoderSetup:
    """What a command needs around an encoder on one machine: found by the trial that worked.

    ``input_options`` stand before ``-i`` (devices), ``upload_filter`` ends the filter chain (``hwupload``),
    ``output_options`` follow ``-c:v``.
    """

    input_options: tuple[str, ...] = ()
    upload_filter: str = ""
    output_options: tuple[str, ...] = ()


@frozen
class EncoderReport:
    """What a real trial said about one encoder on one server."""

    name: str
    codec: str
    kind: str = "video"
    """``video`` or ``audio``."""
    encoder_type: EncoderType = EncoderType.SOFTWARE
    works: bool = False
    reason: str = ""
    """Empty when it works, else a word of ``ffx.core.detector.Reason``."""
    hint: str = ""
    """What a person can do about it."""
    max_resolution: str = ""
    """A key of ``RESOLUTIONS``, the largest that worked; empty until it was tried."""
    ten_bit: bool = False
    fps: float = 0.0
    """Frames per second at 1080p in a short real encode; 0 until it was measured."""
    device: str = ""
    """The device that was used, such as ``/dev/dri/renderD128``; empty when there is no choice."""
    setup: EncoderSetup = EncoderSetup()

    @property
    def vendor(self) -> str:
        return self.encoder_type.vendor


@frozen
class ServerCapabilities:
    """What a machine is, and what it was seen to do."""

    hostname: str = ""
    os: str = ""
    cpu_cores: int = 0
    memory_gb: float = 0.0
    disk_space_gb: float = 0.0
    """Free space where jobs are kept."""
    ffmpeg_version: str = ""
    encoders: tuple[EncoderReport, ...] = ()
    """Every encoder that was tried, working or not."""
    supported_formats: tuple[str, ...] = ()
    """Muxers."""
    estimated_performance: float = 0.0
    """0 to 1000, from measured speed; 0 until it was measured."""
    current_load: float = 0.0
    """CPU, 0 to 1."""
    max_resolution: str = ""
    max_file_size_gb: float = 0.0
    complete: bool = False
    """False while encoders or speeds are still being tried in the background."""

    @property
    def software_encoders(self) -> tuple[str, ...]:
        """Names of the working software encoders."""
        return tuple(e.name for e in self.encoders if e.works and not e.encoder_type.is_hardware)

    @property
    def hardware_encoders(self) -> dict[str, tuple[str, ...]]:
        """Names of the working hardware encoders by vendor."""
        found: dict[str, tuple[str, ...]] = {}
        for encoder in self.encoders:
            if encoder.works and encoder.encoder_type.is_hardware:
                found[encoder.vendor] = (*found.get(encoder.vendor, ()), encoder.name)
        return found

    def encoder(self, name: str) -> EncoderReport | None:
        """The report on one encoder, or None where it was not tried."""
        place = self._places.get(name)
        return None if place is None else self.encoders[place]

    def working(self, codec: str) -> tuple[EncoderReport, ...]:
        """The video encoders of a codec that work."""
        return self._by_codec.get(codec, ())

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return _places_of(tuple(report.name for report in self.encoders))

    @cached_property
    def _by_codec(self) -> dict[str, tuple[EncoderReport, ...]]:
        found: dict[str, tuple[EncoderReport, ...]] = {}
        for report in self.encoders:
            if report.works and report.kind == "video":
                found[report.codec] = (*found.get(report.codec, ()), report)
        return found

    def supports(self, capability: str) -> bool:
        """Whether an encoder of that name was seen to work, or a muxer of that name exists."""
        report = self.encoder(capability)
        return report.works if report else capability in self.supported_formats


@functools.lru_cache(64)
def _places_of(names: tuple[str, ...]) -> Mapping[str, int]:
    """Where each name is first; once for all servers that tried the same encoders."""
    return {name: place for place, name in reversed(tuple(enumerate(names)))}


@frozen
class ServerInfo:
    """One server as its clients see it."""

    server_id: str
    """Stable across restarts of the same server."""
    name: str
    ip: str = ""
    port: int = 0
    status: ServerStatus = ServerStatus.ONLINE
    capabilities: ServerCapabilities = ServerCapabilities()
    max_jobs: int = 2
    """Slots: encodes at a time."""
    current_jobs: int = 0
    """Slots that are taken."""
    max_waiting: int = 0
    """Further jobs that it takes ahead: their inputs travel while others encode."""
    waiting_jobs: int = 0
    """Jobs that are here and have not begun to encode."""
    uptime: float = 0.0
    last_seen: float = 0.0
    """Seconds since the epoch, by the clock of whoever says it."""
    version: str = ""
    completed_jobs: int = 0
    failed_jobs: int = 0
    sandbox: SandboxLevel = SandboxLevel.NONE

    @property
    def free_slots(self) -> int:
        return max(0, self.max_jobs - self.current_jobs)


@frozen
class OtherFile:
    """A file that a job's arguments or filters name besides its input: a second sound, a logo, subtitles to burn in."""

    name: str
    """As it is written there."""
    path: str
    """On the client; to a server it is display text, never a path."""
    size: int
    """Bytes."""
    modified: float = 0.0
    """When it was changed last, seconds since the epoch; 0 when that is not known."""


@frozen
class JobConfiguration:
    """One job: one input to one output, and how."""

    job_id: str
    input_file: str
    """A path on the client; to a server it is display text, never a path."""
    output_file: str
    recipe: Recipe
    encoder_type: EncoderType = EncoderType.SOFTWARE
    required_capabilities: tuple[str, ...] = ()
    """Further encoders and muxers that the job needs, by FFmpeg's names."""
    priority: int = field(default=5)
    """1 (last) to 10 (first)."""
    estimated_duration: float = 0.0
    """Seconds of encoding; 0 when unknown."""
    file_size: int = 0
    """Bytes of the input."""
    resolution: str = ""
    """Of the input, ``1920x1080``; empty when it has no picture."""
    codec: str = ""
    """Of the input's picture."""
    container: str = ""
    """Of the input, by FFmpeg's name."""
    frames: int = 0
    """Frames of the input's picture, estimated; 0 when unknown."""
    duration: float = 0.0
    """Seconds of the input; 0 when unknown."""
    verification: Verification = Verification.QUICK
    other_files: tuple[OtherFile, ...] = ()

    @priority.validator
    def _priority_in_range(self, attribute: object, value: int) -> None:
        if not 1 <= value <= 10:
            raise ValueError(f"priority is 1 to 10, not {value}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each file that has to be sent: of the input, and of the others."""
        return (self.file_size, *(other.size for other in self.other_files))

    @property
    def needs(self) -> tuple[str, ...]:
        """Every capability that a server must have: the encoder first."""
        encoder = () if self.recipe.encoder in ("", "copy") else (self.recipe.encoder,)
        return tuple(dict.fromkeys((*encoder, *self.required_capabilities)))


@frozen
class JobProgress:
    """How far one encode is."""

    job_id: str
    progress: float = 0.0
    """Share done, over all passes."""
    current_frame: int = 0
    total_frames: int = 0
    """0 when unknown."""
    fps: float = 0.0
    bitrate: float = 0.0
    """Bits a second of the output so far."""
    speed: float = 0.0
    """Seconds of media encoded a second."""
    eta: float | None = None
    """Seconds; None until it is known."""
    server_id: str = ""


@frozen
class Evidence:
    """What is known of a failure."""

    argv: tuple[str, ...] = ()
    exit_status: int | None = None
    stderr_tail: tuple[str, ...] = ()
    server: str = ""
    attempt: int = 0


@frozen
class JobResult:
    """How a job ended."""

    job_id: str
    status: JobState
    output_file: str = ""
    file_size: int = 0
    duration: float = 0.0
    """Seconds that the encode took."""
    average_fps: float = 0.0
    frames: int = 0
    """Packets of the first film, counted in the output; 0 where there is none."""
    error_message: str = ""
    server_id: str = ""
    completed_at: float = 0.0
    digest: str = ""
    """BLAKE3 of the output, in hexadecimal."""
    warnings: tuple[str, ...] = ()
    """What could not be kept, such as a subtitle stream that the container cannot hold."""
    likeness: Likeness | None = None
    """How close the picture is to the source's; None where the recipe has no target."""


@frozen
class CapabilityMatch:
    """How well one server fits one job."""

    server_id: str
    compatibility_score: float
    missing_capabilities: tuple[str, ...] = ()
    performance_estimate: float = 0.0
    load_score: float = 0.0
    total_score: float = 0.0
    recommended: bool = False
    encoder: str = ""
    """The encoder that this server would use."""
    warnings: tuple[str, ...] = ()

    @property
    def compatible(self) -> bool:
        """Whether nothing is missing: only then is a job ever submitted there."""
        return not self.missing_capabilities
