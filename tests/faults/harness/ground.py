"""Where one test plays: its servers, clients, relays and disks; what must hold at the end is checked here."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from attrs import frozen

from tests.faults.harness import invariants
from tests.faults.harness.client import PATIENT, Client
from tests.faults.harness.relay import Relay
from tests.faults.harness.server import INSIDE, Server
from tests.faults.harness.waiting import LIMIT, until

MEGABYTE = 1_000_000

CLIP = Path(__file__).parents[2] / "data" / "rabbit-320x240-8s.mp4"
CLIP_SECONDS = 8.0

FAST = ("--encoder", "libx264", "--preset", "ultrafast")
"""Encodes in a moment."""


LARGE = (*FAST, "--quality", "1")
"""Makes a result of 9 MB, which does not fit into what systems hold on the way."""


def paced(speed: float) -> tuple[str, ...]:
    """Encodes in ``CLIP_SECONDS / speed``, however busy the processors are."""
    return (*FAST, "--filter", f"realtime=speed={speed:g}")


@frozen
class Settled:
    """An FFmpeg that follows orders, and the cache of a home where its encoders were tried already."""

    ffmpeg: Path
    cache: Path


class Ground:
    """Everything of one test, in one folder."""

    def __init__(self, folder: Path, settled: Settled) -> None:
        self.folder = folder
        self.servers: list[Server] = []
        self.clients: list[Client] = []
        self._settled = settled
        self._relays: list[Relay] = []
        self._undo = contextlib.ExitStack()
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("FFX_", "FAULTS_"))}
        paths = os.pathsep.join(filter(None, (str(INSIDE), clean.get("PYTHONPATH", ""))))
        self.environment = clean | {
            invariants.MARK: str(folder),
            "PYTHONPATH": paths,
            "FFX_FFMPEG": str(settled.ffmpeg),
            # It is a script that reads its orders above the folder of a job, which no sandbox lets it.
            "FFX_SANDBOX": "off",
        }

    # -- Who plays ----------------------------------------------------------------------------------------------

    def server(
        self, name: str = "studio", *, host: str = "127.0.0.1", prefix: Sequence[str] = (), **environment: str
    ) -> Server:
        """A server that was not started yet."""
        folder = self.folder / name
        shutil.copytree(self._settled.cache, folder / "home" / "cache")
        made = Server(folder, name, free_port(), environment=self.environment | environment, host=host, prefix=prefix)
        self.servers.append(made)
        return made

    def started(self, *names: str, **environment: str) -> list[Server]:
        """Servers that are there."""
        made = [self.server(name, **environment) for name in names]
        for one in made:
            one.launch()
        for one in made:
            one.run.said(" listens on ")
        return made

    def client(
        self,
        *servers: Server | Relay,
        name: str = "client",
        lease: float = PATIENT,
        constants: Mapping[str, object] = MappingProxyType({}),
        prefix: Sequence[str] = (),
        **environment: str,
    ) -> Client:
        """A client that remembers these servers and asks the first one first; a relay stands for the server behind
        it.
        """
        made = Client(
            self.folder / name,
            environment=self.environment | environment,
            lease=lease,
            constants=constants,
            prefix=prefix,
        )
        for number, server in enumerate(servers, 1):
            name = server.name if isinstance(server, Server) else f"relayed-{number}"
            made.remember(name, server.address, preferred=number == 1 and len(servers) > 1)
        self.clients.append(made)
        return made

    def relay(self, server: Server) -> Relay:
        made = Relay(free_port(), server.port)
        self._relays.append(made)
        return made

    def source(self, name: str = "in.mp4", *, padding: int = 0) -> Path:
        """The clip; with so many bytes more that no decoder looks at, so that sending it takes a while."""
        file = self.folder / "sources" / name
        file.parent.mkdir(exist_ok=True)
        shutil.copy(CLIP, file)
        if padding:
            with file.open("ab") as stream:  # a box that MP4 says is to be skipped
                stream.write((padding + 8).to_bytes(4) + b"free" + random.Random(name).randbytes(padding))
        return file

    def sources(self, count: int) -> list[Path]:
        return [self.source(f"{number:03}.mp4") for number in range(1, count + 1)]

    def whoever_encodes(self) -> tuple[Server, Server]:
        """Wait until one of two servers encodes; that one and the other."""
        one, other = self.servers
        until(lambda: one.ffmpegs() or other.ffmpegs(), "an encode", detail=self.describe)
        return (one, other) if one.ffmpegs() else (other, one)

    # -- The end ------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Every invariant; the servers are stopped on the way."""
        for client in self.clients:
            for run in client.runs:
                run.wait()
            invariants.check_words(client)
            invariants.check_jobs(client)
            invariants.check_story(client)
        self._say_farewells()
        running = [server for server in self.servers if server.is_running]
        for server in running:
            invariants.check_server(server)
        for server in running:
            server.stop()
            invariants.check_stopped(server)
        invariants.check_folder(self.folder)
        invariants.check_processes(self.folder)

    def _say_farewells(self) -> None:
        """What a server could not be told because it was away is told by whoever works the queue next."""
        deadline = time.monotonic() + LIMIT
        for client in self.clients:
            while client.queue_file.exists() and client.farewells():
                assert time.monotonic() < deadline, client.farewells()
                client.ok("queue", "run")  # looks around for two seconds only

    def describe(self) -> str:
        """All that is known of what happened, for messages of tests that failed."""
        logs = [f"--- {server.name}:\n{server.log}{server.encodes()}" for server in self.servers if server.was_started]
        return "\n".join([client.describe() for client in self.clients] + logs)

    def close(self) -> None:
        """Leave nothing behind, however the test went."""
        for process in invariants.left_running(self.folder):
            with contextlib.suppress(Exception):
                process.kill()
        for client in self.clients:
            for run in client.runs:
                run.end()
        for server in self.servers:
            if server.is_running:
                server.kill()
        for relay in self._relays:
            relay.close()
        self._undo.close()

    def on_close(self, undo: contextlib.AbstractContextManager[object]) -> None:
        """Something else that is to be taken down with this ground."""
        self._undo.enter_context(undo)


_taken: set[int] = set()


def free_port() -> int:
    """A port below those that the system gives to clients: nobody takes it while its server is away."""
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _taken:
                _taken.add(port)
                return port
