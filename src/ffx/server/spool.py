"""The folders of jobs on disk: one for each server, in it one for each job, and what dead servers left."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import stat
import time
from pathlib import Path

from attrs import frozen
from filelock import FileLock, Timeout

from ffx.core.errors import ConfigurationError

PREFIX = "ffx-server-"
OWNER = "owner.json"
LOCK = "lock"
IN = "in"
"""In the folder of a job, what FFmpeg may read: its input, which is perhaps another job's too."""
OUT = "out"
"""And where it may write."""
LEFTOVER_AGE = 6 * 3600.0
"""Seconds since the last sign of life after which the folder of a dead server that does not come back is removed."""

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
        return f"{IN}/0"

    @property
    def output_name(self) -> str:
        return f"{OUT}/0{self.suffix}"

    def create(self) -> None:
        for name in (IN, OUT):
            (self.path / name).mkdir(parents=True)

    def remove(self) -> None:
        """Remove it; removing it twice is fine. What a system holds fast goes with the spool, later."""
        shutil.rmtree(self.path, ignore_errors=True)


class Spool:
    """The folder of one server, which one process at a time owns, from ``open`` to ``close``.

    Its lock dies with its holder: what a killed server left belongs to the next one of the same id.
    """

    def __init__(self, temp_dir: Path, server_id: str, *, keep: float | None = None) -> None:
        """``keep``: seconds for which it waits for the server to come back; None: it never does under this id."""
        self.durable = keep is not None
        self._temp_dir = temp_dir
        self._server_id = server_id
        self._keep = LEFTOVER_AGE if keep is None else max(keep, LEFTOVER_AGE)
        self._lock: FileLock | None = None
        self.path = temp_dir

    @property
    def jobs(self) -> Path:
        return self.path / "jobs"

    @property
    def inputs(self) -> Path:
        return self.path / "inputs"

    def open(self) -> None:
        """Make the folder, or take over what is there of it.

        Raises:
            ConfigurationError: the folder for temporary files cannot be used, or another process is this server.
        """
        try:
            self._temp_dir.mkdir(parents=True, exist_ok=True)
            self._temp_dir = self._temp_dir.resolve()  # as FFmpeg would name it in an error
            self.path = self._temp_dir / f"{PREFIX}{self._server_id}"
            self._lock = _take_over(self.path)
            for folder in (self.jobs, self.inputs):
                folder.mkdir(exist_ok=True)
            (self.path / OWNER).write_text(json.dumps({"keep": self._keep}), encoding="utf-8")
        except Timeout:
            raise ConfigurationError(
                f"{self.path} is in use: a server of the same name and port runs; stop it, or give this one another"
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"temp_dir: {self._temp_dir} cannot be used: {error.strerror}; give a folder that can be written"
            ) from None

    def close(self, *, keep: bool = False) -> None:
        """Remove the folder with everything in it; with ``keep``, leave the jobs in it to the next life."""
        if self._lock is None:
            return
        for folder in (self.inputs, *(() if keep else (self.jobs,))):
            shutil.rmtree(folder, ignore_errors=True)
        self._lock.release()  # first: Windows removes no file that is open
        self._lock = None
        if not keep:
            shutil.rmtree(self.path, ignore_errors=True)

    def job_folder(self, suffix: str) -> JobFolder:
        """A new, empty folder for a job, under a name that nobody can guess."""
        folder = JobFolder(self.jobs / secrets.token_hex(8), suffix)
        folder.create()
        return folder

    def free_space(self) -> int:
        return shutil.disk_usage(self.path).free

    def show_life(self) -> None:
        """Tell other servers, also those in other containers, that this folder is in use."""
        os.utime(self.path / OWNER)

    def remove_leftovers(self) -> list[Path]:
        """Remove what dead servers left in the same place; returns what was removed.

        The folder of a server that lives is never touched, nor one that showed life a short while ago (its process
        may be where its lock cannot be seen), nor one whose results may still be asked for.
        """
        return [
            folder
            for folder in self._temp_dir.glob(f"{PREFIX}*")
            if folder != self.path and folder.is_dir() and not folder.is_symlink() and _remove_if_left(folder)
        ]


def _take_over(folder: Path) -> FileLock:
    """Make the folder and lock it. Raises Timeout when another process holds it, OSError when it cannot be had."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        _check_ours(folder)
        lock = _locked(folder)
        if (folder / LOCK).exists():
            return lock
        lock.release()  # its holder was just removing it


def _check_ours(folder: Path) -> None:
    """The name can be known to other users, and the place may be one where they write too."""
    facts = folder.lstat()
    if os.name != "nt" and (not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077):
        raise PermissionError(0, f"{folder.name} in it is another user's")


def _locked(folder: Path) -> FileLock:
    lock = FileLock(folder / LOCK, thread_local=False)
    lock.acquire(blocking=False)
    return lock


def _remove_if_left(folder: Path) -> bool:
    owner = folder / OWNER
    with contextlib.suppress(OSError, Timeout):
        last_sign = (owner if owner.exists() else folder).stat().st_mtime
        if time.time() - last_sign > _kept_for(owner):
            lock = _locked(folder)
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()
            shutil.rmtree(folder, ignore_errors=True)  # what Windows held fast
            log.info("removed %s, which a server that is gone had left", folder)
            return True
    return False


def _kept_for(owner: Path) -> float:
    try:
        return float(json.loads(owner.read_text(encoding="utf-8"))["keep"])
    except (OSError, ValueError, TypeError, KeyError):
        return LEFTOVER_AGE
