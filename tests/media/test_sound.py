"""The sound's encoders and bitrates."""

from __future__ import annotations

import pytest

from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice
from ffx.media.probe import StreamInfo
from ffx.media.sound import sound_arguments, sound_bitrate
from ffx.media.streams import KeptStream
from tests.media.jobs import SPECS


def kept(encoder: str, channels: int = 2, choice: SoundChoice | None = None) -> KeptStream:
    stream = StreamInfo(1, "audio", "dts", sample_rate=48000, channels=channels)
    return KeptStream(stream, encoder, choice=choice)


@pytest.mark.parametrize(("channels", "share"), [(1, 0.5), (2, 1), (6, 3), (8, 4)])
def test_bitrates_follow_the_channels(channels: int, share: float) -> None:
    assert sound_bitrate(SPECS["aac"], channels) == SPECS["aac"].default_bitrate * share


def test_bitrates_end_where_the_codec_does() -> None:
    assert sound_bitrate(SPECS["ac3"], 8) == 640_000
    assert sound_bitrate(SPECS["flac"], 6) == 0
    assert sound_bitrate(None, 2) == 0


def test_a_bitrate_that_was_asked_for() -> None:
    asked = kept("aac", 6, SoundChoice(bitrate=96_000))
    assert sound_arguments(Recipe(), (asked,), SPECS) == ("-c:a:0", "aac", "-b:a:0", "96000")


def test_more_channels_than_the_encoder_takes_are_mixed_down() -> None:
    assert sound_arguments(Recipe(), (kept("wmav2", 6),), SPECS)[:4] == ("-c:a:0", "wmav2", "-ac:a:0", "2")


def test_copies() -> None:
    assert sound_arguments(Recipe(), (kept("copy"), kept("copy")), SPECS) == ("-c:a", "copy")
    mixed = sound_arguments(Recipe(), (kept("copy"), kept("flac")), SPECS)
    assert mixed == ("-c:a:0", "copy", "-c:a:1", "flac")
    assert sound_arguments(Recipe(), (), SPECS) == ()
