"""Sounds and subtitles that a recipe chooses, tried with both FFmpegs: which ones, in which order, as what, in time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from ffx.core.errors import RecipeError
from ffx.core.recipe import Recipe, Trim
from ffx.core.tracks import Downmix, SoundChoice, SubtitleChoice
from ffx.media.possible import check_recipe
from ffx.media.probe import MediaInfo, StreamInfo
from tests.media.jobs import Done, encode, make, request_for

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())
ENGLISH = "1\n00:00:00,200 --> 00:00:00,900\nGood morning\n\n2\n00:00:01,200 --> 00:00:01,900\nGood night\n"


@pytest.fixture(scope="session")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds: a grey film, AAC in English and French, AC-3 5.1 in German, SubRip in English and French."""
    folder = tmp_path_factory.mktemp("tracks")
    for language, text in (("eng", ENGLISH), ("fre", ENGLISH.replace("Good", "Bonne"))):
        (folder / f"{language}.srt").write_text(text)
    tones = [f"sine=frequency={pitch}:sample_rate=48000:duration=2" for pitch in (300, 600)]
    surround = "aevalsrc=sin(900*2*PI*t)|0|0|0|0|0:c=5.1:s=48000:d=2"
    inputs = [word for source in ("color=gray:size=320x240:rate=25:duration=2", *tones, surround)
              for word in ("-f", "lavfi", "-i", source)]  # fmt: skip
    texts = [word for name in ("eng", "fre") for word in ("-i", str(folder / f"{name}.srt"))]
    maps = [word for number in range(6) for word in ("-map", str(number))]
    languages = [("a:0", "eng"), ("a:1", "fre"), ("a:2", "ger"), ("s:0", "eng"), ("s:1", "fre")]
    metadata = [word for place, name in languages for word in (f"-metadata:s:{place}", f"language={name}")]
    made = folder / "tracks.mkv"
    make(FFMPEG, *inputs, *texts, *maps, *metadata, "-c:v", "libx264", "-c:a:0", "aac", "-c:a:1", "aac", "-ac:a:1", "2",
         "-c:a:2", "ac3", "-c:s", "srt", "-disposition:a:0", "default", made)  # fmt: skip
    return made


async def job(ffmpeg: Path, source: Path, directory: Path, suffix: str = "mkv", /, **recipe: object) -> Done:
    recipe = {"encoder": "libx264", "preset": "ultrafast"} | recipe
    return await encode(ffmpeg, request_for(source, Path(f"out.{suffix}"), **recipe), directory)


def seen(done: Done, kind: str) -> list[tuple[str, str, int, bool]]:
    streams = [stream for stream in done.media.streams if stream.kind == kind]
    return [(s.codec, s.language, s.channels, "default" in s.disposition) for s in streams]


def texts(media: Path) -> str:
    argv = [str(FFMPEG), "-v", "error", "-i", str(media), "-map", "0:s:0", "-f", "srt", "-"]
    return subprocess.run(argv, capture_output=True, check=True).stdout.decode()


# -- Sounds -----------------------------------------------------------------------------------------------------


async def test_sounds_come_in_the_order_of_their_languages(ffmpeg: Path, tracks: Path, tmp_path: Path) -> None:
    choice = SoundChoice(languages=("fra", "en"), encoder="libopus", bitrate=96_000, downmix=Downmix.STEREO)
    done = await job(ffmpeg, tracks, tmp_path, sounds=(choice,))
    assert seen(done, "audio") == [("opus", "fre", 2, True), ("opus", "eng", 1, False)]


async def test_one_sound_may_be_taken_twice(ffmpeg: Path, tracks: Path, tmp_path: Path) -> None:
    sounds = (
        SoundChoice(index=3, encoder="copy", title="Theatre"),
        SoundChoice(index=3, encoder="aac", downmix=Downmix.STEREO, default=True),
    )
    done = await job(ffmpeg, tracks, tmp_path, "mp4", sounds=sounds)
    assert seen(done, "audio") == [("ac3", "ger", 6, False), ("aac", "ger", 2, True)]


async def test_sounds_are_found_by_codec_and_channels(ffmpeg9: Path, tracks: Path, tmp_path: Path) -> None:
    sounds = (SoundChoice(source_codec="ac3"), SoundChoice(channels=2))
    done = await job(ffmpeg9, tracks, tmp_path, sounds=sounds)
    assert [language for _, language, _, _ in seen(done, "audio")] == ["ger", "fre"]


async def test_no_sound(ffmpeg9: Path, tracks: Path, tmp_path: Path) -> None:
    assert seen(await job(ffmpeg9, tracks, tmp_path, sounds=()), "audio") == []


