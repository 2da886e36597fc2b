"""What the system lets one FFmpeg use at the most: bytes of a file, memory, processes; and no core dump.

These are backstops. A disk that gets full and an encode without an end are noticed earlier, by others.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

import psutil
from attrs import frozen

LEAST_FILE = 4 * 1024**3
"""Bytes that every output may have: a picture that hardly changes is far smaller than what is made of it."""
GROWTH = 200
"""How many times as large as its input an output may be: raw pictures of well compressed film are about that."""
MEMORY_SHARE = 0.75
"""Of this machine's memory, for one FFmpeg."""
LEAST_MEMORY = 2 * 1024**3
PROCESSES = 16_384
"""Processes and threads of this user, all programs together, as the system counts: what FFmpeg needs is far less, what
takes a machine down is more.
"""

_SCRIPT = (
    # Where the system allows less already that stays. Shells differ in the letter for processes. The last one makes
    # FFmpeg the first to go where memory ends for all; only Linux has it.
    "{ ulimit -c 0; ulimit -f $1; ulimit -d $2; ulimit -u $3 || ulimit -p $3; echo 500 >/proc/self/oom_score_adj; } "
    '2>/dev/null; shift 3; exec "$@"'
)
_FILE_UNIT = 512
_MEMORY_UNIT = 1024


@frozen
class Limits:
    """The limits of one run."""

    largest_file: int = LEAST_FILE
    """Bytes."""
    memory: int = LEAST_MEMORY
    """Bytes of its own data. Not of addresses: CUDA reserves far more of those than a machine has memory."""
    processes: int = PROCESSES

    def command(self, argv: Sequence[str]) -> tuple[str, ...]:
        """The command under these limits. Every POSIX system's shell sets them, in a millisecond, and goes away."""
        numbers = (self.largest_file // _FILE_UNIT, self.memory // _MEMORY_UNIT, self.processes)
        return (_shell(), "-c", _SCRIPT, "ffx", *map(str, numbers), *argv)


def job_limits(input_size: int) -> Limits:
    """The limits for an encode of an input of so many bytes on this machine."""
    memory = max(LEAST_MEMORY, round(psutil.virtual_memory().total * MEMORY_SHARE))
    return Limits(LEAST_FILE + GROWTH * input_size, memory)


def can_limit() -> bool:
    """Whether this system has such limits; Windows has none that a program could take with it."""
    return sys.platform != "win32" and bool(_shell())


def _shell() -> str:
    return shutil.which("sh", path="/bin:/usr/bin") or ""
