"""The configuration file as a value: its tables, their fields and defaults, and what is wrong with one.

::

    [ffmpeg]
    path = "/opt/ffmpeg/bin/ffmpeg"

    [serve]                    # what `ffx serve` listens on and allows
    port = 8765
    max_jobs = 2
    max_file_size = "10GB"

    [submit]
    local = "auto"

    [arguments]                # which FFmpeg arguments and filters are run here, and sent
    policy = "checked"

    [farm]                     # how patient a client is with its servers
    heartbeat = 5.0
    lost_after = 6

    [policy]
    name = "weighted"

    [policy.weights]
    compatibility = 0.5

    [plugins]
    disabled = ["nvidia"]
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from ffx.core.errors import ConfigurationError, DecodeError
from ffx.core.plain import from_plain
from ffx.core.recipe import ArgumentPolicy
from ffx.core.strict import unknown_keys
from ffx.core.text import brief

_UNITS = {
    "": 1,
    "B": 1,
    "K": 10**3,
    "KB": 10**3,
    "M": 10**6,
    "MB": 10**6,
    "G": 10**9,
    "GB": 10**9,
    "T": 10**12,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}


def parse_size(text: str) -> int:
    """Bytes of ``10GB``, ``512 MiB`` or ``1000``.

    Raises:
        ConfigurationError: not a size.
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", text)
    unit = _UNITS.get(match[2].upper()) if match else None
    if match is None or unit is None or len(match[1]) > 18:
        raise ConfigurationError(f"{brief(text)!r} is not a size; write it like 10GB or 512MiB")
    return int(float(match[1]) * unit)


@frozen
class FfmpegTable:
    path: str = ""
    """Empty: ``FFX_FFMPEG``, then PATH, then the one of imageio-ffmpeg."""


@frozen
class ServeTable:
    host: str = "127.0.0.1"
    port: int = 8765
    max_jobs: int = 2
    max_waiting: int | None = None
    """Jobs that are taken ahead; None: as many as ``max_jobs``."""
    max_file_size: str = "10GB"
    max_token_jobs: int = 1000
    """Jobs that all clients with one token may have at a time, results that they did not fetch among them."""
    max_token_size: str = "0"
    """What those jobs may take of the disk; 0: as much as there is."""
    name: str = ""
    """Empty: the host's name."""
    temp_dir: str = ""
    """Empty: a folder of the system's own for temporary files."""
    disk_reserve: str = "512MiB"
    """What jobs leave free on the disk of ``temp_dir``."""
    keep_results: float = 86_400.0
    """Seconds for which results await a client that is away."""
    drain_limit: float = 30.0
    """Seconds that encodes get to end when the server is asked to stop."""
    sandbox: str = "auto"
    """``auto``: the best there is here for the FFmpegs of jobs; ``require``: a full one, or no server; ``off``."""
    log_level: str = "INFO"
    log_file: str = ""
    tls: str = "auto"
    """``auto``: encrypt when others than this machine can connect, or a certificate is named; ``on``; ``off``."""
    certificate: str = ""
    """Empty: one that is made on the first start, and pinned by clients."""
    key: str = ""

    @property
    def taken_ahead(self) -> int:
        """``max_waiting`` as it is in force."""
        return self.max_jobs if self.max_waiting is None else self.max_waiting


@frozen
class SubmitTable:
    local: str = "auto"
    """``auto``: encode here when no server can; ``never``; ``only``."""


@frozen
class ArgumentsTable:
    policy: str = ArgumentPolicy.CHECKED.value
    """``none``: no FFmpeg arguments and no filters; ``checked``: what is on ffx's lists; ``any``: all of FFmpeg's."""


@frozen
class FarmTable:
    heartbeat: float = 5.0
    """Seconds between two signs of life of a server."""
    suspect_after: int = 2
    """Missed heartbeats after which a server gets no new jobs."""
    lost_after: int = 6
    """Missed heartbeats after which its jobs go elsewhere."""
    patience: float = 600.0
    """Seconds for which a job that somebody waits for stays when the servers that could do it were lost."""


@frozen
class PolicyTable:
    name: str = "weighted"
    weights: dict[str, float] = field(factory=dict)
    preferences: dict[str, float] = field(factory=dict)
    """How gladly an encoder is used, 0 to 1; replaces what its plugin says."""


@frozen
class NotifyTable:
    webhook: str = ""
    """An address that is sent a POST for each job that ended; empty: none."""
    secret: str = field(default="", repr=False)
    """What deliveries are signed with; empty: they are not."""
    command: tuple[str, ...] = ()
    """A program and its arguments, run for each job that ended; empty: none."""
    states: tuple[str, ...] = ("completed", "failed")
    """The ends that are told: ``completed``, ``failed``, ``cancelled``."""


@frozen
class PluginsTable:
    disabled: tuple[str, ...] = ()


