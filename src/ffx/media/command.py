"""From a recipe to FFmpeg's arguments. Pure: equal values give equal commands."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from attrs import evolve, frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.errors import RecipeError
from ffx.core.model import EncoderSetup
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.media.allowed.sink import check_texts
from ffx.media.arguments import Arguments
from ffx.media.changes import expected_length, keeps_duration
from ffx.media.containers import ContainerSpec, container_by_name
from ffx.media.film_filters import FilmChain, film_chain
from ffx.media.findings import Findings
from ffx.media.inputs import Inputs, input_of, inputs_of, joined_words, reporting, source_words
from ffx.media.joining import LIST
from ffx.media.other_files import PlacedFile, check_uses, input_words, repeats_an_input
from ffx.media.picture import Picture, PictureTask, picture_arguments
from ffx.media.probe import MediaInfo, PacketCounts
from ffx.media.sound import sound_arguments, sound_bitrate
from ffx.media.streams import KeptStream, Selection, select_streams
from ffx.media.timing import frame_timing, has_variable_rate, read_version
from ffx.media.tracks import disposition, preferred_track, track_metadata
from ffx.media.two_pass import first_pass, second_pass
from ffx.media.watchdog import longest_output


@frozen
class Command:
    """How FFmpeg is called for a job."""

    passes: tuple[tuple[str, ...], ...]
    """The arguments of each call, without the executable; run in the job's directory."""
    warnings: tuple[str, ...] = ()
    """What could not be kept, for a person."""
    hardware_encoder: str = ""
    """The encoder of the film where it is a piece of hardware, whose failures are its own; else empty."""
    longest: float = 0.0
    """Seconds of output beyond which FFmpeg would never end; 0 where nothing says how long the output is to last."""
    size: tuple[int, int] = (0, 0)
    """Width and height that the film must come out with, in pixels; zeros where that is not known beforehand."""


def seen_here(specs: Mapping[str, EncoderSpec], ten_bit: Container[str]) -> dict[str, EncoderSpec]:
    """What is known of encoders, with 10 bit only for those that were seen to do it on one machine."""
    return {name: spec if name in ten_bit else evolve(spec, ten_bit_pixel_format="") for name, spec in specs.items()}


def build_command(
    recipe: Recipe,
    media: MediaInfo,
    specs: Mapping[str, EncoderSpec],
    setup: EncoderSetup,
    *,
    input_name: str,
    output_name: str,
    other_files: Sequence[PlacedFile] = (),
    packets: PacketCounts | None = None,
    findings: Findings | None = None,
    ffmpeg_version: str = "",
    policy: ArgumentPolicy = ArgumentPolicy.CHECKED,
) -> Command:
    """The command for a recipe on one machine.

    ``specs`` are those of ``seen_here``: without a ``ten_bit_pixel_format`` an encoder is given 8 bit.
    An encoder that they lack is given FFmpeg's own defaults. ``packets`` tell better than a header whether the frame
    rate varies. ``findings`` are what the recipe wants to be found out beforehand; without them that is left out.
    ``ffmpeg_version`` is as FFmpeg says it (``4.4.2-0ubuntu0``); empty: a recent one. Texts of the recipe
    get into the command only as ``policy`` lets them.

    Raises:
        RecipeError: the recipe asks for what cannot be, or may not.
    """
    recipe, arguments = check_texts(recipe, policy, files={f.name: f.place for f in other_files}, encoders=specs)
    container = container_by_name(recipe.container)
    looked_at = {file.name: file.media for file in other_files if file.media is not None}
    selection = select_streams(recipe, media, container, arguments, looked_at)
    if not selection.kept and not arguments.owns_mapping:
        raise RecipeError(f"nothing of the input can be kept: it has no stream that {container.name} holds")
    version = read_version(ffmpeg_version)
    check_uses(recipe, other_files)
    places = {"": input_name, **{file.name: file.place for file in other_files}}
    chain = _chain(recipe, media, selection, findings, places, looked_at)
    inputs = inputs_of(selection, chain, arguments)
    further = input_words(arguments, {file.place: file for file in other_files})
    start = (
        *reporting(version),
        *setup.input_options,
        *_source(recipe, media, input_name),
        *further,
        *(word for feed in inputs.feeds for word in input_of(feed, recipe.trim, media, places, looked_at)),
    )
    picture = Picture(remaining=arguments)
    spec = specs.get(recipe.encoder)
    if recipe.encoder:
        task = PictureTask(
            recipe,
            film=media.video,
            places=_film_places(selection, arguments),
            spec=spec,
            setup=setup,
            arguments=arguments,
            frame_timing=() if container.constant_rate else frame_timing(version),
            variable_rate=has_variable_rate(media.video, packets) and recipe.picture.frame_rate is None,
            chain=chain,
            input_numbers=inputs.numbers,
        )
        picture = picture_arguments(task)
    start = (*start, *(("-filter_complex", picture.graph) if picture.graph else ()))
    part = _part(recipe)
    output = (
        *_cover_options(selection, arguments),
        *_sound_options(recipe, selection, container, specs, arguments, findings),
        *_text_options(selection, container, arguments),
        *_track_options(recipe, selection, container, arguments),
        *part,
        *_container_options(selection, container),
        *picture.remaining.tokens,
        f"file:{output_name}",
    )
    mapping = _mapping(recipe, selection, inputs, arguments, film="[film]" if picture.graph else "")
    whole = (*start, *mapping, *picture.options, *output)
    warnings = (*selection.warnings, *picture.warnings, *_warnings(recipe, media))
    longest = _longest(recipe, media, packets, arguments, other_files) if packets else 0.0
    hardware = recipe.encoder if spec is not None and spec.encoder_type.is_hardware else ""
    if not recipe.two_pass:
        return Command((whole,), warnings, hardware, longest, picture.size)
    films = _mapping(recipe, Selection(selection.films), inputs, arguments, film="[film]" if picture.graph else "")
    options = (*picture.options, *part, *picture.remaining.tokens)
    look = first_pass((*start, *films, *options), recipe.encoder, output_name)
    return Command((look, second_pass(whole, recipe.encoder, output_name)), warnings, hardware, longest, picture.size)


