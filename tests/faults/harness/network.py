"""Machines with networks of their own, and the wires between them: slow, lossy, cut, or cut in one direction.

Each machine is a network namespace. A wire is two Ethernet devices of the system (TAP) whose frames pass through this
process, so it needs neither a module of the kernel nor luck: what is lost is drawn by a seed.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Literal

from attrs import define

Way = Literal["to_server", "to_client"]

_TUNSETIFF = 0x400454CA
_TAP_WITHOUT_HEADER = 0x0002 | 0x1000
_FRAME = 65536
_BACKLOG_SECONDS = 1.0
"""What a slow wire holds back before it drops; as much as a home router does."""


@define
class Condition:
    """How one direction of a wire is."""

    bits_a_second: float | None = None
    """None: as fast as it goes."""
    loss: float = 0.0
    """Share of the frames that never arrive."""
    delay: float = 0.0
    """Seconds."""
    is_cut: bool = False
    """Nothing arrives, and nobody is told."""
    free_at: float = 0.0
    """When what was sent before is through."""


class Wire:
    """Connects two machines, the client's end first."""

    def __init__(self, here: Machine, there: Machine, subnet: int, seed: int) -> None:
        self.server_host = f"10.{77 + subnet // 250}.{subnet % 250}.2"
        self.conditions: dict[Way, Condition] = {"to_server": Condition(), "to_client": Condition()}
        self._random = random.Random(seed)
        network = self.server_host.rpartition(".")[0]
        self._client_end = here.plug_in(f"{network}.1")
        self._server_end = there.plug_in(self.server_host)
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._pass_on, name="wire", daemon=True)
        self._thread.start()

    def cut(self, *ways: Way) -> None:
        """Let nothing through; without a word: both ways."""
        for way in ways or self.conditions:
            self.conditions[way].is_cut = True

    def mend(self) -> None:
        for condition in self.conditions.values():
            condition.is_cut = False

    def become(self, *, bits_a_second: float | None = None, loss: float = 0.0, delay: float = 0.0) -> None:
        """Both directions are like this from now on."""
        for condition in self.conditions.values():
            condition.bits_a_second, condition.loss, condition.delay = bits_a_second, loss, delay

    def close(self) -> None:
        os.close(self._stopped)
        self._thread.join()
        for end in (self._client_end, self._server_end, self._stop):
            os.close(end)

    def _pass_on(self) -> None:
        due: list[tuple[float, int, int, bytes]] = []
        number = itertools.count()
        ways: dict[int, tuple[Condition, int]] = {
            self._client_end: (self.conditions["to_server"], self._server_end),
            self._server_end: (self.conditions["to_client"], self._client_end),
        }
        while True:
            pause = max(0.0, due[0][0] - time.monotonic()) if due else None
            ready, _, _ = select.select([self._stop, *ways], [], [], pause)
            if self._stop in ready:
                return
            for end in ready:
                condition, other = ways[end]
                with contextlib.suppress(OSError):
                    arrival = self._arrival(condition, frame := os.read(end, _FRAME))
                    if arrival is not None:
                        heapq.heappush(due, (arrival, next(number), other, frame))
            while due and due[0][0] <= time.monotonic():
                _, _, other, frame = heapq.heappop(due)
                with contextlib.suppress(OSError):  # a device that is down or full drops what comes
                    os.write(other, frame)

    def _arrival(self, condition: Condition, frame: bytes) -> float | None:
        """When a frame arrives; None when it does not."""
        now = time.monotonic()
        if condition.is_cut or self._random.random() < condition.loss:
            return None
        if condition.bits_a_second is None:
            return now + condition.delay
        begins = max(now, condition.free_at)
        if begins - now > _BACKLOG_SECONDS:
            return None
        condition.free_at = begins + 8 * len(frame) / condition.bits_a_second
        return condition.free_at + condition.delay


class Machine:
    """A network namespace. What runs in it sees its own devices and nothing else."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = itertools.count()
        _do("ip", "netns", "add", name)
        self._inside("ip", "link", "set", "lo", "up")

    @property
    def prefix(self) -> tuple[str, ...]:
        """A command that starts another one here."""
        return ("ip", "netns", "exec", self._name)

    def plug_in(self, address: str) -> int:
        """A new device with this address; returns its other end, which carries its frames."""
        device = f"{self._name[-11:]}{next(self._numbers)}"
        end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", device.encode(), _TAP_WITHOUT_HEADER))
        _do("ip", "link", "set", device, "netns", self._name)
        self._inside("ip", "addr", "add", f"{address}/24", "dev", device)
        self._inside("ip", "link", "set", device, "up")
        return end

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self._name], check=False, capture_output=True)

    def _inside(self, *command: str) -> None:
        _do(*self.prefix, *command)


class Network:
    """One client's machine and, at the end of a wire each, those of servers."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._mark = os.urandom(3).hex()
        self._machines: list[Machine] = []
        self._wires: list[Wire] = []
        self.here = self._machine("c")

    def wire(self) -> tuple[Wire, Machine]:
        """A new machine for a server, and the wire to it."""
        number = len(self._wires)
        there = self._machine(f"s{number}")
        made = Wire(self.here, there, subnet=number, seed=self._seed + number)
        self._wires.append(made)
        return made, there

    def close(self) -> None:
        for wire in self._wires:
            wire.close()
        for machine in self._machines:
            machine.remove()

    def _machine(self, name: str) -> Machine:
        made = Machine(f"ffx{self._mark}{name}")
        self._machines.append(made)
        return made


@contextlib.contextmanager
def networked(seed: int = 1) -> Iterator[Network]:
    """A network for the block."""
    made = Network(seed)
    try:
        yield made
    finally:
        made.close()


def _do(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
