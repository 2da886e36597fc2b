"""The options of ``ffx submit`` that say how it encodes, read into a recipe: that of a profile where one is named, and
what is given besides wins.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any

from attrs import evolve

from ffx.cli.track_options import loudness, rate, seconds, sounds_named, subtitles_named
from ffx.core.configuration import parse_size
from ffx.core.edits import Corner, Crop, Deinterlace, Denoise, PictureEdits, Scale, Watermark
from ffx.core.encoders import EncoderSpec
from ffx.core.errors import ConfigurationError, UsageError
from ffx.core.recipe import QualityMode, Recipe, Trim
from ffx.core.targets import Metric, Target
from ffx.core.tracks import SoundChoice
from ffx.media.equivalents import codec_name, recipe_on, reference_encoder

_AUTO = "auto"
_OFF = "off"


def recipe_named(base: Recipe, options: Mapping[str, Any], specs: Mapping[str, EncoderSpec]) -> Recipe:
    """The recipe of the command line, by the names of its parameters. What a profile says of one encoder is brought to
    the one that is named here, by what is known of both.

    Raises:
        UsageError: an option that cannot be read, or two that exclude each other.
    """
    if options["encoder"] and options["codec"]:
        raise UsageError("give --encoder or --codec, not both")
    if options["quality"] is not None and options["bitrate"] is not None:
        raise UsageError("give --quality or --bitrate, not both")
    base = _on_encoder(base, options, specs)
    recipe = evolve(base, **{**_quality(options), **_texts(options), **_kept(options)})
    recipe = _with_target(recipe, options)
    recipe = evolve(recipe, picture=_picture(base.picture, options))
    recipe = _with_time(recipe, options)
    return _with_tracks(recipe, options)


def _on_encoder(base: Recipe, options: Mapping[str, Any], specs: Mapping[str, EncoderSpec]) -> Recipe:
    if options["encoder"]:
        # Its codec is the encoder's to say.
        return evolve(recipe_on(base, options["encoder"], specs), codec="")
    if not options["codec"]:
        return base
    reference = reference_encoder(codec_name(options["codec"]), specs)
    moved = recipe_on(base, reference.name, specs) if reference is not None and base.codec != reference.codec else base
    return evolve(moved, encoder="", codec=options["codec"])


def _texts(options: Mapping[str, Any]) -> dict[str, Any]:
    words = ("preset", "tune", "level", "pixel_format", "container")
    found = {name: options[name] for name in words if options[name]}
    if options["codec_profile"]:
        found["profile"] = options["codec_profile"]
    if options["two_pass"]:
        found["two_pass"] = True
    for name in ("filters", "ffmpeg_args"):
        if options[name]:
            found[name] = tuple(options[name])
    return found


def _kept(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _one_of(f"--{name}", options[name], {"keep": True, "drop": False})
        for name in ("chapters", "metadata", "attachments")
        if options[name] is not None
    }


def _one_of(option: str, text: str, words: Mapping[str, Any]) -> Any:
    found = text.strip().lower()
    if found not in words:
        raise UsageError(f"{option}: {text!r} is not one of {', '.join(words)}")
    return words[found]


def _checked(option: str, make: Callable[[], Any]) -> Any:
    """What a value's own checks refuse, told with the option."""
    try:
        return make()
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option}: {error}") from None


# -- Quality ----------------------------------------------------------------------------------------------------


def _quality(options: Mapping[str, Any]) -> dict[str, Any]:
    if options["bitrate"] is not None:
        return {"quality_mode": QualityMode.BITRATE, "quality_value": rate("--bitrate", options["bitrate"])}
    text = options["quality"]
    if text is None:
        return {}
    number = text.strip().removesuffix("%")
    mode = QualityMode.QUALITY if text.strip().endswith("%") else QualityMode.CRF
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"--quality: {text!r} is not a number; write it like 26, or like 80% of the best")
    return {"quality_mode": mode, "quality_value": value, "two_pass": False}


def _with_target(recipe: Recipe, options: Mapping[str, Any]) -> Recipe:
    """A target takes the place of a profile's quality, and a quality that of a profile's target."""
    text, size, ratio = options["target"], options["max_size"], options["max_ratio"]
    if text is None:
        if size is not None or ratio is not None:
            raise UsageError("--max-size and --max-ratio go with a --target, such as vmaf=95")
        asked = options["quality"] is not None or options["bitrate"] is not None
        return evolve(recipe, target=None) if asked and recipe.is_searched else recipe
    name, _, number = text.strip().lower().partition("=")
    metric = _one_of("--target", name, {metric.value: metric for metric in Metric})
    target = _checked(
        "--target",
        lambda: Target(
            metric,
            _number("--target", number.strip()) if number else None,
            None if size is None else _bytes("--max-size", size),
            None if ratio is None else _share("--max-ratio", ratio),
        ),
    )
    if target.value is not None and options["quality"] is None and options["bitrate"] is None:
        recipe = evolve(recipe, quality_mode=None, quality_value=None, two_pass=False)
    return evolve(recipe, target=target)


def _bytes(option: str, text: str) -> int:
    try:
        return parse_size(text)
    except ConfigurationError as error:
        raise UsageError(f"{option}: {error}") from None


def _share(option: str, text: str) -> float:
    number = text.strip()
    return _number(option, number[:-1]) / 100 if number.endswith("%") else _number(option, number)


# -- The picture ------------------------------------------------------------------------------------------------


