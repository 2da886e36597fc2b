"""Reading FFmpeg's own arguments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import RecipeError
from ffx.media.arguments import filter_names, read_arguments


@pytest.mark.parametrize("spelling", ["-c:v", "-codec:v", "-vcodec"])
def test_each_spelling_of_an_encoder_is_the_same_option(spelling: str) -> None:
    arguments = read_arguments([spelling, "libx265"])
    assert arguments.last("c", "v") == "libx265"
    assert arguments.last("c", "a") is None
    assert arguments.tokens == (spelling, "libx265")


def test_an_option_without_specifier_is_for_every_kind() -> None:
    arguments = read_arguments(["-c", "copy", "-c:a", "aac"])
    assert (arguments.last("c", "v"), arguments.last("c", "a")) == ("copy", "aac")


def test_a_single_stream_is_meant_by_its_number_only_where_it_is_alone() -> None:
    arguments = read_arguments(["-c:v:0", "libx264"])
    assert arguments.last("c", "v") is None
    assert arguments.last("c", "v", alone=True) == "libx264"


def test_switches_take_no_value() -> None:
    arguments = read_arguments(["-an", "-shortest", "-noautoscale", "-b:v", "1M"])
    assert [(option.name, option.value) for option in arguments.options] == [
        ("an", None),
        ("shortest", None),
        ("noautoscale", None),
        ("b", "1M"),
    ]


@pytest.mark.parametrize("tokens", [["-an", "/tmp/x.mp4"], ["out.mp4"], ["-b:v", "1M", "out2.mp4"], ["-"], [""]])
def test_a_word_that_would_be_another_output_is_refused(tokens: list[str]) -> None:
    with pytest.raises(RecipeError, match="unexpected"):
        read_arguments(tokens)


def test_a_value_that_is_missing() -> None:
    with pytest.raises(RecipeError, match="-b:v lacks its value"):
        read_arguments(["-an", "-b:v"])


@pytest.mark.parametrize(
    "tokens",
    [
        ["-progress", "http://x"],
        ["-report"],
        ["-passlogfile", "/tmp/x"],
        ["-attach", "/etc/passwd"],
        ["-dump_attachment:t", ""],
        ["-filter_script:v", "/etc/passwd"],
        ["-/filter:v", "/etc/passwd"],
        ["-vstats_file", "/tmp/x"],
        ["-init_hw_device", "vaapi=x:/dev/sda"],
    ],
)
def test_what_a_job_cannot_have_is_refused_with_a_reason(tokens: list[str]) -> None:
    with pytest.raises(RecipeError, match=f"{tokens[0]} cannot be used in a job: "):
        read_arguments(tokens)


def test_what_ffx_decides_anyway_is_passed_over() -> None:
    assert read_arguments(["-y", "-hide_banner", "-nostdin", "-an"]).tokens == ("-an",)


def test_the_encoders_named() -> None:
    arguments = read_arguments(["-c:v", "libx264", "-c:a:1", "libopus", "-c:s", "mov_text", "-c:a:0", "copy"])
    assert arguments.encoders == ("libx264", "libopus")


@pytest.mark.parametrize("tokens", [["-map", "0:v"], ["-filter_complex", "[0:v]null"], ["-lavfi", "[0:v]null"]])
def test_own_mapping(tokens: list[str]) -> None:
    assert read_arguments(tokens).owns_mapping


@pytest.mark.parametrize(
    ("chain", "names"),
    [
        ("scale=-2:720,fps=30", ["scale", "fps"]),
        (r"drawtext=text='a,b;c':x=1, hflip", ["drawtext", "hflip"]),
        (r"select=eq(pict_type\,I),setpts=N/TB", ["select", "setpts"]),
        ("[0:v]scale@big=2:2[a];[a] split [b][c]", ["scale", "split"]),
        ("null", ["null"]),
        ("", []),
        ("[unclosed", []),
    ],
)
def test_filter_names(chain: str, names: list[str]) -> None:
    assert list(filter_names([chain])) == names


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_words_are_read_or_refused_in_one_line(tokens: list[str]) -> None:
    try:
        arguments = read_arguments(tokens)
    except RecipeError as error:
        assert str(error)
    else:
        assert set(arguments.tokens) <= set(tokens)


@given(st.text(max_size=60))
def test_any_filter_chain_is_read(chain: str) -> None:
    assert all(isinstance(name, str) and name for name in filter_names([chain]))
