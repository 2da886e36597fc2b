"""The arguments of the picture: encoder, quality, pixel format, filters, colours, HDR and frame timing."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.errors import RecipeError
from ffx.core.model import EncoderSetup
from ffx.core.recipe import QualityMode, Recipe
from ffx.media.arguments import Arguments, Option, filter_names
from ffx.media.encoder_parameters import parameters_of
from ffx.media.film_filters import FilmChain, Step, is_tone_mapped, render
from ffx.media.pixels import chosen_pixel_format, is_full_range_name, pixel_losses, subsampling
from ffx.media.probe import StreamInfo
from ffx.media.streams import Feed

_NEEDS_EVEN_SIZE = frozenset(
    {"libx264", "libx265", "libsvtav1", "libxvid", "libvvenc", "libopenh264", "huffyuv", "utvideo", "wmv2"}
)
"""Encoders that were seen to refuse (libopenh264: to cut) an odd size; hardware is taken to refuse it too."""
_COLOUR_FILTERS = ("colorspace", "colormatrix", "libplacebo", "lut", "setparams", "tonemap", "zscale", "curves")
_TIMED_CODECS = frozenset({"av1", "ffv1", "h264", "hevc", "mpeg4", "vp8", "vp9"})
"""Codecs whose encoders were seen to take a clock of 1/60000 s."""
_VARIABLE_RATE_CLOCK = ("-enc_time_base", "1:60000")
"""Without it FFmpeg puts frames on a grid of the average rate, dropping those that share a place. The clock is fine
enough for 90 kHz sources and coarse enough for MPEG-4, which allows 65535 ticks a second.
"""


_BT709 = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")


@frozen
class Picture:
    """How the films of a job are encoded."""

    options: tuple[str, ...] = ()
    remaining: Arguments = field(factory=Arguments)
    """The person's arguments without those that are merged into ``options``."""
    warnings: tuple[str, ...] = ()
    size: tuple[int, int] = (0, 0)
    """Width and height of what comes out, in pixels; zeros where that is not known beforehand."""
    graph: str = ""
    """For ``-filter_complex``, where something is laid over the film, which then comes out at the label ``film``."""


@frozen
class PictureTask:
    """What decides about the picture."""

    recipe: Recipe
    film: StreamInfo | None
    """The first film; None with the person's own mapping of something else."""
    places: tuple[int, ...]
    """The numbers of the films among the output's video streams; empty: all of them."""
    spec: EncoderSpec | None
    setup: EncoderSetup
    arguments: Arguments
    frame_timing: tuple[str, ...] = ()
    """The option that keeps every frame at its time, as this FFmpeg spells it; empty where the container cannot."""
    variable_rate: bool = False
    """Whether the frames come at changing intervals."""
    chain: FilmChain = FilmChain()
    """What the recipe's typed edits do."""
    input_numbers: Mapping[Feed, int] = field(factory=dict)


def picture_arguments(task: PictureTask) -> Picture:
    """The arguments for a task.

    Raises:
        RecipeError: a quality for an encoder without a scale, or filters that cannot be joined.
    """
    if task.recipe.encoder == "copy":
        return Picture(_placed(task, "c", "copy"), task.arguments)
    pixel_format = _pixel_format(task)
    steps, warnings = _filters(task, pixel_format)
    parameters, remaining = parameters_of(task.recipe, task.film, task.arguments)
    graph = _graph(task, steps) if task.chain.overlays else ""
    chain = "" if graph else ",".join(step for step in steps if isinstance(step, str))
    return Picture(
        options=(
            *_placed(task, "c", task.recipe.encoder),
            *task.setup.output_options,
            *(task.spec.options if task.spec else ()),
            *_preset(task),
            *_speciality(task),
            *_quality(task),
            *parameters,
            *(_placed(task, "filter", chain) if chain else ()),
            *(_placed(task, "pix_fmt", pixel_format) if pixel_format and not task.setup.upload_filter else ()),
            *_key_frames(task),
            *_colours(task),
            *_timing(task),
        ),
        size=_size(task, pixel_format),
        remaining=remaining.without(_is_film_filter),
        warnings=(*task.chain.warnings, *pixel_losses(task.film, pixel_format), *warnings, *_hdr_losses(task)),
        graph=graph,
    )


