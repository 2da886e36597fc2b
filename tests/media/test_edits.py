"""What a recipe changes about the picture and the time, tried with both FFmpegs: sizes, frames, colours, lengths."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import pytest
from attrs import evolve

from ffx.core.edits import Corner, Crop, Deinterlace, Denoise, PictureEdits, Scale, Watermark
from ffx.core.errors import RecipeError
from ffx.core.recipe import Recipe, Trim
from ffx.core.tracks import SoundChoice
from ffx.media.film_filters import film_chain, scaled_size
from ffx.media.findings import Findings
from ffx.media.probe import StreamInfo, probe
from tests.media.jobs import Done, encode, make, request_for

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())
FAST = {"encoder": "libx264", "preset": "ultrafast"}


async def edited(ffmpeg: Path, source: Path, directory: Path, suffix: str = "mkv", /, **recipe: object) -> Done:
    directory.mkdir(exist_ok=True)
    return await encode(ffmpeg, request_for(source, Path(f"out.{suffix}"), **FAST | recipe), directory)


def size_of(done: Done) -> tuple[int, int]:
    film = done.media.video
    assert film is not None
    return film.width, film.height


def pixels(ffmpeg: Path, media: Path, *arguments: str, at: float = 0.0) -> bytes:
    """One frame's luma."""
    argv = [str(ffmpeg), "-v", "error", "-ss", f"{at}", "-i", str(media), "-frames:v", "1", *arguments]
    return subprocess.run([*argv, "-pix_fmt", "gray", "-f", "rawvideo", "-"], capture_output=True, check=True).stdout


