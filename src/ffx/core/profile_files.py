"""Profiles as people keep them in files.

A file is TOML or JSON: ``version``, ``description``, and the fields of the recipe; what is left out is kept as the
source has it. ::

    version = 1
    description = "Small enough to take along"
    codec = "h264"
    quality_mode = "crf"
    quality_value = 24
    container = "mp4"

    [picture.scale]
    width = 1280
    height = 720
    enlarge = false

    [[sounds]]
    encoder = "aac"
    downmix = "stereo"
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from ffx.core.configuration import read_toml
from ffx.core.errors import ConfigurationError, DecodeError
from ffx.core.plain import from_plain, to_plain
from ffx.core.profiles import Profile
from ffx.core.recipe import Recipe
from ffx.core.strict import unknown_keys
from ffx.core.text import brief

VERSION = 1
"""Of the form of these files. A file of a newer one is refused: what it means could be lost."""


def read_profile(name: str, text: str, *, origin: str) -> Profile:
    """The profile in a file's text, TOML, or JSON where it begins with a brace; ``origin`` names the file for errors.

    Raises:
        ConfigurationError: what does not fit, with its path.
    """
    plain = _read_json(text, origin) if text.lstrip().startswith("{") else read_toml(text, origin=origin)
    version = plain.pop("version", VERSION)
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ConfigurationError(f"{origin}: version: this ffx reads version {VERSION}, not {brief(str(version))}")
    description = plain.pop("description", "")
    if not isinstance(description, str):
        raise ConfigurationError(f"{origin}: description: must be text")
    for fault in unknown_keys(plain, Recipe):
        raise ConfigurationError(f"{origin}: {fault}")
    try:
        recipe: Recipe = from_plain(plain, Recipe)
    except DecodeError as error:
        raise ConfigurationError(f"{origin}: {brief(str(error), 500)}") from None
    return Profile(name, recipe, description)


def profile_to_plain(profile: Profile) -> dict[str, Any]:
    """What stands in a file: nothing that is as it would be anyway."""
    head = {"version": VERSION} | ({"description": profile.description} if profile.description else {})
    return head | sparse(profile.recipe)


def profile_to_toml(profile: Profile) -> str:
    """The text of a file."""
    import tomlkit

    return tomlkit.dumps(profile_to_plain(profile))


def sparse(value: Any) -> dict[str, Any]:
    """A value as JSON would hold it, without the fields that have their defaults."""
    return {name: _sparse(inner) for name, inner in _given(value)}


def _given(value: Any) -> list[tuple[str, Any]]:
    own = ((each, getattr(value, each.name)) for each in attrs.fields(type(value)))
    return [(each.name, inner) for each, inner in own if inner != each.default]


def _sparse(value: Any) -> Any:
    if attrs.has(type(value)):
        return sparse(value)
    if isinstance(value, tuple):
        return [_sparse(item) for item in value]
    return to_plain(value)


def _read_json(text: str, origin: str) -> dict[str, Any]:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{origin}: is not JSON: {brief(str(error), 500)}") from None
    if not isinstance(plain, Mapping):
        raise ConfigurationError(f"{origin}: a profile is an object")
    return dict(plain)
