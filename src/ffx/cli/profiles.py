"""The profiles of this user and of the plugins, and what ``ffx profiles`` does with them."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import frozen

from ffx.cli.assembly import Assembly
from ffx.cli.recipe_text import recipe_text
from ffx.cli.text import print_json, print_line, print_lines, print_table
from ffx.core.errors import ConfigurationError, UsageError
from ffx.core.profile_files import profile_to_plain, profile_to_toml, read_profile
from ffx.core.profiles import Profile, check_profile_name
from ffx.core.recipe import Recipe
from ffx.core.registry import suggestion

_SUFFIX = ".toml"
OWN = "yours"
"""Where a profile comes from that no plugin registered."""


@frozen
class Known:
    """A profile and where it comes from: the plugin's name, or ``OWN``."""

    profile: Profile
    origin: str


def known_profiles(assembly: Assembly) -> dict[str, Known]:
    """Every profile by name. The user's own comes before a plugin's of the same name.

    Raises:
        ConfigurationError: one of the user's files is damaged.
    """
    registry = assembly.plugins.profiles()
    known = {name: Known(profile, registry.origin(name).plugin) for name, profile in registry.items()}
    folder = assembly.folders.profiles_folder
    for file in sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else ():
        known[file.stem] = Known(_read(file, file.stem), OWN)
    return known


def recipe_of_profile(assembly: Assembly, name: str | None) -> Recipe:
    """The recipe of a profile; without a name the one that changes nothing. Raises UsageError, ConfigurationError."""
    return Recipe() if name is None else _find(assembly, name).profile.recipe


def list_profiles(assembly: Assembly, *, as_json: bool) -> None:
    known = known_profiles(assembly)
    if as_json:
        print_json([_plain(one) for _, one in sorted(known.items())])
        return
    rows = [(name, one.origin, one.profile.description) for name, one in sorted(known.items())]
    print_table(rows, heading=("NAME", "FROM", "DESCRIPTION"))


def show_profile(assembly: Assembly, name: str, *, as_json: bool) -> None:
    known = _find(assembly, name)
    if as_json:
        print_json(_plain(known))
        return
    print_line(f"{name}: {known.profile.description}" if known.profile.description else name)
    print_line(recipe_text(known.profile.recipe))
    print_line()
    print_lines(profile_to_toml(known.profile))


def create_profile(assembly: Assembly, profile: Profile, *, overwrite: bool) -> None:
    """Keep a profile as the user's own. Raises UsageError, ConfigurationError."""
    file = _file(assembly, profile.name)
    if file.exists() and not overwrite:
        raise UsageError(f"there is a profile {profile.name!r} already: give --overwrite, or another name")
    _write(file, profile_to_toml(profile))
    print_line(f"profile {profile.name}: {recipe_text(profile.recipe)}")
    print_line(f"it is in {file}; use it with: ffx submit ... --profile {profile.name}")


def import_profile(assembly: Assembly, source: str, name: str | None, *, overwrite: bool) -> None:
    """Take over a file. Raises UsageError, ConfigurationError."""
    path = Path(source)
    create_profile(assembly, _read(path, name or path.stem.lower()), overwrite=overwrite)


def export_profile(assembly: Assembly, name: str, output: str | None, *, overwrite: bool, as_json: bool) -> None:
    """Write a profile where others can take it over. Raises UsageError."""
    profile = _find(assembly, name).profile
    if output is None:
        if as_json:
            print_json(profile_to_plain(profile))
        else:
            print_lines(profile_to_toml(profile))
        return
    path = Path(output)
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists already: give --overwrite, or another name")
    _write(path, profile_to_toml(profile))
    print_line(f"{name}: in {path}")


def remove_profile(assembly: Assembly, name: str) -> None:
    """Forget one of the user's own. Raises UsageError."""
    known = _find(assembly, name)
    if known.origin != OWN:
        raise UsageError(f"the profile {name!r} belongs to the plugin {known.origin!r}: it cannot be removed")
    try:
        _file(assembly, name).unlink()
    except OSError as error:
        raise ConfigurationError(f"{_file(assembly, name)}: {error.strerror or error}") from None
    print_line(f"profile {name}: removed")


# -- Files ------------------------------------------------------------------------------------------------------


def _find(assembly: Assembly, name: str) -> Known:
    known = known_profiles(assembly)
    if name not in known:
        raise UsageError(f"there is no profile {name!r}{suggestion(name, list(known))}; see: ffx profiles")
    return known[name]


def _file(assembly: Assembly, name: str) -> Path:
    check_profile_name(name)
    return assembly.folders.profiles_folder / f"{name}{_SUFFIX}"


def _read(path: Path, name: str) -> Profile:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {getattr(error, 'strerror', None) or 'is not text'}") from None
    return read_profile(name, text, origin=str(path))


def _write(path: Path, text: str) -> None:
    """As a whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigurationError(f"{path}: {error.strerror or error}") from None


def _plain(known: Known) -> dict[str, object]:
    return {"name": known.profile.name, "from": known.origin} | profile_to_plain(known.profile)
