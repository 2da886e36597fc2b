"""Encoders that no plugin describes: a server or this machine's FFmpeg may list them, or they are typing errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ffx.cli.assembly import Assembly
from ffx.cli.conversations import converse
from ffx.client.connection import Endpoint, ServerConnection
from ffx.core.detector import Reason
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import FfmpegNotFound, FfxError, UsageError
from ffx.core.model import JobConfiguration
from ffx.core.registry import suggestion
from ffx.media.build import read_build


async def check_encoders(
    assembly: Assembly,
    jobs: Sequence[JobConfiguration],
    specs: Mapping[str, EncoderSpec],
    endpoints: Sequence[Endpoint],
) -> None:
    """Look for every encoder of the jobs that ``specs`` lack: on this machine, then on the servers.

    Raises:
        UsageError: nobody lists one of them; the message suggests what was meant.
    """
    unknown = {name for job in jobs for name in _named_encoders(job) if name not in specs}
    if not unknown:
        return
    listed = await _listed_here(assembly)
    unknown -= listed
    for endpoint in endpoints:
        if unknown:
            unknown -= await _listed_there(assembly, endpoint, tuple(sorted(unknown)))
    if unknown:
        name = min(unknown)
        near = suggestion(name, sorted({*specs, *listed}))
        raise UsageError(f"no server and no FFmpeg here has an encoder {name!r}{near or '; see: ffx capabilities'}")


def _named_encoders(job: JobConfiguration) -> tuple[str, ...]:
    """Encoders by name; the muxer, which is always among the needs, is not one."""
    return tuple(need for need in job.needs if need != job.recipe.container)


async def _listed_here(assembly: Assembly) -> set[str]:
    try:
        build = await read_build(assembly.ffmpeg())
    except FfmpegNotFound:
        return set()
    return {encoder.name for encoder in build.encoders}


async def _listed_there(assembly: Assembly, endpoint: Endpoint, names: tuple[str, ...]) -> set[str]:
    async def ask(server: ServerConnection) -> set[str]:
        answer = await server.capabilities(names)
        reports = (answer.capabilities.encoder(name) for name in names)
        return {r.name for r in reports if r is not None and (r.works or r.reason != Reason.ENCODER_NOT_BUILT)}

    try:
        return await converse(assembly, endpoint, ask)
    except FfxError:
        return set()  # the farm tells of a server that cannot be reached