def _picture(base: PictureEdits, options: Mapping[str, Any]) -> PictureEdits:
    readers: Mapping[str, tuple[str, str, Callable[[str], Any]]] = {
        "crop": ("--crop", "crop", _crop),
        "scale": ("--scale", "scale", _scale),
        "deinterlace": ("--deinterlace", "deinterlace", _words_or_none(Deinterlace)),
        "denoise": ("--denoise", "denoise", _words_or_none(Denoise)),
        "fps": ("--fps", "frame_rate", _frame_rate),
        "rotate": ("--rotate", "rotate", _degrees),
        "tonemap": ("--tonemap", "tone_map", lambda text: {_AUTO: True, _OFF: False}[text.lower()]),
        "watermark": ("--watermark", "watermark", _watermark),
    }
    changes = {}
    for name, (option, field, read) in readers.items():
        text = options[name]
        if text is None:
            continue
        try:
            changes[field] = read(text.strip())
        except (ValueError, KeyError, ZeroDivisionError) as error:
            why = str(error) if isinstance(error, ValueError) else _HOW[name]
            raise UsageError(f"{option}: {why}") from None
    return _checked("picture", lambda: evolve(base, **changes))  # type: ignore[no-any-return]


_HOW = {
    "tonemap": "it is auto or off",
    "fps": "write it like 25, 23.976 or 24000/1001",
}
_NTSC = {"23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001), "59.94": Fraction(60000, 1001)}
"""What people write for the rates of NTSC."""


def _crop(text: str) -> Crop | None:
    if text.lower() in (_AUTO, _OFF):
        return Crop(auto=True) if text.lower() == _AUTO else None
    match = re.fullmatch("([0-9]{1,5}):([0-9]{1,5})(?::([0-9]{1,5}):([0-9]{1,5}))?", text)
    if match is None:
        raise ValueError(f"{text!r} is not understood; write auto, off, or WIDTH:HEIGHT:LEFT:TOP")
    width, height, left, top = (int(number or 0) for number in match.groups())
    return Crop(width=width, height=height, left=left, top=top)


def _scale(text: str) -> Scale | None:
    if text.lower() == _OFF:
        return None
    match = re.fullmatch("(<?)([0-9]{0,5}|-[12])[:x]([0-9]{0,5}|-[12])", text)
    if match is None:
        raise ValueError(f"{text!r} is not understood; write 1280:, :720, 1280:720, or <1280:720 for at most that")
    width, height = (max(0, int(side or 0)) for side in match.groups()[1:])
    return Scale(width, height, enlarge=not match[1])


def _words_or_none(kind: type[StrEnum]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text.lower() == _OFF:
            return None
        try:
            return kind(text.lower())
        except ValueError:
            raise ValueError(f"{text!r} is not one of {', '.join(kind)}, {_OFF}") from None

    return read


def _frame_rate(text: str) -> Fraction | None:
    if text.lower() == _OFF:
        return None
    if not re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,4}|/[0-9]{1,5})?", text):
        raise ValueError(f"{text!r} is no frame rate; {_HOW['fps']}")
    return _NTSC.get(text) or Fraction(text)


def _degrees(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text):
        raise ValueError(f"{text!r} is no number of degrees; write 90, 180 or 270")
    return int(text) % 360


def _watermark(text: str) -> Watermark | None:
    if text.lower() == _OFF:
        return None
    name, at, corner = text.rpartition("@")
    if at and corner in tuple(Corner):
        return Watermark(name, Corner(corner))
    if at and not corner.startswith((".", "/")) and "." not in corner:
        raise ValueError(f"{corner!r} is no place in the picture; there is {', '.join(Corner)}")
    return Watermark(text)


# -- Time and tracks --------------------------------------------------------------------------------------------


def _with_time(recipe: Recipe, options: Mapping[str, Any]) -> Recipe:
    start, end = (
        None if options[name] is None else seconds(option, options[name])
        for name, option in (("start", "--from"), ("end", "--to"))
    )
    if start is not None or end is not None:
        trim = _checked("--from and --to", lambda: Trim(start or 0.0, end))
        recipe = evolve(recipe, trim=trim)
    if options["speed"] is not None:
        speed = _number("--speed", options["speed"].strip().removesuffix("x"))
        recipe = _checked("--speed", lambda: evolve(recipe, speed=speed))
    if options["gop"] is not None:
        gop = _number("--gop", options["gop"].strip().removesuffix("s"))
        recipe = _checked("--gop", lambda: evolve(recipe, gop=gop))
    return recipe


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None


def _with_tracks(recipe: Recipe, options: Mapping[str, Any]) -> Recipe:
    sounds = sounds_named(tuple(options["audio"]))
    if sounds is not None:
        recipe = evolve(recipe, sounds=sounds)
    subtitles = subtitles_named(tuple(options["subtitles"]))
    if subtitles is not None:
        recipe = evolve(recipe, subtitles=subtitles)
    changes: dict[str, Any] = {}
    if options["audio_bitrate"] is not None:
        changes["bitrate"] = rate("--audio-bitrate", options["audio_bitrate"])
    if options["loudness"] is not None:
        changes["loudness"] = loudness("--loudness", options["loudness"])
    if not changes or recipe.sounds == ():
        return recipe
    choices = recipe.sounds or (SoundChoice(),)
    everywhere = _checked("--loudness", lambda: tuple(_with_changes(choice, changes) for choice in choices))
    return evolve(recipe, sounds=everywhere)


def _with_changes(choice: SoundChoice, changes: Mapping[str, Any]) -> SoundChoice:
    """What is said for all sounds, where one says nothing of its own; not for those that are to be copied."""
    if choice.encoder == "copy":
        return choice
    return evolve(choice, **{name: value for name, value in changes.items() if getattr(choice, name) is None})
