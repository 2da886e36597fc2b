"""One real process: its signals, its words, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.faults.harness.waiting import LIMIT, until


class Run:
    """A process whose stdout and stderr go into files, so that nothing it says can stop it."""

    def __init__(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], name: str, append: bool = False
    ) -> None:
        """``append``: go on with the files of an earlier life of the same name."""
        self.name = name
        self._out_file, self._err_file = folder / f"{name}.out", folder / f"{name}.err"
        mode = "ab" if append else "wb"
        with self._out_file.open(mode) as out, self._err_file.open(mode) as err:
            self._said_before = out.tell()
            self._process = subprocess.Popen(
                command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def out(self) -> str:
        """What this life said on stdout."""
        return self._out_file.read_bytes()[self._said_before :].decode(errors="replace")

    @property
    def err(self) -> str:
        """Everything said on stderr, by earlier lives too."""
        return self._err_file.read_text(encoding="utf-8", errors="replace")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def said(self, words: str, limit: float = LIMIT) -> None:
        """Wait for words on stdout."""
        until(
            lambda: words in self.out or not self.is_running,
            f"{words!r} from {self.name}",
            limit,
            lambda: f"{self.out}\n{self.err}",
        )
        assert words in self.out, f"{self.name} ended and never said {words!r}:\n{self.out}\n{self.err}"

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """-9: it has no moment to tidy up."""
        self._process.kill()
        self._process.wait()

    def suspend(self) -> None:
        self.signal(signal.SIGSTOP)
        until(lambda: self._state() in "TX", f"{self.name} standing still")

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def wait(self, limit: float = LIMIT) -> int:
        """Its exit status. Raises AssertionError when it goes on for too long."""
        try:
            return self._process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} goes on after {limit:g} s:\n{self.out}\n{self.err}") from None

    def ends_well(self, limit: float = LIMIT) -> None:
        """Wait for its end, with status 0."""
        status = self.wait(limit)
        assert status == 0, f"{self.name} ended with {status}:\n{self.out}\n{self.err}"

    def end(self) -> None:
        """Leave nothing of it behind, whatever state it is in."""
        if self.is_running:
            self.kill()

    def _state(self) -> str:
        if os.name == "nt":
            return "X"
        try:
            return Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except OSError:
            return "X"
