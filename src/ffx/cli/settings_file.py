"""The settings that a window changes: some keys of the configuration file, which otherwise stays as it was written."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from attrs import frozen

from ffx.cli.assembly import Assembly
from ffx.cli.settings import client_configuration, configuration_file
from ffx.core.configuration import LOCAL_MODES, read_configuration, read_toml
from ffx.core.desk import Setting
from ffx.core.errors import ConfigurationError
from ffx.core.private_files import replace_privately


@frozen
class _Key:
    """One key of the file."""

    table: str
    key: str
    variable: str
    """What wins over the file."""
    plain: Callable[[str], Any] = str.strip
    """From the text of a field to a value of TOML. Raises ValueError."""
    shown: Callable[[Any], str] = str
    choices: Callable[[Assembly], tuple[str, ...]] = lambda assembly: ()

    @property
    def name(self) -> str:
        return f"{self.table}.{self.key}"


_KEYS = (
    _Key("submit", "local", "FFX_LOCAL", choices=lambda assembly: LOCAL_MODES),
    _Key("policy", "name", "FFX_POLICY", choices=lambda assembly: tuple(assembly.plugins.policies())),
    _Key("farm", "patience", "FFX_FARM_PATIENCE", plain=float, shown=lambda seconds: f"{seconds:g}"),
    _Key("notify", "webhook", "FFX_NOTIFY_WEBHOOK"),
    _Key("notify", "command", "FFX_NOTIFY_COMMAND", plain=shlex.split, shown=shlex.join),
)


def settings_of(assembly: Assembly) -> tuple[Setting, ...]:
    """Each with the value that is in force. Raises ConfigurationError."""
    configuration = client_configuration(assembly.source)
    return tuple(
        Setting(
            name=key.name,
            value=key.shown(getattr(getattr(configuration, key.table), key.key)),
            choices=key.choices(assembly),
            fixed_by=key.variable if assembly.environment.get(key.variable) else "",
        )
        for key in _KEYS
    )


def change_settings(assembly: Assembly, values: Mapping[str, str]) -> Path:
    """Write these values into the configuration file, all or none; returns the file.

    Raises:
        ConfigurationError: a value does not fit, or the file cannot be read or written.
    """
    file = configuration_file(assembly.source.options.get("--config"), assembly.environment, assembly.folders)
    file = file.resolve()  # a link is followed, not replaced
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8") if file.exists() else "")
        for key in (key for key in _KEYS if key.name in values):
            _set(document, key, values[key.name])
        text = tomlkit.dumps(document)
        read_configuration(read_toml(text, origin=str(file)), origin=str(file))
        replace_privately(file, text.encode())
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror or error}") from None
    except ValueError as error:  # also what tomlkit cannot parse
        raise ConfigurationError(f"{file}: {error}") from None
    return file


def _set(document: tomlkit.TOMLDocument, key: _Key, text: str) -> None:
    try:
        value = key.plain(text)
    except ValueError as error:
        raise ConfigurationError(f"{key.name}: {text!r} does not fit: {error}") from None
    table: Any = document.setdefault(key.table, tomlkit.table())
    table[key.key] = value
