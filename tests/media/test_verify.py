"""Checking inputs and outputs: what is damaged, short or missing is told, and what is merely odd is not."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve, frozen

from ffx.core.errors import ProbeError, VerificationError
from ffx.core.recipe import Recipe
from ffx.media.arguments import read_arguments
from ffx.media.changes import keeps_duration, keeps_frames
from ffx.media.probe import MediaInfo, PacketCount, PacketCounts, StreamInfo, count_packets, probe
from ffx.media.run import RunOutcome
from ffx.media.verify import Verified, check_input, verify_output
from tests.media.jobs import encode, make, request_for

FAST = ("-c:v", "libx264", "-preset", "ultrafast")
FILM = ("-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25:duration=6")
SOUND = ("-f", "lavfi", "-i", "sine=duration=6")


def check(file: Path) -> None:
    check_input(probe(file), count_packets(file))


# -- Inputs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("suffix", ["mkv", "mp4", "flv", "avi"])
def test_an_input_that_was_cut_off_is_told(
    ffmpeg9: Path, clip: Path, tmp_path: Path, suffix: str, share: float
) -> None:
    whole, part = tmp_path / f"whole.{suffix}", tmp_path / f"part.{suffix}"
    make(ffmpeg9, "-i", clip, "-c", "copy", *(("-movflags", "+faststart") if suffix == "mp4" else ()), whole)
    check(whole)
    part.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    with pytest.raises(ProbeError) as caught:
        check(part)
    said = re.fullmatch(
        r"(.*): the input is truncated: its header says (\S+) s, its packets end at (\S+) s", str(caught.value)
    )
    assert said is not None
    assert said[1] == str(part)
    assert float(said[3]) == pytest.approx(7.8 * share, abs=0.4)
    assert float(said[2]) > float(said[3])


def test_the_last_frames_of_a_film_with_an_index_are_missed(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    make(ffmpeg9, "-i", clip, "-c", "copy", "-movflags", "+faststart", tmp_path / "whole.mp4")
    whole = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "part.mp4").write_bytes(whole[:-8000])
    with pytest.raises(ProbeError, match="truncated"):
        check(tmp_path / "part.mp4")


def test_a_stream_that_is_missing_at_the_end_is_told(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    # In the last fragment the sound stands behind the picture: the film is whole without it.
    make(ffmpeg9, "-i", clip, "-c", "copy", "-movflags", "+frag_keyframe+empty_moov", tmp_path / "whole.mp4")
    check(tmp_path / "whole.mp4")
    whole = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "part.mp4").write_bytes(whole[: int(len(whole) * 0.99)])
    film = count_packets(tmp_path / "part.mp4").stream(0)
    assert film is not None
    assert film.packets == 234
    with pytest.raises(ProbeError, match="truncated"):
        check(tmp_path / "part.mp4")


def test_a_header_without_packets_is_told(ffmpeg9: Path, clip: Path, tmp_path: Path) -> None:
    make(ffmpeg9, "-i", clip, "-c", "copy", tmp_path / "whole.mkv")
    (tmp_path / "header.mkv").write_bytes((tmp_path / "whole.mkv").read_bytes()[:900])
    with pytest.raises(ProbeError):
        check(tmp_path / "header.mkv")


ODD: dict[str, tuple[str, ...]] = {
    "sound longer than its film.mkv": (*FILM, *SOUND, "-vf", "trim=end=3", *FAST),
    "sound longer than its film.mp4": (*FILM, *SOUND, "-vf", "trim=end=3", *FAST),
    "film longer than its sound.mkv": (*FILM, *SOUND, "-af", "atrim=end=3", *FAST),
    "sound longer in fragments.mp4": (*FILM, *SOUND, "-vf", "trim=end=3", *FAST, "-movflags", "+frag_keyframe"),
    "variable rate.mkv": (*FILM, "-vf", "select='lt(t,2)+not(mod(n,9))'", "-fps_mode", "vfr", *FAST),
    "variable rate.mp4": (*FILM, "-vf", "select='lt(t,2)+not(mod(n,9))'", "-fps_mode", "vfr", *FAST),
    "slides.mkv": ("-f", "lavfi", "-i", "testsrc2=s=128x96:r=0.1:d=40", *FAST),
    "slides.mp4": ("-f", "lavfi", "-i", "testsrc2=s=128x96:r=0.1:d=40", *FAST),
    "one frame.mp4": ("-f", "lavfi", "-i", "testsrc2=s=128x96:r=0.1:d=10", *FAST),
    "late.mkv": (*FILM, *FAST, "-output_ts_offset", "100"),
    "late.mp4": (*FILM, *FAST, "-output_ts_offset", "100"),
    "transport.ts": (*FILM, *SOUND, *FAST),
    "program.mpg": (*FILM, *SOUND),
    "old.avi": (*FILM, *SOUND, "-c:v", "mpeg4", "-bf", "2"),
    "windows.wmv": (*FILM, *SOUND),
    "sound.wav": SOUND,
    "sound.flac": SOUND,
    "sound.mp3": SOUND,
    "sound.ogg": SOUND,
    "sound.m4a": SOUND,
    "picture.png": (*FILM, "-frames:v", "1"),
    "moving picture.gif": (*FILM, "-t", "1"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_input_is_fine(ffmpeg: Path, tmp_path: Path, name: str) -> None:
    make(ffmpeg, *ODD[name], tmp_path / name)
    check(tmp_path / name)


@pytest.mark.parametrize(
    ("muxer", "arguments"),
    [("matroska", ()), ("matroska", ("-vn", "-c:a", "ac3")), ("flv", ()), ("wav", ("-vn",)), ("flac", ("-vn",))],
)
def test_a_live_recording_is_fine(
    ffmpeg: Path, clip: Path, tmp_path: Path, muxer: str, arguments: tuple[str, ...]
) -> None:
    # What goes through a pipe has no duration in its header, or a wrong one.
    copied = arguments or ("-c", "copy")
    recording = tmp_path / f"live.{muxer}"
    argv = [str(ffmpeg), "-v", "error", "-nostdin", "-i", str(clip), *copied, "-f", muxer, "pipe:1"]
    recording.write_bytes(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)
    check(recording)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_a_cut_without_encoding_is_fine(ffmpeg: Path, clip: Path, tmp_path: Path, suffix: str) -> None:
    make(ffmpeg, "-i", clip, *FAST, "-g", "60", "-c:a", "copy", tmp_path / "whole.mp4")
    make(ffmpeg, "-ss", "1.3", "-i", tmp_path / "whole.mp4", "-c", "copy", tmp_path / f"cut.{suffix}")
    check(tmp_path / f"cut.{suffix}")


def test_subtitles_that_outlast_the_film_are_fine(ffmpeg: Path, tmp_path: Path) -> None:
    (tmp_path / "text.srt").write_text("1\n00:00:00,500 --> 00:00:20,000\nHello\n\n")
    make(ffmpeg, *FILM, "-i", tmp_path / "text.srt", "-map", "0", "-map", "1", *FAST, tmp_path / "film.mkv")
    assert probe(tmp_path / "film.mkv").duration == pytest.approx(20)
    check(tmp_path / "film.mkv")


def test_a_last_slide_need_not_say_for_how_long_it_stands() -> None:
    # Without a duration in the last packet, as some recorders of screens write it.
    film = StreamInfo(0, "video", "h264", duration=40, width=640, height=360)
    slides = MediaInfo(Path("slides.mkv"), 10_000, "matroska,webm", duration=40, streams=(film,))
    check_input(slides, PacketCounts((PacketCount(0, "video", packets=4, start=0, end=30.04),)))
    with pytest.raises(ProbeError, match=r"its header says 40\.0 s, its packets end at 10\.0 s"):
        check_input(slides, PacketCounts((PacketCount(0, "video", packets=2, start=0, end=10.04),)))


# -- Outputs ------------------------------------------------------------------------------------------------


@frozen
class Checked:
    """An output beside its source, and what FFmpeg is made to have said."""

    source: Path
    output: Path
    recipe: Recipe
    outcome: RunOutcome

    def verify(self) -> Verified:
        return verify_output(self.output, self.recipe, probe(self.source), count_packets(self.source), self.outcome)

    def refusal(self) -> str:
        with pytest.raises(VerificationError) as caught:
            self.verify()
        assert "\n" not in str(caught.value)
        return str(caught.value)


@pytest.fixture(scope="session")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make an output of the clip once."""
    folder = tmp_path_factory.mktemp("encoded")

    def made(ffmpeg: Path, clip: Path, name: str, *arguments: str) -> Path:
        if not (folder / name).exists():
            make(ffmpeg, "-i", clip, *FAST, "-g", "15", "-c:a", "copy", *arguments, folder / name)
        return folder / name

    return made