async def test_the_5_1_of_a_dvd_becomes_opus(ffmpeg: Path, ffmpeg9: Path, tracks: Path, tmp_path: Path) -> None:
    source = tmp_path / "side.mkv"
    side = "aformat=channel_layouts=5.1(side)"
    make(ffmpeg9, "-i", tracks, "-map", "0:v", "-map", "0:3", "-c:v", "copy", "-af", side, "-c:a", "flac", source)
    (tmp_path / "a").mkdir()
    done = await job(ffmpeg, source, tmp_path / "a", sounds=(SoundChoice(encoder="libopus"),))
    assert [(codec, channels) for codec, _, channels, _ in seen(done, "audio")] == [("opus", 6)]


@pytest.mark.parametrize("encoder", ["copy", "aac"])
@pytest.mark.parametrize("delay", [0.5, -0.5])
async def test_a_delay_moves_the_sound_and_not_the_picture(
    ffmpeg: Path, tracks: Path, tmp_path: Path, encoder: str, delay: float
) -> None:
    choice = SoundChoice(index=2, encoder=encoder, delay=delay)
    done = await job(ffmpeg, tracks, tmp_path, sounds=(choice,), subtitles=())
    film, sound = done.packets.streams
    assert (sound.start or 0.0) - (film.start or 0.0) == pytest.approx(delay, abs=0.07), "but for what the encoders add"
    assert film.packets == 50


async def test_what_is_asked_for_in_vain_is_told(ffmpeg9: Path, tracks: Path, tmp_path: Path) -> None:
    there = r"1 \(aac, eng, 1 channel\), 2 \(aac, fre, 2 channels\), 3 \(ac3, ger, 6 channels\)"
    with pytest.raises(RecipeError, match=rf"^the input has no sound in jpn; it has: {there}$"):
        await job(ffmpeg9, tracks, tmp_path, sounds=(SoundChoice(languages=("jpn",)),))


async def test_what_is_there_in_part_is_taken_with_a_warning(ffmpeg9: Path, tracks: Path, tmp_path: Path) -> None:
    sounds = (SoundChoice(languages=("jpn",)), SoundChoice(languages=("fre",)))
    done = await job(ffmpeg9, tracks, tmp_path, sounds=sounds)
    assert done.command.warnings == ("the input has no sound in jpn: it is left out",)
    assert [language for _, language, _, _ in seen(done, "audio")] == ["fre"]


def test_a_copied_sound_takes_no_changes() -> None:
    recipe = Recipe(encoder="libx264", sounds=(SoundChoice(encoder="copy", downmix=Downmix.MONO),))
    with pytest.raises(RecipeError, match="a copied sound cannot be changed"):
        check_recipe(recipe, {})


def test_choices_do_not_stand_beside_a_mapping() -> None:
    recipe = Recipe(encoder="libx264", sounds=(SoundChoice(index=1),), ffmpeg_args=("-map", "0"))
    with pytest.raises(RecipeError, match="the streams are chosen in FFmpeg's words"):
        check_recipe(recipe, {})


# -- Subtitles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "subrip"), ("mp4", "mov_text"), ("webm", "webvtt")])
async def test_subtitles_of_a_file_become_what_the_container_takes(
    ffmpeg: Path, tracks: Path, tmp_path: Path, suffix: str, codec: str
) -> None:
    file = tmp_path / "en.srt"
    file.write_text(ENGLISH)
    choices = (SubtitleChoice(file=str(file), language="en", default=True), SubtitleChoice(languages=("fra",)))
    encoder = {"encoder": "libvpx-vp9", "ffmpeg_args": ("-cpu-used", "8"), "preset": ""} if suffix == "webm" else {}
    done = await job(ffmpeg, tracks, tmp_path, suffix, subtitles=choices, **encoder)
    french = "fra" if suffix == "mp4" else "fre"
    found = [(codec, language, default) for codec, language, _, default in seen(done, "subtitle")]
    assert found in ([(codec, "eng", True), (codec, french, False)], [(codec, "eng", True), (codec, "fre", False)])
    assert "Good morning" in texts(done.output)


@pytest.mark.parametrize(("charset", "word"), [("cp1252", "déjà"), ("", "déjà"), ("cp1251", "привет")])
async def test_subtitles_in_other_encodings_than_utf_8(
    ffmpeg: Path, tracks: Path, tmp_path: Path, charset: str, word: str
) -> None:
    file = tmp_path / "other.srt"
    file.write_bytes(ENGLISH.replace("Good", word).encode(charset or "utf-16"))
    done = await job(ffmpeg, tracks, tmp_path, subtitles=(SubtitleChoice(file=str(file), charset=charset),))
    assert f"{word} morning" in texts(done.output)