def _graph(task: PictureTask, steps: list[Step]) -> str:
    if len(task.places) > 1 or task.film is None:
        raise RecipeError("nothing can be laid over several films at once: choose one with -map")
    return render(steps, f"0:{task.film.index}", task.input_numbers)


def _placed(task: PictureTask, option: str, value: str) -> tuple[str, ...]:
    """An option for the films alone: covers beside them are copied, and FFmpeg refuses to filter what it copies."""
    if not task.places:
        return (f"-{option}:v", value)
    return tuple(word for place in task.places for word in (f"-{option}:v:{place}", value))


def _preset(task: PictureTask) -> tuple[str, ...]:
    preset = task.recipe.preset or (task.spec.default_preset if task.spec else "")
    return (task.spec.preset_option if task.spec else "-preset", preset) if preset else ()


def _speciality(task: PictureTask) -> tuple[str, ...]:
    """Tune, profile and level."""
    recipe = task.recipe
    level = "" if recipe.encoder == "libx265" else recipe.level  # one of its parameters
    words = (("-tune", recipe.tune), ("-profile:v", recipe.profile), ("-level", level))
    return tuple(word for option, value in words if value for word in (option, value))


def _key_frames(task: PictureTask) -> tuple[str, ...]:
    rate = task.recipe.picture.frame_rate or (task.film.frame_rate if task.film else 0)
    if task.recipe.gop is None or not rate or task.arguments.has("g"):
        return ()
    return ("-g", str(max(1, round(task.recipe.gop * rate))))


def _quality(task: PictureTask) -> tuple[str, ...]:
    mode, value = task.recipe.quality_mode, task.recipe.quality_value
    if mode is QualityMode.BITRATE and value is not None:
        return ("-b:v", f"{value:.0f}")
    scale = task.spec.quality if task.spec else None
    if mode is None or value is None:
        return scale.render(scale.default) if scale and not task.arguments.set_rate else ()
    if scale is None:
        raise RecipeError(f"no quality scale is known for {task.recipe.encoder}: give it a bitrate")
    return scale.render(scale.from_share(value / 100) if mode is QualityMode.QUALITY else value)


# -- Pixel format and filters -------------------------------------------------------------------------------


def _pixel_format(task: PictureTask) -> str:
    """The format to ask for; empty where the person's arguments do, or nothing is known."""
    if task.arguments.last("pix_fmt", "v", alone=True) is not None:
        return ""
    if task.recipe.pixel_format or task.spec is None or task.film is None:
        return task.recipe.pixel_format
    return chosen_pixel_format(task.film, task.spec)


def _filters(task: PictureTask, pixel_format: str) -> tuple[list[Step], list[str]]:
    """One chain: what the recipe changes, its filters, the person's, what the source makes necessary, the upload; and
    warnings.
    """
    own = [option.value or "" for option in task.arguments.options if _is_film_filter(option)]
    free = [*task.recipe.filters, *own]
    if task.arguments.has("filter_complex"):
        if free or task.chain.steps or task.setup.upload_filter:
            raise RecipeError("-filter_complex cannot be joined with other filters here: write it as -vf")
        return [], []
    steps: list[Step] = [*task.chain.steps, *free]
    warnings: list[str] = []
    if not free and not task.arguments.has("s"):
        crop, warning = _even_crop(task, pixel_format)
        steps, warnings = [*steps, *crop], [*warning]
    if not steps and not task.arguments.has("s") and _needs_range_filter(task, pixel_format):
        steps.append("scale=in_range=pc:out_range=pc")
    if task.setup.upload_filter:
        steps.append(_upload(task))
    return steps, warnings


