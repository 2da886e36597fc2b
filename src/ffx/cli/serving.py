"""Runs a server: detection first, then the port, then jobs until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
from attrs import asdict

from ffx import __version__
from ffx.cli import machine
from ffx.cli.assembly import Assembly
from ffx.cli.certificates import fingerprint_of, server_certificate
from ffx.cli.door import keyring, listening, log_reach, open_door, print_invitation
from ffx.cli.exposure import place
from ffx.cli.identity import server_id
from ffx.cli.local_capabilities import capability_service
from ffx.cli.logs import start_logging
from ffx.cli.running import announced
from ffx.cli.settings import argument_policy, effective, serve_settings, temp_dir_of
from ffx.cli.signals import stop_signals
from ffx.cli.text import print_json, print_line
from ffx.core.configuration import Configuration, ServeTable, parse_size
from ffx.core.errors import ConfigurationError
from ffx.core.model import SandboxLevel
from ffx.core.plain import to_plain
from ffx.core.registry import suggestion
from ffx.core.text import printable
from ffx.media.sandbox import Sandbox
from ffx.media.sandbox_probe import find_sandbox
from ffx.server.capabilities import CapabilityService
from ffx.server.options import ServerOptions
from ffx.server.server import Server

TEST_SECONDS = 60.0
"""What the long tail and the measuring may take when somebody waits for them."""

_log = logging.getLogger(__name__)


def serve(assembly: Assembly, *, insecure: bool) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit status. ``insecure``: though something does not protect it.

    Raises:
        ConfigurationError: a setting cannot be followed, such as a folder that cannot be written.
        UsageError: others could reach it, and something does not protect it.
        ConnectError: the address cannot be had.
        FfmpegNotFound: there is no FFmpeg.
    """
    settings = serve_settings(assembly.source)
    start_logging(settings.log_level, settings.log_file)
    with contextlib.suppress(_Stopped):
        asyncio.run(_until_stopped(lambda stop: _serve(assembly, settings, stop, insecure=insecure)))
    return 0


def test_capabilities(assembly: Assembly, *, as_json: bool) -> int:
    """Try what FFmpeg lists and measure what works, print it; 1 when no encoder works at all.

    What ``TEST_SECONDS`` are too short for is left to the next call or to a server: what was found is remembered.
    """
    settings = serve_settings(assembly.source)
    start_logging(settings.log_level, settings.log_file)
    capabilities = capability_service(
        assembly, disk=_temp_dir(settings), max_file_size=parse_size(settings.max_file_size)
    )
    asyncio.run(_try_everything(capabilities))
    found = capabilities.snapshot()
    name = settings.name or socket.gethostname()
    if as_json:
        print_json(machine.plain_capabilities(found, server=name))
    else:
        machine.print_machine(found, title=name)
    return 0 if any(report.works for report in found.encoders) else 1


def validate(assembly: Assembly, *, as_json: bool) -> int:
    """Check all that can be wrong with a configuration and print what is in force.

    Raises:
        ConfigurationError: what is wrong, and where.
        FfmpegNotFound: the FFmpeg that is named cannot be used.
    """
    configuration = effective(assembly.source)
    assembly.policy()
    known = [record.name for record in assembly.plugins.records()]
    for name in configuration.plugins.disabled:
        if name not in known:
            raise ConfigurationError(f"plugins.disabled: there is no plugin {name!r}{suggestion(name, known)}")
    _temp_dir(configuration.serve)
    if assembly.transport(place(configuration.serve).scheme).encrypts and configuration.serve.certificate:
        fingerprint_of(server_certificate(configuration.serve, assembly.folders))
    if configuration.ffmpeg.path:
        assembly.ffmpeg()
    if as_json:
        print_json({"valid": True, "configuration": to_plain(configuration)})
    else:
        _print_configuration(configuration)
    return 0


# -- Serving --------------------------------------------------------------------------------------------------


class _Stopped(Exception):
    """Somebody wants it to end before it began."""


