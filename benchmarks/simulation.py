"""Servers in memory for the benchmark of the dispatcher: they answer like real ones, after as long."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Mapping

from attrs import define, evolve, field

from ffx.client.events import (
    Committed,
    Encoded,
    Encoding,
    Event,
    Progressed,
    Sent,
    ServerCame,
    ServerChanged,
    Told,
    Verified,
)
from ffx.client.instructions import Abandon, Acknowledge, Begin, Commit, Instruction
from ffx.client.queue.records import Farewell
from ffx.core import wire
from ffx.core.encoders import EncoderSpec
from ffx.core.messages import Envelope, ServerInfoMessage
from ffx.core.model import (
    EncoderReport,
    EncoderType,
    JobResult,
    JobState,
    ServerCapabilities,
    ServerInfo,
    ServerStatus,
)

HEVC = "hevc"
NVENC = "hevc_nvenc"

SLOTS = 2
AHEAD = 2
CAPACITY = 3_000.0
"""Jobs a second that all servers together can encode, however many they are: never what holds the dispatcher up."""

# What things take, in seconds.
ROUND_TRIP = 0.002
SENDING = 0.01
CHECKING = 0.01
FETCHING = 0.01
PLACING = 0.003
TELLING = 0.05
"""Between a change of a server's slots and its word on it, as ``ffx.server.news`` has it."""

Key = tuple[str, int]
"""Job and attempt."""


@define
class SimulatedServer:
    """One server: what is there, and what it last said of it."""

    info: ServerInfo
    coming: set[Key] = field(factory=set)
    ready: deque[Key] = field(factory=deque)
    encoding: set[Key] = field(factory=set)
    telling: bool = False


