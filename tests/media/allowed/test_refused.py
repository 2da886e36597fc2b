"""What must never reach FFmpeg: each case is refused with a code and a plain sentence, however it is disguised."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Sequence

import pytest
from attrs import evolve

from ffx.core.errors import RecipeError
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.core.tracks import SoundChoice
from ffx.media.allowed.check import MOST_BYTES, MOST_WORDS, Surroundings, check_arguments
from ffx.server.admission import Rejection, check_recipe
from tests.hostile import ARGUMENTS, DISGUISED, DISGUISED_OPTIONS, DISGUISES, FILTERS, LOOK_ALIKES, cases, spellings

RECIPE = Recipe(encoder="libx264", container="mp4")


def refusal(recipe: Recipe) -> str:
    """The sentence with which a server refuses a recipe."""
    with pytest.raises(Rejection) as caught:
        check_recipe(recipe, {}, ArgumentPolicy.CHECKED)
    assert caught.value.code == "invalid_recipe"
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    return str(caught.value)


def refused(words: Sequence[str], reason: str) -> None:
    message = refusal(evolve(RECIPE, ffmpeg_args=tuple(words)))
    with pytest.raises(RecipeError, match=reason):
        raise RecipeError(message)


@pytest.mark.parametrize(("words", "reason"), cases(ARGUMENTS))
def test_arguments(words: str, reason: str) -> None:
    split = shlex.split(words)
    refused(split, reason)
    refused([*split, "-crf", "20"] if "-i" in split else ["-crf", "20", *split], reason)


@pytest.mark.parametrize("where", ["filters", "-vf", "-af", "-filter:v:0", "-filter", "-filter_complex", "-lavfi"])
@pytest.mark.parametrize(("graph", "reason"), cases(FILTERS))
def test_filters_wherever_they_stand(graph: str, reason: str, where: str) -> None:
    if where == "filters":
        message = refusal(evolve(RECIPE, filters=("hflip", graph)))
    else:
        message = refusal(evolve(RECIPE, ffmpeg_args=(where, graph)))
    with pytest.raises(RecipeError, match=reason.replace("*", r"\*")):
        raise RecipeError(message)


@pytest.mark.parametrize("name", DISGUISED)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_filter_in_disguise(name: str, disguise: str) -> None:
    for spelling in spellings(name):
        refusal(evolve(RECIPE, ffmpeg_args=("-vf", disguise.format(spelling))))


@pytest.mark.parametrize("option", DISGUISED_OPTIONS)
def test_an_option_of_a_filter_in_disguise(option: str) -> None:
    assert "drawtext" in refusal(evolve(RECIPE, ffmpeg_args=("-vf", f"drawtext={option}")))


@pytest.mark.parametrize("words", LOOK_ALIKES)
def test_empty_broken_and_look_alike_words(words: list[str]) -> None:
    refusal(evolve(RECIPE, ffmpeg_args=tuple(words)))


def test_amounts() -> None:
    limits = Surroundings()
    assert check_arguments(["-an"] * MOST_WORDS, limits).options
    for words in (["-an"] * 10_000, ["-metadata", "title=" + "x" * 2**20], ["-metadata", "title=" + "ä" * MOST_BYTES]):
        assert "at most" in refusal(evolve(RECIPE, ffmpeg_args=tuple(words)))
    assert "at most" in refusal(evolve(RECIPE, ffmpeg_args=("-vf", ",".join(["null"] * 10_000))))
    assert "at most" in refusal(evolve(RECIPE, filters=("null",) * 10_000))
    assert "brackets" in refusal(evolve(RECIPE, ffmpeg_args=("-vf", f"setpts={'(' * 99}1{')' * 99}")))


@pytest.mark.parametrize("text", ["scale='{}'", "scale={}", "drawtext=text='{}'", "{}", "setpts={}"])
@pytest.mark.parametrize("filling", [" ", "a", "1", "\\", "'", ":", "=", ",", "[", "(", "a=", "\\ ", "1."])
def test_no_text_takes_long(text: str, filling: str) -> None:
    words = ("-vf", text.format(filling * (60_000 // len(filling))))
    before = time.process_time()
    with contextlib.suppress(RecipeError):
        check_arguments(words, Surroundings())
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    "recipe",
    [
        evolve(RECIPE, encoder="-i"),
        evolve(RECIPE, encoder="libx264\n"),
        evolve(RECIPE, preset="/etc/passwd"),
        evolve(RECIPE, preset="slow -i /etc/passwd"),
        evolve(RECIPE, pixel_format="yuv420p,movie=/etc/passwd"),
        evolve(RECIPE, pixel_format="yuv420p:/x"),
        RECIPE.with_sound_encoder("aac -y /tmp/x"),
        evolve(RECIPE, container="tee"),
        evolve(RECIPE, container="framemd5"),
        evolve(RECIPE, codec="a/b"),
        evolve(RECIPE, quality_value=float("nan")),
        evolve(RECIPE, sounds=(SoundChoice(bitrate=10**15),)),
    ],
)
def test_the_fields_of_a_recipe_are_words_and_numbers(recipe: Recipe) -> None:
    refusal(recipe)
