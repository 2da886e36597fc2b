"""Opening a file with PyAV, as a file and nothing else, with every failure as one line."""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from ffx.core.errors import ProbeError

_NOT_MEDIA = frozenset(
    {
        # Lists of other files and addresses: a job is one file.
        *("concat", "dash", "hls", "imf", "rtp", "rtsp", "sap", "sdp", "webm_dash_manifest"),
        # Devices and generators.
        *("alsa", "fbdev", "kmsgrab", "lavfi", "oss", "v4l2", "video4linux2", "x11grab"),
        # Text drawn as a picture: any text file would pass.
        *("adf", "bin", "idf", "tty", "xbin"),
    }
)
"""Demuxers that never open: `format_whitelist` holds all the others."""


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The file, open for demuxing.

    The name is given as ``file:...`` so that ``a:b.mp4``, ``-x.mp4`` and ``http:...`` are names of files, with no
    protocol but ``file``.

    Raises:
        ProbeError: missing, a directory, not a regular file, empty, not readable, not media; also whatever
            PyAV raises inside the ``with`` block.
    """
    _check_regular(path)
    options = {"protocol_whitelist": "file", "format_whitelist": _format_whitelist()}
    try:
        with av.open(f"file:{path}", options=options, metadata_errors="replace") as container:
            yield container
    except av.error.InvalidDataError:
        raise ProbeError(f"{path}: not a media file, or its header is missing or damaged") from None
    except av.error.ArgumentError:  # what format_whitelist answers
        raise ProbeError(f"{path}: is a list of other files, or text, and not one media file") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ProbeError(f"{path}: cannot be read as media: {_cause(error)}") from None


def _check_regular(path: Path) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise ProbeError(f"{path}: {_cause(error)}") from None
    if stat.S_ISDIR(status.st_mode):
        raise ProbeError(f"{path}: is a directory, not a media file")
    if not stat.S_ISREG(status.st_mode):
        raise ProbeError(f"{path}: is not a regular file; copy its content into one first")
    if status.st_size == 0:
        raise ProbeError(f"{path}: is empty")
    if not os.access(path, os.R_OK):
        raise ProbeError(f"{path}: permission denied; it is not readable for this user")


@functools.cache
def _format_whitelist() -> str:
    names = {name for names in av.formats_available for name in names.split(",")}
    return ",".join(sorted(names - _NOT_MEDIA))


def _cause(error: Exception) -> str:
    text = getattr(error, "strerror", "") or str(error)  # not every error of PyAV is an OSError
    words = " ".join(text.split())
    return words[:1].lower() + words[1:]
