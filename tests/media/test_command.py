"""Commands as values: what stands in an argv, and where."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.encoders import EncoderSpec
from ffx.core.errors import RecipeError
from ffx.core.model import EncoderSetup, EncoderType
from ffx.core.recipe import QualityMode, Recipe
from ffx.media.command import Command, build_command
from ffx.media.packets import PacketCount, PacketCounts
from ffx.media.probe import MediaInfo, StreamInfo
from ffx.media.watchdog import longest_output
from tests.media.jobs import SPECS

FILM = StreamInfo(
    0, "video", "h264", width=1280, height=720, pixel_format="yuv420p", bit_depth=8, frame_rate=Fraction(25)
)
SOUND = StreamInfo(1, "audio", "aac", sample_rate=48000, channels=2)
COVER = StreamInfo(2, "video", "png", disposition=("attached_pic",), width=100, height=100, pixel_format="rgb24")
VAAPI = EncoderSetup(("-vaapi_device", "/dev/dri/renderD128"), "format=nv12,hwupload", ("-low_power", "1"))


def media(*streams: StreamInfo) -> MediaInfo:
    return MediaInfo(Path("in.mp4"), 1000, "mov,mp4,m4a,3gp,3g2,mj2", 10.0, streams or (FILM, SOUND))


def build(
    recipe: Recipe,
    source: MediaInfo | None = None,
    *,
    setup: EncoderSetup | None = None,
    packets: PacketCounts | None = None,
    ffmpeg_version: str = "",
) -> Command:
    return build_command(
        evolve(recipe, container=recipe.container or "mp4"),
        source or media(),
        SPECS,
        setup or EncoderSetup(),
        input_name="in/0.mp4",
        output_name="out/0.mp4",
        packets=packets,
        ffmpeg_version=ffmpeg_version,
    )


def argv(recipe: Recipe, *streams: StreamInfo, setup: EncoderSetup | None = None) -> tuple[str, ...]:
    (only,) = build(recipe, media(*streams), setup=setup).passes
    return only


def value(arguments: tuple[str, ...], option: str) -> str | None:
    """The value that FFmpeg uses: that of the last such option."""
    values = [second for first, second in pairwise(arguments) if first == option]
    return values[-1] if values else None


X264 = Recipe(encoder="libx264")


def test_the_whole_command_of_an_everyday_job() -> None:
    recipe = Recipe(encoder="libx265", quality_mode=QualityMode.CRF, quality_value=26, preset="fast")
    assert " ".join(argv(recipe)) == (
        "-hide_banner -nostdin -y -loglevel warning -nostats -progress pipe:1 -stats_period 0.25 "
        "-protocol_whitelist file -format_whitelist mov,mp4,m4a,3gp,3g2,mj2 -i file:in/0.mp4 "
        "-map 0:0 -map 0:1 -map_metadata 0 -map_chapters 0 "
        "-c:v libx265 -preset fast -crf 26 -pix_fmt:v yuv420p -fps_mode vfr -c:a copy -f mp4 file:out/0.mp4"
    )


def test_equal_values_give_equal_commands() -> None:
    assert build(X264) == build(X264)


@pytest.mark.parametrize(
    ("version", "period", "timing"),
    [
        ("4.3.7-0+deb11u1", False, "-vsync"),
        ("4.4.2-0ubuntu0.22.04.1", True, "-vsync"),
        ("5.1.9-0+deb12u1", True, "-fps_mode"),
        ("n7.1", True, "-fps_mode"),
        ("N-118000-gabcdef", True, "-fps_mode"),
        ("", True, "-fps_mode"),
    ],
)
def test_each_ffmpeg_is_spoken_to_in_its_own_words(version: str, period: bool, timing: str) -> None:
    (arguments,) = build(X264, ffmpeg_version=version).passes
    assert ("-stats_period" in arguments) is period
    assert value(arguments, timing) == "vfr"


# -- Quality ------------------------------------------------------------------------------------------------


def test_quality_is_given_on_the_encoders_own_knob() -> None:
    assert value(argv(evolve(X264, quality_mode=QualityMode.CRF, quality_value=18)), "-crf") == "18"
    share = evolve(X264, quality_mode=QualityMode.QUALITY, quality_value=100)
    assert value(argv(share), "-crf") == "0"
    qsv = Recipe(encoder="h264_qsv", quality_mode=QualityMode.CRF, quality_value=24)
    assert value(argv(qsv), "-global_quality") == "24"


def test_without_a_wish_the_quality_is_the_one_that_looks_alike_everywhere() -> None:
    assert value(argv(X264), "-crf") == "23"
    assert value(argv(Recipe(encoder="mpeg4")), "-q:v") == "3"


@pytest.mark.parametrize(
    ("option", "rate"), [("-crf", "30"), ("-b:v", "30"), ("-qp", "30"), ("-q:v", "30"), ("-x264-params", "crf=30")]
)
def test_a_rate_in_the_arguments_replaces_the_default_quality(option: str, rate: str) -> None:
    arguments = argv(evolve(X264, ffmpeg_args=(option, rate)))
    assert [word for word in arguments if word in ("-crf", "-b:v", "-qp", "-q:v", "-x264-params")] == [option]


def test_a_rate_of_the_sound_does_not() -> None:
    assert value(argv(evolve(X264, ffmpeg_args=("-b:a", "96k"))), "-crf") == "23"


def test_a_bitrate() -> None:
    arguments = argv(evolve(X264, quality_mode=QualityMode.BITRATE, quality_value=1_500_000))
    assert value(arguments, "-b:v") == "1500000"
    assert "-crf" not in arguments


def test_a_quality_for_an_encoder_without_a_scale_is_refused() -> None:
    with pytest.raises(RecipeError, match="no quality scale is known for libfuture"):
        build(Recipe(encoder="libfuture", quality_mode=QualityMode.CRF, quality_value=20))


# -- Two passes ---------------------------------------------------------------------------------------------

TWO_PASS = Recipe(encoder="libx264", two_pass=True, quality_mode=QualityMode.BITRATE, quality_value=500_000)


def test_two_passes_write_statistics_beside_the_output() -> None:
    first, second = build(TWO_PASS).passes
    assert (value(first, "-pass"), value(second, "-pass")) == ("1", "2")
    assert value(first, "-passlogfile") == value(second, "-passlogfile") == "out/two-pass"
    assert first[-5:] == ("-sn", "-dn", "-f", "null", "-")
    assert "-an" in first
    assert [word for option, word in pairwise(first) if option == "-map"] == ["0:0"]
    assert second[-1] == "file:out/0.mp4"
    assert value(first, "-b:v") == value(second, "-b:v") == "500000"


def test_two_passes_of_libx265_keep_the_parameters_that_were_given() -> None:
    recipe = evolve(TWO_PASS, encoder="libx265", ffmpeg_args=("-x265-params", "aq-mode=3"))
    first, second = build(recipe).passes
    assert value(first, "-x265-params") == "aq-mode=3:pass=1:stats=out/two-pass.log"
    assert value(second, "-x265-params") == "aq-mode=3:pass=2:stats=out/two-pass.log"
    assert "-pass" not in first


# -- Arguments of the person --------------------------------------------------------------------------------


def test_extra_arguments_come_last_before_the_output() -> None:
    arguments = argv(evolve(X264, preset="fast", ffmpeg_args=("-preset", "slow", "-tune", "film")))
    assert arguments[-5:] == ("-preset", "slow", "-tune", "film", "file:out/0.mp4")


@pytest.mark.parametrize("option", ["-vf", "-filter:v", "-filter:v:0"])
def test_filters_are_joined_into_one_chain(option: str) -> None:
    recipe = Recipe(encoder="h264_vaapi", filters=("crop=1000:700",), ffmpeg_args=(option, "scale=-2:360,hflip"))
    arguments = argv(recipe, setup=VAAPI)
    assert value(arguments, "-filter:v") == "crop=1000:700,scale=-2:360,hflip,format=nv12,hwupload"
    assert sum(word.startswith(("-vf", "-filter:v")) for word in arguments) == 1


def test_own_mapping_makes_ours_step_back() -> None:
    arguments = argv(evolve(X264, ffmpeg_args=("-map", "0:v", "-map", "0:a:0")), FILM, SOUND, COVER)
    assert [word for option, word in pairwise(arguments) if option == "-map"] == ["0:v", "0:a:0"]
    assert (value(arguments, "-c:v"), value(arguments, "-c:a")) == ("libx264", "copy")


def test_a_filter_graph_of_the_persons_own() -> None:
    arguments = argv(evolve(X264, ffmpeg_args=("-filter_complex", "[0:v]hflip[v]", "-map", "[v]", "-map", "0:a")))
    assert "-map_metadata" not in arguments
    assert value(arguments, "-c:a") == "aac"
    with pytest.raises(RecipeError, match="cannot be joined"):
        build(Recipe(encoder="h264_vaapi", ffmpeg_args=("-filter_complex", "hflip")), setup=VAAPI)


def test_a_pixel_format_of_the_persons_own() -> None:
    arguments = argv(evolve(X264, ffmpeg_args=("-pix_fmt", "yuv444p")))
    assert "-pix_fmt:v" not in arguments


def test_no_sound() -> None:
    assert "-c:a" not in argv(evolve(X264, sounds=()))


# -- Streams ------------------------------------------------------------------------------------------------


def test_a_cover_beside_the_film_is_copied_and_not_filtered() -> None:
    arguments = argv(
        evolve(X264, filters=("hflip",)), evolve(COVER, index=0), evolve(FILM, index=1), evolve(SOUND, index=2)
    )
    assert (value(arguments, "-c:v:0"), value(arguments, "-c:v:1")) == ("libx264", "copy")
    assert value(arguments, "-filter:v:0") == "hflip"
    assert [word for option, word in pairwise(arguments) if option == "-map"] == ["0:1", "0:2", "0:0"]
    assert not {"-c:v", "-filter:v", "-pix_fmt:v"} & set(arguments)


def test_sound_is_copied_or_encoded_stream_by_stream() -> None:
    pcm = StreamInfo(2, "audio", "pcm_s24le", sample_rate=48000, channels=6)
    arguments = argv(X264, FILM, SOUND, pcm)
    assert (value(arguments, "-c:a:0"), value(arguments, "-c:a:1")) == ("copy", "aac")
    assert value(arguments, "-b:a:1") == str(SPECS["aac"].default_bitrate * 3)


def test_sound_with_more_channels_than_the_encoder_takes() -> None:
    surround = evolve(SOUND, codec="dts", channels=6)
    arguments = argv(Recipe(container="mp3"), FILM, surround)
    assert (value(arguments, "-c:a:0"), value(arguments, "-ac:a:0")) == ("libmp3lame", "2")
    assert value(arguments, "-b:a:0") == str(SPECS["libmp3lame"].default_bitrate)
    assert "-c:v" not in arguments


def test_subtitles_are_converted_where_the_container_wants_another_form() -> None:
    text = StreamInfo(2, "subtitle", "subrip", language="fre")
    pictures = StreamInfo(3, "subtitle", "hdmv_pgs_subtitle", language="eng")
    command = build(X264, media(FILM, SOUND, text, pictures))
    assert value(command.passes[0], "-c:s") == "mov_text"
    assert "0:3" not in command.passes[0]
    assert command.warnings == ("subtitle stream 3 (hdmv_pgs_subtitle, eng) is left out: mp4 cannot hold it",)
    matroska = build(evolve(X264, container="matroska"), media(FILM, SOUND, text, pictures))
    assert (value(matroska.passes[0], "-c:s"), matroska.warnings) == ("copy", ())


def test_data_is_left_out_without_a_word_where_ffmpeg_writes_its_own() -> None:
    clock = StreamInfo(2, "data", "")
    other = StreamInfo(3, "data", "klv")
    command = build(X264, media(FILM, SOUND, clock, other))
    assert not {"0:2", "0:3"} & set(command.passes[0])
    assert command.warnings == ("data stream 3 (klv) is left out: mp4 cannot hold it",)


def test_nothing_to_keep_is_refused() -> None:
    with pytest.raises(RecipeError, match="nothing of the input can be kept"):
        build(Recipe(container="mp3"), media(FILM))


def test_what_ffmpeg_5_takes_for_experimental_is_allowed() -> None:
    arguments = argv(X264, FILM, evolve(SOUND, codec="flac"))
    assert value(arguments, "-strict") == "-2"
    assert "-strict" not in argv(X264)


# -- Pixel formats ------------------------------------------------------------------------------------------

TEN_BIT = evolve(FILM, pixel_format="yuv420p10le", bit_depth=10)


def test_ten_bit_stays_ten_bit_where_the_encoder_has_it() -> None:
    command = build(X264, media(TEN_BIT))
    assert value(command.passes[0], "-pix_fmt:v") == "yuv420p10le"
    assert command.warnings == ()


def test_else_it_becomes_eight_with_a_warning() -> None:
    command = build(Recipe(encoder="mpeg4"), media(TEN_BIT))
    assert value(command.passes[0], "-pix_fmt:v") == "yuv420p"
    assert command.warnings == ("the picture has 10 bit and is encoded with 8",)


def test_the_upload_ends_the_chain_and_names_the_format() -> None:
    arguments = argv(Recipe(encoder="hevc_vaapi", filters=("hflip",)), FILM, setup=VAAPI)
    assert value(arguments, "-filter:v") == "hflip,format=nv12,hwupload"
    assert "-pix_fmt:v" not in arguments
    assert arguments.index("-vaapi_device") < arguments.index("-i")
    assert arguments[arguments.index("-c:v") + 2 :][:2] == ("-low_power", "1")


def test_the_upload_has_ten_bit_for_ten_bit() -> None:
    assert SPECS["hevc_vaapi"].ten_bit_pixel_format == "p010le"
    arguments = argv(Recipe(encoder="hevc_vaapi"), TEN_BIT, setup=VAAPI)
    assert value(arguments, "-filter:v") == "format=p010le,hwupload"


def test_chroma_is_kept_where_the_encoder_can() -> None:
    full = evolve(FILM, pixel_format="yuv444p")
    assert value(argv(X264, full), "-pix_fmt:v") == "yuv444p"
    command = build(Recipe(encoder="mpeg4"), media(full))
    assert command.warnings == ("the picture's colours lose resolution: yuv444p is encoded as yuv420p",)


def test_lost_transparency_is_told() -> None:
    command = build(X264, media(evolve(FILM, codec="png", pixel_format="rgba", has_alpha=True)))
    assert value(command.passes[0], "-pix_fmt:v") == "yuv420p"
    assert command.warnings == ("the picture's transparency is lost",)


@pytest.mark.parametrize(
    ("encoder", "cuts"), [("libx264", True), ("libx265", True), ("libvpx-vp9", False), ("ffv1", False)]
)
def test_odd_sizes_lose_a_line_only_where_the_encoder_refuses_them(encoder: str, cuts: bool) -> None:
    command = build(Recipe(encoder=encoder, container="matroska"), media(evolve(FILM, width=321, height=241)))
    assert (value(command.passes[0], "-filter:v") == "crop=floor(iw/2)*2:floor(ih/2)*2:0:0") is cuts
    assert bool(command.warnings) is cuts


def test_odd_sizes_are_the_persons_own_business_beside_filters() -> None:
    odd = evolve(FILM, width=321)
    assert value(argv(evolve(X264, filters=("scale=320:240",)), odd), "-filter:v") == "scale=320:240"


def test_full_range_stays_full_range() -> None:
    full = evolve(FILM, pixel_format="yuvj420p", color_range="pc")
    assert value(argv(X264, full), "-pix_fmt:v") == "yuvj420p"
    other = argv(Recipe(encoder="libvpx-vp9", container="webm"), full)
    assert value(other, "-pix_fmt:v") == "yuv420p"
    assert value(other, "-filter:v") == "scale=in_range=pc:out_range=pc"
    assert value(other, "-color_range") == "pc"


# -- Colours and timing -------------------------------------------------------------------------------------

HDR = evolve(TEN_BIT, color_primaries="bt2020", color_transfer="smpte2084", color_matrix="bt2020nc", color_range="tv")
COLOURS = ("-color_primaries", "-color_trc", "-colorspace", "-color_range")


def test_colour_tags_are_the_sources() -> None:
    arguments = argv(X264, HDR)
    assert [value(arguments, option) for option in COLOURS] == ["bt2020", "smpte2084", "bt2020nc", "tv"]


@pytest.mark.parametrize("chain", ["zscale=t=linear,tonemap=hable", "colorspace=bt709", "lut1d"])
def test_not_behind_filters_that_change_colours(chain: str) -> None:
    arguments = argv(evolve(X264, ffmpeg_args=("-vf", chain)), HDR)
    assert not set(COLOURS) & set(arguments)


def test_a_matrix_of_rgb_is_none_of_yuv() -> None:
    arguments = argv(X264, evolve(FILM, pixel_format="gbrp", color_matrix="rgb", color_range="pc"))
    assert not {"-colorspace", "-color_range"} & set(arguments)


def packets(gap: float) -> PacketCounts:
    return PacketCounts((PacketCount(0, "video", packets=100, shortest_gap=gap),))


@pytest.mark.parametrize(("gap", "kept"), [(1 / 25, False), (0.039, False), (1 / 60, True)])
def test_a_variable_rate_is_kept(gap: float, kept: bool) -> None:
    (arguments,) = build(X264, packets=packets(gap)).passes
    assert value(arguments, "-fps_mode") == "vfr"
    assert (value(arguments, "-enc_time_base") == "1:60000") is kept


def test_not_against_the_persons_wish_or_the_container() -> None:
    assert "-fps_mode" not in build(evolve(X264, ffmpeg_args=("-r", "30")), packets=packets(0.01)).passes[0]
    assert "-fps_mode" not in build(evolve(X264, container="avi"), packets=packets(0.01)).passes[0]


# -- How long the output may get ----------------------------------------------------------------------------


def test_an_output_may_be_as_long_as_anything_says_of_the_source() -> None:
    film = PacketCount(0, "video", packets=100, start=0.0, end=4.0, total=4.0)
    assert build(X264, packets=PacketCounts((film,))).longest == longest_output(10)  # the header says 10 s
    late = evolve(film, start=100.0, end=104.0)
    assert build(X264, packets=PacketCounts((film, late))).longest == longest_output(104)
    back_and_forth = evolve(film, total=50.0, discarded_total=2.0)
    assert build(X264, packets=PacketCounts((back_and_forth,))).longest == longest_output(52)
    two = evolve(X264, two_pass=True, quality_mode=QualityMode.BITRATE, quality_value=10**6)
    assert build(two, packets=PacketCounts((film,))).longest == longest_output(10)


def test_without_a_measure_it_may_be_as_long_as_it_likes() -> None:
    counts = PacketCounts((PacketCount(0, "video", packets=100, start=0.0, end=4.0, total=4.0),))
    assert build(X264).longest == 0  # nobody counted, and headers lie
    assert build(evolve(X264, filters=("loop=-1:1",)), packets=counts).longest == 0
    assert build(evolve(X264, ffmpeg_args=("-af", "apad")), packets=counts).longest == 0


# -- Any recipe ---------------------------------------------------------------------------------------------

VIDEO_SPECS = [spec for spec in SPECS.values() if spec.kind == "video"]


@given(
    st.sampled_from(VIDEO_SPECS),
    st.sampled_from(["mp4", "matroska", "webm", "avi", "mpegts"]),
    st.sampled_from([None, *QualityMode]),
    st.floats(0, 1),
    st.booleans(),
)
def test_any_recipe_becomes_a_command_or_a_recipe_error(
    spec: EncoderSpec, container: str, mode: QualityMode | None, share: float, ten_bit: bool
) -> None:
    scale = spec.quality
    values = {
        QualityMode.BITRATE: 1000 + share * 10**7,
        QualityMode.QUALITY: 100 * share,
        QualityMode.CRF: scale.from_share(share) if scale else 20,
    }
    recipe = Recipe(
        encoder=spec.name, container=container, quality_mode=mode, quality_value=values[mode] if mode else None
    )
    try:
        command = build(recipe, media(TEN_BIT if ten_bit else FILM, SOUND))
    except RecipeError:
        assert scale is None
        return
    (arguments,) = command.passes
    assert value(arguments, "-c:v") == spec.name
    assert value(arguments, "-f") == container
    assert arguments[-1] == "file:out/0.mp4"
    assert all(isinstance(word, str) and "{" not in word for word in arguments)


def test_hardware_presets_and_options_follow_the_encoder() -> None:
    spec = next(s for s in VIDEO_SPECS if s.encoder_type is EncoderType.HARDWARE_NVIDIA and s.codec == "h264")
    arguments = argv(Recipe(encoder=spec.name, preset=spec.presets[0]))
    assert value(arguments, spec.preset_option) == spec.presets[0]
    assert arguments.index("-c:v") < arguments.index(spec.preset_option)