async def _until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run the work, which ends itself when the event is set; a second stop signal does not wait for that."""
    stop = asyncio.Event()
    task = asyncio.current_task()
    assert task is not None

    def on_signal() -> None:
        if stop.is_set():
            task.cancel()
        stop.set()

    with stop_signals(on_signal):
        try:
            await work(stop)
        except asyncio.CancelledError:
            raise _Stopped from None


async def _serve(assembly: Assembly, settings: ServeTable, stop: asyncio.Event, *, insecure: bool) -> None:
    temp_dir = _temp_dir(settings)
    name = settings.name or socket.gethostname()
    identity = server_id(assembly.folders, name=name, port=settings.port)
    max_file_size = parse_size(settings.max_file_size)

    def tell_clients() -> None:
        server.capabilities_changed()

    capabilities = capability_service(assembly, disk=temp_dir, max_file_size=max_file_size, on_change=tell_clients)
    sandbox = await find_sandbox(settings.sandbox, capabilities.ffmpeg, assembly.environment)
    door = open_door(assembly, settings, sandboxed=sandbox.level is SandboxLevel.FULL, insecure=insecure)
    server = Server(
        ServerOptions(
            host=settings.host,
            port=settings.port,
            max_jobs=settings.max_jobs,
            max_waiting=settings.taken_ahead,
            max_file_size=max_file_size,
            token_jobs=settings.max_token_jobs,
            token_size=parse_size(settings.max_token_size),
            argument_policy=argument_policy(assembly.source),
            name=name,
            temp_dir=temp_dir,
            disk_reserve=parse_size(settings.disk_reserve),
            keep_results=settings.keep_results,
            durable=settings.port != 0,  # on a port that the system picks it is another server each time
            sandbox=sandbox,
        ),
        capabilities=capabilities,
        keys=keyring(assembly),
        server_id=identity,
        version=__version__,
        modify_command=assembly.plugins.modify_command,
    )
    if not await _unless(stop, capabilities.prepare()):
        return
    async with server, listening(assembly, door, server) as address:
        with announced(assembly.folders, server_id=identity, name=name, address=address, fingerprint=door.fingerprint):
            _log_sandbox(sandbox)
            log_reach(assembly, door, address)
            click.echo(f"ffx server {printable(name)} listens on {address}")  # click flushes
            print_invitation(assembly, door, address)
            try:
                await stop.wait()
                _log.info(
                    "stopping: nothing new is taken, what encodes has %g s to end; stop again to leave at once",
                    settings.drain_limit,
                )
                await server.finish(settings.drain_limit)
            finally:  # also where two signals come as one
                await server.stop()
    _log.info("stopped")


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work, unless it is stopped; returns whether it was done. Raises what the work raises."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
            return True
        return False
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.wait((working, stopping))


def _log_sandbox(sandbox: Sandbox) -> None:
    if sandbox.level is SandboxLevel.FULL:
        _log.info("sandbox: %s", machine.sandbox_in_words(sandbox.level))
    else:
        _log.warning("sandbox: %s; %s", machine.sandbox_in_words(sandbox.level), sandbox.reason)


async def _try_everything(capabilities: CapabilityService) -> None:
    async def idle() -> None:
        """No job ever runs here."""

    await capabilities.prepare()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TEST_SECONDS):
            await capabilities.complete(idle)


def _temp_dir(settings: ServeTable) -> Path:
    """Where files of jobs are kept. Raises ConfigurationError when nothing can be written there."""
    folder = temp_dir_of(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"the folder for temporary files {folder} cannot be written: {reason}") from None
    return folder


# -- Showing a configuration ------------------------------------------------------------------------------------


def _print_configuration(configuration: Configuration) -> None:
    print_line("the configuration is valid; in force are")
    for table, values in asdict(configuration).items():
        for name, value in values.items():
            print_line(f"  {table}.{name} = {_as_written(value)}")


def _as_written(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_as_written(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_as_written(item)}" for name, item in value.items()) + "}"
    return str(value)