@pytest.fixture
def good(ffmpeg9: Path, clip: Path, tmp_path: Path, encoded: Callable[..., Path]) -> Checked:
    shutil.copy(encoded(ffmpeg9, clip, "good.mkv"), tmp_path / "out.mkv")
    recipe = Recipe(encoder="libx264", codec="h264", container="matroska")
    return Checked(clip, tmp_path / "out.mkv", recipe, RunOutcome(frames=234))


def test_a_good_output_is_described(good: Checked) -> None:
    verified = good.verify()
    assert (verified.frames, verified.size) == (234, good.output.stat().st_size)
    assert verified.duration == pytest.approx(7.8, abs=0.05)


@pytest.mark.parametrize("content", [b"", b"not a film" * 1000])
def test_what_is_no_media_is_refused(good: Checked, content: bytes) -> None:
    good.output.write_bytes(content)
    assert good.refusal().startswith("the output cannot be read: ")


def test_a_missing_output_is_refused(good: Checked) -> None:
    good.output.unlink()
    assert "no such file" in good.refusal()


def test_a_truncated_output_under_an_honest_claim_is_refused(good: Checked) -> None:
    content = good.output.read_bytes()
    good.output.write_bytes(content[: len(content) // 4])
    assert probe(good.output).duration == pytest.approx(7.8, abs=0.05)  # the header still says so
    assert re.fullmatch(r"the output has \d\d frames, FFmpeg wrote 234", good.refusal())


def test_a_truncated_output_that_ffmpeg_did_not_count_is_refused(good: Checked) -> None:
    content = good.output.read_bytes()
    good.output.write_bytes(content[: len(content) // 4])
    silent = evolve(good, outcome=RunOutcome())
    assert re.fullmatch(r"the output has \d\d of the input's 234 frames", silent.refusal())


def test_an_encode_that_ended_early_is_refused_though_all_agree(ffmpeg9: Path, good: Checked) -> None:
    make(ffmpeg9, "-i", good.source, "-frames:v", "233", *FAST, "-c:a", "copy", good.output)
    early = evolve(good, outcome=RunOutcome(frames=233))
    assert early.refusal() == "the output has 233 of the input's 234 frames"


def test_frames_that_were_dropped_or_repeated_are_told_by_ffmpeg(ffmpeg9: Path, good: Checked) -> None:
    make(ffmpeg9, "-i", good.source, "-r", "15", *FAST, "-c:a", "copy", good.output)
    half = evolve(good, outcome=RunOutcome(frames=119, drop=115))
    assert half.verify().frames == 119
    assert "119 of the input's 234" in evolve(half, outcome=RunOutcome(frames=119)).refusal()
    assert "229 of the input's 234" in evolve(half, outcome=RunOutcome(frames=119, drop=115, dup=5)).refusal()


def test_frames_that_ffmpeg_did_not_write_are_refused(good: Checked) -> None:
    assert evolve(good, outcome=RunOutcome(frames=230)).refusal() == "the output has 234 frames, FFmpeg wrote 230"


def test_sound_that_is_missing_is_refused(ffmpeg9: Path, good: Checked) -> None:
    make(ffmpeg9, "-i", good.source, *FAST, "-an", good.output)
    assert good.refusal() == "the output has 0 audio streams instead of 1"
    assert evolve(good, recipe=evolve(good.recipe, sounds=())).verify().frames == 234
    assert evolve(good, recipe=evolve(good.recipe, ffmpeg_args=("-an",))).verify().frames == 234


def test_sound_that_ends_early_is_refused(ffmpeg9: Path, good: Checked) -> None:
    make(ffmpeg9, "-i", good.source, *FAST, "-af", "atrim=end=4", good.output)
    assert good.refusal() == "the output's audio lasts 4.0 s, the input's 7.8 s"


def test_the_second_sound_is_checked_too(ffmpeg9: Path, good: Checked, tmp_path: Path) -> None:
    two = tmp_path / "two.mkv"
    both = ("-map", "0:v", "-map", "0:a", "-map", "0:a")
    make(ffmpeg9, "-i", good.source, *both, "-c", "copy", two)
    make(ffmpeg9, "-i", good.source, *both, *FAST, "-c:a:0", "copy", "-filter:a:1", "atrim=end=4", good.output)
    assert "audio lasts 4.0 s" in evolve(good, source=two).refusal()


def test_a_film_that_is_missing_is_refused(ffmpeg9: Path, good: Checked) -> None:
    make(ffmpeg9, "-i", good.source, "-vn", "-c:a", "copy", good.output)
    assert good.refusal() == "the output has 0 video streams instead of 1"


def test_a_film_without_packets_is_refused(ffmpeg9: Path, good: Checked) -> None:
    make(ffmpeg9, "-i", good.source, "-vf", "select=0", *FAST, "-c:a", "copy", good.output)
    assert good.refusal() == "the output's video stream 0 is empty"


def test_subtitles_that_are_missing_are_refused(good: Checked, rich_matroska: Path, ffmpeg9: Path) -> None:
    make(ffmpeg9, "-i", rich_matroska, "-map", "0", "-map", "-0:s:1", "-c", "copy", good.output)
    copy = evolve(good, source=rich_matroska, outcome=RunOutcome(), recipe=evolve(good.recipe, encoder="copy"))
    assert copy.refusal() == "the output has 1 subtitle streams instead of 2"


@pytest.mark.parametrize("arguments", [("-t", "3"), ("-ss", "4.8"), ("-frames:v", "90"), ("-vf", "select='lt(n,90)'")])
def test_an_output_that_was_to_be_shorter_is_fine(ffmpeg9: Path, good: Checked, arguments: tuple[str, ...]) -> None:
    make(ffmpeg9, "-i", good.source, *arguments, *FAST, good.output)
    frames = count_packets(good.output).streams[0].packets
    assert frames <= 91
    short = evolve(good, recipe=evolve(good.recipe, ffmpeg_args=arguments), outcome=RunOutcome(frames=frames))
    assert short.verify().frames == frames
    assert "FFmpeg wrote" in evolve(short, outcome=RunOutcome(frames=frames + 1)).refusal()
    assert "of the input's 234" in evolve(short, recipe=good.recipe).refusal()


def test_sound_that_ends_before_the_part_that_was_asked_for_may_be_empty(ffmpeg9: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in.mkv", tmp_path / "out.mkv"
    make(ffmpeg9, *FILM, *SOUND, "-af", "atrim=end=2", *FAST, "-g", "25", source)
    arguments = ("-ss", "4")
    make(ffmpeg9, "-i", source, *arguments, *FAST, "-c:a", "copy", output)
    recipe = Recipe(encoder="libx264", codec="h264", container="matroska", ffmpeg_args=arguments)
    assert Checked(source, output, recipe, RunOutcome(frames=50)).verify().frames == 50


def test_nothing_at_all_is_refused_whatever_was_asked_for(ffmpeg9: Path, good: Checked) -> None:
    arguments = ("-ss", "100")
    make(ffmpeg9, "-i", good.source, *arguments, *FAST, "-c:a", "copy", good.output)
    assert evolve(good, recipe=evolve(good.recipe, ffmpeg_args=arguments), outcome=RunOutcome()).refusal()


def test_a_persons_own_mapping_is_theirs(ffmpeg9: Path, good: Checked) -> None:
    make(ffmpeg9, "-i", good.source, "-map", "0:v", *FAST, good.output)
    recipe = evolve(good.recipe, ffmpeg_args=("-map", "0:v"))
    assert evolve(good, recipe=recipe).verify().frames == 234


# -- Whole jobs on odd sources ------------------------------------------------------------------------------


SOURCES: dict[str, tuple[str, ...]] = {
    name: ODD[name]
    for name in (
        *("sound longer than its film.mkv", "film longer than its sound.mkv", "sound longer in fragments.mp4"),
        *("variable rate.mkv", "variable rate.mp4", "slides.mkv", "one frame.mp4", "late.mkv"),
        *("transport.ts", "old.avi", "windows.wmv", "picture.png", "moving picture.gif"),
    )
}


@pytest.mark.parametrize("encoder", ["libx264", "copy"])
@pytest.mark.parametrize("name", SOURCES)
async def test_jobs_on_odd_sources_raise_no_false_alarm(ffmpeg: Path, tmp_path: Path, name: str, encoder: str) -> None:
    source = tmp_path / name
    make(ffmpeg, *SOURCES[name], source)
    output = Path("out.mkv" if encoder == "libx264" or source.suffix == ".png" else f"out{source.suffix}")
    request = request_for(source, output, encoder=encoder, preset="ultrafast" if encoder == "libx264" else "")
    done = await encode(ffmpeg, request, tmp_path)
    original = count_packets(source).streams[0]
    assert done.verified.frames == original.packets
    assert done.verified.duration == pytest.approx(original.span, abs=0.1)


@pytest.mark.parametrize("encoder", ["libx264", "copy"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
async def test_jobs_on_a_cut_raise_no_false_alarm(
    ffmpeg: Path, clip: Path, tmp_path: Path, suffix: str, encoder: str
) -> None:
    make(ffmpeg, "-i", clip, *FAST, "-g", "60", "-c:a", "copy", tmp_path / "whole.mp4")
    make(ffmpeg, "-ss", "1.3", "-i", tmp_path / "whole.mp4", "-c", "copy", tmp_path / "cut.mp4")
    assert count_packets(tmp_path / "cut.mp4").streams[0].discarded == 39
    done = await encode(ffmpeg, request_for(tmp_path / "cut.mp4", Path(f"out.{suffix}"), encoder=encoder), tmp_path)
    assert done.verified.frames >= 195


@pytest.mark.parametrize("encoder", ["libx264", "copy"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
async def test_a_recording_that_begins_between_key_frames_raises_no_false_alarm(
    ffmpeg: Path, clip: Path, tmp_path: Path, codec: str, encoder: str
) -> None:
    parameters = "open-gop=1:keyint=30:bframes=3"
    option = {"libx264": "-x264-params", "libx265": "-x265-params"}[codec]
    parameters += ":log-level=none" if codec == "libx265" else ""
    whole, part, source = tmp_path / "whole.ts", tmp_path / "part.ts", tmp_path / "part.mkv"
    make(ffmpeg, "-i", clip, "-c:v", codec, "-preset", "ultrafast", option, parameters, "-an", whole)
    packets = whole.stat().st_size // 188
    part.write_bytes(whole.read_bytes()[packets // 3 * 188 :])
    make(ffmpeg, "-v", "quiet", "-i", part, "-c", "copy", "-copyinkf", source)
    film = count_packets(source).streams[0]
    assert film.leading > 0
    done = await encode(ffmpeg, request_for(source, Path("out.mkv"), encoder=encoder), tmp_path)
    assert film.packets - film.leading <= done.verified.frames <= film.packets


# -- What options change ------------------------------------------------------------------------------------


def keeps(*arguments: str, filters: tuple[str, ...] = ()) -> tuple[bool, bool]:
    """Whether frames, and whether the duration, are those of the source."""
    recipe = Recipe(encoder="libx264", filters=filters, ffmpeg_args=arguments)
    read = read_arguments(arguments)
    return keeps_frames(recipe, read), keeps_duration(recipe, read)


def test_options_that_change_neither() -> None:
    assert keeps() == (True, True)
    assert keeps("-vf", "scale=-2:720,crop=100:100,hflip", "-crf", "20", "-b:a", "96k") == (True, True)
    assert keeps(filters=("scale=640:-2", "format=yuv420p")) == (True, True)
    assert keeps("-af", "volume=2,loudnorm") == (True, True)


@pytest.mark.parametrize(
    "arguments",
    [
        *(("-ss", "1"), ("-t", "1"), ("-to", "1"), ("-frames:v", "1"), ("-vframes", "1"), ("-fs", "1"), ("-shortest",)),
        *(("-vf", name) for name in ("trim=end=1", "setpts=2*PTS", "select=1", "loop=1", "tpad=stop=5", "nosuch")),
        *(("-vf", name) for name in ("scale=1:1,trim=end=1", "scale@a=1:1,select@b=1", "[in]framestep=2[out]")),
        *(("-af", name) for name in ("atempo=2", "atrim=end=1", "apad", "asetrate=8000")),
        *(("-filter_complex", "[0:v]null"), ("-map", "0:v"), ("-bsf:v", "noise=drop=1")),
    ],
)
def test_options_that_may_change_the_duration(arguments: tuple[str, ...]) -> None:
    assert not keeps(*arguments)[1]


@pytest.mark.parametrize(
    "arguments",
    [
        *(("-r", "10"), ("-vsync", "cfr"), ("-fps_mode", "vfr"), ("-fpsmax", "10"), ("-t", "1"), ("-frames:v", "1")),
        *(("-vf", name) for name in ("fps=10", "minterpolate", "framestep=2", "tinterlace", "decimate", "yadif=1")),
        *(("-vf", name) for name in ("bwdif", "mpdecimate", "telecine", "separatefields", "thumbnail", "tblend")),
    ],
)
def test_options_that_may_change_the_number_of_frames(arguments: tuple[str, ...]) -> None:
    assert not keeps(*arguments)[0]


def test_a_new_rate_keeps_the_duration() -> None:
    assert keeps("-r", "10") == (False, True)
    assert keeps("-vf", "fps=10") == (False, True)
    assert keeps(filters=("fps=10",)) == (False, True)
