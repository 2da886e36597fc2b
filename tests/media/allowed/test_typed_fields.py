"""What a stranger may write into the typed fields of a recipe is bounded: none of it reaches a filter or a path."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.edits import PictureEdits, Watermark
from ffx.core.errors import DecodeError, RecipeError
from ffx.core.model import EncoderSetup
from ffx.core.plain import from_plain
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice, SubtitleChoice
from ffx.media.allowed.sink import MOST_CHOICES, check_texts
from ffx.media.command import build_command
from ffx.media.other_files import PlacedFile
from ffx.media.probe import MediaInfo, StreamInfo

RECIPE = Recipe(encoder="libx264", container="matroska")
FILM = StreamInfo(0, "video", "h264", width=320, height=240, frame_rate=25)  # type: ignore[arg-type]
SOUND = StreamInfo(1, "audio", "aac", sample_rate=48000, channels=2)
MEDIA = MediaInfo(Path("in.mkv"), 1000, "matroska,webm", 10.0, (FILM, SOUND))


@pytest.mark.parametrize(
    "plain",
    [
        {"subtitles": [{"file": "a", "charset": "utf-8:filename=/etc/passwd"}]},
        {"subtitles": [{"language": "en:x"}]},
        {"sounds": [{"title": "a\nb"}]},
        {"sounds": [{"title": "x" * 501}]},
        {"sounds": [{"language": "../x"}]},
        {"sounds": [{"delay": 1e9}]},
        {"sounds": [{"loudness": 0.0}]},
        {"picture": {"watermark": {"file": "a", "margin": -1}}},
        {"picture": {"watermark": {"file": "a", "corner": "0:0,movie=/etc/passwd"}}},
        {"picture": {"crop": {"width": 10**9, "height": 2}}},
        {"picture": {"rotate": 45}},
        {"picture": {"frame_rate": "1000000"}},
        {"trim": {"start": -1.0}},
        {"speed": 1000.0},
        {"gop": 0.0},
    ],
)
def test_what_does_not_fit_is_no_recipe(plain: dict[str, object]) -> None:
    with pytest.raises(DecodeError):
        from_plain(plain, Recipe)


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        (evolve(RECIPE, tune="film:x=1"), "the tune: "),
        (evolve(RECIPE, profile="high -y /tmp/x"), "the profile: "),
        (evolve(RECIPE, encoder="libx265", level="4.1:dump-yuv=/tmp/x"), "the level: "),
        (evolve(RECIPE, sounds=(SoundChoice(encoder="aac,x"),)), "the encoder of a sound: "),
        (evolve(RECIPE, subtitles=(SubtitleChoice(encoder="rawvideo"),)), "'rawvideo' encodes no subtitles"),
        (evolve(RECIPE, subtitles=(SubtitleChoice(file="/etc/passwd"),)), "'/etc/passwd' is none of the job's files"),
        (evolve(RECIPE, joins=("../../token",)), "'../../token' is none of the job's files"),
        (evolve(RECIPE, picture=PictureEdits(watermark=Watermark("http://x/y"))), "'http://x/y' is none of the job's"),
        (evolve(RECIPE, sounds=(SoundChoice(),) * (MOST_CHOICES + 1)), "51 choices of sounds are too many"),
    ],
)
def test_what_would_reach_further_is_refused(recipe: Recipe, told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        check_texts(recipe)
    assert str(caught.value).startswith(told)


@given(st.text("abc:;,'[]=\\/ .-\"%{}é", min_size=1, max_size=40))
def test_a_written_name_never_gets_into_the_command(name: str) -> None:
    texts = (SubtitleChoice(file=name, burn=True), SubtitleChoice(file=name))
    recipe = evolve(RECIPE, subtitles=texts, picture=PictureEdits(watermark=Watermark(name)))
    subtitles = MediaInfo(Path(name), 10, "srt", 0.0, (StreamInfo(0, "subtitle", "subrip"), FILM))
    files = (PlacedFile(name, "in/1", subtitles),)
    (argv,) = build_command(
        recipe, MEDIA, {}, EncoderSetup(), input_name="in/0", output_name="out/0.mkv", other_files=files
    ).passes
    graph = argv[argv.index("-filter_complex") + 1]
    assert "subtitles=filename=in/1:stream_index=0" in graph
    assert f"filename={name}:" not in graph
    assert f"file:{name}" not in argv