def integrated_loudness(ffmpeg: Path, media: Path) -> float:
    """LUFS, by another filter than the one that ffx measures with."""
    argv = [str(ffmpeg), "-hide_banner", "-i", str(media), "-af", "ebur128", "-f", "null", "-"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stderr
    return float(said.rpartition("I:")[2].split()[0])


@pytest.fixture(scope="session")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 320x240 with black above and below and a tone."""
    made = tmp_path_factory.mktemp("bars") / "bars.mkv"
    picture = "testsrc2=size=320x180:rate=25:duration=3,eq=brightness=0.2,pad=320:240:0:30"
    sound = "sine=frequency=440:sample_rate=48000:duration=3"
    make(FFMPEG, "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-c:v", "libx264", "-qp", "0",
         "-pix_fmt", "yuv420p", "-c:a", "flac", made)  # fmt: skip
    return made


# -- Sizes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edits", "size"),
    [
        (PictureEdits(crop=Crop(width=200, height=100, left=10, top=20)), (200, 100)),
        (PictureEdits(scale=Scale(width=160)), (160, 120)),
        (PictureEdits(scale=Scale(height=480)), (640, 480)),
        (PictureEdits(scale=Scale(height=480, enlarge=False)), (320, 240)),
        (PictureEdits(scale=Scale(100, 100, enlarge=False)), (100, 76)),
        (PictureEdits(rotate=90), (240, 320)),
        (PictureEdits(rotate=90, scale=Scale(width=120)), (120, 160)),
        (PictureEdits(crop=Crop(width=101, height=51), denoise=Denoise.LIGHT), (100, 50)),
        (PictureEdits(crop=Crop(auto=True)), (320, 180)),
    ],
)
async def test_the_picture_gets_the_size_that_was_asked_for(
    ffmpeg: Path, bars: Path, tmp_path: Path, edits: PictureEdits, size: tuple[int, int]
) -> None:
    done = await edited(ffmpeg, bars, tmp_path, picture=edits)
    assert size_of(done) == size
    assert done.verified.frames == 75


async def test_a_crop_without_black_edges_cuts_nothing(ffmpeg9: Path, short: Path, tmp_path: Path) -> None:
    done = await edited(ffmpeg9, short, tmp_path, picture=PictureEdits(crop=Crop(auto=True)))
    assert size_of(done) == (320, 240)


async def test_a_crop_that_is_larger_than_the_picture_is_refused(ffmpeg9: Path, short: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="a crop of 4000x20 at 0,0 does not lie within the 320x240 of the input"):
        await edited(ffmpeg9, short, tmp_path, picture=PictureEdits(crop=Crop(width=4000, height=20)))


async def test_a_picture_that_is_turned_by_its_metadata_is_edited_as_it_is_shown(
    ffmpeg: Path, ffmpeg9: Path, short: Path, tmp_path: Path
) -> None:
    make(ffmpeg9, "-display_rotation", "90", "-i", short, "-c", "copy", tmp_path / "turned.mp4")
    source = tmp_path / "turned.mp4"
    done = await edited(ffmpeg, source, tmp_path / "a", "mp4", picture=PictureEdits(crop=Crop(width=200, height=300)))
    assert size_of(done) == (200, 300)
    film = done.media.video
    assert film is not None
    assert film.rotation == 0, "else players turn it once more"


async def test_an_anamorphic_picture_keeps_its_shape(ffmpeg: Path, ffmpeg9: Path, short: Path, tmp_path: Path) -> None:
    make(ffmpeg9, "-i", short, "-vf", "setsar=4/3", "-c:v", "libx264", tmp_path / "wide.mkv")
    source = tmp_path / "wide.mkv"
    done = await edited(ffmpeg, source, tmp_path / "a", picture=PictureEdits(scale=Scale(width=160)))
    film = done.media.video
    assert film is not None
    assert (film.width, film.height, film.sample_aspect_ratio) == (160, 120, Fraction(4, 3))


@pytest.mark.parametrize(
    ("scale", "source", "size"),
    [
        (Scale(width=1280), (1920, 1080), (1280, 720)),
        (Scale(height=720), (1920, 800), (1728, 720)),
        (Scale(1280, 720), (1920, 800), (1280, 720)),
        (Scale(1280, 720, enlarge=False), (1920, 800), (1280, 534)),
        (Scale(1920, 1080, enlarge=False), (640, 480), (640, 480)),
        (Scale(width=7), (1000, 1), (7, 2)),
    ],
)
def test_a_side_that_follows_keeps_the_shape_and_is_even(
    scale: Scale, source: tuple[int, int], size: tuple[int, int]
) -> None:
    assert scaled_size(scale, *source) == size


def test_the_edits_are_done_in_their_order() -> None:
    film = StreamInfo(0, "video", "hevc", width=1920, height=1080, color_transfer="smpte2084", bit_depth=10)
    edits = PictureEdits(
        deinterlace=Deinterlace.AUTO,
        crop=Crop(auto=True),
        rotate=180,
        denoise=Denoise.STRONG,
        tone_map=True,
        frame_rate=Fraction(24000, 1001),
        scale=Scale(width=960),
    )
    findings = Findings(crop=Crop(width=1920, height=800, top=140), interlaced=True)
    chain = film_chain(Recipe(picture=edits, speed=2.0), film, findings=findings, burned=None, places={"": "in"})
    names = [str(step).partition("=")[0] for step in chain.steps]
    assert names == ["bwdif", "crop", "hflip,vflip", "hqdn3d", "zscale", "format", "zscale", "tonemap", "zscale",
                     "format", "sidedata", "sidedata", "scale", "setpts", "fps"]  # fmt: skip
    assert (chain.width, chain.height) == (960, 400)


# -- Frames -----------------------------------------------------------------------------------------------------


async def test_interlaced_frames_are_put_together_and_others_are_left_alone(
    ffmpeg: Path, ffmpeg9: Path, clip: Path, tmp_path: Path
) -> None:
    moving = "minterpolate=fps=50,tinterlace=interleave_top,fieldorder=tff"
    fields = ("-t", "2", "-an", "-vf", moving, "-flags", "+ilme+ildct", "-x264-params", "tff=1")
    make(ffmpeg9, "-i", clip, *fields, "-c:v", "libx264", tmp_path / "fields.mkv")
    edits = PictureEdits(deinterlace=Deinterlace.AUTO)
    interlaced = await edited(ffmpeg, tmp_path / "fields.mkv", tmp_path / "a", picture=edits)
    progressive = await edited(ffmpeg, clip, tmp_path / "b", picture=edits)
    assert "bwdif" in " ".join(interlaced.command.passes[0])
    assert "bwdif" not in " ".join(progressive.command.passes[0])
    assert interlaced.verified.frames == 50


async def test_a_telecined_film_gets_its_frames_back(ffmpeg: Path, ffmpeg9: Path, bars: Path, tmp_path: Path) -> None:
    make(ffmpeg9, "-i", bars, "-vf", "fps=24,telecine", "-c:v", "libx264", tmp_path / "telecined.mkv")
    edits = PictureEdits(deinterlace=Deinterlace.TELECINE)
    done = await edited(ffmpeg, tmp_path / "telecined.mkv", tmp_path / "a", picture=edits)
    assert abs(done.verified.frames - 72) <= 1


async def test_a_constant_rate(ffmpeg: Path, bars: Path, tmp_path: Path) -> None:
    done = await edited(ffmpeg, bars, tmp_path, "mp4", picture=PictureEdits(frame_rate=Fraction(10)))
    assert done.verified.frames == 30
    film = done.media.video
    assert film is not None
    assert film.frame_rate == 10


async def test_a_film_with_a_changing_rate_gets_a_constant_one(
    ffmpeg: Path, ffmpeg9: Path, bars: Path, tmp_path: Path
) -> None:
    make(ffmpeg9, "-i", bars, "-vf", "select='not(mod(n,3))+gt(n,40)'", "-fps_mode", "vfr", tmp_path / "vfr.mkv")
    done = await edited(
        ffmpeg, tmp_path / "vfr.mkv", tmp_path / "a", "mp4", picture=PictureEdits(frame_rate=Fraction(25))
    )
    assert abs(done.verified.frames - 75) <= 1
    assert done.verified.duration == pytest.approx(3.0, abs=0.05)


# -- Time -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trim", "seconds"), [(Trim(1.0, 2.0), 1.0), (Trim(1.0), 2.0), (Trim(0.0, 1.5), 1.5), (Trim(0.52, 1.0), 0.48)]
)
async def test_a_part_begins_and_ends_where_it_was_asked_to(
    ffmpeg: Path, bars: Path, tmp_path: Path, trim: Trim, seconds: float
) -> None:
    done = await edited(ffmpeg, bars, tmp_path, trim=trim, ffmpeg_args=("-qp", "0"))
    assert done.verified.frames == round(seconds * 25)
    assert done.verified.duration == pytest.approx(seconds, abs=0.04)
    assert pixels(ffmpeg, done.output) == pixels(ffmpeg, bars, at=trim.start)


@pytest.mark.parametrize("speed", [0.5, 1.25, 3.0])
async def test_picture_and_sound_play_faster_alike(ffmpeg: Path, bars: Path, tmp_path: Path, speed: float) -> None:
    done = await edited(ffmpeg, bars, tmp_path, speed=speed)
    ends = [count.end or 0.0 for count in done.packets.streams]
    assert len(ends) == 2
    assert ends[0] == pytest.approx(3 / speed, abs=0.05)
    assert abs(ends[0] - ends[1]) <= 0.04, "in sync at the end"


async def test_a_faster_part_is_as_long_as_both_say(ffmpeg: Path, bars: Path, tmp_path: Path) -> None:
    done = await edited(ffmpeg, bars, tmp_path, speed=2.0, trim=Trim(1.0, 3.0))
    assert done.verified.duration == pytest.approx(1.0, abs=0.05)


# -- Colours and pictures over it ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def hdr10(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hdr10") / "hdr10.mkv"
    parameters = (
        "log-level=0:hdr10=1:repeat-headers=1:max-cll=1000,400:"
        "master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1)"
    )
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    picture = f"testsrc2=size=320x180:rate=25:duration=1,format=yuv420p10le,{tags}"
    make(FFMPEG, "-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p10le",
         "-c:v", "libx265", "-preset", "ultrafast", "-color_primaries", "bt2020", "-color_trc", "smpte2084",
         "-colorspace", "bt2020nc", "-x265-params", parameters, made)  # fmt: skip
    return made


async def test_hdr10_is_carried_through(ffmpeg: Path, hdr10: Path, tmp_path: Path) -> None:
    source, done = probe(hdr10).video, await edited(ffmpeg, hdr10, tmp_path, encoder="libx265", level="4.1")
    film = done.media.video
    assert source is not None
    assert film is not None
    assert source.mastering_display is not None
    assert (film.bit_depth, film.color_transfer, film.color_primaries) == (10, "smpte2084", "bt2020")
    assert (film.mastering_display, film.content_light) == (source.mastering_display, (1000, 400))


async def test_hdr_is_tone_mapped_on_request(ffmpeg: Path, hdr10: Path, tmp_path: Path) -> None:
    done = await edited(ffmpeg, hdr10, tmp_path, picture=PictureEdits(tone_map=True))
    film = done.media.video
    assert film is not None
    assert (film.color_transfer, film.color_primaries, film.color_matrix) == ("bt709", "bt709", "bt709")
    assert film.mastering_display is None
    before, after = pixels(ffmpeg, hdr10), pixels(ffmpeg, done.output)
    assert before != after


async def test_tone_mapping_leaves_other_films_alone(ffmpeg9: Path, short: Path, tmp_path: Path) -> None:
    done = await edited(ffmpeg9, short, tmp_path, picture=PictureEdits(tone_map=True))
    assert "tonemap" not in " ".join(done.command.passes[0])


@pytest.mark.parametrize("corner", list(Corner))
async def test_a_watermark_stands_in_its_corner(
    ffmpeg: Path, ffmpeg9: Path, short: Path, tmp_path: Path, corner: Corner
) -> None:
    logo = tmp_path / "logo.png"
    make(ffmpeg9, "-f", "lavfi", "-i", "color=white:size=32x16", "-frames:v", "1", logo)
    edits = PictureEdits(scale=Scale(width=200), watermark=Watermark(str(logo), corner, margin=8))
    done = await edited(ffmpeg, short, tmp_path / "a", picture=edits, ffmpeg_args=("-qp", "0"))
    assert size_of(done) == (200, 150)
    assert done.verified.frames == 30
    left, top = {
        Corner.TOP_LEFT: (8, 8),
        Corner.TOP_RIGHT: (160, 8),
        Corner.BOTTOM_LEFT: (8, 126),
        Corner.BOTTOM_RIGHT: (160, 126),
        Corner.CENTRE: (84, 67),
    }[corner]
    for at in (0.0, 0.9):
        luma = pixels(ffmpeg9, done.output, "-vf", f"crop=28:12:{left + 2}:{top + 2}", at=at)
        assert min(luma) > 225, "it is there from the first frame to the last"


async def test_sound_is_brought_to_a_loudness(ffmpeg: Path, bars: Path, tmp_path: Path) -> None:
    sounds = (SoundChoice(encoder="flac", loudness=-23.0),)
    done = await edited(ffmpeg, bars, tmp_path, sounds=sounds)
    assert integrated_loudness(ffmpeg, done.output) == pytest.approx(-23.0, abs=0.5)
    stream = done.media.audio[0]
    assert stream.sample_rate == 48000


def test_a_copied_picture_takes_no_edits() -> None:
    from ffx.media.possible import check_recipe

    for change in ({"picture": PictureEdits(rotate=90)}, {"speed": 2.0}):
        with pytest.raises(RecipeError, match="a copied picture cannot be changed"):
            check_recipe(evolve(Recipe(encoder="copy"), **change), {})
