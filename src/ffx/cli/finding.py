"""The inputs of a command: files as they are named, and with ``--recursive`` those in folders."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import frozen

from ffx.core.errors import UsageError
from ffx.media.containers import CONTAINERS

MEDIA_SUFFIXES = frozenset(
    (
        *(suffix for container in CONTAINERS for suffix in container.suffixes),
        *(".ape", ".asx", ".divx", ".dts", ".dv", ".f4v", ".m1v", ".m2v", ".mxf", ".mp2", ".mpv", ".ogm", ".rm"),
        *(".rmvb", ".tta", ".wma", ".wv", ".y4m", ".m4r", ".eac3", ".thd", ".amr", ".au", ".caf", ".tod", ".mod"),
    )
)
"""By which films and sounds are told from what else lies in a folder. A file that is named is tried, whatever it is."""


@frozen
class Input:
    """One file, and where it stands below the folder that was named."""

    path: Path
    under: Path = Path()


def find_inputs(names: Iterable[str], *, recursive: bool, apart: Path | None = None) -> tuple[Input, ...]:
    """The inputs in their order. Hidden files, and those that are no media by their suffix, are passed over in folders,
    and so is all within ``apart``, where the outputs go.

    Raises:
        UsageError: a folder cannot be read, or holds nothing.
    """
    found: list[Input] = []
    for name in _expanded(names):
        path = Path(name)
        if recursive and path.is_dir():
            inside = tuple(_in_folder(path, apart))
            if not inside:
                raise UsageError(f"{path}: there are no films and no sounds in this folder")
            found.extend(inside)
        else:
            found.append(Input(path))
    return tuple(found)


def is_media_name(path: Path) -> bool:
    """Whether a file in a folder is taken for a film or a sound."""
    return path.suffix.lower() in MEDIA_SUFFIXES and not path.name.startswith(".")


def _in_folder(folder: Path, apart: Path | None) -> Iterator[Input]:
    out_of = apart.resolve() if apart is not None else None

    def cannot_be_read(error: OSError) -> None:
        raise UsageError(f"{error.filename}: {error.strerror or error}") from None

    for place, folders, files in os.walk(folder, onerror=cannot_be_read):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and (here / name).resolve() != out_of)
        for path in _media(here, files):
            yield Input(path, here.relative_to(folder))


def _media(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    paths = (folder / name for name in sorted(names))
    yield from (path for path in paths if is_media_name(path) and path.is_file())


def _expanded(names: Iterable[str]) -> Iterable[str]:
    """The names, with ``*.mp4`` resolved where the shell leaves that to programs."""
    for name in names:
        if os.name == "nt" and glob.has_magic(name) and not Path(name).exists():
            yield from sorted(glob.glob(name)) or [name]  # noqa: PTH207 - a pattern may hold a drive and folders
        else:
            yield name