def _is_film_filter(option: Option) -> bool:
    return option.name == "filter" and option.is_for("v", alone=True) and bool(option.specifier)


def _even_crop(task: PictureTask, pixel_format: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A filter that cuts one line or column where the encoder needs it, and a warning: every other pixel stays as it
    is, which neither scaling nor a black edge would do.
    """
    film, spec = task.film, task.spec
    hardware = spec is not None and spec.encoder_type.is_hardware
    if film is None or not (hardware or task.recipe.encoder in _NEEDS_EVEN_SIZE):
        return (), ()
    across, down = subsampling(pixel_format)
    size = (task.chain.width or film.width, task.chain.height or film.height)
    if not (size[0] % across or size[1] % down):
        return (), ()
    width = f"floor(iw/{across})*{across}" if across > 1 else "iw"
    height = f"floor(ih/{down})*{down}" if down > 1 else "ih"
    warning = f"{task.recipe.encoder} takes even sizes only: one line or column of {size[0]}x{size[1]} is cut off"
    return (f"crop={width}:{height}:0:0",), (warning,)


def _needs_range_filter(task: PictureTask, pixel_format: str) -> bool:
    """FFmpeg 5.1 squeezes a full-range source into the limited range of a format without the ``j``."""
    film = task.film
    return bool(film and is_full_range_name(film.pixel_format) and not is_full_range_name(pixel_format))


def _size(task: PictureTask, pixel_format: str) -> tuple[int, int]:
    """Known where the picture is edited: its first frame was looked at then, and nothing else changes the size."""
    free = task.recipe.filters or any(_is_film_filter(option) for option in task.arguments.options)
    if free or not task.recipe.edits_picture or task.arguments.has("s", "filter_complex", "map"):
        return 0, 0
    width, height = task.chain.width, task.chain.height
    if not _even_crop(task, pixel_format)[0]:
        return width, height
    across, down = subsampling(pixel_format)
    return width // across * across, height // down * down


def _upload(task: PictureTask) -> str:
    """The upload that the trial used, with the 10-bit format for a 10-bit source."""
    upload, spec, film = task.setup.upload_filter, task.spec, task.film
    if spec and spec.ten_bit_pixel_format and film and film.bit_depth > 8:
        return upload.replace("format=nv12", f"format={spec.ten_bit_pixel_format}", 1)
    return upload


# -- Colours and timing -------------------------------------------------------------------------------------


def _colours(task: PictureTask) -> tuple[str, ...]:
    """The source's colour tags, unless a filter may change what they describe."""
    film = task.film
    if is_tone_mapped(task.recipe, film):
        return _BT709
    own = [option.value or "" for option in task.arguments.options if option.name in ("filter", "filter_complex")]
    filters = filter_names([*task.recipe.filters, *own])
    if film is None or any(name.startswith(_COLOUR_FILTERS) for name in filters):
        return ()
    tags = {"-color_primaries": film.color_primaries, "-color_trc": film.color_transfer}
    if film.color_matrix != "rgb":  # a matrix of RGB says nothing of the YUV that is made of it
        tags["-colorspace"] = film.color_matrix
        tags["-color_range"] = "" if filters else film.color_range
    return tuple(word for option, value in tags.items() if value for word in (option, value))


def _hdr_losses(task: PictureTask) -> tuple[str, ...]:
    if task.film is None or not task.film.dolby_vision:
        return ()
    return ("the film is Dolby Vision: its base layer is encoded, what varies from scene to scene is left out",)


def _timing(task: PictureTask) -> tuple[str, ...]:
    if not task.frame_timing or task.arguments.has("r", "fpsmax", "vsync", "fps_mode", "enc_time_base"):
        return ()
    codec = task.spec.codec if task.spec else ""
    return (*task.frame_timing, *(_VARIABLE_RATE_CLOCK if task.variable_rate and codec in _TIMED_CODECS else ()))
