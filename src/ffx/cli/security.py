"""What ``ffx doctor --security`` looks at: what confines FFmpeg, who can reach a server, who can read its files."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from ffx.cli import machine
from ffx.cli.assembly import Assembly
from ffx.cli.examination import Check, print_checks, print_verdict
from ffx.cli.exposure import Exposure, dangers, place
from ffx.cli.settings import serve_settings
from ffx.cli.text import print_json
from ffx.core.configuration import ServeTable
from ffx.core.errors import FfmpegNotFound
from ffx.core.model import SandboxLevel
from ffx.core.plain import to_plain
from ffx.media.sandbox import Sandbox
from ffx.media.sandbox_probe import find_sandbox


def examine_security(assembly: Assembly, *, as_json: bool) -> int:
    """Look at how safe a server would be that is started here now, and print it; 1 when there is something to do.

    Raises:
        ConfigurationError: a setting does not fit.
    """
    settings = serve_settings(assembly.source)
    sandbox, check = _sandbox(assembly, settings)
    checks = (check, _address(assembly, settings, sandbox), *_private_files(assembly))
    ok = all(check.ok for check in checks)
    if as_json:
        plain = {"level": sandbox.level.value, "mode": settings.sandbox, "reason": sandbox.reason}
        print_json({"ok": ok, "sandbox": plain, "checks": [to_plain(check) for check in checks]})
    else:
        print_checks(checks)
        print_verdict(checks)
    return 0 if ok else 1


def _sandbox(assembly: Assembly, settings: ServeTable) -> tuple[Sandbox, Check]:
    mode = "off" if settings.sandbox == "off" else "auto"  # what there is, even where it is less than is required
    try:
        sandbox = asyncio.run(find_sandbox(mode, assembly.ffmpeg(), assembly.environment))
    except FfmpegNotFound as error:
        return Sandbox(reason=str(error)), Check("sandbox", False, str(error))
    words = machine.sandbox_in_words(sandbox.level)
    detail = f"{words}; {sandbox.reason}" if sandbox.reason else words
    return sandbox, Check("sandbox", sandbox.level is SandboxLevel.FULL, detail)


def _address(assembly: Assembly, settings: ServeTable, sandbox: Sandbox) -> Check:
    address = place(settings)
    encrypted = assembly.transport(address.scheme).encrypts
    found = dangers(Exposure(address, encrypted, sandboxed=sandbox.level is SandboxLevel.FULL))
    whose = "only this machine can reach it" if address.is_loopback else "others on the network can reach it"
    return Check("address", not found, ", and ".join((f"{address}: {whose}", *found)))


def _private_files(assembly: Assembly) -> Iterable[Check]:
    """What only this user may read; what is not there yet is made so."""
    folders = assembly.folders
    for name, file in (
        ("token", folders.token_file),
        ("tokens of others", folders.tokens_file),
        ("key of the certificate", folders.certificate_key_file),
        ("servers and their tokens", folders.servers_file),
        ("queue", folders.queue_file),
    ):
        yield _private(name, file)


def _private(name: str, file: Path) -> Check:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        return Check(name, True, f"{file}: not there yet")
    except OSError as error:
        return Check(name, False, f"{file} cannot be looked at: {error.strerror or error}")
    if os.name == "nt":
        return Check(name, True, f"{file}: in a folder that Windows guards")
    if mode & 0o077:
        return Check(name, False, f"{file} can be read by others (mode {mode:04o}): chmod 600 {file}")
    return Check(name, True, f"{file}: readable by this user only (mode {mode:04o})")
