"""What the machine is: names, cores, memory, disk and load by psutil, and the marks of its graphics drivers.

A gigabyte is 10**9 bytes here, as everywhere in ffx.
"""

from __future__ import annotations

import os
import platform
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from attrs import frozen

_GB = 1e9

_SHORTEST_SAMPLE = 0.5
"""Seconds between two looks at the processor's counters; over less, the share says little."""

_LIBRARY_FOLDERS = (
    *("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"),
    *("/usr/lib/wsl/lib", "/opt/amdgpu-pro/lib/x86_64-linux-gnu"),
)
_DRIVER_LIBRARIES = (
    *("libcuda.so.1", "libnvidia-encode.so.1", "libamfrt64.so.1", "libmfx-gen.so.1.2", "libmfxhw64.so.1"),
    *("libva.so.2", "libvulkan.so.1", "dri/iHD_drv_video.so", "dri/i965_drv_video.so", "dri/radeonsi_drv_video.so"),
)
_DRIVER_DLLS = ("nvcuda.dll", "nvEncodeAPI64.dll", "amfrt64.dll", "libmfxhw64.dll", "libmfx64-gen.dll", "vulkan-1.dll")


@frozen
class Machine:
    """What does not change while a server runs."""

    hostname: str
    os: str
    cpu_cores: int
    memory_gb: float


def read_machine() -> Machine:
    """This machine. The cores are those that this process may use."""
    return Machine(
        hostname=socket.gethostname(),
        os=f"{platform.system()} {platform.release()}".strip(),
        cpu_cores=usable_cores(),
        memory_gb=round(psutil.virtual_memory().total / _GB, 2),
    )


def usable_cores() -> int:
    """Processors that this process may run on; at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)  # macOS and Windows have no such call
    return len(affinity(0)) if affinity else (os.cpu_count() or 1)


def free_disk_gb(folder: Path) -> float:
    """Free space for this user where the folder is, or will be made; 0 where it cannot be read."""
    existing = next((place for place in (folder, *folder.absolute().parents) if place.exists()), Path.cwd())
    try:
        return round(psutil.disk_usage(str(existing)).free / _GB, 2)
    except OSError:
        return 0.0


def free_memory() -> int:
    """Bytes that can be used without swapping."""
    return int(psutil.virtual_memory().available)


class LoadMeter:
    """The share of the processors that was busy since the last look, 0 to 1."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked = clock()
        psutil.cpu_percent(interval=None)  # the first answer is meaningless, it only sets the counters
        self._load = 0.0

    def load(self) -> float:
        """The load since the last look; within half a second the same answer as before."""
        now = self._clock()
        if now - self._looked >= _SHORTEST_SAMPLE:
            self._looked = now
            self._load = min(1.0, max(0.0, psutil.cpu_percent(interval=None) / 100))
        return self._load


def driver_marks(root: Path = Path("/")) -> tuple[str, ...]:
    """Marks that change when a graphics driver or device does, read from files alone: this is asked at every start.

    ``root`` is where the system's files are.
    """
    system = platform.system()
    marks = [f"{system} {platform.release()} {platform.version()}"]
    if system == "Windows":
        marks += _stamps(Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32", _DRIVER_DLLS)
    else:
        marks += _kernel_marks(root)
        for folder in _LIBRARY_FOLDERS:
            marks += _stamps(root / folder.lstrip("/"), _DRIVER_LIBRARIES)
    return tuple(marks)


def _kernel_marks(root: Path) -> Iterator[str]:
    for version in sorted(root.glob("sys/module/nvidia*/version")):
        yield f"{version.parent.name} {_text(version)}"
    for pattern in ("dev/dri/renderD*", "dev/nvidia[0-9]*", "dev/video*", "dev/mpp_service"):
        for node in sorted(root.glob(pattern)):
            # Whether we may open it is a part of the answer: adding the user to a group changes it.
            yield f"{node.name} {os.access(node, os.R_OK | os.W_OK)}"
    for device in sorted(root.glob("sys/class/drm/renderD*/device")):
        yield f"{device.parent.name} {_text(device / 'vendor')}:{_text(device / 'device')}"


def _stamps(folder: Path, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        try:
            facts = (folder / name).stat()
        except OSError:
            continue
        yield f"{folder / name} {facts.st_size} {facts.st_mtime_ns}"


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
