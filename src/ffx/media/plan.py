"""From what a person asks for to a complete job: container, encoder, quality, and what a server must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import evolve, frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.errors import RecipeError
from ffx.core.model import EncoderType, JobConfiguration, OtherFile
from ffx.core.recipe import ArgumentPolicy, Recipe
from ffx.core.registry import suggestion
from ffx.core.tracks import SoundChoice
from ffx.media.allowed.sink import check_texts
from ffx.media.arguments import Arguments, Option, read_arguments
from ffx.media.choosing import chosen, sounds_of
from ffx.media.containers import (
    ContainerSpec,
    container_by_name,
    container_by_suffix,
    container_of,
    fitting,
    listed,
)
from ffx.media.equivalents import codec_name, reference_encoder
from ffx.media.film_filters import film_chain
from ffx.media.other_files import check_inputs, check_other_files
from ffx.media.possible import check_recipe
from ffx.media.probe import MediaInfo
from ffx.media.streams import select_streams


@frozen
class Request:
    """What a person asks for: a recipe of which only what matters is given."""

    input: Path
    output: Path
    """Without a suffix: the container is the source's when the codecs fit it, else Matroska."""
    recipe: Recipe = Recipe()
    """What is left empty is kept as the source has it. A quality is on the encoder's own scale; where only a codec is
    named, on that of its reference encoder (libx265 for hevc).
    """
    other_files: tuple[OtherFile, ...] = ()
    """What the recipe names besides the input."""
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
    arguments = read_arguments(request.recipe.ffmpeg_args)
    container = _container(request, media, arguments, specs)
    codec = codec_name(request.recipe.codec)
    recipe, arguments = _lifted(evolve(request.recipe, codec=codec, container=container.name), media, arguments)
    recipe = _with_sound_encoders(recipe, specs)
    recipe = evolve(_with_picture(recipe, media, container, arguments, specs), ffmpeg_args=arguments.words)
    check_other_files(request.other_files)
    recipe, arguments = check_texts(recipe, policy, files={f.name: f.name for f in request.other_files}, encoders=specs)
    check_inputs(arguments)
    check_recipe(recipe, specs)
    output_size(recipe, media)  # which a crop may not let be
    for choice in recipe.sounds or ():
        _check_sound(choice, media, container, specs)
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
    container = _container(nameless, media, read_arguments(request.recipe.ffmpeg_args), specs)
    suffix = request.input.suffix.lower()
    return request.input.stem + (suffix if suffix in container.suffixes else container.suffixes[0])


def output_size(recipe: Recipe, media: MediaInfo) -> tuple[int, int]:
    """Width and height of the picture that a recipe makes of a source, as far as its typed edits say and before black
    edges are looked for; zeros where there is no picture. Pure.
    """
    film = media.video
    if film is None:
        return 0, 0
    chain = film_chain(recipe, film, findings=None, burned=None, places={})
    return chain.width, chain.height


def output_codec(recipe: Recipe, media: MediaInfo, specs: Mapping[str, EncoderSpec]) -> str:
    """The codec of the picture that a recipe asks for; empty where there is none. Pure."""
    spec = specs.get(recipe.encoder)
    named = spec.codec if spec is not None else codec_name(recipe.codec)
    return named or (media.video.codec if media.video is not None else "")


def required_capabilities(recipe: Recipe, media: MediaInfo) -> tuple[str, ...]:
    """Every encoder besides the recipe's own, and the muxer, that a server must have.

    Subtitle encoders are not among them: FFmpeg always has its own.
    """
    arguments = read_arguments(recipe.ffmpeg_args)
    container = container_by_name(recipe.container)
    selection = select_streams(recipe, media, container, arguments)
    sound = [kept.encoder for kept in selection.of_kind("audio") if not kept.copied]
    choice = recipe.every_sound
    if arguments.inputs and choice is not None and not choice.encoder and container.default_audio:
        sound.append(container.default_audio)  # sound of another input is encoded
    named = [name for name in arguments.encoders if name != recipe.encoder]
    return tuple(dict.fromkeys((*sound, *named, container.name)))