def _source(recipe: Recipe, media: MediaInfo, name: str) -> tuple[str, ...]:
    if recipe.joins:
        return joined_words(media, str(PurePosixPath(name).with_name(LIST)))
    return source_words(recipe.trim, media, name)


def _chain(
    recipe: Recipe,
    media: MediaInfo,
    selection: Selection,
    findings: Findings | None,
    places: Mapping[str, str],
    looked_at: Mapping[str, MediaInfo],
) -> FilmChain:
    burned = selection.burned
    if media.video is None or recipe.encoder in ("", "copy"):
        if burned is not None:
            raise RecipeError("subtitles are drawn into a picture that is encoded; this one is not")
        return FilmChain()
    number = 0
    if burned is not None:
        subtitles = looked_at.get(burned.feed.file, media).subtitles
        number = next((n for n, stream in enumerate(subtitles) if stream.index == burned.source.index), 0)
    return film_chain(recipe, media.video, findings=findings, burned=burned, places=places, subtitle_number=number)


def _part(recipe: Recipe) -> tuple[str, ...]:
    """What makes the output the part of the source that was asked for, behind the seek in the source itself."""
    trim = recipe.trim
    # Without it FFmpeg copies all sound from the key frame on at which it began to read.
    exact = ("-copypriorss:a", "0") if trim.start and recipe.encoder != "copy" else ()
    end = () if trim.end is None else ("-t", f"{(trim.end - trim.start) / recipe.speed:.6f}")
    return (*exact, *end)


def _warnings(recipe: Recipe, media: MediaInfo) -> tuple[str, ...]:
    warnings = []
    if recipe.trim.start and recipe.encoder == "copy":
        warnings.append(f"the picture is copied: it begins at the key frame before {recipe.trim.start:g} s")
    if recipe.speed != 1.0 and recipe.chapters and media.chapters:
        warnings.append("the chapters are left out: their times are those of the source's speed")
    return tuple(warnings)


def _longest(
    recipe: Recipe, media: MediaInfo, packets: PacketCounts, arguments: Arguments, other_files: Sequence[PlacedFile]
) -> float:
    length = expected_length(recipe, _length(media, packets))
    if keeps_duration(recipe, arguments):
        return longest_output(length)
    if repeats_an_input(arguments):  # a logo without -shortest: FFmpeg would go on for ever
        return longest_output(length + sum(file.media.duration for file in other_files if file.media is not None))
    return 0.0


def _length(media: MediaInfo, packets: PacketCounts) -> float:
    """Seconds of the source, as long as anything says: headers and clocks err."""
    ends = [count.end or 0.0 for count in packets.streams]
    return max([media.duration, *ends, *(count.total + count.discarded_total for count in packets.streams)])


