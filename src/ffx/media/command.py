"""From a recipe to FFmpeg's arguments. Pure: equal values give equal commands."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from attrs import evolve, frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.errors import RecipeError
from ffx.core.model import EncoderSetup
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.media.allowed.sink import check_texts
from ffx.media.arguments import Arguments
from ffx.media.changes import keeps_duration
from ffx.media.containers import ContainerSpec, container_by_name
from ffx.media.other_files import PlacedFile, input_words, repeats_an_input
from ffx.media.picture import Picture, PictureTask, picture_arguments
from ffx.media.probe import MediaInfo, PacketCounts
from ffx.media.sound import sound_arguments, sound_bitrate
from ffx.media.streams import KeptStream, Selection, select_streams
from ffx.media.timing import Version, frame_timing, has_variable_rate, read_version
from ffx.media.two_pass import first_pass, second_pass
from ffx.media.watchdog import longest_output

_QUICKTIME_LANGUAGES = dict(
    pair.split("/")
    for pair in (
        *("fre/fra", "rum/ron", "cze/ces", "slo/slk", "deu/ger", "nld/dut", "ell/gre", "isl/ice", "zho/chi", "sqi/alb"),
        *("mkd/mac", "hye/arm", "kat/geo", "bod/tib", "mya/bur", "msa/may", "cym/wel", "eus/baq"),
    )
)
"""ISO 639-2 has two codes for some languages; this is the one that FFmpeg's QuickTime muxer knows."""


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
    ffmpeg_version: str = "",
    policy: ArgumentPolicy = ArgumentPolicy.CHECKED,
) -> Command:
    """The command for a recipe on one machine.

    ``specs`` are those of ``seen_here``: without a ``ten_bit_pixel_format`` an encoder is given 8 bit.
    An encoder that they lack is given FFmpeg's own defaults. ``packets`` tell better than a header whether the frame
    rate varies. ``ffmpeg_version`` is as FFmpeg says it (``4.4.2-0ubuntu0``); empty: a recent one. Texts of the recipe
    get into the command only as ``policy`` lets them.

    Raises:
        RecipeError: the recipe asks for what cannot be, or may not.
    """
    recipe, arguments = check_texts(recipe, policy, files={f.name: f.place for f in other_files}, encoders=specs)
    container = container_by_name(recipe.container)
    selection = select_streams(recipe, media, container, arguments)
    if not selection.kept and not arguments.owns_mapping:
        raise RecipeError(f"nothing of the input can be kept: it has no stream that {container.name} holds")
    version = read_version(ffmpeg_version)
    further = input_words(arguments, {file.place: file for file in other_files})
    start = (*_reporting(version), *setup.input_options, *_input(media, input_name), *further)
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
            variable_rate=has_variable_rate(media.video, packets),
        )
        picture = picture_arguments(task)
    output = (
        *_cover_options(selection, arguments),
        *_sound_options(recipe, selection, container, specs, arguments),
        *_text_options(selection, container, arguments),
        *_language_options(selection, container, arguments),
        *_container_options(selection, container),
        *picture.remaining.tokens,
        f"file:{output_name}",
    )
    whole = (*start, *_mapping(selection, arguments), *picture.options, *output)
    warnings = (*selection.warnings, *picture.warnings)
    longest = _longest(recipe, media, packets, arguments, other_files) if packets else 0.0
    hardware = recipe.encoder if spec is not None and spec.encoder_type.is_hardware else ""
    if not recipe.two_pass:
        return Command((whole,), warnings, hardware, longest)
    films = _mapping(Selection(selection.films), arguments)
    look = first_pass((*start, *films, *picture.options, *picture.remaining.tokens), recipe.encoder, output_name)
    return Command((look, second_pass(whole, recipe.encoder, output_name)), warnings, hardware, longest)


def _longest(
    recipe: Recipe, media: MediaInfo, packets: PacketCounts, arguments: Arguments, other_files: Sequence[PlacedFile]
) -> float:
    length = _length(media, packets)
    if keeps_duration(recipe, arguments):
        return longest_output(length)
    if repeats_an_input(arguments):  # a logo without -shortest: FFmpeg would go on for ever
        return longest_output(length + sum(file.media.duration for file in other_files if file.media is not None))
    return 0.0


def _length(media: MediaInfo, packets: PacketCounts) -> float:
    """Seconds of the source, as long as anything says: headers and clocks err."""
    ends = [count.end or 0.0 for count in packets.streams]
    return max([media.duration, *ends, *(count.total + count.discarded_total for count in packets.streams)])


def _reporting(version: Version) -> tuple[str, ...]:
    # The level of warnings keeps the causes of a failure; ``-nostats`` keeps the rest out of the evidence.
    period = ("-stats_period", "0.25") if version >= (4, 4) else ()
    return ("-hide_banner", "-nostdin", "-y", "-loglevel", "warning", "-nostats", "-progress", "pipe:1", *period)


def _input(media: MediaInfo, name: str) -> tuple[str, ...]:
    # What was probed is what may be opened: a playlist in disguise is refused by FFmpeg too.
    formats = ("-format_whitelist", media.container) if media.container else ()
    return ("-protocol_whitelist", "file", *formats, "-i", f"file:{name}")


def _mapping(selection: Selection, arguments: Arguments) -> tuple[str, ...]:
    if arguments.owns_mapping:
        return ()
    streams = tuple(word for kept in selection.kept for word in ("-map", f"0:{kept.source.index}"))
    return (*streams, "-map_metadata", "0", "-map_chapters", "0")


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


def _language_options(selection: Selection, container: ContainerSpec, arguments: Arguments) -> tuple[str, ...]:
    """QuickTime knows one code of each language only (``fra``, where Matroska says ``fre``)."""
    if container.name != "mov" or arguments.owns_mapping:
        return ()
    return tuple(
        word
        for place, kept in enumerate(selection.kept)
        if kept.source.language in _QUICKTIME_LANGUAGES
        for word in (f"-metadata:s:{place}", f"language={_QUICKTIME_LANGUAGES[kept.source.language]}")
    )


def _sound_options(
    recipe: Recipe,
    selection: Selection,
    container: ContainerSpec,
    specs: Mapping[str, EncoderSpec],
    arguments: Arguments,
) -> tuple[str, ...]:
    kept = selection.of_kind("audio")
    if not arguments.owns_mapping:
        return sound_arguments(recipe, kept, specs)
    # Which sound the person's mapping takes is not known, and what comes out of a filter cannot be copied.
    copied = bool(kept) and all(stream.copied for stream in kept) and not _comes_from_elsewhere(arguments)
    encoder = recipe.audio_encoder or ("copy" if copied else container.default_audio)
    if encoder in ("", "none"):
        return ("-an",) if encoder == "none" else ()
    channels = max((stream.source.channels for stream in kept), default=2)
    bitrate = recipe.audio_bitrate or sound_bitrate(specs.get(encoder), channels)
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
