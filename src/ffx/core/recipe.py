"""How a job encodes: the recipe. A value without paths or devices; the server turns it into an argv."""

from __future__ import annotations

import math
from enum import StrEnum

from attrs import evolve, field, frozen

from ffx.core.edits import PictureEdits
from ffx.core.targets import Target
from ffx.core.tracks import SoundChoice, SubtitleChoice


class QualityMode(StrEnum):
    """What ``quality_value`` means."""

    CRF = "crf"  # the encoder's own constant-quality scale, whatever its knob is called
    BITRATE = "bitrate"  # bits a second
    QUALITY = "quality"  # 0 (worst) to 100 (best), the same on every encoder


class ArgumentPolicy(StrEnum):
    """Which FFmpeg arguments and filters of others a machine runs, or sends."""

    NONE = "none"
    CHECKED = "checked"  # what is on the lists, bounded and written anew
    ANY = "any"  # whatever FFmpeg takes


SLOWEST, FASTEST = 0.25, 4.0


@frozen
class Trim:
    """The part of the source that is taken."""

    start: float = 0.0
    """Seconds from the beginning."""
    end: float | None = None
    """Seconds from the beginning; None: to the end."""

    def __attrs_post_init__(self) -> None:
        if not (math.isfinite(self.start) and self.start >= 0):
            raise ValueError(f"a part begins at 0 s or later, not at {self.start:g} s")
        if self.end is not None and not (math.isfinite(self.end) and self.end > self.start):
            raise ValueError(f"a part ends after it begins: {self.end:g} s is not after {self.start:g} s")

    def __bool__(self) -> bool:
        """Whether it is not all of the source."""
        return self.start > 0 or self.end is not None


@frozen
class Recipe:
    """How a job encodes its input.

    What a field leaves empty is kept as the source has it, as far as the container can hold it.
    """

    encoder: str = ""
    """FFmpeg's name of the video encoder; ``copy`` keeps the packets; empty: the best one for ``codec``."""
    codec: str = ""
    """The codec wanted when no encoder is named, such as ``hevc``."""
    preset: str = ""
    """The encoder's own speed preset; empty: its default."""
    tune: str = ""
    """What the encoder is tuned for, by its own word (``film``, ``grain``)."""
    profile: str = ""
    """The codec's profile (``high``, ``main10``)."""
    level: str = ""
    """The codec's level (``4.1``)."""
    quality_mode: QualityMode | None = None
    """None: the encoder's default quality."""
    quality_value: float | None = None
    """What the mode says."""
    target: Target | None = None
    """How close to the source the picture is to come, instead of a quality; None: as the quality makes it."""
    two_pass: bool = False
    """Only with a bitrate."""
    pixel_format: str = ""
    """Empty: 8 or 10 bit as the source."""
    gop: float | None = field(default=None)
    """Seconds between two key frames at the most; None: the encoder's default."""
    picture: PictureEdits = PictureEdits()
    """What is changed about the picture, in a fixed order."""
    speed: float = field(default=1.0)
    """How much faster it plays than the source, picture and sound."""
    filters: tuple[str, ...] = ()
    """FFmpeg video filters in order, each ``name=options``; they come after what ``picture`` says."""
    sounds: tuple[SoundChoice, ...] | None = None
    """None: every sound, copied when the container takes it, else encoded well. Empty: none."""
    subtitles: tuple[SubtitleChoice, ...] | None = None
    """None: all that the container can hold. Empty: none."""
    trim: Trim = Trim()
    """The part of the source that is taken."""
    joins: tuple[str, ...] = ()
    """Further files, of the job's other files, whose packets come behind those of the input as they are: the picture is
    copied then, and of each file the first film and the first sound are taken.
    """
    container: str = ""
    """FFmpeg's name of the muxer, such as ``mp4`` or ``matroska``."""
    chapters: bool = True
    """Whether they are kept."""
    metadata: bool = True
    """Titles, dates, tags; languages of streams stay in any case."""
    attachments: bool = True
    """Fonts and covers."""
    ffmpeg_args: tuple[str, ...] = field(default=())
    """Extra FFmpeg output arguments; they come last and win."""

    @speed.validator
    def _possible_speed(self, attribute: object, value: float) -> None:
        if not SLOWEST <= value <= FASTEST:
            raise ValueError(f"a speed is {SLOWEST:g} to {FASTEST:g}, not {value:g}")

    @gop.validator
    def _possible_gop(self, attribute: object, value: float | None) -> None:
        if value is not None and not 0 < value <= 600:
            raise ValueError(f"key frames are at most 600 s apart, and more than 0, not {value:g}")

    @property
    def is_searched(self) -> bool:
        """Whether the quality is found by a search."""
        return self.target is not None and self.target.value is not None

    @property
    def edits_picture(self) -> bool:
        return self.picture != PictureEdits()

    @property
    def every_sound(self) -> SoundChoice | None:
        """How each sound is kept where all are kept alike; None where the recipe chooses among them, or wants none."""
        if self.sounds is None:
            return SoundChoice()
        alike = len(self.sounds) == 1 and not self.sounds[0].selects
        return self.sounds[0] if alike else None

    @property
    def keeps_sound(self) -> bool:
        return self.sounds is None or bool(self.sounds)

    def with_sound_encoder(self, encoder: str) -> Recipe:
        """The same with all that it keeps of the sound on one encoder."""
        choices = (SoundChoice(),) if self.sounds is None else self.sounds
        return evolve(self, sounds=tuple(evolve(choice, encoder=encoder) for choice in choices))
