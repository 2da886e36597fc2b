"""The servers of this user that run on this machine: each leaves a note while it runs, so that clients find it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
from attrs import evolve, frozen

from ffx.cli.invitations import ANY_HOST, reached_by_others
from ffx.core.addressing import Address, parse_address
from ffx.core.errors import AddressError, DecodeError
from ffx.core.folders import Folders
from ffx.core.plain import from_plain, to_plain


@frozen
class RunningServer:
    """One note."""

    server_id: str
    name: str
    address: str
    hostname: str
    process: int
    started: float
    """Of the process, so that another one with its number is not taken for it."""
    fingerprint: str = ""
    """Of the certificate that it shows; empty: it does not encrypt."""
    elsewhere: str = ""
    """The address by which other machines reach it; empty: they do not."""


@contextlib.contextmanager
def announced(
    folders: Folders, *, server_id: str, name: str, address: Address, fingerprint: str = ""
) -> Iterator[None]:
    """Leave the note while the block lasts. That it cannot be written is no reason not to serve."""
    others = reached_by_others(address)
    note = RunningServer(
        server_id=server_id,
        name=name,
        address=str(evolve(address, host=ANY_HOST.get(address.host, address.host))),
        hostname=socket.gethostname(),
        process=os.getpid(),
        started=psutil.Process().create_time(),
        fingerprint=fingerprint,
        elsewhere=str(others) if others is not None else "",
    )
    file = _folder(folders) / f"{os.getpid()}.json"
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(to_plain(note)), encoding="utf-8")
        part.replace(file)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def running_servers(folders: Folders) -> tuple[RunningServer, ...]:
    """Those that run now, by name. Notes of servers that were killed are cleared away."""
    found = []
    for file in sorted(_folder(folders).glob("*.json")):
        note = _read(file)
        if note is not None and note.hostname != socket.gethostname():
            continue  # a home folder that machines share
        if note is not None and _is_alive(note):
            found.append(note)
        else:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
    return tuple(sorted(found, key=lambda note: (note.name, note.address)))


def _folder(folders: Folders) -> Path:
    return folders.state / "running"


def _read(file: Path) -> RunningServer | None:
    try:
        note: RunningServer = from_plain(json.loads(file.read_text(encoding="utf-8")), RunningServer)
        parse_address(note.address)
    except (OSError, ValueError, DecodeError, AddressError):
        return None
    return note


def _is_alive(note: RunningServer) -> bool:
    try:
        return abs(psutil.Process(note.process).create_time() - note.started) < 1.0
    except psutil.Error:
        return False
