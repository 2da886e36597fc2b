"""The one place where what others wrote into a recipe is judged, before FFmpeg's command is made of it."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping

from attrs import evolve

from ffx.core.errors import RecipeError
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.core.text import brief
from ffx.media.allowed.check import Surroundings, check_amount, check_arguments, check_muxer
from ffx.media.allowed.filtering import check_graph, place_files
from ffx.media.allowed.values import check_value
from ffx.media.arguments import Arguments, Option, read_arguments

MOST_CHOICES = 50
"""Of sounds, and of subtitles."""
_SUBTITLE_ENCODERS = frozenset(
    ("copy", "ass", "dvbsub", "dvdsub", "mov_text", "srt", "ssa", "subrip", "text", "ttml", "webvtt", "xsub")
)
_HIGHEST_BITRATE = 10**10
_LONGEST_REFUSAL = 500
"""Characters."""


def check_texts(
    recipe: Recipe,
    policy: ArgumentPolicy = ArgumentPolicy.CHECKED,
    *,
    files: Mapping[str, str] | None = None,
    encoders: Container[str] = (),
) -> tuple[Recipe, Arguments]:
    """The recipe as it may run, every text in it written anew, and its arguments, read.

    ``files`` are the job's other files: the names that are written, and those that the server gave them; ``encoders``
    those that plugins know.

    Raises:
        RecipeError: what is refused, and why, in one line.
    """
    try:
        return _checked(recipe, policy, Surroundings(files or {}, encoders))
    except RecipeError as error:  # which quotes what others wrote
        raise RecipeError(brief(str(error), _LONGEST_REFUSAL)) from None


def _checked(recipe: Recipe, policy: ArgumentPolicy, surroundings: Surroundings) -> tuple[Recipe, Arguments]:
    _check_fields(recipe, policy, surroundings.files)
    if policy is ArgumentPolicy.NONE:
        _check_plain(recipe)
    if policy is not ArgumentPolicy.CHECKED:
        return _with_files(recipe, surroundings.files)
    arguments = check_arguments(recipe.ffmpeg_args, surroundings)
    check_amount("filters", recipe.filters)
    filters = tuple(check_graph(text, surroundings.files) for text in recipe.filters)
    return evolve(recipe, filters=filters, ffmpeg_args=arguments.words), arguments


def _with_files(recipe: Recipe, files: Mapping[str, str]) -> tuple[Recipe, Arguments]:
    """All as it is written, but the names of files: an input is a file of the job whatever the policy."""
    read = read_arguments(recipe.ffmpeg_args)
    options = tuple(_with_placed_graph(option, files) for option in read.options)
    arguments = Arguments(options, tuple(_with_placed_input(option, files) for option in read.inputs))
    filters = tuple(place_files(text, files) for text in recipe.filters)
    return evolve(recipe, filters=filters, ffmpeg_args=arguments.words), arguments


def _with_placed_graph(option: Option, files: Mapping[str, str]) -> Option:
    if option.name not in ("filter", "filter_complex") or option.value is None:
        return option
    value = place_files(option.value, files)
    return evolve(option, value=value, tokens=(option.tokens[0], value))


def _with_placed_input(option: Option, files: Mapping[str, str]) -> Option:
    if option.name != "i":
        return option
    try:
        name = check_value("file", option.value or "", files)
    except RecipeError as error:
        raise RecipeError(f"-i: {error}") from None
    return evolve(option, value=name, tokens=("-i", name))


def _check_plain(recipe: Recipe) -> None:
    if recipe.ffmpeg_args or recipe.filters:
        what = "FFmpeg arguments" if recipe.ffmpeg_args else "filters"
        raise RecipeError(f"{what} are not taken here: [arguments] policy in the configuration is none")


def _check_tracks(recipe: Recipe) -> None:
    for what, choices in (("sounds", recipe.sounds or ()), ("subtitles", recipe.subtitles or ())):
        if len(choices) > MOST_CHOICES:
            raise RecipeError(f"{len(choices)} choices of {what} are too many; a job has at most {MOST_CHOICES}")
    for sound in recipe.sounds or ():
        _check_word("encoder of a sound", "codec", sound.encoder)
    for subtitle in recipe.subtitles or ():
        if subtitle.encoder and subtitle.encoder not in _SUBTITLE_ENCODERS:
            known = ", ".join(sorted(_SUBTITLE_ENCODERS))
            raise RecipeError(f"{subtitle.encoder[:40]!r} encodes no subtitles that ffx knows; there is {known}")


def files_of_choices(recipe: Recipe) -> tuple[str, ...]:
    """The files that a recipe names outside of filters and arguments."""
    watermark = recipe.picture.watermark
    subtitles = (choice.file for choice in recipe.subtitles or () if choice.file)
    return (*((watermark.file,) if watermark is not None else ()), *subtitles, *recipe.joins)


def _check_word(what: str, kind: str, text: str) -> None:
    try:
        if text:
            check_value(kind, text, {})
    except RecipeError as error:
        raise RecipeError(f"the {what}: {error}") from None


def _check_fields(recipe: Recipe, policy: ArgumentPolicy, files: Container[str]) -> None:
    """What is a word or a number whatever the policy."""
    words = {
        "encoder": ("codec", recipe.encoder),
        "codec": ("codec", recipe.codec.replace(".", "")),
        "preset": ("", recipe.preset),
        "pixel format": ("", recipe.pixel_format),
        "tune": ("", recipe.tune),
        "profile": ("", recipe.profile),
        "level": ("", recipe.level),
    }
    for what, (kind, text) in words.items():
        _check_word(what, kind, text)
    _check_tracks(recipe)
    for name in files_of_choices(recipe):
        if name not in files:
            raise RecipeError(f"{name[:60]!r} is none of the job's files")
    if recipe.container and policy is not ArgumentPolicy.ANY:
        check_muxer(recipe.container)
    for number in (recipe.quality_value, *(choice.bitrate for choice in recipe.sounds or ())):
        if number is not None and not (math.isfinite(number) and abs(number) <= _HIGHEST_BITRATE):
            raise RecipeError(f"{number} is neither a quality nor a bitrate")
