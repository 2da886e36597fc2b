"""The folders of jobs on disk: one for each server process, in it one for each job, and what dead processes left."""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

import psutil
from attrs import frozen

from ffx.core.errors import ConfigurationError

PREFIX = "ffx-server-"
OWNER = "owner.json"
LEFTOVER_AGE = 6 * 3600.0
"""Seconds since the last sign of life after which the folder of a dead process is removed."""

log = logging.getLogger(__name__)


@frozen
class JobFolder:
    """One job's files under names that the server made; a client's names never reach a path."""

    path: Path
    suffix: str = ""
    """Of the output, with its dot."""

    @property
    def input(self) -> Path:
        return self.path / self.input_name

    @property
    def output(self) -> Path:
        return self.path / self.output_name

    @property
    def input_name(self) -> str:
        """Relative to the folder. Without a suffix: what the bytes are decides how they are read."""
        return "in/0"

    @property
    def output_name(self) -> str:
        return f"out/0{self.suffix}"

    def create(self) -> None:
        for name in ("in", "out"):
            (self.path / name).mkdir(parents=True)

    def remove(self) -> None:
        """Remove it; removing it twice is fine. What a system holds fast goes with the spool, later."""
        shutil.rmtree(self.path, ignore_errors=True)


class Spool:
    """The folder of this server process; it exists from ``open`` to ``close``."""

    def __init__(self, temp_dir: Path) -> None:
        self._temp_dir = temp_dir
        self.path = temp_dir

    def open(self) -> None:
        """Make the folder.

        Raises:
            ConfigurationError: the folder for temporary files cannot be used.
        """
        try:
            self._temp_dir.mkdir(parents=True, exist_ok=True)
            self._temp_dir = self._temp_dir.resolve()  # as FFmpeg would name it in an error
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._temp_dir))
            (self.path / OWNER).write_text(json.dumps(_this_process()), encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"temp_dir: {self._temp_dir} cannot be used: {error.strerror}; give a folder that can be written"
            ) from None

    def close(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def job_folder(self, suffix: str) -> JobFolder:
        """A new, empty folder for a job, under a name that nobody can guess."""
        folder = JobFolder(self.path / secrets.token_hex(8), suffix)
        folder.create()
        return folder

    def free_space(self) -> int:
        return shutil.disk_usage(self.path).free

    def show_life(self) -> None:
        """Tell other servers, also those in other containers, that this folder is in use."""
        os.utime(self.path / OWNER)

    def remove_leftovers(self, *, older_than: float = LEFTOVER_AGE) -> list[Path]:
        """Remove what dead servers left in the same place; returns what was removed.

        The folder of a server that lives is never touched, nor one that showed life within ``older_than`` seconds:
        its process may be in a container that cannot be seen from here.
        """
        removed = []
        for folder in self._temp_dir.glob(f"{PREFIX}*"):
            if folder != self.path and folder.is_dir() and not folder.is_symlink() and _is_left(folder, older_than):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
                log.info("removed %s, which a server that is gone had left", folder)
        return removed


def _is_left(folder: Path, older_than: float) -> bool:
    owner = folder / OWNER
    try:
        last_sign = (owner if owner.exists() else folder).stat().st_mtime
    except OSError:
        return False
    return time.time() - last_sign > older_than and not _lives(owner)


def _this_process() -> dict[str, float]:
    process = psutil.Process()
    return {"pid": process.pid, "created": process.create_time()}


def _lives(owner: Path) -> bool:
    """Whether the process that an owner file names still runs; the creation time unmasks a reused number."""
    try:
        said = json.loads(owner.read_text(encoding="utf-8"))
        # The system derives the creation time from the clock, which may have been set since.
        return bool(abs(psutil.Process(said["pid"]).create_time() - said["created"]) < 5)
    except (OSError, ValueError, TypeError, KeyError, psutil.NoSuchProcess):
        return False
    except psutil.AccessDenied:
        return True
