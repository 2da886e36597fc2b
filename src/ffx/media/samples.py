"""Pieces of a film that stand for all of it, and the recipes that encode them. Pure."""

from __future__ import annotations

from attrs import evolve

from ffx.core.recipe import QualityMode, Recipe, Trim
from ffx.media.changes import expected_length
from ffx.media.probe import MediaInfo, StreamInfo

WHOLE_SECONDS = 60.0
"""A film no longer than that is taken as a whole."""
PIECE_SECONDS = 3.0
FEWEST, MOST = 8, 16
SECONDS_FOR_EACH = 120.0
"""Of a film: one more piece for each two minutes, so that a score is the film's and not that of its titles."""
MOST_BYTES = 3 * 1024**3
"""Of the pieces as the reference keeps them, without loss: what a film of 4K and 10 bit needs is shortened to that."""
_COMPRESSION = 0.5
"""What FFV1 leaves of a raw picture, at the most of usual ones."""
REFERENCE = "ffv1"
"""The encoder of the pieces that are measured against: every FFmpeg has it, and it loses nothing."""


def pieces(recipe: Recipe, media: MediaInfo) -> tuple[Trim, ...]:
    """The parts of the source to look at, evenly spread over what the recipe takes of it."""
    start = recipe.trim.start
    length = expected_length(recipe, media.duration) * recipe.speed
    most = _affordable(media.video) if media.video is not None else length
    if length <= min(WHOLE_SECONDS, most):
        return (recipe.trim,)
    number = max(FEWEST, min(MOST, round(length / SECONDS_FOR_EACH)))
    each = min(PIECE_SECONDS, most / number, length / number)
    step = length / number
    starts = (start + step * (place + 0.5) - each / 2 for place in range(number))
    return tuple(Trim(at, at + each) for at in starts)


def sample_recipe(recipe: Recipe, piece: Trim, quality: float | None) -> Recipe:
    """The recipe for the picture of one piece; ``quality`` on the encoder's own scale, None: as the recipe has it."""
    burned = tuple(choice for choice in recipe.subtitles or () if choice.burn)
    plain = evolve(
        recipe,
        trim=piece,
        target=None,
        sounds=(),
        subtitles=burned,
        container="matroska",
        chapters=False,
        metadata=False,
        attachments=False,
    )
    return plain if quality is None else evolve(plain, quality_mode=QualityMode.CRF, quality_value=quality)


def reference_recipe(recipe: Recipe, piece: Trim) -> Recipe:
    """What the piece would be if its encoder lost nothing: the same edits, in FFV1."""
    return evolve(
        sample_recipe(recipe, piece, None),
        encoder=REFERENCE,
        codec=REFERENCE,
        quality_mode=None,
        quality_value=None,
        two_pass=False,
        gop=None,
        preset="",
        tune="",
        profile="",
        level="",
        pixel_format="",
    )


def _affordable(film: StreamInfo) -> float:
    """Seconds of a film that the reference has room for."""
    bytes_a_pixel = 1.5 if film.bit_depth <= 8 else 3.0
    a_second = film.width * film.height * bytes_a_pixel * _COMPRESSION * float(film.frame_rate or 25)
    return MOST_BYTES / a_second if a_second else WHOLE_SECONDS
