"""What the tests of servers and of farms share: capabilities that are known at once, and who is still running."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil

from ffx.core.pluginhost import PluginHost
from ffx.server.capabilities import CapabilityService


class KnownCapabilities(CapabilityService):
    """Without the tries of the background: they have tests of their own and take the CPU from these."""

    async def complete(self, idle: Callable[[], Awaitable[None]]) -> None:
        await idle()


def known_capabilities(ffmpeg: Path, cache: Path, disk: Path) -> KnownCapabilities:
    """With every plugin's detectors and encoders; nothing is tried before ``prepare``."""
    plugins = PluginHost()
    plugins.load_entry_points()
    return KnownCapabilities(
        ffmpeg,
        detectors=plugins.detectors(),
        specs=plugins.encoders(),
        cache=cache,
        disk=disk,
        max_file_size=10**9,
    )


def children() -> list[psutil.Process]:
    """Processes that this one started and that still run, but for the one that examines files: it stays as long as its
    server.
    """
    return [child for child in all_children() if not _examines(child)]


def all_children() -> list[psutil.Process]:
    """Processes that this one started and that still run."""
    return psutil.Process().children(recursive=True)


def still_running(family: Sequence[psutil.Process], *, within: float = 5) -> list[psutil.Process]:
    """Those which run so many seconds from now. The system ends what was in a sandbox a moment after its outermost
    process, and whoever inherits a process may leave it a zombie.
    """
    _, alive = psutil.wait_procs([member for member in family if not _is_over(member)], within)
    return [member for member in alive if not _is_over(member)]


def _is_over(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _examines(process: psutil.Process) -> bool:
    try:
        return "ffx.media.inspector_process" in process.cmdline()
    except psutil.Error:
        return False