class SimulatedServers:
    """All of them. Moments are seconds on the clock of the caller."""

    def __init__(self, count: int, specs: Mapping[str, EncoderSpec]) -> None:
        self._servers = {f"id-{number}": SimulatedServer(server_info(number, specs)) for number in range(count)}
        self._encode_seconds = count * SLOTS / CAPACITY
        self._agenda: list[tuple[float, int, Callable[[float], None]]] = []
        self._serial = itertools.count()
        self._inbox: list[Event] = []
        self._unacknowledged = 0
        self._chance = random.Random(1)

    @property
    def under_way(self) -> bool:
        """Whether some server has not heard yet that its result stands."""
        return self._unacknowledged > 0

    def arrivals(self) -> list[Event]:
        return [ServerCame(server.info, "epoch", (), (server.info.name,)) for server in self._servers.values()]

    def say(self, event: Event) -> None:
        """Something for the dispatcher that comes from elsewhere."""
        self._inbox.append(event)

    def said(self, now: float) -> list[Event]:
        """What was said by ``now`` and not taken yet, in order."""
        while self._agenda and self._agenda[0][0] <= now:
            moment, _, act = heapq.heappop(self._agenda)
            act(moment)
        said, self._inbox = self._inbox, []
        return said

    def next_word(self) -> float | None:
        """When something happens again."""
        return self._agenda[0][0] if self._agenda else None

    def follow(self, instruction: Instruction, now: float) -> None:
        """Do what the dispatcher said."""
        match instruction:
            case Begin():
                self._begin(instruction, now)
            case Commit():
                self._tell(now + PLACING, Committed(instruction.job.job_id, instruction.attempt))
            case Acknowledge(job_id, attempt, server_id):
                self._unacknowledged += 1
                self._at(now + ROUND_TRIP, lambda moment: self._acknowledged(Farewell(server_id, job_id, attempt)))
            case Abandon(job_id, attempt, server_id):
                self._drop(self._servers[server_id], (job_id, attempt), now)
                self._tell(now + ROUND_TRIP, Told(Farewell(server_id, job_id, attempt)))

    # -- A job on its server ----------------------------------------------------------------------------

    def _begin(self, begin: Begin, now: float) -> None:
        server, key = self._servers[begin.server_id], (begin.job.job_id, begin.attempt)
        server.coming.add(key)
        here = len(server.coming) + len(server.ready) + len(server.encoding)
        assert here <= SLOTS + AHEAD, f"{server.info.name} was given more than it takes"
        self._changed(server, now)
        self._at(now + ROUND_TRIP + SENDING, lambda moment: self._arrived(server, key, begin.job.file_size, moment))

    def _arrived(self, server: SimulatedServer, key: Key, size: int, moment: float) -> None:
        if key not in server.coming:
            return  # taken back meanwhile
        server.coming.remove(key)
        server.ready.append(key)
        self._tell(moment + ROUND_TRIP, Sent(*key, size, SENDING))
        self._fill_slots(server, moment)

    def _fill_slots(self, server: SimulatedServer, moment: float) -> None:
        while server.ready and len(server.encoding) < SLOTS:
            key = server.ready.popleft()
            server.encoding.add(key)
            seconds = self._encode_seconds * self._chance.uniform(0.5, 1.5)
            self._tell(moment + ROUND_TRIP, Encoding(*key))
            self._tell(moment + seconds / 2, Progressed(*key, seconds / 2))
            self._at(moment + seconds, lambda end, key=key: self._encoded(server, key, end))  # type: ignore[misc]
        self._changed(server, moment)

    def _encoded(self, server: SimulatedServer, key: Key, moment: float) -> None:
        if key not in server.encoding:
            return
        server.encoding.remove(key)
        self._tell(moment + ROUND_TRIP, Encoded(*key))
        self._fill_slots(server, moment)
        result = JobResult(
            key[0],
            JobState.COMPLETED,
            file_size=123_456_789,
            duration=self._encode_seconds,
            average_fps=98.7,
            frames=60_000,
            server_id=server.info.server_id,
            completed_at=moment,
            digest=f"{hash(key) & (2**64 - 1):064x}",
        )
        self._tell(moment + ROUND_TRIP + CHECKING + FETCHING, Verified(*key, result))

    def _drop(self, server: SimulatedServer, key: Key, now: float) -> None:
        server.coming.discard(key)
        server.encoding.discard(key)
        if key in server.ready:
            server.ready.remove(key)
        self._fill_slots(server, now)

    def _acknowledged(self, farewell: Farewell) -> None:
        self._unacknowledged -= 1
        self._inbox.append(Told(farewell))

    # -- Words ------------------------------------------------------------------------------------------

    def _changed(self, server: SimulatedServer, now: float) -> None:
        if not server.telling:
            server.telling = True
            self._at(now + TELLING, lambda moment: self._tell_places(server))

    def _tell_places(self, server: SimulatedServer) -> None:
        server.telling = False
        waiting, encoding = len(server.coming) + len(server.ready), len(server.encoding)
        if (server.info.current_jobs, server.info.waiting_jobs) == (encoding, waiting):
            return
        status = ServerStatus.BUSY if encoding == SLOTS else ServerStatus.ONLINE
        server.info = evolve(server.info, status=status, current_jobs=encoding, waiting_jobs=waiting)
        self._inbox.append(ServerChanged(server.info))

    def _tell(self, moment: float, event: Event) -> None:
        self._at(moment, lambda _: self._inbox.append(event))

    def _at(self, moment: float, act: Callable[[float], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._serial), act))


def server_info(number: int, specs: Mapping[str, EncoderSpec]) -> ServerInfo:
    """A server as it reads off the wire; every third has an NVIDIA card."""
    has_card = number % 3 == 0

    def works(spec: EncoderSpec) -> bool:
        kind = spec.encoder_type
        return not kind.is_hardware or (has_card and kind is EncoderType.HARDWARE_NVIDIA)

    reports = tuple(
        EncoderReport(spec.name, spec.codec, spec.kind, spec.encoder_type, works=works(spec), fps=100.0)
        if works(spec)
        else EncoderReport(spec.name, spec.codec, spec.kind, spec.encoder_type, reason="device_missing")
        for spec in specs.values()
    )
    capabilities = ServerCapabilities(
        hostname=f"machine-{number}",
        os="Linux",
        cpu_cores=16,
        memory_gb=64.0,
        disk_space_gb=1000.0,
        ffmpeg_version="8.0",
        encoders=reports,
        supported_formats=("matroska", "mp4", "webm"),
        estimated_performance=300.0 + number % 400,
        max_resolution="4K",
        max_file_size_gb=10.0,
        complete=True,
    )
    info = ServerInfo(f"id-{number}", f"machine-{number}", capabilities=capabilities, max_jobs=SLOTS, max_waiting=AHEAD)
    message = wire.decode(wire.encode(Envelope(ServerInfoMessage(info)))).message
    assert isinstance(message, ServerInfoMessage)
    return message.server
