"""How one server stands with the dispatcher: its room, whether it is heard, whether it does its jobs well."""

from __future__ import annotations

from attrs import define, evolve, field

from ffx.core.model import EncoderType, JobStage, ServerInfo, ServerStatus

FAILURES_IN_A_ROW = 3
"""So many jobs that fail one after the other on a server are the server's fault, not theirs."""
ASIDE_SECONDS = 300.0
"""How long a server is set aside the first time; twice as long each further time."""
LONGEST_ASIDE = 3600.0
LIMIT_SECONDS = 900.0
"""How long a limit of hardware is believed: other programs, which took the rest of it, end as well."""


@define
class Standing:
    """One server. Times are seconds on the dispatcher's clock."""

    info: ServerInfo
    """Its last word; the counts of jobs are as it told them."""
    epoch: str = ""
    preferred_for: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    at_home: bool = False

    # -- Whether it is there --
    connected: bool = True
    """It came and was not lost since; a silent one still counts as connected."""
    silent_since: float | None = None
    lost_at: float | None = None
    leaving_since: float | None = None
    """When it said that it takes nothing new; None while it does not, and where it said so before we knew it."""

    # -- Its room --
    jobs: dict[str, None] = field(factory=dict)
    """Our jobs whose present attempt is there, by id, in whatever stage."""
    sent: dict[str, EncoderType] = field(factory=dict)
    """Those that do not encode yet and on what they will, the oldest first."""
    encoding: dict[str, EncoderType] = field(factory=dict)
    """Those whose FFmpeg runs, and on what."""
    other_slots: int = 0
    """Slots that other clients' jobs take, by its last word and our own count at that moment."""
    other_waiting: int = 0
    full_until: float = 0.0
    """It refused for a passing reason: not asked before this time."""
    limits: dict[EncoderType, tuple[int, float]] = field(factory=dict)
    """How many encodes its hardware was seen to take at a time, by kind, and until when that is believed."""
    full_hardware: dict[EncoderType, float] = field(factory=dict)
    """Hardware that was full: not asked before this time."""
    version: int = 1
    """Counts the changes of what it can do and what it is called."""
    refused: set[str] = field(factory=set)
    """Jobs that this life of it refused for good."""

    # -- Whether it does its work --
    failed_in_a_row: dict[str, int] = field(factory=dict)
    """Jobs that failed there since one went well, and what each was charged for it."""
    faults_in_a_row: int = 0
    """Failures since then that are a server's own, such as a full disk, whatever the job."""
    aside: bool = False
    aside_reason: str = ""
    aside_until: float | None = None
    """None, while it is set aside: until a person releases it."""
    times_aside: int = 0
    on_trial: bool = False
    """It was set aside and has not done a job since: it gets one at a time."""

    # -- What is known of the way to it --
    bytes_a_second: float = 0.0
    """Of uploads, measured; 0 before the first."""

    _seen: ServerInfo | None = None

    @property
    def ours(self) -> int:
        """Our jobs that take room there."""
        return len(self.sent) + len(self.encoding)

    @property
    def seen(self) -> ServerInfo:
        """The server as a policy is to see it: our own jobs are counted by our own count, and whether it takes jobs now
        is for those to judge who ask.
        """
        slots = min(self.info.max_jobs, self.other_slots + self.ours)
        if self._seen is None or self._seen.current_jobs != slots:
            self._seen = evolve(self.info, current_jobs=slots, status=ServerStatus.ONLINE)
        return self._seen

    def seen_with(self, further: int) -> ServerInfo:
        """As it will be seen when it has got so many jobs more."""
        if not further:
            return self.seen
        return evolve(self.seen, current_jobs=min(self.info.max_jobs, self.seen.current_jobs + further))

    def answers_to(self, name: str, server_id: str) -> bool:
        """Whether a person who says ``name`` means this server."""
        return name in (self.info.name, server_id, *self.names)

    @property
    def is_online(self) -> bool:
        return self.info.status in (ServerStatus.ONLINE, ServerStatus.BUSY)

    def heard(self, info: ServerInfo, now: float) -> None:
        """Take in its own word on itself."""
        if info.status is not ServerStatus.MAINTENANCE:
            self.leaving_since = None
        elif self.info.status is not ServerStatus.MAINTENANCE:
            self.leaving_since = now
        self.info, self._seen = info, None
        # A job of ours that does not wait there any more may have begun, though its own word is not here yet.
        begun = max(0, len(self.sent) - info.waiting_jobs)
        self.other_slots = max(0, info.current_jobs - len(self.encoding) - begun)
        self.other_waiting = max(0, info.waiting_jobs - len(self.sent))

    def kind_of(self, encoder: str) -> EncoderType:
        """What an encoder works on there."""
        report = self.info.capabilities.encoder(encoder)
        return report.encoder_type if report is not None else EncoderType.SOFTWARE

    def place(self, job_id: str, stage: JobStage | None, encoder: str) -> None:
        """Note where one of our jobs is there, and so what it takes; None: it is not there any more."""
        self.sent.pop(job_id, None)
        self.encoding.pop(job_id, None)
        if stage is None:
            self.jobs.pop(job_id, None)
            return
        self.jobs[job_id] = None
        if stage in (JobStage.UPLOAD, JobStage.WAITING):
            self.sent[job_id] = self.kind_of(encoder)
        elif stage is JobStage.ENCODE:
            self.encoding[job_id] = self.kind_of(encoder)
            # Its slot may have been told of before the job's own word came, and looked like another client's.
            self.other_slots = min(self.other_slots, max(0, self.info.current_jobs - len(self.encoding)))

    def is_away_for_a_moment(self, now: float, patience: float) -> bool:
        """Whether it takes nothing now and may well be back within ``patience`` seconds."""
        if not self.connected:  # an embedded one ended with its process
            return self.lost_at is not None and now - self.lost_at < patience and not self.at_home
        if self.aside:
            return self.aside_until is not None and self.aside_until - now <= patience
        return self.leaving_since is not None and now - self.leaving_since < patience

    # -- May it get a job? ------------------------------------------------------------------------------

    def takes_jobs(self, now: float) -> bool:
        """Whether it may be given anything at all."""
        return (
            self.connected
            and self.silent_since is None
            and not self.aside
            and self.full_until <= now
            and self.is_online
            and not (self.on_trial and self.ours)
        )

    @property
    def free_slots(self) -> int:
        """Slots that nobody has or will have in a moment."""
        waiting = len(self.sent) + self.other_waiting
        return max(0, self.info.max_jobs - self.other_slots - len(self.encoding) - waiting)

    @property
    def places(self) -> int:
        """How many more jobs it takes, ahead of its slots."""
        here = self.other_slots + self.other_waiting + self.ours
        return max(0, self.info.max_jobs + self.info.max_waiting - here)

    @property
    def surplus(self) -> list[str]:
        """Our jobs there that wait for one of its slots, the last that came first: those that may go elsewhere. What a
        silent server does with them is not known.
        """
        if not self.connected or self.silent_since is not None:
            return []
        starting = max(0, self.info.max_jobs - self.other_slots - len(self.encoding))
        return list(self.sent)[starting:][::-1]

    def hardware_has_room(self, encoder_type: EncoderType, now: float) -> bool:
        """Whether the hardware that an encoder works on takes one more encode, as far as that was learned."""
        if self.full_hardware.get(encoder_type, 0.0) > now:
            return False
        limit, until = self.limits.get(encoder_type, (0, 0.0))
        if until <= now:
            return True
        return self._encoding_on(encoder_type) + sum(kind is encoder_type for kind in self.sent.values()) < limit

    def next_wake(self, now: float) -> float | None:
        """When something about it changes by time alone."""
        if self.full_until <= now and not (self.aside or self.limits or self.full_hardware):
            return None
        times = [self.full_until, *self.full_hardware.values(), *(until for _, until in self.limits.values())]
        if self.aside and self.aside_until is not None:
            times.append(self.aside_until)
        return min((time for time in times if time > now), default=None)

    # -- Good and bad work ------------------------------------------------------------------------------

    def failed(self, job_id: str, charge: int) -> bool:
        """A job failed there; whether that was one too many in a row. A trial that failed is not one of a row: it says
        as much of the job as of the server.
        """
        if self.on_trial and not self.aside:
            return True
        self.failed_in_a_row[job_id] = self.failed_in_a_row.get(job_id, 0) + charge
        self.faults_in_a_row += charge == 0
        return self.aside or max(len(self.failed_in_a_row), self.faults_in_a_row) >= FAILURES_IN_A_ROW

    @property
    def times_failed(self) -> str:
        """How it came to be suspected, in words."""
        if self.on_trial:
            return "a job failed again"
        if len(self.failed_in_a_row) >= FAILURES_IN_A_ROW:
            return f"{len(self.failed_in_a_row)} jobs failed in a row"
        return f"it failed {self.faults_in_a_row} times in a row"

    def charges(self) -> dict[str, int]:
        """What jobs were charged for the failures in a row, which are forgotten."""
        charged, self.failed_in_a_row, self.faults_in_a_row = self.failed_in_a_row, {}, 0
        return charged

    def did_well(self) -> None:
        self.charges()
        self.on_trial = False
        self.times_aside = 0

    def set_aside(self, reason: str, now: float) -> float:
        """Leave it alone for a while; returns for how many seconds."""
        seconds: float = min(LONGEST_ASIDE, ASIDE_SECONDS * 2**self.times_aside)
        self.times_aside += 1
        self.aside, self.aside_reason, self.aside_until = True, reason, now + seconds
        return seconds

    def release(self) -> None:
        """Try it again, with one job first."""
        self.aside, self.aside_reason, self.aside_until = False, "", None
        self.on_trial = True

    def learn_limit(self, encoder_type: EncoderType, now: float, pause: float) -> None:
        """Its hardware was full: it takes as many as run there now, and one more may be asked for after a pause."""
        running = self._encoding_on(encoder_type)
        if running:
            self.limits[encoder_type] = (running, now + LIMIT_SECONDS)
        else:  # others fill it: how many it takes is not known
            self.full_hardware[encoder_type] = now + pause

    def _encoding_on(self, encoder_type: EncoderType) -> int:
        return sum(kind is encoder_type for kind in self.encoding.values())
