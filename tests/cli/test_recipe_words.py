"""What a recipe is written as makes the same recipe again."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ffx.cli.recipe_flags import no_options
from ffx.cli.recipe_options import recipe_named
from ffx.cli.recipe_words import options_of
from ffx.core.edits import Corner, Crop, Deinterlace, Denoise, PictureEdits, Scale, Watermark
from ffx.core.recipe import QualityMode, Recipe, Trim
from ffx.core.targets import Metric, Target
from ffx.core.tracks import Downmix, SoundChoice, SubtitleChoice

LANGUAGES = st.sampled_from(("fra", "eng", "pt-BR"))
SIDES = st.integers(2, 9999)
TITLES = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" \"'="), min_size=1, max_size=20)
AUDIO_ENCODERS = st.sampled_from(("", "copy", "aac", "libopus"))
NO_OR_ONE = st.sampled_from((None, True, False))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def tenths(low: int, high: int) -> st.SearchStrategy[float]:
    """Numbers as people write them."""
    return st.integers(low * 10, high * 10).map(lambda number: number / 10)


SOUNDS = st.builds(
    SoundChoice,
    index=maybe(st.integers(0, 99)),
    languages=st.lists(LANGUAGES, max_size=2, unique=True).map(tuple),
    source_codec=st.sampled_from(("", "dts")),
    channels=maybe(st.integers(1, 8)),
    encoder=AUDIO_ENCODERS,
    bitrate=maybe(st.integers(8000, 1_536_000)),
    downmix=maybe(st.sampled_from(Downmix)),
    loudness=maybe(tenths(-70, -5)),
    delay=tenths(-60, 60),
    title=st.just("") | TITLES,
    language=st.just("") | LANGUAGES,
    default=NO_OR_ONE,
).filter(lambda choice: choice != SoundChoice())
OF_SOURCE = st.builds(
    SubtitleChoice,
    index=maybe(st.integers(0, 99)),
    languages=st.lists(LANGUAGES, max_size=2, unique=True).map(tuple),
    encoder=st.sampled_from(("", "copy", "mov_text")),
    burn=st.booleans(),
    title=st.just("") | TITLES,
    default=NO_OR_ONE,
    forced=NO_OR_ONE,
).filter(lambda choice: choice != SubtitleChoice())
FROM_A_FILE = st.builds(
    SubtitleChoice,
    file=st.sampled_from(("en.srt", "/films/l'été 100 % (fr).srt")),
    charset=st.sampled_from(("", "cp1252")),
    language=st.just("") | LANGUAGES,
)
EDITS = st.builds(
    PictureEdits,
    deinterlace=maybe(st.sampled_from(Deinterlace)),
    crop=maybe(st.just(Crop(auto=True)) | st.builds(Crop, width=SIDES, height=SIDES, left=SIDES, top=SIDES)),
    rotate=st.sampled_from((0, 90, 180, 270)),
    denoise=maybe(st.sampled_from(Denoise)),
    tone_map=st.booleans(),
    scale=maybe(
        st.builds(Scale, width=SIDES, height=st.just(0) | SIDES, enlarge=st.booleans())
        | st.builds(Scale, width=st.just(0), height=SIDES, enlarge=st.booleans())
    ),
    watermark=maybe(st.builds(Watermark, file=st.just("logo@2x.png"), corner=st.sampled_from(Corner))),
    frame_rate=maybe(st.sampled_from((Fraction(25), Fraction(24000, 1001), Fraction(25, 2)))),
)
QUALITIES = (
    st.tuples(st.just(QualityMode.CRF), tenths(0, 63))
    | st.tuples(st.just(QualityMode.QUALITY), tenths(0, 100))
    | st.tuples(st.just(QualityMode.BITRATE), st.integers(1000, 99_999_999))
    | st.just((None, None))
)
TARGETS = st.builds(
    Target,
    metric=st.sampled_from(Metric),
    value=maybe(st.sampled_from((0.98, 0.5))),
    max_size=maybe(st.integers(1, 10**12)),
    max_ratio=maybe(st.sampled_from((0.8, 1.25, 100.0))),
)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    mode, value = draw(QUALITIES)
    target = draw(maybe(TARGETS)) if mode is None else None
    start = draw(tenths(0, 7200))
    return Recipe(
        encoder=draw(st.sampled_from(("", "libx264", "copy"))),
        preset=draw(st.sampled_from(("", "fast"))),
        tune=draw(st.sampled_from(("", "film"))),
        profile=draw(st.sampled_from(("", "main10"))),
        level=draw(st.sampled_from(("", "4.1"))),
        quality_mode=mode,
        quality_value=value,
        target=target,
        two_pass=draw(st.booleans()) and mode is QualityMode.BITRATE,
        pixel_format=draw(st.sampled_from(("", "yuv420p10le"))),
        gop=draw(maybe(tenths(1, 20))),
        picture=draw(EDITS),
        speed=draw(st.sampled_from((1.0, 1.25, 0.5))),
        filters=draw(st.sampled_from(((), ("hue=s=0", "eq=gamma=1.2")))),
        sounds=draw(maybe(st.lists(SOUNDS, max_size=3).map(tuple))),
        subtitles=draw(maybe(st.lists(OF_SOURCE | FROM_A_FILE, max_size=3).map(tuple))),
        trim=Trim(start, draw(maybe(st.just(start + 60.5)))),
        container=draw(st.sampled_from(("", "matroska"))),
        chapters=draw(st.booleans()),
        metadata=draw(st.booleans()),
        attachments=draw(st.booleans()),
        ffmpeg_args=draw(st.sampled_from(((), ("-bf", "0")))),
    )


@given(recipes())
def test_the_words_of_a_recipe_make_it_again(recipe: Recipe) -> None:
    options = {**no_options(), "ffmpeg_args": (), **options_of(recipe)}
    assert recipe_named(Recipe(), options, {}) == recipe


def test_a_recipe_that_changes_nothing_needs_no_words() -> None:
    assert options_of(Recipe()) == {}


def test_of_an_encoder_and_its_codec_the_encoder_is_enough() -> None:
    assert options_of(evolve(Recipe(), encoder="libx265", codec="hevc")) == {"encoder": "libx265"}
    assert options_of(evolve(Recipe(), codec="hevc")) == {"codec": "hevc"}
