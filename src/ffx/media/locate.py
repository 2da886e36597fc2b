"""Finds the FFmpeg to use: the configuration, ``FFX_FFMPEG``, ``PATH``, then the one of imageio-ffmpeg."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ffx.core.errors import FfmpegNotFound


def locate_ffmpeg(configured: str, environment: Mapping[str, str]) -> Path:
    """The FFmpeg to use. One that is named must be there: ffx never falls back to another behind a person's back.

    Raises:
        FfmpegNotFound: the one that was named is missing or cannot run, or there is none at all.
    """
    if configured:
        return _named(configured, "the configuration", environment)
    if environment.get("FFX_FFMPEG"):
        return _named(environment["FFX_FFMPEG"], "FFX_FFMPEG", environment)
    on_path = shutil.which("ffmpeg", path=environment.get("PATH", ""))
    if on_path:
        return Path(on_path).absolute()
    packaged = _packaged()
    if packaged:
        return packaged
    raise FfmpegNotFound(
        "no FFmpeg on this machine: install ffmpeg, or `pip install ffmpeg-easy[ffmpeg]`, or name one in FFX_FFMPEG"
    )


def _named(name: str, source: str, environment: Mapping[str, str]) -> Path:
    path = Path(name).expanduser()
    if path.is_dir():
        raise FfmpegNotFound(f"{source} names {name}, which is a folder: give the path of the ffmpeg program in it")
    found = shutil.which(str(path), path=environment.get("PATH", ""))
    if found:
        return Path(found).absolute()
    if path.exists() and not os.access(path, os.X_OK):
        raise FfmpegNotFound(f"{source} names {name}, which may not be executed: check its permissions")
    raise FfmpegNotFound(f"{source} names {name}, which does not exist: correct it or leave it empty")


def _packaged() -> Path | None:
    # Imported only here: the package is optional, and slow to import for those who do not need it.
    try:
        import imageio_ffmpeg
    except ImportError:
        return None
    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe()).absolute()
    except RuntimeError:  # its word for a platform without a binary
        return None
