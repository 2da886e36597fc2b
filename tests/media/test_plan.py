"""Requests become complete jobs, or one line that says what cannot be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from ffx.core.errors import RecipeError
from ffx.core.model import EncoderType
from ffx.core.recipe import QualityMode
from ffx.media.equivalents import suggest_encoder, with_encoder
from ffx.media.plan import Request, default_output_name, plan_job
from ffx.media.probe import MediaInfo, StreamInfo, probe
from tests.media.jobs import SPECS, request_for, sounds

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"


def film(codec: str = "h264", index: int = 0) -> StreamInfo:
    return StreamInfo(
        index, "video", codec, width=1280, height=720, pixel_format="yuv420p", bit_depth=8, frame_rate=Fraction(25)
    )


def sound(codec: str = "aac", index: int = 1, channels: int = 2) -> StreamInfo:
    return StreamInfo(index, "audio", codec, sample_rate=48000, channels=channels)


def media(*streams: StreamInfo, name: str = "in.mp4", container: str = MP4) -> MediaInfo:
    return MediaInfo(Path(name), 1000, container, 10.0, streams or (film(), sound()))


def request(output: str = "out.mp4", *ffmpeg_args: str, **wishes: object) -> Request:
    return request_for(Path("in.mp4"), Path(output), ffmpeg_args=ffmpeg_args, **wishes)


def plan(asked: Request, source: MediaInfo | None = None):  # type: ignore[no-untyped-def]  # the tests read attributes
    return plan_job(asked, source or media(), SPECS, job_id="job")


# -- Container and codec ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "container"),
    [("mp4", "mp4"), ("MKV", "matroska"), ("mov", "mov"), ("webm", "webm"), ("avi", "avi"), ("ts", "mpegts"),
     ("m4a", "ipod"), ("mp3", "mp3"), ("opus", "opus"), ("wav", "wav")],
)  # fmt: skip
def test_the_container_is_as_the_suffix_says(suffix: str, container: str) -> None:
    assert plan(request(f"out.{suffix}")).recipe.container == container


def test_an_unknown_suffix_lists_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"out\.xyz: the suffix '\.xyz' names no known container; .*\.mp4 .*\.mkv"):
        plan(request("out.xyz"))


def test_the_container_can_be_named_apart_from_the_suffix() -> None:
    assert plan(request("out.xyz", container="matroska")).recipe.container == "matroska"
    assert plan(request("out.xyz", "-f", "nut")).recipe.container == "nut"


@pytest.mark.parametrize("muxer", ["tee", "segment", "hls", "dash", "image2", "null", "rtp"])
def test_a_muxer_that_does_not_write_one_file_is_refused(muxer: str) -> None:
    with pytest.raises(RecipeError, match="does not write one file"):
        plan(request("out.mp4", container=muxer))
    with pytest.raises(RecipeError, match="does not write one file"):
        plan(request("out.mp4", "-f", muxer))


def test_the_codec_is_kept_where_the_container_takes_it() -> None:
    job = plan(request("out.mkv"), media(film("hevc"), sound()))
    assert (job.recipe.codec, job.recipe.encoder) == ("hevc", "")


@pytest.mark.parametrize(
    ("codec", "output", "kept"),
    [
        ("vp9", "out.avi", "h264"),
        ("h264", "out.webm", "vp9"),
        ("prores", "out.mp4", "h264"),
        ("cinepak", "out.mkv", "h264"),
    ],
)
def test_else_it_is_the_containers_own(codec: str, output: str, kept: str) -> None:
    assert plan(request(output), media(film(codec), sound())).recipe.codec == kept


@pytest.mark.parametrize("wish", [{"codec": "vp9"}, {"encoder": "libvpx-vp9"}])
def test_a_codec_that_does_not_fit_is_refused_with_what_fits(wish: dict[str, str]) -> None:
    with pytest.raises(RecipeError) as caught:
        plan(request("out.avi", **wish))
    message = str(caught.value)
    assert message.startswith("avi cannot hold vp9: it takes ")
    assert message.endswith("vp9 fits into matroska, mp4, nut and webm")


def test_copying_a_codec_that_does_not_fit_is_refused() -> None:
    with pytest.raises(RecipeError, match="webm cannot hold h264"):
        plan(request("out.webm", encoder="copy"))
    with pytest.raises(RecipeError, match="webm cannot hold aac: it takes opus and vorbis"):
        plan(request("out.webm", audio="copy"))


def test_other_names_of_codecs() -> None:
    assert plan(request(codec="H265")).recipe.codec == "hevc"


def test_an_unknown_codec_has_suggestions() -> None:
    with pytest.raises(RecipeError, match=r"no encoder is known for the codec 'hevv'; did you mean 'hevc'"):
        plan(request("out.mkv", codec="hevv"))


def test_an_encoder_that_only_a_server_may_know_is_let_through() -> None:
    job = plan(request("out.mkv", encoder="libfuture"))
    assert job.needs == ("libfuture", "matroska")


def test_a_near_miss_is_suggested() -> None:
    assert suggest_encoder("libx256", ["libx265", "aac"]) == "; did you mean 'libx265'?"
    assert "'libx265'" in suggest_encoder("libx256", SPECS)
    assert suggest_encoder("zzz", SPECS) == ""


def test_sound_alone_needs_no_video_encoder() -> None:
    job = plan(request("out.mp3"))
    assert (job.recipe.encoder, job.recipe.codec) == ("", "")
    assert job.needs == ("libmp3lame", "mp3")
    with pytest.raises(RecipeError, match="libx264 has nothing to encode: mp3 holds sound only"):
        plan(request("out.mp3", encoder="libx264"))
    with pytest.raises(RecipeError, match="libx264 has nothing to encode: the input has no picture"):
        plan(request(encoder="libx264"), media(sound()))


# -- Arguments after -- -------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["-c:v", "-vcodec", "-codec:v", "-c:v:0", "-c:V"])
def test_an_encoder_in_the_arguments_becomes_the_recipes(spelling: str) -> None:
    job = plan(request("out.mp4", spelling, "libx265", "-tune", "grain", encoder="libx264"))
    assert job.recipe.encoder == "libx265"
    assert job.recipe.ffmpeg_args == ("-tune", "grain")
    assert job.needs == ("libx265", "mp4")


def test_sound_in_the_arguments_becomes_the_recipes() -> None:
    assert plan(request("out.mp4", "-acodec", "libopus")).needs == ("libopus", "mp4")
    assert plan(request("out.mp4", "-an")).recipe.sounds == ()


def test_copying_everything() -> None:
    job = plan(request("out.mkv", "-c", "copy"))
    assert (job.recipe.encoder, job.recipe.sounds) == ("copy", sounds("copy"))
    assert job.recipe.ffmpeg_args == ("-c:s", "copy")
    assert job.needs == ("matroska",)


def test_every_encoder_of_single_streams_is_required() -> None:
    source = media(film(), sound(), sound(index=2))
    job = plan(request("out.mkv", "-c:a:1", "libopus"), source)
    assert "libopus" in job.needs
    assert job.recipe.ffmpeg_args == ("-c:a:1", "libopus")


def test_sound_that_does_not_fit_requires_its_encoder() -> None:
    assert plan(request("out.webm")).needs == ("libopus", "webm")
    assert plan(request("out.mkv")).needs == ("matroska",)
    assert plan(request("out.mkv", "-af", "volume=2")).needs == ("aac", "matroska")
    assert plan(request("out.mkv", audio_bitrate=64000)).needs == ("aac", "matroska")


def test_no_picture_in_the_arguments() -> None:
    job = plan(request("out.mp4", "-vn"))
    assert job.needs == ("mp4",)


# -- Quality ------------------------------------------------------------------------------------------------


def test_quality_is_checked_on_the_encoders_scale() -> None:
    job = plan(request(encoder="libx265", quality=26, preset="fast"))
    assert (job.recipe.quality_mode, job.recipe.quality_value) == (QualityMode.CRF, 26)
    with pytest.raises(RecipeError, match="quality 99 is impossible for libx265: its scale runs from 0"):
        plan(request(encoder="libx265", quality=99))
    with pytest.raises(RecipeError, match="libx265 has no preset 'quick'; it has: ultrafast"):
        plan(request(encoder="libx265", preset="quick"))


def test_a_codec_alone_has_the_scale_of_its_reference_encoder() -> None:
    assert plan(request(codec="hevc", quality=26)).recipe.quality_value == 26
    with pytest.raises(RecipeError, match="impossible for libx265"):
        plan(request(codec="hevc", quality=60))
    with pytest.raises(RecipeError, match="impossible for libx264"):
        plan(request(quality=60))


def test_wishes_that_contradict_each_other() -> None:
    with pytest.raises(RecipeError, match="two passes aim at a bitrate"):
        plan(request(encoder="libx264", two_pass=True))
    with pytest.raises(RecipeError, match="libsvtav1 has no two-pass encoding"):
        plan(request("out.mkv", encoder="libsvtav1", two_pass=True, bitrate=500000))


def test_impossible_numbers() -> None:
    with pytest.raises(RecipeError, match="a bitrate is a positive number"):
        plan(request(encoder="libx264", bitrate=0))
    with pytest.raises(RecipeError, match=r"quality 120 is impossible: it runs from 0 \(worst\) to 100"):
        plan(request(encoder="libx264", quality=120, quality_mode=QualityMode.QUALITY))
    with pytest.raises(RecipeError, match="no quality scale is known for libfuture"):
        plan(request("out.mkv", encoder="libfuture", quality=20))


def test_an_encoder_of_the_wrong_kind() -> None:
    with pytest.raises(RecipeError, match="libopus encodes audio, not pictures"):
        plan(request("out.mkv", encoder="libopus"))
    with pytest.raises(RecipeError, match="libx264 encodes video, not sound"):
        plan(request("out.mkv", audio="libx264"))


def test_copied_pictures_cannot_be_changed() -> None:
    with pytest.raises(RecipeError, match="copied"):
        plan(request(encoder="copy", quality=20))
    with pytest.raises(RecipeError, match="copied"):
        plan(request(encoder="copy", filters=("hflip",)))
    with pytest.raises(RecipeError, match="copied"):
        plan(request("out.mp4", "-c:v", "copy", "-vf", "hflip"))


# -- The same job elsewhere ---------------------------------------------------------------------------------


def test_the_same_job_on_another_encoder() -> None:
    job = plan(request(encoder="libx265", quality=22, preset="medium"))
    moved = with_encoder(job, "hevc_nvenc", SPECS, EncoderType.HARDWARE_NVIDIA)
    spec = SPECS["hevc_nvenc"]
    assert spec.quality is not None
    assert moved.recipe.encoder == "hevc_nvenc"
    assert moved.encoder_type is EncoderType.HARDWARE_NVIDIA
    assert moved.recipe.quality_value == spec.quality.default  # 22 is where libx265 looks as they do
    assert moved.recipe.preset in spec.presets
    assert moved.required_capabilities == job.required_capabilities


def test_a_job_with_a_codec_alone_gets_an_encoder() -> None:
    job = plan(request(codec="hevc", quality=20))
    assert with_encoder(job, "libx265", SPECS, EncoderType.SOFTWARE).recipe.quality_value == 20
    assert with_encoder(job, "hevc_qsv", SPECS, EncoderType.HARDWARE_INTEL).recipe.codec == "hevc"


def test_what_the_other_encoder_lacks_is_left_out() -> None:
    job = plan(request(encoder="libx264", bitrate=500000, two_pass=True))
    moved = with_encoder(job, "h264_nvenc", SPECS, EncoderType.HARDWARE_NVIDIA)
    assert not moved.recipe.two_pass
    assert (moved.recipe.quality_mode, moved.recipe.quality_value) == (QualityMode.BITRATE, 500000)
    unknown = with_encoder(plan(request(encoder="libx264", quality=20)), "h264_future", SPECS, EncoderType.SOFTWARE)
    assert unknown.recipe.quality_mode is None


# -- Facts and names ----------------------------------------------------------------------------------------


def test_the_facts_of_the_source_are_told(clip: Path) -> None:
    job = plan_job(Request(clip, Path("out.mp4")), probe(clip), SPECS, job_id="job-1")
    assert (job.job_id, job.resolution, job.codec, job.container) == ("job-1", "320x240", "h264", MP4)
    assert (job.frames, job.duration, job.file_size) == (234, pytest.approx(7.8), clip.stat().st_size)


@pytest.mark.parametrize(
    ("name", "container", "wishes", "expected"),
    [
        ("a.mp4", MP4, {}, "a.mp4"),
        ("a.b.MOV", MP4, {}, "a.b.mov"),
        ("a.mkv", "matroska,webm", {"codec": "av1"}, "a.mkv"),
        ("a.webm", "matroska,webm", {"codec": "hevc"}, "a.mkv"),
        ("a.avi", "avi", {"encoder": "libx265"}, "a.mkv"),
        ("a.mp4", MP4, {"container": "matroska"}, "a.mkv"),
        ("a.mp4", MP4, {"ffmpeg_args": ("-f", "mpegts")}, "a.ts"),
        ("noname", "flic", {}, "noname.mkv"),
    ],
)
def test_default_output_names(name: str, container: str, wishes: dict[str, object], expected: str) -> None:
    asked = request_for(Path("/films") / name, Path(), **wishes)
    assert default_output_name(asked, media(name=name, container=container), SPECS) == expected


def test_equal_requests_give_equal_jobs() -> None:
    assert plan(request(quality=20)) == plan(request(quality=20))
