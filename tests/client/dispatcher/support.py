"""A dispatcher that is told things one by one and looked at after each, and values to tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from ffx.client.changes import Changes
from ffx.client.dispatcher import Dispatcher
from ffx.client.events import (
    Committed,
    Encoded,
    Encoding,
    Event,
    FarewellKnown,
    JobKnown,
    Opened,
    QueuePaused,
    Sent,
    ServerCame,
    SetAsideKnown,
    Tick,
    Verified,
)
from ffx.client.farmstate import Limits
from ffx.client.instructions import Abandon, Begin, Conclude, Instruction, Wait
from ffx.client.queue.records import AttemptRecord, Farewell, Handling, JobRecord, SetAside
from ffx.core.encoders import EncoderSpec, QualityScale
from ffx.core.model import (
    EncoderReport,
    EncoderType,
    JobConfiguration,
    JobResult,
    JobState,
    ServerCapabilities,
    ServerInfo,
)
from ffx.core.recipe import QualityMode, Recipe
from ffx.plugins.weighted import WeightedPolicy

SPECS: Mapping[str, EncoderSpec] = {
    "libx264": EncoderSpec("libx264", "h264", quality=QualityScale(("-crf", "{value}"), 0, 51, 23)),
    "libx265": EncoderSpec("libx265", "hevc", quality=QualityScale(("-crf", "{value}"), 0, 51, 28)),
    "hevc_nvenc": EncoderSpec(
        "hevc_nvenc",
        "hevc",
        encoder_type=EncoderType.HARDWARE_NVIDIA,
        quality=QualityScale(("-cq", "{value}"), 0, 51, 28),
        preference=1.0,
    ),
}

REPORTS = {
    name: EncoderReport(name, spec.codec, encoder_type=spec.encoder_type, works=True, fps=100)
    for name, spec in SPECS.items()
}


def server(name: str, *encoders: str, slots: int = 1, waiting: int = 0, **fields: Any) -> ServerInfo:
    """A server with these encoders; ``waiting``: jobs that it takes ahead."""
    capabilities = ServerCapabilities(
        encoders=tuple(REPORTS[name] for name in encoders or ("libx264",)),
        supported_formats=("mp4",),
        estimated_performance=500,
    )
    return ServerInfo(name, name, capabilities=capabilities, max_jobs=slots, max_waiting=waiting, **fields)


def job(
    job_id: str, encoder: str = "libx264", *, codec: str = "", priority: int = 5, size: int = 0
) -> JobConfiguration:
    recipe = Recipe(encoder=encoder, codec=codec, quality_mode=QualityMode.CRF, quality_value=23, container="mp4")
    return JobConfiguration(job_id, f"{job_id}.mkv", f"{job_id}.mp4", recipe, priority=priority, file_size=size)


def result(job_id: str) -> JobResult:
    return JobResult(job_id, JobState.COMPLETED, digest="d")


class Store:
    """What a queue on a disk would hold: the changes of a dispatcher, taken in one after the other."""

    def __init__(self) -> None:
        self.records: dict[str, JobRecord] = {}
        self.attempts: dict[tuple[str, int], AttemptRecord] = {}
        self.farewells: dict[Farewell, None] = {}
        self.asides: dict[str, SetAside] = {}
        self.paused = False

    def keep(self, changes: Changes) -> None:
        self.records.update(changes.records)
        self.attempts.update(changes.attempts)
        for farewell, due in changes.farewells.items():
            if due:
                self.farewells[farewell] = None
            else:
                self.farewells.pop(farewell, None)
        for server_id, aside in changes.asides.items():
            if aside is None:
                self.asides.pop(server_id, None)
            else:
                self.asides[server_id] = aside
        if changes.paused is not None:
            self.paused = changes.paused

    def known(self, date: float) -> list[Event]:
        """What a new dispatcher is told of it."""
        asides: list[Event] = [
            SetAsideKnown(aside, None if aside.until is None else max(0.0, aside.until - date))
            for aside in self.asides.values()
        ]
        farewells: list[Event] = [FarewellKnown(farewell) for farewell in self.farewells]
        jobs: list[Event] = [
            JobKnown(record, attempt=self.attempts.get((job_id, record.attempt)) if record.server_id else None)
            for job_id, record in sorted(self.records.items(), key=lambda pair: pair[1].number)
            if not record.state.is_final
        ]
        return [*asides, *farewells, *jobs, *([QueuePaused()] if self.paused else [])]


class Teller:
    """A dispatcher, what it said at each event, and what it had kept."""

    def __init__(
        self,
        *,
        may_start_local: bool = False,
        store: Store | None = None,
        limits: Limits | None = None,
        keeps: bool = True,
    ) -> None:
        """``keeps``: changes are kept after each event."""
        self.keeps = keeps
        self.dispatcher = Dispatcher(WeightedPolicy(), SPECS, may_start_local=may_start_local, limits=limits)
        self.store = store or Store()
        self.now = 1000.0
        self.date = 1_000_000.0
        self.jobs = 0

    def __call__(self, event: Event, *, after: float = 0.0) -> tuple[Instruction, ...]:
        self.now += after
        self.date += after
        said = self.dispatcher.handle(event, self.now, self.date)
        self.dispatcher.check()
        if self.keeps:
            self.store.keep(self.dispatcher.take_changes())
        return said

    def open(self, *servers: ServerInfo) -> None:
        for info in servers:
            self(ServerCame(info, "epoch"))
        self(Opened())

    def add(
        self, configuration: JobConfiguration, *, hurried: bool = False, handling: Handling | None = None
    ) -> tuple[Instruction, ...]:
        self.jobs += 1
        record = JobRecord(self.jobs, configuration, handling or Handling(), added=self.date)
        self.store.records[record.job_id] = record
        return self(JobKnown(record, hurried))

    def wait(self, seconds: float) -> tuple[Instruction, ...]:
        """Let time pass, waking whenever it asks for it; returns everything that it said."""
        said: list[Instruction] = []
        end = self.now + seconds
        while (wake := self.dispatcher.next_wake()) is not None and wake <= end:
            assert wake > self.now
            said += self(Tick(), after=wake - self.now)
        said += self(Tick(), after=end - self.now)
        return tuple(said)

    def record(self, job_id: str) -> JobRecord:
        """As it was kept."""
        return self.store.records[job_id]

    def where(self, job_id: str) -> str:
        return self.record(job_id).server_id

    def attempt(self, job_id: str) -> int:
        return self.record(job_id).attempt

    def encodes(self, *job_ids: str) -> None:
        for job_id in job_ids:
            self(Sent(job_id, self.attempt(job_id), 0, 0.1))
            self(Encoding(job_id, self.attempt(job_id)))

    def completes(self, job_id: str) -> tuple[Instruction, ...]:
        """Everything that a job goes through after it began; returns what is said meanwhile."""
        attempt = self.attempt(job_id)
        said: list[Instruction] = []
        for event in (
            Encoding(job_id, attempt),
            Encoded(job_id, attempt),
            Verified(job_id, attempt, result(job_id)),
            Committed(job_id, attempt),
        ):
            said += self(event)
        return tuple(said)

    def crash(self) -> Teller:
        """The process ends and another one begins with what was kept; returns it."""
        after = Teller(store=self.store, keeps=self.keeps)
        after.now, after.date, after.jobs = self.now + 1, self.date + 1, self.jobs
        return after

    def recover(self) -> tuple[Instruction, ...]:
        return tuple(instruction for event in self.store.known(self.date) for instruction in self(event))


def begun(said: tuple[Instruction, ...]) -> list[tuple[str, int, str]]:
    return [(i.job.job_id, i.attempt, i.server_id) for i in said if isinstance(i, Begin)]


def abandoned(said: tuple[Instruction, ...]) -> list[tuple[str, int, str]]:
    return [(i.job_id, i.attempt, i.server_id) for i in said if isinstance(i, Abandon)]


def ended(said: tuple[Instruction, ...]) -> list[JobRecord]:
    return [i.record for i in said if isinstance(i, Conclude)]


def waits(said: tuple[Instruction, ...]) -> list[tuple[str, str]]:
    return [(i.job.job_id, i.reason) for i in said if isinstance(i, Wait)]


def busy(info: ServerInfo, current: int, waiting: int = 0, **fields: Any) -> ServerInfo:
    """The same server as it tells of its slots."""
    return evolve(info, current_jobs=current, waiting_jobs=waiting, **fields)