async def test_subtitles_of_another_speed_are_left_out_with_a_warning(
    ffmpeg9: Path, tracks: Path, tmp_path: Path
) -> None:
    done = await job(ffmpeg9, tracks, tmp_path, speed=2.0, sounds=())
    assert seen(done, "subtitle") == []
    assert len(done.command.warnings) == 2
    with pytest.raises(RecipeError, match="cannot be made to keep pace with another speed: burn them in"):
        await job(ffmpeg9, tracks, tmp_path / "b", speed=2.0, subtitles=(SubtitleChoice(languages=("eng",)),))


async def test_subtitles_of_a_part_begin_with_it(ffmpeg: Path, tracks: Path, tmp_path: Path) -> None:
    file = tmp_path / "en.srt"
    file.write_text(ENGLISH)
    done = await job(ffmpeg, tracks, tmp_path, trim=Trim(1.0), subtitles=(SubtitleChoice(file=str(file)),), sounds=())
    (line,) = [line for line in texts(done.output).split("\n\n") if line.strip()]
    assert line.endswith("Good night"), "what was before it is not there"
    film, subtitles = done.packets.streams
    assert (subtitles.start or 0.0) - (film.start or 0.0) == pytest.approx(0.2, abs=0.05)


def letters(ffmpeg: Path, media: Path, at: float) -> int:
    """Pixels of a frame of a grey film that are not grey."""
    argv = [str(ffmpeg), "-v", "error", "-ss", f"{at}", "-i", str(media), "-frames:v", "1", "-pix_fmt", "gray"]
    luma = subprocess.run([*argv, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    return sum(abs(value - luma[0]) > 60 for value in luma)


@pytest.mark.parametrize(("trim", "shown", "hidden"), [(Trim(), 0.5, 1.05), (Trim(1.0), 0.5, 0.05)])
async def test_subtitles_are_drawn_into_the_picture_in_time(
    ffmpeg: Path, tracks: Path, tmp_path: Path, trim: Trim, shown: float, hidden: float
) -> None:
    choice = SubtitleChoice(languages=("fra",), burn=True)
    done = await job(ffmpeg, tracks, tmp_path, subtitles=(choice,), trim=trim, ffmpeg_args=("-qp", "0"))
    assert seen(done, "subtitle") == []
    assert letters(ffmpeg, done.output, shown) > 100
    assert letters(ffmpeg, done.output, hidden) == 0


async def test_subtitles_of_a_file_are_drawn_into_the_picture(ffmpeg: Path, tracks: Path, tmp_path: Path) -> None:
    file = tmp_path / "it's a: [name], really.srt"
    file.write_bytes(ENGLISH.encode("cp1252"))
    choice = SubtitleChoice(file=str(file), charset="cp1252", burn=True)
    done = await job(ffmpeg, tracks, tmp_path, subtitles=(choice,), ffmpeg_args=("-qp", "0"))
    assert letters(ffmpeg, done.output, 0.5) > 100
    assert letters(ffmpeg, done.output, 1.05) == 0


PICTURES = StreamInfo(1, "subtitle", "hdmv_pgs_subtitle", "eng")


def test_subtitles_that_are_pictures_are_refused_where_they_do_not_fit() -> None:
    from ffx.media.arguments import Arguments
    from ffx.media.containers import container_by_name
    from ffx.media.streams import select_streams

    film = StreamInfo(0, "video", "h264", width=320, height=240)
    media = MediaInfo(Path("in.mkv"), 1000, "matroska,webm", 10.0, (film, PICTURES))
    recipe = Recipe(encoder="libx264", subtitles=(SubtitleChoice(index=1),))
    with pytest.raises(RecipeError, match=r"are pictures and cannot become text: burn them in, or write a \.mkv"):
        select_streams(recipe, media, container_by_name("mp4"), Arguments())
    kept = select_streams(recipe, media, container_by_name("matroska"), Arguments()).kept
    assert [stream.encoder for stream in kept] == ["libx264", "copy"]
    burned = Recipe(encoder="libx264", subtitles=(SubtitleChoice(index=1, burn=True),))
    selection = select_streams(burned, media, container_by_name("mp4"), Arguments())
    assert selection.burned is not None
    assert selection.burned.source is PICTURES


async def test_nothing_else_of_the_source_is_asked_for(ffmpeg: Path, rich_matroska: Path, tmp_path: Path) -> None:
    done = await job(ffmpeg, rich_matroska, tmp_path, chapters=False, metadata=False, attachments=False)
    assert done.media.chapters == ()
    assert "title" not in {key.lower() for key in done.media.metadata}
    assert [s.kind for s in done.media.streams if s.kind == "attachment"] == []
    assert [s.language for s in done.media.audio] == ["eng", "deu"], "languages stay"
