"""The process that reads what others sent: it copies itself for each owner of files, so that no owner's has a say
about another's.

Its stdin is a Unix socket. Each byte that comes there brings another socket, for a copy: the reader. Each byte that
comes there brings an open file (``ANY_STREAMS``: one that may hold subtitles alone; ``FIRST_FRAME``: one whose first
frame is looked at), and is answered with one line:
what was found, or, when the reader did not come to its end, how it ended, as a wait status. Who closes the other end of
a reader's socket wants no answer any more. At the end of the first socket all ends. With such a byte and a path as its
arguments the process examines that file and writes the answer to stdout, for systems without any of this.
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
FILMS, ANY_STREAMS, FIRST_FRAME = b"?", b"*", b"1"
CPU_SECONDS = 60
"""For a file of any size, and as many more as it has ``CPU_SHARE`` bytes: a packet of sound may have a hundred."""
CPU_SHARE = 5_000_000


def main() -> None:
    """Serve until the socket ends; or examine one file."""
    if len(sys.argv) > 1:
        word, path = sys.argv[1:]
        sys.stdout.buffer.write(_examined(Path(path), word.encode()))
        return
    _set_process(_PR_SET_DUMPABLE, 0)  # readers are of the same user: none may look into this process or change it
    prepare()
    gc.collect()
    gc.freeze()  # the collector of a copy would touch, and so copy, all that is here
    control = socket.socket(fileno=os.dup(0))
    control.sendall(b"!")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what is said of files from now on is in the answers
    _Readers(control).serve()


class _Readers:
    """The copies of this process, by their sockets."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._known: dict[int, tuple[socket.socket, int]] = {}
        """Each one's socket, which is kept to say how it ended, and its process."""
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
                elif number in self._known:
                    os.kill(self._known[number][1], signal.SIGKILL)  # nobody waits for its answers any more
                    self._poll.unregister(number)

    def _take(self) -> bool:
        """Begin a reader; False at the end."""
        word, sockets, _, _ = socket.recv_fds(self._control, 1, 1)
        if not word:
            return False
        files = socket.socket(fileno=sockets[0])
        pid = os.fork()
        if pid == 0:
            self._become_reader(files)
        self._known[files.fileno()] = files, pid
        self._poll.register(files, 0)  # says when its other end is closed
        return True

    def _become_reader(self, files: socket.socket) -> NoReturn:
        try:
            for other in (self._control, *(known for known, _ in self._known.values())):
                other.close()
            signal.set_wakeup_fd(-1)
            _set_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
            _set_process(_PR_SET_DUMPABLE, 1)  # else its own /dev/fd is closed to it
            _read(files)
            os._exit(0)
        finally:
            os._exit(1)

    def _reap(self) -> None:
        os.read(self._ended, 4096)
        for number, (files, pid) in list(self._known.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with contextlib.suppress(OSError):  # also where it left no room for a word
                    files.send(b"%d\n" % status, socket.MSG_DONTWAIT)
                with contextlib.suppress(KeyError):
                    self._poll.unregister(number)
                files.close()
                del self._known[number]

    def _leave(self) -> None:
        for _, pid in self._known.values():
            os.kill(pid, signal.SIGKILL)


def _read(files: socket.socket) -> None:
    """Examine each file that comes."""
    while True:
        word, sources, _, _ = socket.recv_fds(files, 1, 1)
        if not word:
            return
        (source,) = sources
        _limit_time(os.fstat(source).st_size)
        files.sendall(_examined(Path(f"/dev/fd/{source}"), word) + b"\n")
        os.close(source)


def _examined(path: Path, word: bytes) -> bytes:
    return examine_to_text(path, subtitles=word == ANY_STREAMS, first_frame=word == FIRST_FRAME)


def _limit_time(size: int) -> None:
    import resource  # not on Windows, where no reader comes to this

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS + size // CPU_SHARE
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _set_process(option: int, value: int) -> None:
    """What Linux has for processes alone, and Python no name for."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main()
