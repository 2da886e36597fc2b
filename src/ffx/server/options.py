"""What a server is told when it starts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from attrs import Factory, field, frozen
from attrs.validators import ge, gt

from ffx.core.addressing import DEFAULT_PORT
from ffx.core.recipe import ArgumentPolicy
from ffx.media.sandbox import Sandbox


@frozen
class ServerOptions:
    """The limits and places of one server. Times are seconds, sizes bytes."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    max_jobs: int = field(default=2, validator=ge(1))
    """Slots: how many jobs are encoded at a time."""
    max_waiting: int = field(default=Factory(lambda options: options.max_jobs, takes_self=True), validator=ge(0))
    """How many more are taken ahead: their inputs travel while others encode. 0: only for a slot that is free."""
    max_file_size: int = field(default=10 * 10**9, validator=gt(0))
    token_jobs: int = field(default=1000, validator=ge(1))
    """Jobs that all clients with one token may have here at a time, results that they did not fetch among them."""
    token_size: int = field(default=0, validator=ge(0))
    """Bytes that those jobs may take; 0: as many as there are."""
    argument_policy: ArgumentPolicy = ArgumentPolicy.CHECKED
    """Which FFmpeg arguments and filters of clients it runs."""
    name: str = ""
    """Empty: the host's name."""
    temp_dir: Path = field(factory=lambda: Path(tempfile.gettempdir()))
    """Each server makes a folder of its own in it, which only its user can read."""
    disk_reserve: int = 512 * 1024 * 1024
    """What jobs must leave free on the disk of ``temp_dir``."""
    absence_limit: float = 60.0
    """How long a client that went away keeps the places of jobs whose inputs have not arrived."""
    keep_results: float = 86_400.0
    """How long outcomes, and beginnings of inputs, are kept for the return of a client that went away."""
    durable: bool = False
    """Whether the server comes back under the same id: then it goes on with what is on its disk."""
    hello_limit: float = 10.0
    """How long a new connection may take to introduce itself."""
    sandbox: Sandbox = Sandbox()
    """What the FFmpegs of jobs are confined by."""
