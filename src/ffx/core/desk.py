"""What a window works with: the queue, the servers and the profiles of this user, in plain values.

A window is a plugin; ``ffx gui`` gives it a desk and lets it run. Every method of a desk blocks, on disks or networks,
and may be called from any thread: a window calls none from the thread that draws.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path

from attrs import field, frozen

from ffx.core.model import JobState, ServerCapabilities, ServerInfo


class Step(StrEnum):
    """What can be asked of jobs."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"


@frozen
class JobRow:
    """One job of the queue, as a list shows it."""

    number: int
    job_id: str
    state: JobState
    input: str
    output: str
    paused: bool = False
    server: str = ""
    encoder: str = ""
    phase: str = ""
    """Of a job at work: ``upload``, ``encode``, ``download``, ``check``."""
    progress: float | None = None
    """0 to 1, of the phase; None where nothing is told."""
    fps: float = 0.0
    eta: float | None = None
    """Seconds."""
    priority: int = 5
    reason: str = ""
    """Why it waits, or why it failed."""
    size_in: int = 0
    size_out: int = 0
    """Bytes."""


@frozen
class JobPage:
    """A part of the queue."""

    rows: tuple[JobRow, ...] = ()
    total: int = 0
    """Rows of all pages."""


@frozen
class Totals:
    """The queue as a whole."""

    counts: Mapping[JobState, int] = field(factory=dict)
    paused: bool = False
    fps: float = 0.0
    """Of all encodes at work."""
    eta: float | None = None
    """Seconds until the last of those at work ends; None where nothing is told."""
    worked_by: str = ""
    """The process that works it; empty: none does."""


@frozen
class ServerRow:
    """One server, as a list shows it."""

    name: str
    address: str
    info: ServerInfo | None = None
    """None: it could not be reached."""
    round_trip: float = 0.0
    """Seconds."""
    error: str = ""
    remembered: bool = True
    """Whether it was added; others were found on this machine."""
    preferred_for: tuple[str, ...] = ()


@frozen
class Wishes:
    """How files are to be encoded."""

    profile: str = ""
    """The named recipe to begin with; empty: all as the sources have it."""
    options: Mapping[str, str | tuple[str, ...] | bool] = field(factory=dict)
    """What is said besides, in the words of the command line: ``{"scale": "1280:", "audio": ("lang=fra codec=opus",)}``
    stands for ``--scale 1280: --audio 'lang=fra codec=opus'``. What stands behind ``--`` there is ``ffmpeg_args``, in
    words or as one text.
    """
    server: str = ""
    """The only server that may do it; empty: the best one."""


@frozen
class TrackRow:
    """One sound or one subtitle of a file."""

    index: int
    """Of the stream in the file, as recipes name it."""
    kind: str
    """``audio`` or ``subtitle``."""
    codec: str
    language: str = ""
    channels: int = 0
    title: str = ""
    default: bool = False
    forced: bool = False


@frozen
class ServerCheck:
    """Whether one server could do a job, and how."""

    name: str
    encoder: str = ""
    hardware: bool = False
    missing: tuple[str, ...] = ()
    """Nothing: it can."""
    warnings: tuple[str, ...] = ()
    command: str = ""
    """FFmpeg's, as a shell would take it."""


@frozen
class Check:
    """What the servers say of a job before it is one."""

    servers: tuple[ServerCheck, ...] = ()
    """The best first."""
    alternatives: tuple[str, ...] = ()
    """Sentences, where no server can."""


@frozen
class EstimateRow:
    """What one server would make of a file, guessed from a sample."""

    server: str
    encoder: str = ""
    seconds: float = 0.0
    size: float = 0.0
    """Bytes."""
    likeness: str = ""
    error: str = ""


@frozen
class ProfileRow:
    """One named recipe."""

    name: str
    description: str = ""


@frozen
class Setting:
    """One setting of this user's, as the configuration file names it (``submit.local``)."""

    name: str
    value: str
    choices: tuple[str, ...] = ()
    """What it can be; empty: any text that fits."""
    fixed_by: str = ""
    """The variable of the environment that decides it; empty: the file does."""


@frozen
class HistoryRow:
    """What one server did with one encoder."""

    server: str
    encoder: str
    completed: int
    failed: int
    fps: float
    """All frames by all seconds of encoding."""
    saved: int
    """Bytes that results are smaller than their sources; negative where they are larger."""


