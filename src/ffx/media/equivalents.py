"""The same recipe on another encoder: which one a codec means, and what quality and presets are there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from ffx.core.encoders import EncoderSpec, equivalent_preset, equivalent_quality
from ffx.core.model import EncoderType, JobConfiguration
from ffx.core.recipe import QualityMode
from ffx.core.registry import suggestion


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
    recipe = job.recipe
    if encoder == recipe.encoder:
        return evolve(job, encoder_type=encoder_type)
    source = specs.get(recipe.encoder) or reference_encoder(recipe.codec, specs)
    target = specs.get(encoder)
    recipe = evolve(recipe, encoder=encoder, codec=target.codec if target else recipe.codec)
    if target is None or recipe.tune not in target.tunes:
        recipe = evolve(recipe, tune="")
    if source is None or target is None:
        recipe = evolve(recipe, preset="", two_pass=False)
        if recipe.quality_mode is not QualityMode.BITRATE:  # without its scale there is no equivalent
            recipe = evolve(recipe, quality_mode=None, quality_value=None)
        return evolve(job, recipe=recipe, encoder_type=encoder_type)
    if recipe.quality_mode is QualityMode.CRF and recipe.quality_value is not None:
        quality = equivalent_quality(recipe.quality_value, source, target)
        mode = None if quality is None else QualityMode.CRF
        recipe = evolve(recipe, quality_value=quality, quality_mode=mode)
    recipe = evolve(
        recipe,
        preset=equivalent_preset(recipe.preset, source, target) if recipe.preset else "",
        two_pass=recipe.two_pass and target.two_pass,
    )
    return evolve(job, recipe=recipe, encoder_type=encoder_type)
