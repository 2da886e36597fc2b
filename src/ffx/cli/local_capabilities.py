"""What this machine can do, found with every plugin's detectors and encoders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from ffx.cli.assembly import Assembly
from ffx.core.configuration import ServeTable, parse_size
from ffx.server.capabilities import CapabilityService


class OnDemand(CapabilityService):
    """Tries what it is asked for and nothing else: for a server that lives as long as its jobs."""

    async def complete(self, idle: Callable[[], Awaitable[None]]) -> None:
        """Nothing follows in the background."""


def capability_service(
    assembly: Assembly,
    *,
    disk: Path,
    max_file_size: int = parse_size(ServeTable().max_file_size),
    on_change: Callable[[], None] = lambda: None,
    kind: type[CapabilityService] = CapabilityService,
) -> CapabilityService:
    """Nothing is tried yet. ``disk`` is where jobs are kept; ``max_file_size`` in bytes.

    Raises:
        FfmpegNotFound: there is no FFmpeg.
    """
    return kind(
        assembly.ffmpeg(),
        detectors=assembly.plugins.detectors(),
        specs=assembly.specs(),
        cache=assembly.folders.cache,
        disk=disk,
        max_file_size=max_file_size,
        on_change=on_change,
    )
