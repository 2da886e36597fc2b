"""What a recipe leaves to be found out before the encode: black edges, interlacing, loudness. FFmpeg looks and listens,
and what it says is read here.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from ffx.core.edits import Crop, Deinterlace
from ffx.core.errors import EncodeError
from ffx.core.model import Evidence
from ffx.core.recipe import Recipe, Trim
from ffx.core.tracks import SoundChoice
from ffx.media.arguments import read_arguments
from ffx.media.containers import container_by_name
from ffx.media.film_filters import crop_within
from ffx.media.findings import Findings
from ffx.media.inputs import reporting, source_words
from ffx.media.probe import MediaInfo, StreamInfo
from ffx.media.sound import Loudness, sound_filters
from ffx.media.streams import KeptStream, select_streams
from ffx.media.timing import read_version

LOOKS = 10
"""Places of a film that are looked at, evenly spread: HandBrake looks at as many."""
LOOK_SECONDS = 2.0
WHOLE_SECONDS = 30.0
"""A film no longer than that is looked at as a whole."""
_BLACK = 24 / 255
"""Of full white: what is darker counts as black. ``cropdetect``'s own default, for any bit depth."""
_DETECT = f"cropdetect=limit={_BLACK:.6f}:round=2:reset=0:skip=0,idet,metadata=mode=print:file="
_VALUE = re.compile(r"lavfi\.(cropdetect\.[xywh]|idet\.multiple\.current_frame)=(\S+)")
_QUIETEST = -70.0
"""LUFS; ``loudnorm`` says ``-inf`` of silence."""

Run = Callable[[tuple[str, ...]], Awaitable[tuple[str, ...]]]
"""Runs FFmpeg with some arguments in the job's directory; returns the last lines that it wrote to stderr."""
Read = Callable[[], str]
"""What the last run wrote of its frames."""


@frozen
class Analysis:
    """One look at a source."""

    recipe: Recipe
    media: MediaInfo
    input_name: str
    notes_name: str
    """The file, in the job's directory, into which FFmpeg writes what it sees."""
    ffmpeg_version: str = ""

    @property
    def is_needed(self) -> bool:
        return self._looks or bool(self._heard)

    async def complete(self, run: Run, read: Read) -> Findings:
        """Look and listen.

        Raises:
            EncodeError: FFmpeg failed, or did not say what it was asked for.
        """
        crop, interlaced = await self._look(run, read) if self._looks else (None, False)
        loudness = {}
        for place, kept in self._heard.items():
            loudness[place] = loudness_said(await run(self._listening(kept)))
        return Findings(crop, interlaced, loudness)

    # -- Looking ------------------------------------------------------------------------------------------------

    @property
    def _looks(self) -> bool:
        edits = self.recipe.picture
        automatic = (edits.crop is not None and edits.crop.auto) or edits.deinterlace is Deinterlace.AUTO
        return automatic and self.media.video is not None and self.recipe.encoder not in ("", "copy")

    async def _look(self, run: Run, read: Read) -> tuple[Crop | None, bool]:
        film = self.media.video
        assert film is not None
        notes = []
        for trim in looks(self.media.duration, self.recipe.trim):
            await run(self._looking(film, trim))
            notes.append(read())
        edits = self.recipe.picture
        crop = crop_seen(notes) if edits.crop is not None and edits.crop.auto else None
        return crop_within(crop, film) if crop is not None else None, is_interlaced(notes)

    def _looking(self, film: StreamInfo, trim: Trim) -> tuple[str, ...]:
        return (
            *self._start(trim),
            *("-map", f"0:{film.index}", "-filter:v", f"{_DETECT}{self.notes_name}"),
            *(() if trim.end is None else ("-t", f"{trim.end - trim.start:.6f}")),
            *("-f", "null", "-"),
        )

    def _start(self, trim: Trim) -> tuple[str, ...]:
        return (*reporting(read_version(self.ffmpeg_version)), *source_words(trim, self.media, self.input_name))

    # -- Listening ----------------------------------------------------------------------------------------------

    @property
    def _heard(self) -> Mapping[int, KeptStream]:
        """The sounds that are to be brought to a loudness, by their places in the output."""
        arguments = read_arguments(self.recipe.ffmpeg_args)
        if not any(choice.loudness is not None for choice in self.recipe.sounds or ()) or arguments.owns_mapping:
            return {}
        kept = select_streams(self.recipe, self.media, container_by_name(self.recipe.container), arguments)
        return {
            place: stream
            for place, stream in enumerate(kept.of_kind("audio"))
            if isinstance(stream.choice, SoundChoice) and stream.choice.loudness is not None and not stream.copied
        }

    def _listening(self, kept: KeptStream) -> tuple[str, ...]:
        trim = self.recipe.trim
        words = ("info" if word == "warning" else word for word in self._start(trim))  # where loudnorm speaks
        return (
            *words,
            *("-map", f"0:{kept.source.index}", "-filter:a"),
            ",".join(sound_filters(self.recipe, kept, measure=True)),
            *(() if trim.end is None else ("-t", f"{trim.end - trim.start:.6f}")),
            *("-f", "null", "-"),
        )


