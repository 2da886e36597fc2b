"""What a person asks ``ffx submit`` for: options become requests, one for each input."""

from __future__ import annotations

import glob
import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

from ffx.core.errors import UsageError
from ffx.core.model import Verification
from ffx.core.recipe import QualityMode
from ffx.media.plan import Request

_RATE_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


@frozen
class Wish:
    """Inputs, where their outputs go, and a request to which only these two are missing."""

    inputs: tuple[Path, ...]
    output: Path | None
    """Of the only input; None: each goes to ``out_dir`` under its own name."""
    out_dir: Path
    pattern: Request

    @classmethod
    def from_options(cls, inputs: Iterable[str], *, output: str | None, out_dir: str | None, **recipe: Any) -> Wish:
        """Read the options of the command line.

        Raises:
            UsageError: one that cannot be read, or two that exclude each other.
        """
        paths = tuple(Path(name) for name in _expanded(inputs))
        if not paths:
            raise UsageError("name at least one input file")
        if (output is None) == (out_dir is None):
            both = "not both" if output is not None else "neither was given"
            raise UsageError(f"say where the result goes: -o OUTPUT or --out-dir DIR ({both})")
        if output is not None and len(paths) > 1:
            raise UsageError(f"-o names the output of one input, and there are {len(paths)}: give --out-dir")
        return cls(paths, Path(output) if output is not None else None, Path(out_dir or ""), _pattern(**recipe))


def _pattern(**recipe: Any) -> Request:
    if recipe["encoder"] and recipe["codec"]:
        raise UsageError("give --encoder or --codec, not both")
    if recipe["quality"] is not None and recipe["bitrate"] is not None:
        raise UsageError("give --quality or --bitrate, not both")
    quality, mode = _quality(recipe["quality"])
    return Request(
        input=Path(),
        output=Path(),
        encoder=recipe["encoder"] or "",
        codec=recipe["codec"] or "",
        preset=recipe["preset"] or "",
        quality=quality,
        quality_mode=mode,
        bitrate=_rate("--bitrate", recipe["bitrate"]),
        two_pass=recipe["two_pass"],
        pixel_format=recipe["pixel_format"] or "",
        filters=tuple(recipe["filters"]),
        audio=recipe["audio"] or "",
        audio_bitrate=_rate("--audio-bitrate", recipe["audio_bitrate"]),
        container=recipe["container"] or "",
        ffmpeg_args=tuple(recipe["ffmpeg_args"]),
        priority=_priority(recipe["priority"]),
    )


def verification(text: str | None) -> Verification:
    """How closely results are to be looked at. Raises UsageError."""
    try:
        return Verification.QUICK if text is None else Verification(text.strip().lower())
    except ValueError:
        raise UsageError(f"--verify: {text!r} is not one of {', '.join(Verification)}") from None


def _quality(text: str | None) -> tuple[float | None, QualityMode]:
    if text is None:
        return None, QualityMode.CRF
    number = text.strip().removesuffix("%")
    mode = QualityMode.QUALITY if text.strip().endswith("%") else QualityMode.CRF
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"--quality: {text!r} is not a number; write it like 26, or like 80% of the best")
    return value, mode


def _rate(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKmMgG]?)\s*", text)
    rate = int(float(match[1]) * _RATE_UNITS[match[2].lower()]) if match and len(match[1]) < 16 else 0
    if rate < 1:
        raise UsageError(f"{option}: {text!r} is not a bitrate; write it like 4M or 160k")
    return rate


def _priority(text: str | None) -> int:
    return 5 if text is None else priority_named(text, origin="--priority: ")


def priority_named(text: str, *, origin: str = "") -> int:
    """Raises UsageError when it is none; ``origin`` says where it stands."""
    if not re.fullmatch(r"[1-9]|10", text.strip()):
        raise UsageError(f"{origin}{text!r} is not a number from 1 (last) to 10 (first)")
    return int(text)


def _expanded(names: Iterable[str]) -> Iterable[str]:
    """The names, with ``*.mp4`` resolved where the shell leaves that to programs."""
    for name in names:
        if os.name == "nt" and glob.has_magic(name) and not Path(name).exists():
            yield from sorted(glob.glob(name)) or [name]  # noqa: PTH207 - a pattern may hold a drive and folders
        else:
            yield name
