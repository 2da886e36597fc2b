"""A recipe in words, for one line of a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import asdict, fields, has

from ffx.core.figures import duration_text
from ffx.core.recipe import QualityMode, Recipe


def recipe_text(recipe: Recipe) -> str:
    """What it encodes with and what it changes; of what is kept as the source has it, nothing is said."""
    words = [recipe.encoder or f"the best encoder for {recipe.codec}"]
    if recipe.preset:
        words.append(f"preset {recipe.preset}")
    if recipe.quality_mode is not None and recipe.quality_value is not None:
        unit = {QualityMode.BITRATE: " bit/s", QualityMode.QUALITY: " %"}.get(recipe.quality_mode, "")
        words.append(f"{recipe.quality_mode.value} {recipe.quality_value:g}{unit}")
    if recipe.target is not None:
        words.append(f"target {_plain(recipe.target)}")
    if recipe.two_pass:
        words.append("two passes")
    words.extend(_edits(recipe))
    words.extend(f"filter {one}" for one in recipe.filters)
    words.extend(_tracks(recipe))
    if recipe.ffmpeg_args:
        words.append(f"-- {' '.join(recipe.ffmpeg_args)}")
    return ", ".join(words)


def _edits(recipe: Recipe) -> Iterator[str]:
    """What is done to the picture, and which part of it is taken."""
    for name, value in asdict(recipe.picture, recurse=False).items():
        if value not in (None, 0, False):
            yield name.replace("_", " ") if value is True else f"{name.replace('_', ' ')} {_plain(value)}"
    if recipe.speed != 1.0:
        yield f"speed {recipe.speed:g}"
    if recipe.trim:
        end = "the end" if recipe.trim.end is None else duration_text(recipe.trim.end)
        yield f"from {duration_text(recipe.trim.start)} to {end}"


def _tracks(recipe: Recipe) -> Iterator[str]:
    for kind, choices in (("audio", recipe.sounds), ("subtitles", recipe.subtitles)):
        if choices == ():
            yield f"no {kind}"
        for choice in choices or ():
            yield f"{kind} {_plain(choice) or 'all'}"


def _plain(value: Any) -> str:
    """A value of a recipe in words: what it does not say is left out."""
    if not has(type(value)):
        return str(value)
    given = [(f.name, getattr(value, f.name)) for f in fields(type(value)) if getattr(value, f.name) != f.default]
    return " ".join(f"{name}={','.join(v) if isinstance(v, tuple) else v}" for name, v in given)
