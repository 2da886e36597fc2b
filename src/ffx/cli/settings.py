"""Where a value comes from: the option, else the environment variable, else the file, else the default."""

from __future__ import annotations

import math
import shlex
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from attrs import evolve, frozen

from ffx.core.configuration import (
    ARGUMENT_POLICIES,
    END_STATES,
    LOCAL_MODES,
    LOG_LEVELS,
    SANDBOX_MODES,
    TLS_MODES,
    ArgumentsTable,
    Configuration,
    FarmTable,
    NotifyTable,
    PluginsTable,
    PolicyTable,
    ServeTable,
    SubmitTable,
    is_web_address,
    parse_size,
    read_configuration,
    read_toml,
)
from ffx.core.errors import ConfigurationError
from ffx.core.folders import Folders
from ffx.core.recipe import ArgumentPolicy

T = TypeVar("T")


@frozen
class Source:
    """The three places a command's values come from, of which the first that has one wins."""

    options: Mapping[str, str | None]
    """What the command line gave, by option (``--port``); None where it gave nothing."""
    environment: Mapping[str, str]
    file: Configuration

    def value(self, option: str, variable: str, parse: Callable[[str], T], otherwise: T) -> T:
        """The value of the option or the variable, else ``otherwise`` (the file's, or its default).

        Raises:
            ConfigurationError: the text does not fit; the message names where it stands.
        """
        for origin, text in ((option, self.options.get(option)), (variable, self.environment.get(variable))):
            # An empty variable is one that was not set: that is how a compose file leaves one out.
            if text is None or (origin == variable and not text):
                continue
            try:
                return parse(text)
            except ConfigurationError as error:
                raise ConfigurationError(f"{origin}: {error}") from None
        return otherwise


# -- The file -----------------------------------------------------------------------------------------------


def load_configuration(option: str | None, environment: Mapping[str, str], folders: Folders) -> Configuration:
    """The file that ``--config`` or ``FFX_CONFIG`` names, else the user's own where there is one.

    Raises:
        ConfigurationError: a named file is missing, or a file is not TOML or does not fit.
    """
    file = configuration_file(option, environment, folders)
    origin = "--config" if option else "FFX_CONFIG" if environment.get("FFX_CONFIG") else ""
    return read_file(file, named_by=origin) if origin or file.exists() else Configuration()


def configuration_file(option: str | None, environment: Mapping[str, str], folders: Folders) -> Path:
    """Where the configuration stands, or would stand."""
    named = option or environment.get("FFX_CONFIG")
    return Path(named).expanduser() if named else folders.configuration_file


def read_file(file: Path, *, named_by: str = "") -> Configuration:
    """A configuration file. Raises ConfigurationError with the file's name and the place in it."""
    origin = f"{named_by}: {file}" if named_by else str(file)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{origin}: there is no such file") from None
    except OSError as error:
        raise ConfigurationError(f"{origin}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{origin}: is not UTF-8 text") from None
    return read_configuration(read_toml(text, origin=origin), origin=str(file))


# -- The tables, with options and variables laid over them ---------------------------------------------------


def serve_settings(source: Source) -> ServeTable:
    """What ``ffx serve`` listens on and allows."""
    table = source.file.serve
    return ServeTable(
        host=source.value("--host", "FFX_HOST", _word, table.host),
        port=source.value("--port", "FFX_PORT", _port, table.port),
        max_jobs=source.value("--max-jobs", "FFX_MAX_JOBS", _at_least_one, table.max_jobs),
        max_waiting=source.value("--max-waiting", "FFX_MAX_WAITING", _not_negative, table.max_waiting),
        max_file_size=source.value("--max-file-size", "FFX_MAX_FILE_SIZE", _size, table.max_file_size),
        max_token_jobs=source.value("", "FFX_MAX_TOKEN_JOBS", _at_least_one, table.max_token_jobs),
        max_token_size=source.value("", "FFX_MAX_TOKEN_SIZE", _any_size, table.max_token_size),
        name=source.value("--name", "FFX_NAME", _word, table.name),
        temp_dir=source.value("--temp-dir", "FFX_TEMP_DIR", _word, table.temp_dir),
        disk_reserve=source.value("--disk-reserve", "FFX_DISK_RESERVE", _any_size, table.disk_reserve),
        keep_results=source.value("--keep-results", "FFX_KEEP_RESULTS", _seconds, table.keep_results),
        drain_limit=source.value("--drain-limit", "FFX_DRAIN_LIMIT", _seconds, table.drain_limit),
        sandbox=source.value("--sandbox", "FFX_SANDBOX", _sandbox_mode, table.sandbox),
        log_level=source.value("--log-level", "FFX_LOG_LEVEL", _log_level, table.log_level.upper()),
        log_file=source.value("--log-file", "FFX_LOG_FILE", _word, table.log_file),
        tls=source.value("--tls", "FFX_TLS", _tls_mode, table.tls),
        certificate=source.value("--certificate", "FFX_CERTIFICATE", _word, table.certificate),
        key=source.value("--key", "FFX_KEY", _word, table.key),
    )


def temp_dir_of(settings: ServeTable) -> Path:
    """Where files of jobs are kept."""
    return Path(settings.temp_dir or tempfile.gettempdir()).expanduser().absolute()


def submit_settings(source: Source) -> SubmitTable:
    """How ``ffx submit`` treats this machine."""
    return SubmitTable(local=source.value("--local", "FFX_LOCAL", _local_mode, source.file.submit.local))


def argument_settings(source: Source) -> ArgumentsTable:
    """Which FFmpeg arguments and filters are run here, and sent."""
    return ArgumentsTable(
        policy=source.value("", "FFX_ARGUMENTS_POLICY", _argument_policy, source.file.arguments.policy)
    )


