"""The tracks of one file in a list: which are kept, in which order, and what becomes of each. Without Tk.

What a list says is written as the command line has it, a line for each track that is kept: that text is what counts,
and may be written by hand too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import define, evolve, field, frozen

from ffx.core.desk import TrackRow
from ffx.gui_tk.texts import Texts

NONE = "none"


@frozen
class Track:
    """One track, and what is wanted of it."""

    row: TrackRow
    kept: bool = True
    words: str = ""
    """What becomes of it, such as ``codec=opus bitrate=128k``; empty: as it is, where the container takes it."""

    @property
    def line(self) -> str:
        return f"index={self.row.index} {self.words}".rstrip()


@define
class TracksView:
    """The sounds, or the subtitles, of a file."""

    rows: tuple[TrackRow, ...] = ()
    tracks: list[Track] = field(factory=list)
    others: tuple[str, ...] = ()
    """Lines that are of no track of the file: files of subtitles."""
    is_clear: bool = True
    """False while the lines choose otherwise than by the numbers of tracks, as ``lang=fra`` does: then which are kept
    is seen by whoever encodes; what is done here takes the place of those lines.
    """

    def take(self, lines: Sequence[str]) -> None:
        """Show what lines say."""
        self.is_clear = True
        self.others = tuple(line for line in lines if "file=" in line)
        own = [line for line in lines if "file=" not in line]
        if not own and not self.others:
            self.tracks = [Track(row) for row in self.rows]
            return
        numbered = [re.fullmatch(r"index=(\d+)(?: +(.*))?", line.strip()) for line in own if line.strip() != NONE]
        found = {int(match[1]): match[2] or "" for match in numbered if match is not None}
        if len(found) != len(numbered) or not found.keys() <= {row.index for row in self.rows}:
            self.tracks, self.is_clear = [Track(row, kept=False) for row in self.rows], False
            return
        by_index = {row.index: row for row in self.rows}
        kept = [Track(by_index[index], words=words) for index, words in found.items()]
        self.tracks = kept + [Track(row, kept=False) for row in self.rows if row.index not in found]

    def toggle(self, place: int) -> None:
        """Keep a track, or leave it out."""
        self.is_clear = True
        self.tracks[place] = evolve(self.tracks[place], kept=not self.tracks[place].kept)

    def say(self, place: int, words: str) -> None:
        """What becomes of a track, which is kept then."""
        self.is_clear = True
        self.tracks[place] = evolve(self.tracks[place], kept=True, words=words.strip())

    def move(self, place: int, by: int) -> int:
        """Have a track earlier or later; returns its new place."""
        to = max(0, min(len(self.tracks) - 1, place + by))
        self.tracks.insert(to, self.tracks.pop(place))
        return to

    def lines(self) -> tuple[str, ...]:
        """What is shown, in lines; nothing where all is as the file has it."""
        if self.tracks == [Track(row) for row in self.rows] and not self.others:
            return ()
        lines = (*(track.line for track in self.tracks if track.kept), *self.others)
        return lines or (NONE,)

    def cells(self, texts: Texts) -> list[tuple[str, ...]]:
        """A row for each: kept, number, language, what it is, title, what becomes of it."""
        return [
            (
                self._mark(track),
                str(track.row.index),
                track.row.language,
                _described(track.row, texts),
                track.row.title,
                self._fate(track, texts),
            )
            for track in self.tracks
        ]

    def _mark(self, track: Track) -> str:
        return "?" if not self.is_clear else "✔" if track.kept else "✖"

    def _fate(self, track: Track, texts: Texts) -> str:
        if not self.is_clear:
            return texts("as it is written below")
        return (track.words or texts("as it is")) if track.kept else texts("left out")


def _described(row: TrackRow, texts: Texts) -> str:
    words = [row.codec]
    if row.channels:
        words.append({1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}.get(row.channels, f"{row.channels}"))
    if row.default:
        words.append(texts("default"))
    if row.forced:
        words.append(texts("forced"))
    return ", ".join(words)
