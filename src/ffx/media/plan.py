"""From what a person asks for to a complete job: container, encoder, quality, and what a server must be able to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.encoders import EncoderSpec, equivalent_preset, equivalent_quality
from ffx.core.errors import RecipeError
from ffx.core.model import EncoderType, JobConfiguration, OtherFile
from ffx.core.recipe import ArgumentPolicy, QualityMode, Recipe
from ffx.core.registry import suggestion
from ffx.media.allowed.sink import check_texts
from ffx.media.arguments import Arguments, Option, read_arguments
from ffx.media.containers import (
    ContainerSpec,
    container_by_name,
    container_by_suffix,
    container_of,
    fitting,
    listed,
)
from ffx.media.other_files import check_inputs, check_other_files
from ffx.media.probe import MediaInfo
from ffx.media.streams import select_streams

_CODEC_NAMES = {"h265": "hevc", "x265": "hevc", "avc": "h264", "x264": "h264", "h.264": "h264", "h.265": "hevc"}


@frozen
class Request:
    """What a person asks for. What is left empty is kept as the source has it."""

    input: Path
    output: Path
    """Without a suffix: the container is the source's when the codecs fit it, else Matroska."""
    encoder: str = ""
    codec: str = ""
    preset: str = ""
    quality: float | None = None
    """On the encoder's own scale; where only a codec is named, on that of its reference encoder (libx265 for hevc)."""
    quality_mode: QualityMode = QualityMode.CRF
    """``QUALITY`` reads ``quality`` as 0 to 100 instead."""
    bitrate: int | None = None
    """Bits a second of the picture."""
    two_pass: bool = False
    pixel_format: str = ""
    filters: tuple[str, ...] = ()
    audio: str = ""
    """An encoder, ``copy``, ``none``, or empty."""
    audio_bitrate: int | None = None
    container: str = ""
    """FFmpeg's name of a muxer; empty: as the output's suffix says."""
    ffmpeg_args: tuple[str, ...] = ()
    other_files: tuple[OtherFile, ...] = ()
    """What filters and arguments name besides the input."""
    priority: int = 5


def plan_job(
    request: Request,
    media: MediaInfo,
    specs: Mapping[str, EncoderSpec],
    *,
    job_id: str,
    policy: ArgumentPolicy = ArgumentPolicy.CHECKED,
) -> JobConfiguration:
    """The complete job for a request. Pure.

    An encoder that ``specs`` do not know is let through: FFmpeg may list it on some server. Arguments and filters are
    held to ``policy``, as the server will hold them to its own.

    Raises:
        RecipeError: a container, codec, encoder, quality, preset or argument that cannot be, in one line.
    """
    arguments = read_arguments(request.ffmpeg_args)
    container = _container(request, media, arguments, specs)
    recipe, arguments = _lifted(_recipe(request, container), media, arguments)
    recipe = evolve(_with_picture(recipe, media, container, arguments, specs), ffmpeg_args=arguments.words)
    check_other_files(request.other_files)
    recipe, arguments = check_texts(recipe, policy, files={f.name: f.name for f in request.other_files}, encoders=specs)
    check_inputs(arguments)
    check_recipe(recipe, specs)
    _check_sound(recipe, media, container, specs)
    spec = specs.get(recipe.encoder)
    film = media.video
    return JobConfiguration(
        job_id=job_id,
        input_file=str(request.input),
        output_file=str(request.output),
        recipe=recipe,
        encoder_type=spec.encoder_type if spec else EncoderType.SOFTWARE,
        required_capabilities=required_capabilities(recipe, media),
        priority=request.priority,
        file_size=media.size,
        resolution=f"{film.width}x{film.height}" if film else "",
        codec=film.codec if film else "",
        container=media.container,
        frames=film.frames if film else 0,
        duration=media.duration,
        other_files=request.other_files,
    )


def default_output_name(request: Request, media: MediaInfo, specs: Mapping[str, EncoderSpec]) -> str:
    """The file name for an output that was given none, as in ``--out-dir``: the input's stem and the suffix of the
    container. Two inputs of one stem get one name: whoever calls tells collisions. Pure.

    Raises:
        RecipeError: as ``plan_job`` does for the container and the arguments.
    """
    nameless = evolve(request, output=Path("output"))
    container = _container(nameless, media, read_arguments(request.ffmpeg_args), specs)
    suffix = request.input.suffix.lower()
    return request.input.stem + (suffix if suffix in container.suffixes else container.suffixes[0])


def reference_encoder(codec: str, specs: Mapping[str, EncoderSpec]) -> EncoderSpec | None:
    """The encoder whose quality scale and presets are meant where only a codec is named: the first software one."""
    same = [spec for spec in specs.values() if spec.codec == codec and spec.kind == "video"]
    software = [spec for spec in same if not spec.encoder_type.is_hardware]
    return next(iter([*(spec for spec in software if spec.common), *software, *same]), None)


