"""How one run of FFmpeg is confined: what it sees of the system and of a job's files, and what it may use.

By bubblewrap where that works: no network, the system read-only, of a job only its own files, no other process, a
``/tmp`` and a home that vanish with it. Elsewhere by limits alone: such an FFmpeg reads and writes what its user can.
Everything here is pure; what works on a machine is found out in ``sandbox_probe``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from ffx.core.model import SandboxLevel
from ffx.media.limits import Limits

PLACE = "/job"
"""Where the directory of a run is inside."""

_FATAL = frozenset({4, 5, 6, 7, 8, 9, 11, 24, 25, 31})
"""SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV, SIGXCPU, SIGXFSZ and SIGSYS, by their numbers on Linux,
where alone this matters."""
_OF_DRIVERS = (
    # What the kernel and the system's settings tell drivers of their devices.
    *("/sys/class", "/sys/bus", "/sys/dev", "/sys/devices", "/sys/module"),
    *("/etc/OpenCL", "/etc/glvnd", "/etc/vulkan", "/etc/libva.conf", "/etc/drirc"),
    *("/opt/amdgpu", "/opt/amdgpu-pro", "/opt/intel", "/run/opengl-driver"),
)


@frozen
class Sandbox:
    """What can be done to confine programs on this machine."""

    level: SandboxLevel = SandboxLevel.NONE
    reason: str = ""
    """Why it is no more than that and what to do: one line; empty where it is all there is."""
    required: bool = False
    """Whether less would not do."""
    walls: tuple[str, ...] = ()
    """Of the full one: bubblewrap's command as far as it is the same for every run."""

    def exit_status(self, exit_status: int) -> int:
        """How what ran inside ended, from how the whole did: negative for a signal.

        Bubblewrap ends by itself and says 128 and the signal. FFmpeg has statuses there too, for errors of networks
        and remote files, and for a quota of the disk that is used up, which its words tell.
        """
        killed = self.level is SandboxLevel.FULL and exit_status - 128 in _FATAL
        return 128 - exit_status if killed else exit_status


@frozen
class Confinement:
    """One run's share of a sandbox. Names are those of files and folders in the directory that it runs in."""

    sandbox: Sandbox = Sandbox()
    limits: Limits = Limits()
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    """Absolute paths below /dev."""
    places: tuple[str, ...] = ()
    """Absolute paths of further folders that are there to be read."""

    def command(self, argv: Sequence[str], directory: Path) -> tuple[str, ...]:
        """The command that runs ``argv`` confined. What is neither readable nor writable is not there."""
        if self.sandbox.level is SandboxLevel.NONE:
            return tuple(argv)
        walls = (*self.sandbox.walls, *self._openings(directory), "--") if self.sandbox.walls else ()
        return self.limits.command((*walls, *argv))

    def _openings(self, directory: Path) -> tuple[str, ...]:
        openings = ["--dir", PLACE]
        for bind, names in (("--ro-bind", self.readable), ("--bind", self.writable)):
            for name in names:
                openings += [bind, str(directory / name), f"{PLACE}/{name}"]
        for place in self.places:
            openings += ["--ro-bind", place, place]
        for node in self.devices:
            openings += ["--dev-bind-try", node, node]
        for place in _OF_DRIVERS if self.devices else ():
            openings += ["--ro-bind-try", place, place]
        return (*openings, "--remount-ro", "/", "--chdir", PLACE)


NO_SANDBOX = Sandbox()
UNCONFINED = Confinement()
