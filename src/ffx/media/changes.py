"""What a job's own options change about the output: the number of its frames, or their timing."""

from __future__ import annotations

from ffx.core.edits import Deinterlace
from ffx.core.recipe import Recipe
from ffx.media.arguments import Arguments, filter_names

_TIMING_OPTIONS = (
    *("ss", "sseof", "t", "to", "frames", "fs", "shortest", "itsoffset", "itsscale", "copyts", "start_at_zero"),
    *("filter_complex", "map", "bsf", "vbsf", "absf", "stream_loop", "output_ts_offset", "copyinkf"),
)
_FRAME_OPTIONS = ("r", "fpsmax", "vsync", "fps_mode", "enc_time_base", "force_fps")

_ONE_TO_ONE = frozenset(
    (
        *("ass", "atadenoise", "avgblur", "bilateral", "boxblur", "bm3d", "cas", "chromanr", "colorbalance"),
        *("colorchannelmixer", "colorlevels", "colormatrix", "colorspace", "convolution", "crop", "curves", "deband"),
        *("deblock", "dejudder", "delogo", "drawbox", "drawtext", "eq", "exposure", "fade", "fftdnoiz", "fieldorder"),
        *("fillborders", "format", "gblur", "gradfun", "hflip", "histeq", "hqdn3d", "hue", "hwdownload", "hwmap"),
        *("hwupload", "hwupload_cuda", "il", "kerndeint", "lenscorrection", "limiter", "lut", "lut1d", "lut3d"),
        *("lutrgb", "lutyuv", "median", "monochrome", "negate", "nlmeans", "noformat", "noise", "normalize", "null"),
        *("owdenoise", "pad", "pixscope", "pp", "pp7", "realtime", "rotate", "sab", "scale", "scale_cuda", "scale_npp"),
        *("scale_qsv", "scale_vaapi", "setdar", "setfield", "setparams", "setrange", "setsar", "sharpen_vaapi"),
        *("shuffleplanes", "smartblur", "spp", "subtitles", "swapuv", "tmix", "tonemap", "tonemap_vaapi", "transpose"),
        *("transpose_vaapi", "unsharp", "vaguedenoiser", "vflip", "vibrance", "vignette", "vpp_qsv", "xbr", "zscale"),
    )
)
"""Filters that give one frame for each, at its time. Any other may not."""
_ALL_SOUND_KEEPS_TIME = frozenset(
    (
        *("acompressor", "aecho", "aeval", "aformat", "agate", "alimiter", "anequalizer", "anull", "aresample", "bass"),
        *("channelmap", "channelsplit", "compand", "deesser", "dynaudnorm", "equalizer", "extrastereo", "firequalizer"),
        *("highpass", "loudnorm", "lowpass", "mcompand", "pan", "speechnorm", "stereotools", "stereowiden", "treble"),
        *("tremolo", "vibrato", "volume"),
    )
)


_TELECINE = 4 / 5
"""Of the frames are left when film that was spread over 30 frames a second gets its 24 back."""


def expected_length(recipe: Recipe, source: float) -> float:
    """Seconds that the output of a source lasts, by the recipe's part and speed."""
    end = source if recipe.trim.end is None else min(source, recipe.trim.end)
    return max(0.0, end - recipe.trim.start) / recipe.speed


def expected_frames(recipe: Recipe, source: int, length: float) -> int:
    """About how many frames the output of a source has, for reports on progress; ``length`` in seconds is the
    source's. 0 where that is not known.
    """
    lasts = expected_length(recipe, length)
    if recipe.picture.frame_rate is not None:
        return round(lasts * recipe.picture.frame_rate)
    share = lasts / length if length else 1.0
    telecine = _TELECINE if recipe.picture.deinterlace is Deinterlace.TELECINE else 1.0
    return round(source * share * telecine)


def keeps_duration(recipe: Recipe, arguments: Arguments) -> bool:
    """Whether the length of the output follows from that of the source, as far as the options say."""
    sound = [o.value or "" for o in arguments.options if o.name == "filter" and o.specifier.startswith("a")]
    return (
        not arguments.has(*_TIMING_OPTIONS)
        and _picture_filters(recipe, arguments) <= _ONE_TO_ONE | {"fps", "framerate", "yadif", "bwdif", "decimate"}
        and set(filter_names(sound)) <= _ALL_SOUND_KEEPS_TIME
    )


def keeps_frames(recipe: Recipe, arguments: Arguments) -> bool:
    """Whether the output has the source's frames, one for one, as far as the options say."""
    edits = recipe.picture
    paced = recipe.speed != 1.0 or edits.frame_rate is not None or edits.deinterlace is Deinterlace.TELECINE
    free = not arguments.has(*_TIMING_OPTIONS, *_FRAME_OPTIONS) and _picture_filters(recipe, arguments) <= _ONE_TO_ONE
    return free and not paced and not recipe.trim


def _picture_filters(recipe: Recipe, arguments: Arguments) -> set[str]:
    own = [o.value or "" for o in arguments.options if o.name == "filter" and not o.specifier.startswith("a")]
    return set(filter_names([*recipe.filters, *own]))
