"""Whether a recipe can be followed at all, whatever the source. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ffx.core.encoders import EncoderSpec
from ffx.core.errors import RecipeError
from ffx.core.recipe import QualityMode, Recipe
from ffx.media.arguments import read_arguments
from ffx.media.changes import keeps_duration
from ffx.media.equivalents import reference_encoder


def check_recipe(recipe: Recipe, specs: Mapping[str, EncoderSpec]) -> None:
    """Whether quality, preset and passes are possible for the encoder, or for the reference encoder of the codec.

    Raises:
        RecipeError: one of them is not; says what would be.
    """
    spec = specs.get(recipe.encoder) if recipe.encoder else reference_encoder(recipe.codec, specs)
    if recipe.two_pass and recipe.quality_mode is not QualityMode.BITRATE:
        raise RecipeError("two passes aim at a bitrate: give one with --bitrate")
    if recipe.quality_mode is QualityMode.BITRATE and not (recipe.quality_value and recipe.quality_value > 0):
        raise RecipeError("a bitrate is a positive number of bits a second")
    if recipe.quality_mode is QualityMode.QUALITY and not 0 <= (recipe.quality_value or 0) <= 100:
        raise RecipeError(f"quality {recipe.quality_value:g} is impossible: it runs from 0 (worst) to 100 (best)")
    if recipe.encoder == "copy":
        _check_copy(recipe)
    _check_target(recipe, spec)
    _check_joins(recipe)
    _check_sounds(recipe)
    _check_mapping(recipe)
    if spec is None:
        if recipe.encoder and recipe.quality_mode in (QualityMode.CRF, QualityMode.QUALITY):
            raise RecipeError(f"no quality scale is known for {recipe.encoder}: give it a bitrate")
        return
    if recipe.two_pass and not spec.two_pass:
        raise RecipeError(f"{spec.name} has no two-pass encoding; give it a bitrate or a quality alone")
    if recipe.quality_mode is QualityMode.CRF and recipe.quality_value is not None:
        spec.check_quality(recipe.quality_value)
    if recipe.preset:
        spec.check_preset(recipe.preset)
    if recipe.tune and recipe.tune not in spec.tunes:
        known = f"it has: {', '.join(spec.tunes)}" if spec.tunes else "it has none"
        raise RecipeError(f"{spec.name} has no tune {recipe.tune!r}; {known}")


def _check_copy(recipe: Recipe) -> None:
    filtered = bool(recipe.filters) or read_arguments(recipe.ffmpeg_args).last("filter", "v", alone=True) is not None
    edited = recipe.edits_picture or recipe.speed != 1.0 or any(c.burn for c in recipe.subtitles or ())
    if filtered or edited or recipe.quality_mode is not None or recipe.preset:
        raise RecipeError("a copied picture cannot be changed: give an encoder, or leave filters and quality out")


def _check_target(recipe: Recipe, spec: EncoderSpec | None) -> None:
    target = recipe.target
    if target is None:
        return
    arguments = read_arguments(recipe.ffmpeg_args)
    if recipe.encoder == "copy":
        raise RecipeError("a copied picture is its source: a target is for one that is encoded")
    if not keeps_duration(recipe, arguments):
        raise RecipeError("with a target the length and the streams are chosen by ffx's own options, not by FFmpeg's")
    if target.value is None:
        return
    if recipe.quality_mode is not None or arguments.set_rate:
        raise RecipeError("a target takes the place of a quality or a bitrate: leave one of them out")
    if spec is None or spec.quality is None:
        raise RecipeError(f"{recipe.encoder or recipe.codec} has no quality that could be searched for a target")


def _check_joins(recipe: Recipe) -> None:
    if not recipe.joins:
        return
    copied = recipe.every_sound is not None and recipe.every_sound.encoder in ("", "copy")
    if recipe.encoder != "copy" or not (copied or recipe.sounds == ()) or recipe.trim or recipe.subtitles:
        raise RecipeError("files are joined as they are: picture and sound are copied, and nothing else is changed")


def _check_sounds(recipe: Recipe) -> None:
    for choice in recipe.sounds or ():
        if choice.encoder == "copy" and (choice.changes or recipe.speed != 1.0):
            raise RecipeError("a copied sound cannot be changed: give it an encoder, or leave the changes out")


def _check_mapping(recipe: Recipe) -> None:
    """Who chooses the streams with FFmpeg's own words has to choose all of them so."""
    arguments = read_arguments(recipe.ffmpeg_args)
    if not arguments.owns_mapping:
        return
    chooses = recipe.sounds and recipe.every_sound is None
    if chooses or recipe.subtitles is not None or recipe.picture.watermark is not None:
        raise RecipeError(
            "with -map or -filter_complex the streams are chosen in FFmpeg's words: "
            "choices of sounds, subtitles and a watermark cannot stand beside them"
        )