@frozen
class Configuration:
    ffmpeg: FfmpegTable = FfmpegTable()
    serve: ServeTable = ServeTable()
    submit: SubmitTable = SubmitTable()
    arguments: ArgumentsTable = ArgumentsTable()
    farm: FarmTable = FarmTable()
    policy: PolicyTable = PolicyTable()
    notify: NotifyTable = NotifyTable()
    plugins: PluginsTable = PluginsTable()


def read_toml(text: str, *, origin: str) -> dict[str, Any]:
    """The tables of a TOML text; ``origin`` is the name of its file, for errors.

    Raises:
        ConfigurationError: it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigurationError(f"{origin}: is not TOML: it is nested too deep") from None
    except ValueError as error:  # also of a number with thousands of digits
        raise ConfigurationError(f"{origin}: is not TOML: {brief(str(error), 500)}") from None


def read_configuration(plain: Mapping[str, Any], *, origin: str) -> Configuration:
    """The configuration of a parsed file; ``origin`` is its name, for errors.

    Raises:
        ConfigurationError: an unknown key (with a suggestion), a wrong type or an impossible value, and its path.
    """
    for fault in unknown_keys(plain, Configuration):
        raise ConfigurationError(f"{origin}: {fault}")
    try:
        configuration: Configuration = from_plain(dict(plain), Configuration)
    except DecodeError as error:
        raise ConfigurationError(f"{origin}: {brief(str(error), 500)}") from None
    _check_values(configuration, origin)
    return configuration


def _check_values(configuration: Configuration, origin: str) -> None:
    serve, farm, notify = configuration.serve, configuration.farm, configuration.notify
    checks = (
        (0 <= serve.port <= 65535, "serve.port", "is a number from 0 to 65535"),
        (serve.max_jobs >= 1, "serve.max_jobs", "is at least 1"),
        (serve.max_waiting is None or serve.max_waiting >= 0, "serve.max_waiting", "is not negative"),
        (serve.max_token_jobs >= 1, "serve.max_token_jobs", "is at least 1"),
        (serve.keep_results >= 0, "serve.keep_results", "is not negative"),
        (serve.drain_limit >= 0, "serve.drain_limit", "is not negative"),
        (serve.log_level.upper() in LOG_LEVELS, "serve.log_level", f"is one of {', '.join(LOG_LEVELS)}"),
        (serve.tls in TLS_MODES, "serve.tls", f"is one of {', '.join(TLS_MODES)}"),
        (serve.sandbox in SANDBOX_MODES, "serve.sandbox", f"is one of {', '.join(SANDBOX_MODES)}"),
        (configuration.submit.local in LOCAL_MODES, "submit.local", f"is one of {', '.join(LOCAL_MODES)}"),
        (
            configuration.arguments.policy in ARGUMENT_POLICIES,
            "arguments.policy",
            f"is one of {', '.join(ARGUMENT_POLICIES)}",
        ),
        (0.1 <= farm.heartbeat <= 3600, "farm.heartbeat", "is a number from 0.1 to 3600"),
        (farm.suspect_after >= 1, "farm.suspect_after", "is at least 1"),
        (farm.lost_after >= farm.suspect_after, "farm.lost_after", "is not less than farm.suspect_after"),
        (0 <= farm.patience < math.inf, "farm.patience", "is not negative"),
        (is_web_address(notify.webhook), "notify.webhook", "begins with https:// or http://"),
        (not notify.command or bool(notify.command[0]), "notify.command", "begins with a program"),
        (set(notify.states) <= set(END_STATES), "notify.states", f"are among {', '.join(END_STATES)}"),
        (
            all(weight >= 0 for weight in configuration.policy.weights.values()),
            "policy.weights",
            "are not negative",
        ),
        (
            all(0 <= preference <= 1 for preference in configuration.policy.preferences.values()),
            "policy.preferences",
            "run from 0 to 1",
        ),
    )
    for holds, path, expected in checks:
        if not holds:
            raise ConfigurationError(f"{origin}: {path} {expected}")
    for path, size in (
        ("serve.max_file_size", serve.max_file_size),
        ("serve.max_token_size", serve.max_token_size),
        ("serve.disk_reserve", serve.disk_reserve),
    ):
        try:
            parse_size(size)
        except ConfigurationError as error:
            raise ConfigurationError(f"{origin}: {path}: {error}") from None


def is_web_address(text: str) -> bool:
    """Whether a webhook can be at an address, or there is none."""
    return not text or bool(re.fullmatch(r"https?://[^\s/]+\S*", text))


END_STATES = ("completed", "failed", "cancelled")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
TLS_MODES = ("auto", "on", "off")
LOCAL_MODES = ("auto", "never", "only")
ARGUMENT_POLICIES = tuple(policy.value for policy in ArgumentPolicy)
SANDBOX_MODES = ("auto", "require", "off")
