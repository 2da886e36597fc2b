"""What ``ffx doctor`` looks at, one check after the other."""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ffx.cli import machine
from ffx.cli.assembly import Assembly
from ffx.cli.endpoints import known_endpoints
from ffx.cli.local_capabilities import capability_service
from ffx.cli.server_commands import look_at
from ffx.cli.settings import serve_settings, temp_dir_of
from ffx.cli.text import print_json, print_line
from ffx.core.detector import Device
from ffx.core.errors import FfmpegNotFound, FfxError
from ffx.core.model import EncoderReport
from ffx.core.plain import to_plain
from ffx.core.pluginhost import PluginState
from ffx.core.text import one_line


@frozen
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str = ""
    """What was found, or what is wrong and what to do: one line."""


@frozen
class MachineFindings:
    """What FFmpeg and the devices of this machine are."""

    checks: tuple[Check, ...]
    ffmpeg: str = ""
    version: str = ""
    encoders: tuple[EncoderReport, ...] = field(default=())
    devices: tuple[Device, ...] = ()


def examine(assembly: Assembly, *, as_json: bool) -> int:
    """Look at everything and print it; 1 when something is wrong."""
    found = _machine(assembly)
    checks = (*found.checks, *_plugins(assembly), *_folders(assembly), _token(assembly), *_servers(assembly))
    ok = all(check.ok for check in checks)
    if as_json:
        print_json(_plain(ok, checks, found))
    else:
        print_checks(checks)
        _print_machine(found)
        print_verdict(checks)
    return 0 if ok else 1


# -- What is looked at ------------------------------------------------------------------------------------------


def _machine(assembly: Assembly) -> MachineFindings:
    try:
        service = capability_service(assembly, disk=Path(tempfile.gettempdir()))
        asyncio.run(service.prepare())
    except FfmpegNotFound as error:
        return MachineFindings((Check("ffmpeg", False, str(error)),))
    capabilities = service.snapshot()
    working = [report for report in capabilities.encoders if report.works and report.kind == "video"]
    hardware = sorted({report.vendor for report in working if report.encoder_type.is_hardware})
    encoders = Check(
        "encoders",
        bool(working),
        f"{len(working)} for pictures work, hardware: {', '.join(hardware) or 'none'}"
        if working
        else "no encoder for pictures works: use another FFmpeg (FFX_FFMPEG)",
    )
    ffmpeg = Check("ffmpeg", True, f"{service.ffmpeg}, version {capabilities.ffmpeg_version}")
    return MachineFindings(
        (ffmpeg, encoders),
        ffmpeg=str(service.ffmpeg),
        version=capabilities.ffmpeg_version,
        encoders=capabilities.encoders,
        devices=service.devices,
    )


def _plugins(assembly: Assembly) -> Iterable[Check]:
    records = assembly.every_plugin()
    broken = [record for record in records if record.state is PluginState.BROKEN]
    for record in broken:
        source = record.distribution or "an unknown distribution"
        yield Check(f"plugin {record.name}", False, f"of {source}: {record.error}")
    if not broken:
        blocked = [record.name for record in records if record.state is PluginState.BLOCKED]
        yield Check("plugins", True, f"{len(records)} found, blocked: {', '.join(blocked) or 'none'}")


def _folders(assembly: Assembly) -> Iterable[Check]:
    folders = assembly.folders
    places = {
        "configuration folder": folders.configuration,
        "state folder": folders.state,
        "cache folder": folders.cache,
    }
    try:
        places["folder for temporary files"] = temp_dir_of(serve_settings(assembly.source))
    except FfxError as error:
        yield Check("folder for temporary files", False, str(error))
    for name, folder in places.items():
        fault = _fault_of_folder(folder)
        yield Check(name, not fault, f"{folder}{': ' if fault else ''}{fault}")


def _fault_of_folder(folder: Path) -> str:
    """Why nothing can be written there; a folder that is still to be made counts by the one it will stand in."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return f"{there} is not a folder: move it away"
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return f"cannot be written ({error.strerror or error}): change its permissions or set FFX_HOME"


def _token(assembly: Assembly) -> Check:
    file = assembly.folders.token_file
    if assembly.environment.get("FFX_TOKEN"):
        return Check("token", True, "from FFX_TOKEN")
    try:
        facts = file.stat()
        empty = not file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return Check("token", True, f"{file}: made when a server first starts here")
    except (OSError, UnicodeDecodeError) as error:
        return Check("token", False, f"{file} cannot be read ({error}): delete it, and it is made anew")
    if empty:
        return Check("token", False, f"{file} is empty: delete it, and it is made anew")
    if os.name != "nt" and stat.S_IMODE(facts.st_mode) & 0o077:  # Windows guards the user's folder instead
        return Check("token", False, f"{file} can be read by others: chmod 600 {file}")
    return Check("token", True, str(file))


def _servers(assembly: Assembly) -> Iterable[Check]:
    try:
        endpoints = known_endpoints(assembly)
    except FfxError as error:
        yield Check("servers", False, str(error))
        return
    if not endpoints:
        yield Check("servers", True, "none is known: jobs are encoded on this machine")
    for look in look_at(assembly, endpoints):
        answer = look.error or f"answers in {look.seconds * 1000:.1f} ms"
        yield Check(f"server {look.endpoint.name}", not look.error, f"{look.endpoint.address}: {answer}")


# -- Showing ----------------------------------------------------------------------------------------------------


def print_checks(checks: Iterable[Check]) -> None:
    """A line each."""
    for check in checks:
        print_line(f"{'ok   ' if check.ok else 'WRONG'}  {check.name}: {one_line(check.detail)}")


def print_verdict(checks: Iterable[Check]) -> None:
    """The last line of it all."""
    wrong = sum(not check.ok for check in checks)
    print_line(f"{wrong} thing(s) to look at" if wrong else "nothing is wrong")


def _print_machine(found: MachineFindings) -> None:
    if found.devices:
        print_line("devices")
    for device in found.devices:
        facts = (device.name, device.node, f"driver {device.driver}" if device.driver else "", device.detail)
        print_line(f"  {device.encoder_type.vendor}: {', '.join(fact for fact in facts if fact)}")
    if any(not report.works for report in found.encoders):
        print_line("encoders that do not work here")
        machine.print_failing(found.encoders)


def _plain(ok: bool, checks: Iterable[Check], found: MachineFindings) -> dict[str, Any]:
    return {
        "ok": ok,
        "checks": [to_plain(check) for check in checks],
        "ffmpeg": {"path": found.ffmpeg, "version": found.version},
        "devices": [to_plain(device) for device in found.devices],
        "encoders": [to_plain(report) for report in machine.in_order(found.encoders)],
    }