# -- Steps of a plan ----------------------------------------------------------------------------------------


def _container(
    request: Request, media: MediaInfo, arguments: Arguments, specs: Mapping[str, EncoderSpec]
) -> ContainerSpec:
    named = arguments.last("f", "") or request.recipe.container
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
    encoder = arguments.last("c", "v") or request.recipe.encoder
    codec = "" if encoder == "copy" else codec_name(request.recipe.codec)
    if encoder in specs:
        codec = specs[encoder].codec
    return container.takes("video", codec or film.codec)


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
        recipe = evolve(recipe, sounds=())
    elif audio:
        recipe = recipe.with_sound_encoder(audio)

    def moved(option: Option) -> bool:
        codec = option.name == "c" and any(option.is_for(kind, alone=alone[kind]) for kind in alone)
        return codec or option.name in ("an", "f")

    rest = arguments.without(moved)
    if arguments.last("c", "s") == "copy" and not rest.last("c", "s"):  # the subtitles' share of ``-c copy``
        rest = evolve(rest, options=(*rest.options, Option("c", "s", "copy", ("-c:s", "copy"))))
    return recipe, rest


def _with_sound_encoders(recipe: Recipe, specs: Mapping[str, EncoderSpec]) -> Recipe:
    """The recipe with an encoder wherever a codec of sound is named."""
    if not recipe.sounds:
        return recipe
    return evolve(recipe, sounds=tuple(_with_encoder_of_codec(choice, specs) for choice in recipe.sounds))


def _with_encoder_of_codec(choice: SoundChoice, specs: Mapping[str, EncoderSpec]) -> SoundChoice:
    if choice.encoder in ("", "copy") or choice.encoder in specs:
        return choice
    spec = reference_encoder(choice.encoder.lower(), specs, kind="audio")
    return choice if spec is None else evolve(choice, encoder=spec.name)


def _with_picture(
    recipe: Recipe, media: MediaInfo, container: ContainerSpec, arguments: Arguments, specs: Mapping[str, EncoderSpec]
) -> Recipe:
    """The recipe with its video codec decided; without one where the output holds no picture."""
    if media.video is None or arguments.has("vn") or not container.holds_video:
        if recipe.encoder not in ("", "copy") or recipe.codec:
            why = "the input has no picture" if media.video is None else f"{container.name} holds sound only"
            raise RecipeError(f"{recipe.encoder or recipe.codec} has nothing to encode: {why}")
        plain = evolve(recipe, encoder="", codec="", preset="", target=None, two_pass=False)
        return evolve(plain, quality_mode=None, quality_value=None)
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


def _check_sound(
    choice: SoundChoice, media: MediaInfo, container: ContainerSpec, specs: Mapping[str, EncoderSpec]
) -> None:
    name = choice.encoder
    spec = specs.get(name)
    if spec and spec.kind != "audio":
        raise RecipeError(f"{name} encodes {spec.kind}, not sound")
    if not media.audio or not name:
        return
    if not (container.audio or container.anything):
        raise RecipeError(f"{container.name} holds no sound; leave {name} out")
    if name == "copy":
        meant, _ = chosen((choice,), sounds_of(media), "sound") if not choice.selects else ((), ())
        for stream, _ in meant:
            _check_fit("audio", stream.codec, container)
    elif spec:
        _check_fit("audio", spec.codec, container)


def _check_fit(kind: str, codec: str, container: ContainerSpec) -> None:
    if container.takes(kind, codec):
        return
    taken = listed(container.video if kind == "video" else container.audio)
    others = fitting(kind, codec)
    elsewhere = f"; {codec} fits into {listed(others)}" if others else ""
    raise RecipeError(f"{container.name} cannot hold {codec}: it takes {taken}{elsewhere}")
