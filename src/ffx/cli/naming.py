"""Names of outputs by a template: ``{stem}.{height}p.{ext}``."""

from __future__ import annotations

import string
from pathlib import Path, PurePath

from attrs import asdict, frozen

from ffx.core.errors import UsageError
from ffx.core.registry import suggestion


@frozen
class NameParts:
    """What a template may name of one output."""

    stem: str = ""
    """The input's name without its suffix."""
    parent: str = ""
    """The name of the folder that the input is in."""
    ext: str = ""
    """The suffix of the output's container, without its dot."""
    width: int = 0
    height: int = 0
    """Of the output's picture; 0 where it has none."""
    codec: str = ""
    """Of the output's picture."""
    profile: str = ""
    number: int = 0
    """Of the input among all, from 1."""


def check_template(template: str) -> None:
    """Raises UsageError: it names what there is not, or could not be a file's name."""
    name_of(template, NameParts("stem", "parent", "mkv", 1, 1, "codec", "profile", 1))


def name_of(template: str, parts: NameParts) -> Path:
    """The name that a template gives, below the folder of the outputs.

    Raises:
        UsageError: as for ``check_template``, and for a name that leads out of that folder.
    """
    values = asdict(parts)
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"--name: {template!r} cannot be read: {error}") from None
    for _, field, _, conversion in pieces:
        if field is not None and (field not in values or conversion):
            raise UsageError(f"--name: there is no {{{field}}}{suggestion(field, list(values))}; there is {_known()}")
    try:
        name = template.format(**values)
    except ValueError as error:
        raise UsageError(f"--name: {template!r} cannot be read: {error}") from None
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts or not path.name or name.endswith(("/", "\\")) or "\0" in name:
        raise UsageError(f"--name: {name!r} is no name of a file in the output folder")
    return Path(path)


def _known() -> str:
    return " ".join(f"{{{name}}}" for name in asdict(NameParts()))