class Level(StrEnum):
    """How much a line of the log matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@frozen
class LogLine:
    """One thing that happened."""

    number: int
    """Counts up from 1."""
    time: float
    """Seconds since the epoch."""
    level: Level
    job_id: str
    text: str


@frozen
class Submitted:
    """What became of files that were to be encoded."""

    numbers: tuple[int, ...] = ()
    """Of the jobs in the queue."""
    refused: tuple[str, ...] = ()
    """Sentences, one for each file that is no job."""


class Desk(ABC):
    """The way to everything. What it raises is an ``FfxError``: one line for a person."""

    # -- Jobs -----------------------------------------------------------------------------------------------

    @abstractmethod
    def profiles(self) -> tuple[ProfileRow, ...]:
        """Every profile, by name."""

    @abstractmethod
    def submit(self, files: Sequence[Path], wishes: Wishes, folder: Path, *, name: str = "") -> Submitted:
        """Put files, and those in folders, into the queue, to be encoded into a folder: under their own names, or as a
        template such as ``{stem}.{height}p.{ext}`` has it.
        """

    @abstractmethod
    def merge(self, files: Sequence[Path], output: Path) -> str:
        """Put files into the queue, to be one, in their order; says whether they are copied or encoded, and why."""

    @abstractmethod
    def check(self, file: Path, wishes: Wishes) -> Check:
        """What each server says of a job for a file; nothing is sent."""

    @abstractmethod
    def tracks(self, file: Path) -> tuple[TrackRow, ...]:
        """The sounds and subtitles of a file, in their order."""

    @abstractmethod
    def estimate(self, file: Path, wishes: Wishes) -> tuple[EstimateRow, ...]:
        """What each server would make of a file, by an encode of pieces of it there."""

    @abstractmethod
    def preview(self, file: Path, wishes: Wishes, moment: float) -> bytes:
        """A PNG: the frame that is shown at a moment (seconds), beside the same frame encoded."""

    @abstractmethod
    def totals(self) -> Totals:
        """The queue as a whole, now."""

    @abstractmethod
    def page(self, states: Sequence[JobState], *, number: int, size: int) -> JobPage:
        """A page (from 1) of the jobs in these states (none: all), the newest first. Quick at a million jobs."""

    @abstractmethod
    def version(self) -> int:
        """Another number than before: the queue has changed. Costs next to nothing."""

    @abstractmethod
    def ask(self, numbers: Sequence[int], step: Step) -> tuple[str, ...]:
        """Ask something of jobs; returns a sentence for each that it was not done to."""

    @abstractmethod
    def prioritize(self, number: int, priority: int) -> None:
        """Let a job come earlier or later: 1 (last) to 10 (first)."""

    @abstractmethod
    def wishes_of(self, number: int) -> tuple[Path, Wishes]:
        """The input of a job of the queue, and how it is to be encoded."""

    @abstractmethod
    def change(self, number: int, wishes: Wishes) -> int:
        """Let a job that has not begun be encoded otherwise; another job takes its place, whose number is returned.
        Raises UsageError: it has begun, or cannot be done so; then it is as it was.
        """

    @abstractmethod
    def move(self, number: int, server: str) -> None:
        """Give a job to a server and to no other. Raises NoServerError: it cannot do it; names what could be done."""

    @abstractmethod
    def why(self, number: int) -> tuple[str, ...]:
        """Why a job does not run, in sentences: of itself, and of each server."""

    @abstractmethod
    def pause_queue(self, paused: bool) -> None:
        """Suspend everything and begin nothing, or go on."""

    @abstractmethod
    def working(self) -> AbstractContextManager[None]:
        """Works the queue, or looks on while another process does, as long as the block lasts; jobs on servers go on
        when it ends.
        """

    @abstractmethod
    def history(self) -> tuple[HistoryRow, ...]:
        """What each server did with each encoder since the queue was made."""

    @abstractmethod
    def log(self, after: int) -> tuple[LogLine, ...]:
        """What happened to jobs while this desk worked the queue, behind that line; 0: all that is kept."""

    # -- Servers --------------------------------------------------------------------------------------------

    @abstractmethod
    def servers(self) -> Iterator[ServerRow]:
        """Every server, each as soon as it has answered or cannot be reached."""

    @abstractmethod
    def capabilities(self) -> Mapping[str, ServerCapabilities]:
        """All that each server that can be reached was seen to do and not to do, by its name."""

    @abstractmethod
    def add_server(self, text: str) -> ServerRow:
        """Remember a server by its address or its join string, after a conversation with it."""

    @abstractmethod
    def remove_server(self, name: str) -> None:
        """Forget a server."""

    @abstractmethod
    def prefer(self, name: str, kinds: Sequence[str]) -> None:
        """Have a server asked first for these kinds of job (codecs, encoders, or ``any``), and for no others."""

    @abstractmethod
    def drain(self, name: str, draining: bool) -> None:
        """Let a server finish its jobs and take nothing new, from any client; or take jobs again."""

    # -- Settings -------------------------------------------------------------------------------------------

    @abstractmethod
    def settings(self) -> tuple[Setting, ...]:
        """What a person may set, with the values in force."""

    @abstractmethod
    def save_settings(self, values: Mapping[str, str]) -> None:
        """Write settings into the configuration file, by their names; they count from the next start. Raises
        ConfigurationError: one does not fit; none is written then.
        """

    # -- What the window remembers --------------------------------------------------------------------------

    @abstractmethod
    def remembered(self) -> Mapping[str, object]:
        """What ``remember`` was given the last time; empty where there is nothing."""

    @abstractmethod
    def remember(self, values: Mapping[str, object]) -> None:
        """Keep plain values for the next start."""
