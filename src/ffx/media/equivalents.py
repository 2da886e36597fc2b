"""The same recipe on another encoder: which one a codec means, and what quality and presets are there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from ffx.core.encoders import EncoderSpec, equivalent_preset, equivalent_quality
from ffx.core.model import EncoderType, JobConfiguration
from ffx.core.recipe import QualityMode, Recipe
from ffx.core.registry import suggestion

_CODEC_NAMES = {"h265": "hevc", "x265": "hevc", "avc": "h264", "x264": "h264", "h.264": "h264", "h.265": "hevc"}


def codec_name(name: str) -> str:
    """FFmpeg's name of a codec, of those that people have for it."""
    return _CODEC_NAMES.get(name.lower(), name.lower())


def reference_encoder(codec: str, specs: Mapping[str, EncoderSpec], *, kind: str = "video") -> EncoderSpec | None:
    """The encoder whose quality scale and presets are meant where only a codec is named: the first software one."""
    same = [spec for spec in specs.values() if spec.codec == codec and spec.kind == kind]
    software = [spec for spec in same if not spec.encoder_type.is_hardware]
    return next(iter([*(spec for spec in software if spec.common), *software, *same]), None)


def suggest_encoder(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'libx265'?`` for a near miss, else nothing."""
    return suggestion(name, list(known))


def with_encoder(
    job: JobConfiguration, encoder: str, specs: Mapping[str, EncoderSpec], encoder_type: EncoderType
) -> JobConfiguration:
    """The same job on another encoder: quality and preset are translated to its own, two passes dropped where it
    has none. Pure.
    """
    return evolve(job, recipe=recipe_on(job.recipe, encoder, specs), encoder_type=encoder_type)


def recipe_on(recipe: Recipe, encoder: str, specs: Mapping[str, EncoderSpec]) -> Recipe:
    """The same recipe on another encoder, as ``with_encoder`` does it for a job. What a recipe says that has no encoder
    yet is meant for the reference encoder of its codec. Pure.
    """
    if encoder == recipe.encoder:
        return recipe
    source = specs.get(recipe.encoder) or reference_encoder(recipe.codec, specs)
    target = specs.get(encoder)
    moved = evolve(recipe, encoder=encoder, codec=target.codec if target else recipe.codec)
    if target is None or moved.tune not in target.tunes:
        moved = evolve(moved, tune="")
    if source is None or target is None:
        moved = evolve(moved, preset="", two_pass=False)
        if moved.quality_mode is not QualityMode.BITRATE:  # without its scale there is no equivalent
            moved = evolve(moved, quality_mode=None, quality_value=None)
        return moved
    if moved.quality_mode is QualityMode.CRF and moved.quality_value is not None:
        quality = equivalent_quality(moved.quality_value, source, target)
        moved = evolve(moved, quality_value=quality, quality_mode=None if quality is None else QualityMode.CRF)
    preset = equivalent_preset(moved.preset, source, target) if moved.preset else ""
    return evolve(moved, preset=preset, two_pass=moved.two_pass and target.two_pass)
