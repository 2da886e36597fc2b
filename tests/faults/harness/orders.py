"""What an FFmpeg of a server is told to do, and what it wrote down: the test's side of ``shim.py``."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Literal

import imageio_ffmpeg
from attrs import frozen

SHIM = Path(__file__).parent / "shim.py"
LISTED = ("libx264", "aac")
"""Encoders that it lists: few, so that a server has soon tried all of them."""

Order = Literal[
    "real",  # encodes
    "short",  # encodes two seconds, and calls that a success
    "empty",  # makes an empty file, and calls that a success
    "missing",  # makes nothing, and calls that a success
    "hangs",  # does nothing for ever, and does not end when it is asked to
    "stops",  # stands still, as by SIGSTOP
    "endless",  # encodes the source again and again
    "crashes",  # is ended by SIGSEGV
    "floods",  # writes a gigabyte to stderr, then encodes
    "fails",  # says something and exits with 1
]


@frozen
class Encode:
    """One FFmpeg that was started for a job."""

    pid: int
    folder: str
    """Of the job on its server."""
    order: Order
    job_id: str
    """Empty when the server kept no note of it."""
    attempt: int


def real_ffmpeg() -> Path:
    """The one on PATH, else that of the wheel."""
    return Path(shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe())


def install_shim(program: Path, *, sessions: int = 0) -> Path:
    """Put an FFmpeg that follows orders somewhere. ``sessions``: it has an ``h264_nvenc``, for so many at a time."""
    listed = (*LISTED, "h264_nvenc") if sessions else LISTED
    settings = {"real": str(real_ffmpeg()), "listed": listed, "sessions": sessions}
    text = SHIM.read_text(encoding="utf-8").replace('"SETTINGS"', repr(json.dumps(settings)))
    program.parent.mkdir(parents=True, exist_ok=True)
    part = program.with_suffix(".part")
    part.write_text(f"#!{os.path.realpath(sys.executable)} -SE\n{text}", encoding="utf-8")
    part.chmod(0o755)
    part.replace(program)
    return program


class Orders:
    """Those of one server, in its folder: its FFmpegs look for them upwards from where they run."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ffmpeg.orders"
        self._log = folder / "ffmpeg.log"
        self.give()

    def give(self, *orders: Order, then: Order = "real") -> None:
        """What the next encodes are to do, one each, and those after them."""
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps({"begun": len(self.encodes()), "orders": orders, "then": then}), encoding="utf-8")
        part.replace(self._file)

    def encodes(self) -> list[Encode]:
        """Every FFmpeg that was started for a job, the first one first."""
        try:
            lines = self._log.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [Encode(**json.loads(line)) for line in lines]
