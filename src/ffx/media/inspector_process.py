"""The process that reads what others sent: it forks for each file, so that no file has a say about the next.

Its stdin is a Unix socket. Each byte that comes there brings two open files: the one to examine, and a pipe for the
answer, which ends with a line feed and how the reader ended, as a wait status. Who closes the pipe's other end wants no
answer any more. At the end of the socket all ends. With a path as its argument it examines that file and writes the
answer to stdout, for systems without any of this.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from ffx.media.inspection import examine_to_text, prepare

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
CPU_SECONDS = 60
"""For a file of any size, and as many more as it has ``CPU_SHARE`` bytes: a packet of sound may have a hundred."""
CPU_SHARE = 5_000_000


def main() -> None:
    """Serve until the socket ends; or examine one file."""
    if len(sys.argv) > 1:
        sys.stdout.buffer.write(examine_to_text(Path(sys.argv[1])))
        return
    _set_process(_PR_SET_DUMPABLE, 0)  # readers are of the same user: none may look into this process or change it
    prepare()
    gc.disable()  # a copy lives for one file; its collector would touch, and so copy, all that is here
    control = socket.socket(fileno=os.dup(0))
    control.sendall(b"!")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what is said of files from now on is in the answers
    _Readers(control).serve()


class _Readers:
    """The processes that each read one file now, by the pipes for their answers."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._pids: dict[int, int] = {}
        self._ended, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._ended, select.POLLIN)

    def serve(self) -> None:
        while True:
            for number, _ in self._poll.poll():
                if number == self._control.fileno():
                    if not self._take():
                        return self._leave()
                elif number == self._ended:
                    self._reap()
                elif number in self._pids:
                    os.kill(self._pids[number], signal.SIGKILL)  # nobody waits for its answer any more
                    self._poll.unregister(number)

    def _take(self) -> bool:
        """Begin to read what came; False at the end."""
        word, files, _, _ = socket.recv_fds(self._control, 1, 2)
        if not word:
            return False
        source, answer = files
        pid = os.fork()
        if pid == 0:
            self._read(source, answer)
        os.close(source)
        self._pids[answer] = pid
        self._poll.register(answer, 0)  # says when its other end is closed
        return True

    def _read(self, source: int, answer: int) -> NoReturn:
        try:
            for other in (self._control.fileno(), *self._pids):
                os.close(other)
            signal.set_wakeup_fd(-1)
            _set_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
            _set_process(_PR_SET_DUMPABLE, 1)  # else its own /dev/fd is closed to it
            _limit_time(os.fstat(source).st_size)
            text = examine_to_text(Path(f"/dev/fd/{source}"))
            while text:
                text = text[os.write(answer, text) :]
            os._exit(0)
        finally:
            os._exit(1)

    def _reap(self) -> None:
        os.read(self._ended, 4096)
        for answer, pid in list(self._pids.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with contextlib.suppress(BrokenPipeError):
                    os.write(answer, b"\n%d" % status)
                with contextlib.suppress(KeyError):
                    self._poll.unregister(answer)
                os.close(answer)
                del self._pids[answer]

    def _leave(self) -> None:
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)


def _limit_time(size: int) -> None:
    import resource  # not on Windows, where no reader comes to this

    seconds = CPU_SECONDS + size // CPU_SHARE
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _set_process(option: int, value: int) -> None:
    """What Linux has for processes alone, and Python no name for."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main()
