"""Which streams go into an output, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from ffx.core.recipe import Recipe
from ffx.media.arguments import read_arguments
from ffx.media.containers import container_by_name
from ffx.media.probe import MediaInfo, StreamInfo
from ffx.media.streams import Selection, select_streams

FILM = StreamInfo(0, "video", "h264", width=64, height=64)
SOUND = StreamInfo(1, "audio", "aac", sample_rate=48000, channels=2)
SECOND = StreamInfo(2, "audio", "aac", language="ger", sample_rate=48000, channels=2)
TEXT = StreamInfo(3, "subtitle", "subrip")
PICTURES = StreamInfo(4, "subtitle", "hdmv_pgs_subtitle")
UNKNOWN = StreamInfo(5, "video", "")
FONT = StreamInfo(6, "attachment", "")


def select(container: str, *arguments: str, recipe: Recipe | None = None, streams: tuple[StreamInfo, ...]) -> Selection:
    media = MediaInfo(Path("in"), 1, "matroska,webm", 1.0, streams)
    recipe = recipe or Recipe(encoder="libx264")
    return select_streams(recipe, media, container_by_name(container), read_arguments(arguments))


def encoders(selection: Selection) -> list[tuple[int, str]]:
    return [(kept.source.index, kept.encoder) for kept in selection.kept]


def test_everything_into_matroska() -> None:
    selection = select("matroska", streams=(FILM, SOUND, SECOND, TEXT, PICTURES, FONT))
    assert encoders(selection) == [(0, "libx264"), *((index, "copy") for index in (1, 2, 3, 4, 6))]
    assert selection.warnings == ()


def test_what_cannot_be_read_is_told() -> None:
    selection = select("matroska", streams=(FILM, UNKNOWN))
    assert encoders(selection) == [(0, "libx264")]
    assert selection.warnings == ("video stream 5 is left out: its format could not be determined",)


def test_a_container_for_one_sound() -> None:
    selection = select("flv", streams=(FILM, SOUND, SECOND))
    assert encoders(selection) == [(0, "libx264"), (1, "copy")]
    assert selection.warnings == ("audio stream 2 (aac, ger) is left out: flv holds one audio stream",)


def test_a_container_for_sound_says_nothing_of_subtitles() -> None:
    selection = select("mp3", recipe=Recipe(), streams=(FILM, SOUND, TEXT))
    assert (encoders(selection), selection.warnings) == ([(1, "libmp3lame")], ())


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (("-an",), [0, 3]),
        (("-sn",), [0, 1]),
        (("-vn",), [1, 3]),
    ],
)
def test_what_was_not_wanted_is_no_loss(arguments: tuple[str, ...], kept: list[int]) -> None:
    selection = select("matroska", *arguments, streams=(FILM, SOUND, TEXT))
    assert [index for index, _ in encoders(selection)] == kept
    assert selection.warnings == ()


@pytest.mark.parametrize(
    "arguments", [("-af", "volume=2"), ("-ac", "1"), ("-ar", "44100"), ("-b:a", "64k"), ("-filter:a:0", "anull")]
)
def test_sound_that_is_to_be_changed_is_encoded(arguments: tuple[str, ...]) -> None:
    assert encoders(select("matroska", *arguments, streams=(SOUND,))) == [(1, "aac")]


def test_a_bitrate_of_the_picture_changes_no_sound() -> None:
    assert encoders(select("matroska", "-b:v", "1M", "-vf", "hflip", streams=(SOUND,))) == [(1, "copy")]


def test_a_subtitle_encoder_of_the_persons_own() -> None:
    selection = select("matroska", "-c:s", "ass", streams=(TEXT, PICTURES))
    assert encoders(selection) == [(3, "ass")]
    assert selection.warnings == ("subtitle stream 4 (hdmv_pgs_subtitle) is left out: matroska cannot hold it",)
