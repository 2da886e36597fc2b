"""A farm without I/O: servers as the protocol describes them, and the process of a client that carries out what its
dispatcher says. Everything happens one step at a time, in the order in which somebody asks for the steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from attrs import define, evolve, field

from ffx.client.events import (
    Committed,
    Encoded,
    Encoding,
    Event,
    Failed,
    Lost,
    Opened,
    Progressed,
    Rejected,
    Sent,
    ServerCame,
    ServerChanged,
    ServerSilent,
    Told,
    Verified,
)
from ffx.client.instructions import Abandon, Acknowledge, Begin, Commit, Instruction, Suspend
from ffx.client.queue.records import Farewell
from ffx.core.model import JobConfiguration, JobStage, ServerInfo, ServerStatus
from tests.client.dispatcher.support import REPORTS, Store, Teller, result, server

Key = tuple[str, int]
"""A job and an attempt."""


@define
class Held:
    """A job on its server."""

    job: JobConfiguration
    stage: JobStage | None = JobStage.UPLOAD
    """None: the result waits to be fetched."""
    paused: bool = False


@define
class ModelServer:
    """What `ffx serve` does, as far as a client sees it."""

    name: str
    encoders: tuple[str, ...]
    slots: int
    ahead: int
    sessions: int = 9
    """Encodes that its hardware takes at a time."""
    life: int = 1
    up: bool = True
    drains: bool = False
    others: int = 0
    """Slots that jobs of other clients take."""
    refuses: str = ""
    """The code of its next refusal, where it has a reason of its own."""
    held: dict[Key, Held] = field(factory=dict)
    ended: set[Key] = field(factory=set)
    wire: deque[Event] = field(factory=deque)
    """Words on their way to the client, while there is a connection."""
    linked: bool = False
    mute: bool = False
    """Nothing that it says arrives, though the connection stands."""

    @property
    def epoch(self) -> str:
        return f"{self.name}-{self.life}"

    def count(self, *stages: JobStage) -> int:
        return sum(held.stage in stages for held in self.held.values())

    @property
    def info(self) -> ServerInfo:
        told = server(self.name, *self.encoders, slots=self.slots, waiting=self.ahead)
        capabilities = evolve(told.capabilities, encoders=tuple(REPORTS[e] for e in self.encoders))
        return evolve(
            told,
            capabilities=capabilities,
            status=ServerStatus.MAINTENANCE if self.drains else ServerStatus.ONLINE,
            current_jobs=self.others + self.count(JobStage.ENCODE),
            waiting_jobs=self.count(JobStage.UPLOAD, JobStage.WAITING),
        )

    def say(self, *events: Event) -> None:
        if self.linked:
            self.wire.extend(events)

    def submit(self, begin: Begin) -> None:
        key = (job_id, attempt) = (begin.job.job_id, begin.attempt)
        held = self.held.get(key)
        if held is None:
            code, retry_after = self._refusal(begin)
            if code:
                self.refuses = ""
                self.say(Rejected(job_id, attempt, code, f"{code} on {self.name}", retry_after))
                return
            for other in [k for k in self.held if k[0] == job_id]:  # a higher attempt ends the lower one
                self.drop(other)
            held = self.held[key] = Held(begin.job)
            self.say(ServerChanged(self.info))
        held.paused = begin.paused
        if held.stage is not JobStage.UPLOAD:  # it goes on where it was
            self.say(Sent(job_id, attempt, 0, 0.0))
        if held.stage is JobStage.ENCODE:
            self.say(Encoding(job_id, attempt))
        elif held.stage is JobStage.CHECK:
            self.say(Encoded(job_id, attempt))
        elif held.stage is None:
            self.say(Encoded(job_id, attempt), Verified(job_id, attempt, result(job_id)))

    def _refusal(self, begin: Begin) -> tuple[str, float | None]:
        key = (begin.job.job_id, begin.attempt)
        if key in self.ended or any(k[0] == key[0] and k[1] > key[1] for k in self.held):
            return "duplicate_job", None
        if self.refuses:
            return self.refuses, 20.0 if self.refuses == "disk_full" else None
        if self.drains:
            return "maintenance", None
        if begin.job.recipe.encoder not in self.encoders:
            return "incompatible_encoder", None
        taken = self.others + self.count(JobStage.UPLOAD, JobStage.WAITING, JobStage.ENCODE)
        if taken >= self.slots + self.ahead:
            return "server_full", 30.0
        return "", None

    def step(self, key: Key, failure: str = "") -> None:
        """Let one of its jobs come one stage further, or fail."""
        held, (job_id, attempt) = self.held[key], key
        if failure:
            self.drop(key)
            self.say(Failed(job_id, attempt, failure, f"{failure} on {self.name}"), ServerChanged(self.info))
        elif held.stage is JobStage.UPLOAD and self.linked and not self.mute:
            held.stage = JobStage.WAITING
            self.say(Sent(job_id, attempt, 1000, 1.0))
        elif held.stage is JobStage.WAITING and self.others + self.count(JobStage.ENCODE) < self.slots:
            self._encode(key, held)
        elif held.stage is JobStage.ENCODE and not held.paused:
            held.stage = JobStage.CHECK
            self.say(ServerChanged(self.info), Encoded(job_id, attempt))
        elif held.stage is JobStage.CHECK:
            held.stage = None
            self.say(Verified(job_id, attempt, result(job_id)))

    def _encode(self, key: Key, held: Held) -> None:
        hardware = [h for h in self.held.values() if h.stage is JobStage.ENCODE and h.job.encoder_type.is_hardware]
        if held.job.encoder_type.is_hardware and len(hardware) >= self.sessions:
            self.step(key, "encoder_full")
            return
        held.stage = JobStage.ENCODE
        self.say(ServerChanged(self.info), Encoding(*key), Progressed(*key, 30.0))

    def drop(self, key: Key) -> None:
        if self.held.pop(key, None) is not None:
            self.ended.add(key)

    def crash(self, *, forgets: bool) -> None:
        self.up = self.linked = self.mute = False
        self.life += 1
        self.wire.clear()
        if forgets:
            self.held.clear()
            self.ended.clear()
        for held in self.held.values():
            if held.stage in (JobStage.ENCODE, JobStage.CHECK):
                held.stage = JobStage.WAITING


@define
class ModelClient:
    """The process that works the queue: what it was told to do and has not done, and what a crash leaves."""

    servers: dict[str, ModelServer]
    look_at: Callable[[Instruction], None]
    """Sees everything that the dispatcher says, in the moment it says it."""
    store: Store = field(factory=Store)
    tell: Teller = field(init=False)
    turn: list[Instruction] = field(factory=list)
    """Said by the dispatcher since the changes were kept last: not to be carried out yet."""
    due: dict[str, deque[Instruction]] = field(factory=dict)
    """To be carried out, by job: in any order, but one job's in their own."""
    attempts: dict[Key, str] = field(factory=dict)
    """Those that this process follows, and where."""
    encoded: set[Key] = field(factory=set)
    """Attempts whose FFmpeg has ended, as far as the dispatcher was told."""
    heard: list[Event] = field(factory=list)
    """Words of servers about attempts, as they came."""
    commits: set[Key] = field(factory=set)
    """Results that this process was told to give their name."""
    parts: set[Key] = field(factory=set)
    """Results on the disk, beside their final place."""
    outputs: dict[str, list[int]] = field(factory=dict)
    """By job: the attempts whose result got the final name."""

    @tell.default
    def _begin(self) -> Teller:
        return Teller(store=self.store, keeps=False)

    def hear(self, event: Event, *, after: float = 0.0) -> tuple[Instruction, ...]:
        if isinstance(event, (Encoded, Verified)):
            self.encoded.add((event.job_id, event.attempt))
        elif isinstance(event, Encoding):
            self.encoded.discard((event.job_id, event.attempt))
        said = self.tell(event, after=after)
        for instruction in said:
            self.look_at(instruction)
        self.turn.extend(said)
        return said

    def keep(self) -> None:
        """The group commit: what changed is on the disk, and only now may be done what was said."""
        self.store.keep(self.tell.dispatcher.take_changes())
        said, self.turn = self.turn, []
        for instruction in said:
            if isinstance(instruction, (Begin, Commit)):
                self.due.setdefault(instruction.job.job_id, deque()).append(instruction)
            elif isinstance(instruction, (Abandon, Acknowledge, Suspend)):
                self.due.setdefault(instruction.job_id, deque()).append(instruction)

    def carry_out(self, job_id: str) -> None:
        """Do the next thing that is due for a job."""
        queue = self.due[job_id]
        instruction = queue.popleft()
        if not queue:
            del self.due[job_id]
        match instruction:
            case Commit():
                self._commit(instruction)
            case Begin(server_id=server_id):
                where = self.servers[server_id]
                if where.linked:
                    key = (job_id, instruction.attempt)
                    if key in self.attempts:  # it is followed anew: what the server said to the one before is lost
                        where.wire = deque(event for event in where.wire if key != about(event))
                    self.attempts[key] = server_id
                    where.submit(instruction)
            case Suspend(attempt=attempt, server_id=server_id, paused=paused):
                where = self.servers[server_id]
                if where.linked and (job_id, attempt) in where.held:
                    where.held[job_id, attempt].paused = paused
            case Abandon(attempt=attempt, server_id=server_id) | Acknowledge(attempt=attempt, server_id=server_id):
                self.attempts.pop((job_id, attempt), None)
                where = self.servers[server_id]
                if where.linked:
                    where.drop((job_id, attempt))
                    where.say(ServerChanged(where.info), Told(Farewell(server_id, job_id, attempt)))

    def _commit(self, commit: Commit) -> None:
        key = (job_id, attempt) = (commit.job.job_id, commit.attempt)
        if key in self.parts:
            self.parts.remove(key)
            self.outputs.setdefault(job_id, []).append(attempt)
        elif not (commit.resumed and attempt in self.outputs.get(job_id, ())):
            self.hear(Lost(job_id, attempt, "the part is gone"))
            return
        self.hear(Committed(job_id, attempt))

    def receive(self, where: ModelServer) -> None:
        """The next word of a server arrives, if there is somebody to hear it."""
        event = where.wire.popleft()
        if isinstance(event, (ServerChanged, Told)):
            self.hear(event)
            return
        assert isinstance(event, (Rejected, Sent, Encoding, Progressed, Encoded, Failed, Verified))
        key = (event.job_id, event.attempt)
        if key not in self.attempts:
            return
        self.heard.append(event)
        if isinstance(event, Verified):
            self.parts.add(key)
        if isinstance(event, (Rejected, Failed, Verified)):
            del self.attempts[key]
        self.hear(event)

    def link(self, where: ModelServer) -> None:
        where.linked, where.mute = True, False
        where.wire.clear()
        self.hear(ServerCame(where.info, where.epoch))

    def unlink(self, where: ModelServer, since: float = 0.0) -> None:
        where.linked = where.mute = False
        where.wire.clear()
        self.attempts = {key: at for key, at in self.attempts.items() if at != where.name}
        self.hear(ServerSilent(where.name, "reset", since))

    def crash(self) -> None:
        """The process dies and is started again: only what was kept is known to the new one."""
        for where in self.servers.values():
            where.linked = where.mute = False
            where.wire.clear()
        self.turn, self.due, self.attempts = [], {}, {}
        self.commits.clear()
        self.heard.clear()
        self.encoded = {(job_id, record.attempt) for job_id, record in self.store.records.items() if record.result}
        self.tell = self.tell.crash()
        for event in self.store.known(self.tell.date):
            self.hear(event)
        self.hear(Opened())

    def at(self) -> Iterator[tuple[str, int, str]]:
        """Jobs that are on a server as the dispatcher has it: job, attempt, server."""
        for job_id in self.store.records:
            record = self.tell.dispatcher.record(job_id)
            if record is not None and record.server_id:
                yield job_id, record.attempt, record.server_id


def about(event: Event) -> Key | None:
    """The attempt that a word of a server is about."""
    job_id, attempt = getattr(event, "job_id", ""), getattr(event, "attempt", 0)
    return (job_id, attempt) if job_id else None
