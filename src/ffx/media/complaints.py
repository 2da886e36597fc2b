"""FFmpeg's complaints: a bounded memory of its stderr, and the one line that names the cause."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

_HEAD = 20
_TAIL = 40
_LINE = 500
"""Characters kept of a line."""

_DISK_FULL = (b"No space left on device", b"Disk quota exceeded", b"Disc quota exceeded")
_PREFIX = re.compile(r"^(?:\[[^\]]* @ (?:0x)?[0-9a-f]+\] ?)+")
_NOT_A_CAUSE = re.compile(
    # Notes and warnings.
    r"^(Svt\[(info|warn)\]|x265 \[(info|warning)\]|\s*$|encoded \d+ frames|.*deprecated|.*timescale not set"
    r"|Multiple -|.*Application provided invalid|.*Starting new cluster|.*Past duration"
    # The settings that libvpx lists before it says what is wrong with them.
    r"|vpx_codec_enc_cfg|[a-z0-9 ]* settings$|bitrate tolerance$|decoder buffer model$|\s*[a-z]+_[a-z0-9_]+: *[-\d{(]"
    # What follows from a failure.
    r"|Conversion failed|Error (initializing output stream|while opening encoder|opening output file|opening input file"
    r"|sending frames|submitting a packet|muxing a packet|writing trailer|closing file)"
    r"|.*[Tt]ask finished with error|Terminating thread|.*Nothing was written|Could not open encoder before EOF"
    r"|Failed to inject frame|Error during demuxing|.*received no packets|av_interleaved_write_frame\(\)$"
    r"|ff_frame_thread_encoder_init failed)"
)


class Complaints:
    """Remembers the first and the last lines of what is fed to it, and whether a disk was full."""

    def __init__(self) -> None:
        self.disk_full = False
        self._head: list[str] = []
        self._tail: deque[str] = deque(maxlen=_TAIL)
        self._rest = b""

    def feed(self, data: bytes) -> None:
        # Whole blocks are dealt with at once: a flood of a gigabyte must not cost minutes.
        data = (self._rest + data).replace(b"\r", b"\n")
        self.disk_full = self.disk_full or any(words in data for words in _DISK_FULL)
        while b"\n\n" in data:
            data = data.replace(b"\n\n", b"\n")
        if len(self._head) < _HEAD:
            *lines, rest = data.split(b"\n")
        else:  # no more than is kept
            *lines, rest = data.rsplit(b"\n", _TAIL + 1)[-_TAIL - 1 :]
        if len(rest) > 64 * _LINE:  # a line without end
            lines, rest = [*lines, rest], b""
        self._rest = rest
        self._keep(lines)

    def close(self) -> None:
        """No more will come."""
        self._keep([self._rest])
        self._rest = b""

    def _keep(self, lines: list[bytes]) -> None:
        lines = [line for line in lines if line and not line.isspace()]
        room = _HEAD - len(self._head)
        self._head.extend(_text(line) for line in lines[:room])
        self._tail.extend(_text(line) for line in lines[room:][-_TAIL:])

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines remembered, in order."""
        return (*self._head, *self._tail)

    def line_with(self, words: re.Pattern[str]) -> str:
        """The first line remembered that has some words in it, without its address prefix; or empty."""
        return next((_PREFIX.sub("", line) for line in self.lines if words.search(line)), "")

    def cause(self) -> str:
        """The line that names the cause of a failure; or empty."""
        return first_cause(self.lines)


def first_cause(lines: Iterable[str]) -> str:
    """The first line that names a cause, without its address prefix; the last line where none does; or empty."""
    lines = [_PREFIX.sub("", line) for line in lines]
    causes = [line for line in lines if not _NOT_A_CAUSE.match(line)]
    return next(iter([*causes, *reversed(lines)]), "")


def _text(line: bytes) -> str:
    return line[: 4 * _LINE].decode("utf-8", "replace").strip()[:_LINE]