def argument_policy(source: Source) -> ArgumentPolicy:
    """``argument_settings`` as the policy that it names."""
    return ArgumentPolicy(argument_settings(source).policy)


def farm_settings(source: Source) -> FarmTable:
    """How patient a client is with its servers.

    Raises:
        ConfigurationError: a value does not fit, alone or with another one.
    """
    table = source.file.farm
    settings = FarmTable(
        heartbeat=source.value("", "FFX_FARM_HEARTBEAT", _heartbeat, table.heartbeat),
        suspect_after=source.value("", "FFX_FARM_SUSPECT_AFTER", _at_least_one, table.suspect_after),
        lost_after=source.value("", "FFX_FARM_LOST_AFTER", _at_least_one, table.lost_after),
        patience=source.value("", "FFX_FARM_PATIENCE", _seconds, table.patience),
    )
    if settings.lost_after < settings.suspect_after:
        raise ConfigurationError(
            f"lost_after of the farm is {settings.lost_after}, and may not be less than suspect_after, which is "
            f"{settings.suspect_after}; see FFX_FARM_LOST_AFTER and FFX_FARM_SUSPECT_AFTER"
        )
    return settings


def policy_settings(source: Source) -> PolicyTable:
    """Which policy ranks the servers, and its weights and preferences."""
    table = source.file.policy
    return PolicyTable(
        name=source.value("--policy", "FFX_POLICY", _word, table.name),
        weights=source.value("", "FFX_POLICY_WEIGHTS", _numbers, table.weights),
        preferences=source.value("", "FFX_POLICY_PREFERENCES", _numbers, table.preferences),
    )


def plugin_settings(source: Source) -> PluginsTable:
    """Which plugins are blocked; the variable replaces the file's list."""
    return PluginsTable(source.value("", "FFX_DISABLED_PLUGINS", _words, source.file.plugins.disabled))


def notify_settings(source: Source) -> NotifyTable:
    """Who is told when a job has ended."""
    table = source.file.notify
    return NotifyTable(
        webhook=source.value("", "FFX_NOTIFY_WEBHOOK", _web_address, table.webhook),
        secret=source.value("", "FFX_NOTIFY_SECRET", str, table.secret),
        command=source.value("", "FFX_NOTIFY_COMMAND", _program, table.command),
        states=source.value("", "FFX_NOTIFY_STATES", _end_states, table.states),
    )


def effective(source: Source) -> Configuration:
    """The whole configuration with every option and variable laid over it."""
    return evolve(client_configuration(source), serve=serve_settings(source))


def client_configuration(source: Source) -> Configuration:
    """The same but for the table of servers, whose variables are none of a client's business."""
    return evolve(
        source.file,
        submit=submit_settings(source),
        arguments=argument_settings(source),
        farm=farm_settings(source),
        policy=policy_settings(source),
        notify=notify_settings(source),
        plugins=plugin_settings(source),
    )


# -- Reading one value ----------------------------------------------------------------------------------------


def _word(text: str) -> str:
    if not text.strip():
        raise ConfigurationError("is empty")
    return text


def _web_address(text: str) -> str:
    if not is_web_address(text):
        raise ConfigurationError(f"{text!r} begins neither with https:// nor with http://")
    return text


def _program(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is no command line: {error}") from None


def _end_states(text: str) -> tuple[str, ...]:
    return tuple(_one_of(word, word, END_STATES) for word in _words(text))


def _port(text: str) -> int:
    return _whole_number(text, 0, 65535)


def _at_least_one(text: str) -> int:
    return _whole_number(text, 1, None)


def _not_negative(text: str) -> int | None:
    return _whole_number(text, 0, None)


def _whole_number(text: str, low: int, high: int | None) -> int:
    bounds = f"from {low} to {high}" if high is not None else f"from {low} up"
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 9):
        raise ConfigurationError(f"{text!r} is not a number {bounds}")
    number = int(digits)
    if number < low or (high is not None and number > high):
        raise ConfigurationError(f"{text!r} is not a number {bounds}")
    return number


def _heartbeat(text: str) -> float:
    return _number(text, 0.1, 3600.0)


def _seconds(text: str) -> float:
    return _number(text, 0.0, math.inf)


def _number(text: str, low: float, high: float) -> float:
    bounds = f"from {low:g} to {high:g}" if high < math.inf else f"from {low:g} up"
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high or number == math.inf:
        raise ConfigurationError(f"{text!r} is not a number {bounds}")
    return number


def _size(text: str) -> str:
    if parse_size(text) < 1:
        raise ConfigurationError(f"{text!r} leaves no room for any file")
    return text


def _any_size(text: str) -> str:
    parse_size(text)
    return text


def _log_level(text: str) -> str:
    return _one_of(text.upper(), text, LOG_LEVELS)


def _tls_mode(text: str) -> str:
    return _one_of(text.lower(), text, TLS_MODES)


def _local_mode(text: str) -> str:
    return _one_of(text.lower(), text, LOCAL_MODES)


def _argument_policy(text: str) -> str:
    return _one_of(text.lower(), text, ARGUMENT_POLICIES)


def _sandbox_mode(text: str) -> str:
    return _one_of(text.lower(), text, SANDBOX_MODES)


def _one_of(word: str, text: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise ConfigurationError(f"{text!r} is not one of {', '.join(words)}")
    return word


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _numbers(text: str) -> dict[str, float]:
    numbers = {}
    for pair in _words(text):
        name, equals, number = pair.partition("=")
        try:
            numbers[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals or not name.strip() or not 0 <= numbers[name.strip()] < math.inf:
            raise ConfigurationError(f"{pair!r} is not NAME=NUMBER")
    return numbers