def looks(duration: float, trim: Trim) -> tuple[Trim, ...]:
    """The parts of a film of so many seconds that are looked at. Pure."""
    end = duration if trim.end is None else min(trim.end, duration or trim.end)
    length = end - trim.start
    if length <= WHOLE_SECONDS:  # or nobody knows
        return (trim,)
    step = length / LOOKS
    starts = (trim.start + step * (number + 0.5) for number in range(LOOKS))
    return tuple(Trim(start, start + LOOK_SECONDS) for start in starts)


# -- What FFmpeg said -------------------------------------------------------------------------------------------


def crop_seen(notes: Iterable[str]) -> Crop | None:
    """The smallest area that holds all that was not black in any look; None where all was."""
    areas = [area for text in notes for area in _areas(text)]
    if not areas:
        return None
    left, top = min(area.left for area in areas), min(area.top for area in areas)
    right = max(area.left + area.width for area in areas)
    bottom = max(area.top + area.height for area in areas)
    return Crop(width=right - left, height=bottom - top, left=left, top=top)


def _areas(text: str) -> Iterator[Crop]:
    """What ``cropdetect`` had seen at the end of one look: it adds up, so that its last words hold all of it."""
    last = {match[1]: match[2] for match in _VALUE.finditer(text)}
    try:
        left, top, width, height = (int(last[f"cropdetect.{side}"]) for side in "xywh")
        yield Crop(width=width, height=height, left=left, top=top)
    except (KeyError, ValueError):  # nothing but black gives sizes below zero
        return


def is_interlaced(notes: Iterable[str]) -> bool:
    """Whether of the frames that move most are interlaced, and nearly all of those with the same field first: patterns
    that are none look like both.
    """
    seen = Counter(
        match[2] for text in notes for match in _VALUE.finditer(text) if match[1] == "idet.multiple.current_frame"
    )
    usual, other = max(seen["tff"], seen["bff"]), min(seen["tff"], seen["bff"])
    return usual > seen["progressive"] and usual > 3 * other


def loudness_said(lines: Sequence[str]) -> Loudness:
    """What ``loudnorm`` measured.

    Raises:
        EncodeError: it did not say.
    """
    text = "\n".join(lines)
    start, end = text.rfind("{"), text.rfind("}")
    try:
        said = json.loads(text[start : end + 1])
        values = (float(said[name]) for name in ("input_i", "input_tp", "input_lra", "input_thresh", "target_offset"))
        integrated, peak, span, threshold, offset = values
    except (ValueError, KeyError, TypeError):
        raise EncodeError(
            "FFmpeg did not say how loud the sound is", evidence=Evidence(stderr_tail=tuple(lines))
        ) from None
    if not math.isfinite(integrated) or integrated <= _QUIETEST:
        return Loudness(-math.inf, 0.0, 0.0, 0.0, 0.0)
    return Loudness(integrated, peak, span, threshold, offset)