def suggest_encoder(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'libx265'?`` for a near miss, else nothing."""
    return suggestion(name, list(known))


def with_encoder(
    job: JobConfiguration, encoder: str, specs: Mapping[str, EncoderSpec], encoder_type: EncoderType
) -> JobConfiguration:
    """The same job on another encoder: quality and preset are translated to its own, two passes dropped where it
    has none. Pure.
    """
    recipe = job.recipe
    if encoder == recipe.encoder:
        return evolve(job, encoder_type=encoder_type)
    source = specs.get(recipe.encoder) or reference_encoder(recipe.codec, specs)
    target = specs.get(encoder)
    recipe = evolve(recipe, encoder=encoder, codec=target.codec if target else recipe.codec)
    if source is None or target is None:
        recipe = evolve(recipe, preset="", two_pass=False)
        if recipe.quality_mode is not QualityMode.BITRATE:  # without its scale there is no equivalent
            recipe = evolve(recipe, quality_mode=None, quality_value=None)
        return evolve(job, recipe=recipe, encoder_type=encoder_type)
    if recipe.quality_mode is QualityMode.CRF and recipe.quality_value is not None:
        quality = equivalent_quality(recipe.quality_value, source, target)
        mode = None if quality is None else QualityMode.CRF
        recipe = evolve(recipe, quality_value=quality, quality_mode=mode)
    recipe = evolve(
        recipe,
        preset=equivalent_preset(recipe.preset, source, target) if recipe.preset else "",
        two_pass=recipe.two_pass and target.two_pass,
    )
    return evolve(job, recipe=recipe, encoder_type=encoder_type)


def required_capabilities(recipe: Recipe, media: MediaInfo) -> tuple[str, ...]:
    """Every encoder besides the recipe's own, and the muxer, that a server must have.

    Subtitle encoders are not among them: FFmpeg always has its own.
    """
    arguments = read_arguments(recipe.ffmpeg_args)
    container = container_by_name(recipe.container)
    selection = select_streams(recipe, media, container, arguments)
    sound = [kept.encoder for kept in selection.of_kind("audio") if not kept.copied]
    if arguments.inputs and not recipe.audio_encoder and container.default_audio:  # sound of another input is encoded
        sound.append(container.default_audio)
    named = [name for name in arguments.encoders if name != recipe.encoder]
    return tuple(dict.fromkeys((*sound, *named, container.name)))


def check_recipe(recipe: Recipe, specs: Mapping[str, EncoderSpec]) -> None:
    """Whether quality, preset and passes are possible for the encoder, or for the reference encoder of the codec.

    Raises:
        RecipeError: one of them is not; says what would be.
    """
    spec = specs.get(recipe.encoder) if recipe.encoder else reference_encoder(recipe.codec, specs)
    if recipe.two_pass and recipe.quality_mode is not QualityMode.BITRATE:
        raise RecipeError("two passes aim at a bitrate: give one with --bitrate")
    if recipe.quality_mode is QualityMode.BITRATE and not (recipe.quality_value and recipe.quality_value > 0):
        raise RecipeError("a bitrate is a positive number of bits a second")
    if recipe.quality_mode is QualityMode.QUALITY and not 0 <= (recipe.quality_value or 0) <= 100:
        raise RecipeError(f"quality {recipe.quality_value:g} is impossible: it runs from 0 (worst) to 100 (best)")
    if recipe.encoder == "copy":
        _check_copy(recipe)
    if spec is None:
        if recipe.encoder and recipe.quality_mode in (QualityMode.CRF, QualityMode.QUALITY):
            raise RecipeError(f"no quality scale is known for {recipe.encoder}: give it a bitrate")
        return
    if recipe.two_pass and not spec.two_pass:
        raise RecipeError(f"{spec.name} has no two-pass encoding; give it a bitrate or a quality alone")
    if recipe.quality_mode is QualityMode.CRF and recipe.quality_value is not None:
        spec.check_quality(recipe.quality_value)
    if recipe.preset:
        spec.check_preset(recipe.preset)


def _check_copy(recipe: Recipe) -> None:
    filtered = bool(recipe.filters) or read_arguments(recipe.ffmpeg_args).last("filter", "v", alone=True) is not None
    if filtered or recipe.quality_mode is not None or recipe.preset:
        raise RecipeError("a copied picture cannot be changed: give an encoder, or leave filters and quality out")


# -- Steps of a plan ----------------------------------------------------------------------------------------


def _container(
    request: Request, media: MediaInfo, arguments: Arguments, specs: Mapping[str, EncoderSpec]
) -> ContainerSpec:
    named = arguments.last("f", "") or request.container
    if named:
        return container_by_name(named)
    if request.output.suffix:
        return container_by_suffix(request.output)
    same = container_of(media)
    return same if same and _fits(request, media, same, arguments, specs) else container_by_name("matroska")


def _fits(
    request: Request,
    media: MediaInfo,
    container: ContainerSpec,
    arguments: Arguments,
    specs: Mapping[str, EncoderSpec],
) -> bool:
    """Whether a container holds what the request and the source put into it."""
    film = media.video
    if film is None or not container.holds_video:
        return film is None
    encoder = arguments.last("c", "v") or request.encoder
    codec = "" if encoder == "copy" else _codec_name(request.codec)
    if encoder in specs:
        codec = specs[encoder].codec
    return container.takes("video", codec or film.codec)


def _recipe(request: Request, container: ContainerSpec) -> Recipe:
    if request.quality is not None and request.bitrate is not None:
        raise RecipeError("give a quality or a bitrate, not both")
    by_bitrate = request.bitrate is not None
    mode = QualityMode.BITRATE if by_bitrate else request.quality_mode if request.quality is not None else None
    return Recipe(
        encoder=request.encoder,
        codec=_codec_name(request.codec),
        preset=request.preset,
        quality_mode=mode,
        quality_value=request.bitrate if by_bitrate else request.quality,
        two_pass=request.two_pass,
        pixel_format=request.pixel_format,
        filters=request.filters,
        audio_encoder=request.audio,
        audio_bitrate=request.audio_bitrate,
        container=container.name,
    )


def _codec_name(name: str) -> str:
    return _CODEC_NAMES.get(name.lower(), name.lower())


def _lifted(recipe: Recipe, media: MediaInfo, arguments: Arguments) -> tuple[Recipe, Arguments]:
    """Encoders, container and ``-an`` move from the arguments into the recipe: no server may be sent what it was not
    seen to support.
    """
    alone = {"v": len(media.films) == 1, "a": len(media.audio) == 1}
    video = arguments.last("c", "v", alone=alone["v"])
    audio = arguments.last("c", "a", alone=alone["a"])
    if video:
        recipe = evolve(recipe, encoder=video, codec="")
    if arguments.has("an"):
        recipe = evolve(recipe, audio_encoder="none")
    elif audio:
        recipe = evolve(recipe, audio_encoder=audio)

    def moved(option: Option) -> bool:
        codec = option.name == "c" and any(option.is_for(kind, alone=alone[kind]) for kind in alone)
        return codec or option.name in ("an", "f")

    rest = arguments.without(moved)
    if arguments.last("c", "s") == "copy" and not rest.last("c", "s"):  # the subtitles' share of ``-c copy``
        rest = evolve(rest, options=(*rest.options, Option("c", "s", "copy", ("-c:s", "copy"))))
    return recipe, rest


def _with_picture(
    recipe: Recipe, media: MediaInfo, container: ContainerSpec, arguments: Arguments, specs: Mapping[str, EncoderSpec]
) -> Recipe:
    """The recipe with its video codec decided; without one where the output holds no picture."""
    if media.video is None or arguments.has("vn") or not container.holds_video:
        if recipe.encoder not in ("", "copy") or recipe.codec:
            why = "the input has no picture" if media.video is None else f"{container.name} holds sound only"
            raise RecipeError(f"{recipe.encoder or recipe.codec} has nothing to encode: {why}")
        return evolve(recipe, encoder="", codec="", quality_mode=None, quality_value=None, preset="", two_pass=False)
    if recipe.encoder:
        spec = specs.get(recipe.encoder)
        if spec and spec.kind != "video":
            raise RecipeError(f"{spec.name} encodes {spec.kind}, not pictures; give it with --audio")
        codec = media.video.codec if recipe.encoder == "copy" else spec.codec if spec else ""
        recipe = evolve(recipe, codec=codec)
    else:
        recipe = evolve(recipe, codec=recipe.codec or _kept_codec(media.video.codec, container, specs))
        if recipe.codec and reference_encoder(recipe.codec, specs) is None:
            known = sorted({spec.codec for spec in specs.values() if spec.kind == "video"})
            raise RecipeError(f"no encoder is known for the codec {recipe.codec!r}{suggestion(recipe.codec, known)}")
    if recipe.codec:
        _check_fit("video", recipe.codec, container)
    return recipe


def _kept_codec(codec: str, container: ContainerSpec, specs: Mapping[str, EncoderSpec]) -> str:
    if container.takes("video", codec) and reference_encoder(codec, specs) is not None:
        return codec
    return container.default_video


def _check_sound(recipe: Recipe, media: MediaInfo, container: ContainerSpec, specs: Mapping[str, EncoderSpec]) -> None:
    name = recipe.audio_encoder
    spec = specs.get(name)
    if spec and spec.kind != "audio":
        raise RecipeError(f"{name} encodes {spec.kind}, not sound")
    if not media.audio or name in ("", "none"):
        return
    if not (container.audio or container.anything):
        raise RecipeError(f"{container.name} holds no sound; leave {name} out")
    for codec in [stream.codec for stream in media.audio] if name == "copy" else [spec.codec] if spec else []:
        _check_fit("audio", codec, container)


def _check_fit(kind: str, codec: str, container: ContainerSpec) -> None:
    if container.takes(kind, codec):
        return
    taken = listed(container.video if kind == "video" else container.audio)
    others = fitting(kind, codec)
    elsewhere = f"; {codec} fits into {listed(others)}" if others else ""
    raise RecipeError(f"{container.name} cannot hold {codec}: it takes {taken}{elsewhere}")
