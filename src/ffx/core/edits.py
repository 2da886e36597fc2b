"""What a recipe changes about the picture, in the order in which it is done."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from attrs import field, frozen

LARGEST_SIDE = 16384
"""Pixels; beyond it no encoder here goes."""


class Deinterlace(StrEnum):
    """What becomes of interlaced frames."""

    AUTO = "auto"  # fields are put together where the source was seen to have them
    ALWAYS = "always"  # one frame for each two fields, whatever the source
    TELECINE = "telecine"  # film that was spread over 30 frames a second gets its 24 back


class Denoise(StrEnum):
    """How much noise is taken out."""

    LIGHT = "light"
    MEDIUM = "medium"
    STRONG = "strong"


class Corner(StrEnum):
    """Where in the picture a watermark stands."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"
    CENTRE = "centre"


def _side(value: int, what: str) -> None:
    if not 0 <= value <= LARGEST_SIDE:
        raise ValueError(f"{what} is 0 to {LARGEST_SIDE} pixels, not {value}")


@frozen
class Crop:
    """The part of the picture that stays, in pixels of the source; or what is left without black edges."""

    auto: bool = False
    """The server looks for black edges; the other fields are not used then."""
    width: int = 0
    """Pixels that stay."""
    height: int = 0
    """Pixels that stay."""
    left: int = 0
    """Pixels that are cut off at the left."""
    top: int = 0
    """Pixels that are cut off above."""

    def __attrs_post_init__(self) -> None:
        for what in ("width", "height", "left", "top"):
            _side(getattr(self, what), what)
        if not self.auto and not (self.width and self.height):
            raise ValueError("a crop has a width and a height, or is automatic")


@frozen
class Scale:
    """The size of the picture in pixels; a side of 0 follows from the other one, so that the shape stays."""

    width: int = 0
    """Pixels; 0: by the height."""
    height: int = 0
    """Pixels; 0: by the width."""
    enlarge: bool = True
    """Whether a smaller picture is made larger; else the size is a limit."""

    def __attrs_post_init__(self) -> None:
        _side(self.width, "width")
        _side(self.height, "height")
        if not (self.width or self.height):
            raise ValueError("a size has a width, a height, or both")


@frozen
class Watermark:
    """A picture that is laid over the film."""

    file: str
    """One of the job's other files, as it is written."""
    corner: Corner = Corner.BOTTOM_RIGHT
    """Where it stands."""
    margin: int = 16
    """Pixels of the output between the picture and the edges."""

    def __attrs_post_init__(self) -> None:
        _side(self.margin, "margin")


ROTATIONS = (0, 90, 180, 270)
HIGHEST_RATE = 1000


@frozen
class PictureEdits:
    """Each is done after the one above it; what is left empty is not done."""

    deinterlace: Deinterlace | None = None
    """What becomes of interlaced frames."""
    crop: Crop | None = None
    """What is cut off."""
    rotate: int = field(default=0)
    """Degrees clockwise: 0, 90, 180 or 270. What the source's own metadata says of it is done anyway."""
    denoise: Denoise | None = None
    """How much noise is taken out."""
    tone_map: bool = False
    """HDR (PQ, HLG) becomes BT.709; other sources stay as they are."""
    scale: Scale | None = None
    """The size, after what is cut off."""
    watermark: Watermark | None = None
    """Over subtitles that are burned in."""
    frame_rate: Fraction | None = field(default=None)
    """Frames a second, constant; None: as the source has them. After a change of speed."""

    @rotate.validator
    def _quarter_turns(self, attribute: object, value: int) -> None:
        if value not in ROTATIONS:
            raise ValueError(f"a rotation is 0, 90, 180 or 270 degrees, not {value}")

    @frame_rate.validator
    def _possible_rate(self, attribute: object, value: Fraction | None) -> None:
        if value is not None and not 0 < value <= HIGHEST_RATE:
            raise ValueError(f"a frame rate is above 0 and at most {HIGHEST_RATE}, not {value}")