def _mapping(
    recipe: Recipe, selection: Selection, inputs: Inputs, arguments: Arguments, *, film: str
) -> tuple[str, ...]:
    """What goes into the output; ``film`` is where the film comes from, where that is a graph."""
    if arguments.owns_mapping:
        return ()
    streams = tuple(
        word
        for kept in selection.kept
        for word in ("-map", film if film and kept in selection.films else inputs.place(kept))
    )
    chapters = "0" if recipe.chapters and recipe.speed == 1.0 else "-1"
    return (*streams, "-map_metadata", "0" if recipe.metadata else "-1", "-map_chapters", chapters)


def _film_places(selection: Selection, arguments: Arguments) -> tuple[int, ...]:
    """The numbers of the films among the video streams; empty where there are no covers beside them."""
    covers = len(selection.of_kind("video")) > len(selection.films)
    return tuple(range(len(selection.films))) if covers and not arguments.owns_mapping else ()


def _cover_options(selection: Selection, arguments: Arguments) -> tuple[str, ...]:
    if arguments.owns_mapping:
        return ()
    videos = enumerate(selection.of_kind("video"))
    covers = (place for place, kept in videos if kept.source.attached_picture)
    return tuple(word for place in covers for word in (f"-c:v:{place}", "copy"))


def _track_options(
    recipe: Recipe, selection: Selection, container: ContainerSpec, arguments: Arguments
) -> tuple[str, ...]:
    """Titles, languages and which tracks players take by themselves."""
    if arguments.owns_mapping:
        return ()
    return tuple(
        word for place, kept in enumerate(selection.kept) for word in _track(recipe, selection, place, kept, container)
    )


def _track(
    recipe: Recipe, selection: Selection, place: int, kept: KeptStream, container: ContainerSpec
) -> Iterator[str]:
    for key, value in track_metadata(recipe, kept, container).items():
        yield from (f"-metadata:s:{place}", f"{key}={value}")
    if kept.source.kind == "subtitle" and recipe.trim.start:  # lines from before it would make all of it begin later
        yield from (f"-bsf:{place}", "noise=amount=0:drop='lt(pts,0)'")
    flags = disposition(kept, preferred_track(recipe, selection, kept.source.kind))
    if flags is not None:
        yield from (f"-disposition:{place}", flags)


def _sound_options(
    recipe: Recipe,
    selection: Selection,
    container: ContainerSpec,
    specs: Mapping[str, EncoderSpec],
    arguments: Arguments,
    findings: Findings | None,
) -> tuple[str, ...]:
    kept = selection.of_kind("audio")
    if not arguments.owns_mapping:
        return sound_arguments(recipe, kept, specs, findings.loudness if findings is not None else None)
    # Which sound the person's mapping takes is not known, and what comes out of a filter cannot be copied.
    choice = recipe.every_sound
    if choice is None:
        return ("-an",)
    copied = bool(kept) and all(stream.copied for stream in kept) and not _comes_from_elsewhere(arguments)
    encoder = choice.encoder or ("copy" if copied else container.default_audio)
    if not encoder:
        return ()
    channels = max((stream.source.channels for stream in kept), default=2)
    bitrate = choice.bitrate or sound_bitrate(specs.get(encoder), channels)
    return ("-c:a", encoder, *(("-b:a", str(bitrate)) if bitrate and encoder != "copy" else ()))


def _comes_from_elsewhere(arguments: Arguments) -> bool:
    return bool(arguments.inputs) or arguments.has("filter_complex")


def _text_options(selection: Selection, container: ContainerSpec, arguments: Arguments) -> tuple[str, ...]:
    """Subtitles and attached files."""
    subtitles = selection.of_kind("subtitle")
    attachments = ("-c:t", "copy") if selection.of_kind("attachment") else ()
    if arguments.owns_mapping:
        encoder = "copy" if all(kept.copied for kept in subtitles) else container.text_encoder
        return ("-c:s", encoder) if encoder and subtitles else ()
    if len({kept.encoder for kept in subtitles}) == 1:
        return ("-c:s", subtitles[0].encoder, *attachments)
    each = (word for place, kept in enumerate(subtitles) for word in (f"-c:s:{place}", kept.encoder))
    return (*each, *attachments)


def _container_options(selection: Selection, container: ContainerSpec) -> tuple[str, ...]:
    experimental = any(_written_codec(kept) in container.experimental for kept in selection.kept)
    return (*(("-strict", "-2") if experimental else ()), "-f", container.name)


def _written_codec(kept: KeptStream) -> str:
    return kept.source.codec if kept.copied else kept.encoder
