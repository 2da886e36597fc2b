"""The other files of a job: which there are, what FFmpeg is told of them, and what becomes of a job's command."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import RecipeError
from ffx.core.model import EncoderSetup, OtherFile
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.media.command import Command, build_command
from ffx.media.other_files import (
    MOST,
    Named,
    PlacedFile,
    check_other_files,
    files_looked_at,
    named_files,
    place_names,
)
from ffx.media.probe import MediaInfo, PacketCount, PacketCounts, StreamInfo

FILM = StreamInfo(index=0, kind="video", codec="h264", width=320, height=240, duration=8.0)
SOURCE = MediaInfo(Path("in.mp4"), 1000, "mov,mp4,m4a,3gp,3g2,mj2", 8.0, (FILM,))
PACKETS = PacketCounts((PacketCount(0, "video", packets=200, start=0.0, end=8.0, total=8.0),))
LOGO = MediaInfo(Path("logo.png"), 100, "png_pipe")
OVERLAY = ("-i", "logo.png", "-filter_complex", "[0:v][1:v]overlay=10:10[v]", "-map", "[v]")


def named(*words: str, filters: tuple[str, ...] = ()) -> tuple[Named, ...]:
    return named_files(Recipe(filters=filters, ffmpeg_args=words))


def command(recipe: Recipe, *files: PlacedFile, policy: ArgumentPolicy = ArgumentPolicy.CHECKED) -> Command:
    return build_command(
        recipe,
        SOURCE,
        {},
        EncoderSetup(),
        input_name="in/0",
        output_name="out/0.mp4",
        other_files=files,
        packets=PACKETS,
        policy=policy,
    )


def recipe(*words: str, filters: tuple[str, ...] = ()) -> Recipe:
    return Recipe(encoder="libx264", codec="h264", container="mp4", ffmpeg_args=words, filters=filters)


def has(argv: tuple[str, ...], *words: str) -> bool:
    """Whether these words stand side by side."""
    return any(argv[at : at + len(words)] == words for at in range(len(argv)))


# -- Which there are --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "found"), [
    (("-crf", "20"), ()),
    (OVERLAY, (Named("logo.png", "-i"),)),
    (("-ss", "1", "-i", "a b.wav", "-i", "c", "-map", "1:a"), (Named("a b.wav", "-i"), Named("c", "-i"))),
    (("-vf", "scale=-2:720,subtitles=subs.srt"), (Named("subs.srt", "subtitles"),)),
    (("-vf", r"subtitles=filename=it\\\'s.srt:si=0"), (Named("it's.srt", "subtitles"),)),
    (("-vf", "subtitles=f='a,b.srt'"), (Named("a,b.srt", "subtitles"),)),
    (("-filter:v:0", "ass=x.ass,lut3d=file=look.cube"), (Named("x.ass", "ass"), Named("look.cube", "lut3d"))),
    (("-filter_complex", "[0:v]drawtext=text=a:fontfile=f.ttf[v]"), (Named("f.ttf", "drawtext"),)),
    (("-vf", "no filter at all ["), ()),
])  # fmt: skip
def test_which_there_are(words: tuple[str, ...], found: tuple[Named, ...]) -> None:
    assert named(*words) == found


def test_filters_name_files_too_and_each_is_found_once() -> None:
    assert named("-vf", "subtitles=s.srt", filters=("subtitles=s.srt", "lut1d=l.cube")) == (
        Named("s.srt", "subtitles"),
        Named("l.cube", "lut1d"),
    )


def test_what_libavformat_opens_is_looked_at() -> None:
    words = ("-i", "a.png", "-filter_complex", "[0:v][1:v]overlay,subtitles=s.srt,ass=t.ass,lut3d=l.cube")
    assert files_looked_at(recipe(*words)) == {"a.png", "s.srt"}


@given(st.lists(st.tuples(st.text(max_size=30), st.integers(1, 10**12)), max_size=MOST))
def test_a_name_of_a_client_never_gets_into_a_path(files: list[tuple[str, int]]) -> None:
    others = [OtherFile(name, "/there", size) for name, size in files]
    for number, name in enumerate(place_names(others, "in").values(), 1):
        folder, _, rest = name.partition("/")
        assert folder == "in"
        assert rest.removesuffix(".cube").removesuffix(".3dl").isdecimal() or number > len(others)


@pytest.mark.parametrize(("name", "place"), [
    ("look.cube", "in/1.cube"), ("LOOK.CUBE", "in/1.cube"), ("../a.3dl", "in/1.3dl"), (r"C:\x\y.csp", "in/1.csp"),
    ("subs.srt", "in/1"), ("a.cube/b", "in/1"), ("x.cube\0", "in/1"), (".cube", "in/1"), ("", "in/1"),
])  # fmt: skip
def test_only_colour_tables_keep_their_suffix(name: str, place: str) -> None:
    assert place_names([OtherFile(name, "", 1)], "in") == {name: place}


@pytest.mark.parametrize(("files", "why"), [
    ([OtherFile(str(number), "", 1) for number in range(MOST + 1)], "17 other files are too many"),
    ([OtherFile("a", "", 1), OtherFile("a", "", 2)], "two of the other files have one name"),
    ([OtherFile("", "", 1)], "has 1 to 1000 characters"),
    ([OtherFile("a" * 1001, "", 1)], "has 1 to 1000 characters"),
    ([OtherFile("a\0b", "", 1)], "has 1 to 1000 characters"),
    ([OtherFile("a", "", 0)], "'a' is empty"),
    ([OtherFile("a", "", -1)], "'a' is empty"),
])  # fmt: skip
def test_what_cannot_be(files: list[OtherFile], why: str) -> None:
    with pytest.raises(RecipeError, match=why):
        check_other_files(files)


# -- What FFmpeg is told ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [ArgumentPolicy.CHECKED, ArgumentPolicy.ANY])
def test_a_further_input_may_only_be_what_it_was_seen_to_be(policy: ArgumentPolicy) -> None:
    (argv,) = command(recipe(*OVERLAY), PlacedFile("logo.png", "in/1", LOGO), policy=policy).passes
    assert has(argv, "-protocol_whitelist", "file", "-format_whitelist", "png_pipe", "-i", "file:in/1")
    assert argv.index("file:in/0") < argv.index("file:in/1") < argv.index("-filter_complex")
    assert "logo.png" not in " ".join(argv)


@pytest.mark.parametrize("policy", [ArgumentPolicy.CHECKED, ArgumentPolicy.ANY])
@pytest.mark.parametrize("filters", ["subtitles=it\\\\\\'s.srt", "subtitles=f='it\\\\'s.srt'"])
def test_a_filter_gets_the_name_that_the_server_gave(policy: ArgumentPolicy, filters: str) -> None:
    found = named("-vf", filters)
    subtitles = MediaInfo(Path("x"), 10, "srt")
    (argv,) = command(recipe("-vf", filters), PlacedFile(found[0].name, "in/1", subtitles), policy=policy).passes
    (graph,) = (word for word in argv if "subtitles=" in word)
    assert "in/1" in graph
    assert "srt" not in graph


@pytest.mark.parametrize("policy", [ArgumentPolicy.CHECKED, ArgumentPolicy.ANY])
@pytest.mark.parametrize("name", ["/etc/passwd", "in/0", "http://x", "concat:a|b", "other.png", ""])
def test_what_was_not_announced_is_no_input(policy: ArgumentPolicy, name: str) -> None:
    with pytest.raises(RecipeError, match=r"^-i: .* is no file of this job$"):
        command(recipe("-i", name, *OVERLAY[2:]), PlacedFile("logo.png", "in/1", LOGO), policy=policy)


def test_a_logo_that_repeats_for_ever_has_an_end() -> None:
    repeated = ("-loop", "1", *OVERLAY)
    assert command(recipe(*repeated), PlacedFile("logo.png", "in/1", LOGO)).longest == pytest.approx(2 * 8 + 60)
    assert command(recipe(*OVERLAY), PlacedFile("logo.png", "in/1", LOGO)).longest == 0.0


def test_sound_of_another_input_is_never_copied_unseen() -> None:
    """The source's sound would fit into the container; whether that of the other file does nobody knows."""
    words = ("-i", "music.wav", "-map", "0:v", "-map", "1:a")
    (argv,) = command(recipe(*words), PlacedFile("music.wav", "in/1", MediaInfo(Path("x"), 1, "wav", 3.0))).passes
    assert has(argv, "-c:a", "aac")
