"""Profiles in files: what is written is read again, and what is mistyped is told with its path."""

from __future__ import annotations

import json
import tomllib
from fractions import Fraction

import pytest
from hypothesis import given

from ffx.core.edits import Crop, PictureEdits, Scale
from ffx.core.errors import ConfigurationError
from ffx.core.profile_files import profile_to_plain, profile_to_toml, read_profile
from ffx.core.profiles import Profile
from ffx.core.recipe import QualityMode, Recipe
from ffx.core.tracks import SoundChoice
from tests.core.test_wire import of_class

PHONE = Profile(
    "phone",
    Recipe(
        codec="h264",
        quality_mode=QualityMode.CRF,
        quality_value=24.0,
        picture=PictureEdits(scale=Scale(1280, 720, enlarge=False), frame_rate=Fraction(24000, 1001)),
        sounds=(SoundChoice(encoder="aac"),),
        subtitles=(),
    ),
    "Small",
)
TEXT = """\
version = 1
description = "Small"
codec = "h264"
quality_mode = "crf"
quality_value = 24.0
subtitles = []

[picture]
frame_rate = "24000/1001"

[picture.scale]
width = 1280
height = 720
enlarge = false

[[sounds]]
encoder = "aac"
"""


def test_a_file_says_what_is_not_as_it_would_be_anyway() -> None:
    assert tomllib.loads(profile_to_toml(PHONE)) == tomllib.loads(TEXT)
    assert read_profile("phone", TEXT, origin="phone.toml") == PHONE


@given(of_class(Recipe))
def test_every_recipe_survives_the_way_through_a_file(recipe: Recipe) -> None:
    profile = Profile("any", recipe)
    assert read_profile("any", profile_to_toml(profile), origin="x") == profile
    assert read_profile("any", json.dumps(profile_to_plain(profile)), origin="x") == profile


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("codek = 'hevc'", "my.toml: codek: unknown key; did you mean 'codec' or 'encoder'?"),
        (
            "[picture.scale]\nwidth = 10\nheigth = 5",
            "my.toml: picture.scale.heigth: unknown key; did you mean 'height'?",
        ),
        ("[[sounds]]\nbitrat = 1", "my.toml: sounds[0].bitrat: unknown key; did you mean 'bitrate'?"),
        ("codec = 5", "my.toml: codec: must be text"),
        ("[picture.crop]\nwidth = 10", "my.toml: picture.crop: a crop has a width and a height, or is automatic"),
        ("speed = 100.0", "my.toml: a speed is 0.25 to 4, not 100"),
        ("version = 2", "my.toml: version: this ffx reads version 1, not 2"),
        ("version = true", "my.toml: version: this ffx reads version 1, not True"),
        ("description = 1", "my.toml: description: must be text"),
        ("codec =", "my.toml: is not TOML: "),
        ("{", "my.toml: is not JSON: "),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_profile("my", text, origin="my.toml")
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("name", ["", "Phone", "../x", "a b", "x" * 61, "-x", "ü"])
def test_a_name_could_be_that_of_a_file_everywhere(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no name for a profile"):
        Profile(name, Recipe())


def test_crops_and_the_like_are_part_of_it() -> None:
    profile = Profile("x", Recipe(picture=PictureEdits(crop=Crop(auto=True))))
    assert profile_to_plain(profile) == {"version": 1, "picture": {"crop": {"auto": True}}}
