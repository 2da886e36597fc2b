"""A recipe in the words of the command line: what ``recipe_options`` reads, written."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from ffx.cli.track_options import NONE
from ffx.core.edits import Crop, PictureEdits, Scale
from ffx.core.recipe import QualityMode, Recipe
from ffx.core.tracks import SoundChoice, SubtitleChoice

Words = Mapping[str, str | tuple[str, ...] | bool]


def options_of(recipe: Recipe) -> Words:
    """The options that make this recipe, by the names of their parameters; what is as the source has it is not named.

    The files behind the input of a merge, and the margin of a watermark, have no words.
    """
    words: dict[str, str | tuple[str, ...] | bool] = {
        "encoder": recipe.encoder,
        "codec": "" if recipe.encoder else recipe.codec,
        "preset": recipe.preset,
        "tune": recipe.tune,
        "codec_profile": recipe.profile,
        "level": recipe.level,
        "pixel_format": recipe.pixel_format,
        "container": recipe.container,
        "two_pass": recipe.two_pass,
        "filters": recipe.filters,
        "ffmpeg_args": recipe.ffmpeg_args,
        "audio": _tracks(recipe.sounds),
        "subtitles": _tracks(recipe.subtitles),
        "start": _number(recipe.trim.start) if recipe.trim.start else "",
        "end": "" if recipe.trim.end is None else _number(recipe.trim.end),
        "speed": "" if recipe.speed == 1.0 else _number(recipe.speed),
        "gop": "" if recipe.gop is None else _number(recipe.gop),
    }
    for name in ("chapters", "metadata", "attachments"):
        words[name] = "" if getattr(recipe, name) else "drop"
    words |= {**_quality(recipe), **_target(recipe), **_picture(recipe.picture)}
    return {name: value for name, value in words.items() if value}


def _quality(recipe: Recipe) -> dict[str, str]:
    if recipe.quality_mode is None or recipe.quality_value is None:
        return {}
    value = _number(recipe.quality_value)
    match recipe.quality_mode:
        case QualityMode.CRF:
            return {"quality": value}
        case QualityMode.QUALITY:
            return {"quality": f"{value}%"}
        case QualityMode.BITRATE:
            return {"bitrate": value}


def _target(recipe: Recipe) -> dict[str, str]:
    target = recipe.target
    if target is None:
        return {}
    return {
        "target": target.metric.value + ("" if target.value is None else f"={_number(target.value)}"),
        "max_size": "" if target.max_size is None else str(target.max_size),
        "max_ratio": "" if target.max_ratio is None else _number(target.max_ratio),
    }


def _picture(edits: PictureEdits) -> dict[str, str]:
    mark = edits.watermark
    return {
        "crop": _crop(edits.crop),
        "scale": _scale(edits.scale),
        "deinterlace": edits.deinterlace.value if edits.deinterlace else "",
        "denoise": edits.denoise.value if edits.denoise else "",
        "fps": _fraction(edits.frame_rate) if edits.frame_rate is not None else "",
        "rotate": str(edits.rotate) if edits.rotate else "",
        "tonemap": "auto" if edits.tone_map else "",
        "watermark": f"{mark.file}@{mark.corner}" if mark is not None else "",
    }


def _crop(crop: Crop | None) -> str:
    if crop is None:
        return ""
    return "auto" if crop.auto else f"{crop.width}:{crop.height}:{crop.left}:{crop.top}"


def _scale(scale: Scale | None) -> str:
    if scale is None:
        return ""
    return f"{'' if scale.enlarge else '<'}{scale.width or ''}:{scale.height or ''}"


def _fraction(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def _number(value: float) -> str:
    """Without an exponent, which the options do not take, and without a fraction where there is none."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


# -- Tracks -----------------------------------------------------------------------------------------------------


def _tracks(choices: Sequence[SoundChoice | SubtitleChoice] | None) -> tuple[str, ...]:
    """A line for each choice."""
    if choices is None:
        return ()
    lines = tuple(shlex.join(_choice(choice)) for choice in choices)
    return tuple(line for line in lines if line) if lines else (NONE,)


def _choice(choice: SoundChoice | SubtitleChoice) -> Iterator[str]:
    if choice.index is not None:
        yield f"index={choice.index}"
    if choice.languages:
        yield f"lang={','.join(choice.languages)}"
    if choice.source_codec:
        yield f"source-codec={choice.source_codec}"
    yield from _of_sound(choice) if isinstance(choice, SoundChoice) else _of_subtitles(choice)
    if choice.encoder:
        yield "copy" if choice.encoder == "copy" else f"codec={choice.encoder}"
    if choice.title:
        yield f"title={choice.title}"
    if choice.language:
        yield f"language={choice.language}"
    if choice.default is not None:
        yield f"default={_yes_or_no(choice.default)}"


def _of_sound(choice: SoundChoice) -> Iterator[str]:
    if choice.channels is not None:
        yield f"channels={choice.channels}"
    if choice.bitrate is not None:
        yield f"bitrate={choice.bitrate}"
    if choice.downmix is not None:
        yield f"downmix={choice.downmix}"
    if choice.loudness is not None:
        yield f"loudness={_number(choice.loudness)}"
    if choice.delay:
        yield f"delay={_number(choice.delay)}"


def _of_subtitles(choice: SubtitleChoice) -> Iterator[str]:
    if choice.file:
        yield f"file={choice.file}"
    if choice.charset:
        yield f"charset={choice.charset}"
    if choice.burn:
        yield "burn"
    if choice.forced is not None:
        yield f"forced={_yes_or_no(choice.forced)}"


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"
