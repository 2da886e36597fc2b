"""The arguments of the sound: copied where that can be, else filtered and encoded with a bitrate for its channels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from attrs import frozen

from ffx.core.encoders import EncoderSpec
from ffx.core.recipe import Recipe
from ffx.core.tracks import SoundChoice
from ffx.media.streams import KeptStream

_MOST_CHANNELS: Mapping[str, int] = {
    **dict.fromkeys(("libmp3lame", "libshine", "mp2", "mp2fixed", "libtwolame", "wmav1", "wmav2", "libspeex"), 2),
    **dict.fromkeys(("ac3", "ac3_fixed", "eac3", "dca"), 6),
    **dict.fromkeys(("aac", "libfdk_aac", "libopus", "flac", "alac"), 8),
}
_MOST_BITRATE: Mapping[str, int] = {
    **dict.fromkeys(("libmp3lame", "libshine"), 320_000),
    **dict.fromkeys(("mp2", "mp2fixed", "libtwolame"), 384_000),
    **dict.fromkeys(("ac3", "ac3_fixed"), 640_000),
}


_LAYOUTS_OF_OPUS = "7.1|6.1|5.1|5.0|quad|3.0|stereo|mono"
"""FFmpeg's libopus refuses others, among them the ``5.1(side)`` of DVDs."""
_PEAK = -1.0
"""dBTP that a loudness is not brought beyond (EBU R 128 s2 has -1 for what is streamed)."""


@frozen
class Loudness:
    """What FFmpeg's ``loudnorm`` measured in a whole sound; its own words for each value."""

    integrated: float
    """LUFS."""
    true_peak: float
    """dBTP."""
    range: float
    """LU."""
    threshold: float
    """LUFS."""
    offset: float
    """LU."""


def sound_arguments(
    recipe: Recipe,
    kept: tuple[KeptStream, ...],
    specs: Mapping[str, EncoderSpec],
    measured: Mapping[int, Loudness] | None = None,
) -> tuple[str, ...]:
    """The arguments for the sound streams of an output, in its order; ``measured`` by the place in it."""
    if kept and all(stream.copied for stream in kept):
        return ("-c:a", "copy")
    return tuple(
        word
        for place, stream in enumerate(kept)
        for word in (
            f"-c:a:{place}",
            stream.encoder,
            *_settings(stream, place, specs.get(stream.encoder)),
            *_filtered(recipe, stream, place, (measured or {}).get(place)),
        )
    )


def sound_filters(
    recipe: Recipe, kept: KeptStream, measured: Loudness | None = None, *, measure: bool = False
) -> tuple[str, ...]:
    """The filters of one sound in their order; with ``measure`` up to the one that measures its loudness."""
    choice = kept.choice if isinstance(kept.choice, SoundChoice) else SoundChoice()
    filters = []
    if choice.downmix is not None and kept.source.channels > choice.downmix.channels:
        filters.append(f"aformat=channel_layouts={choice.downmix.value}")
    elif kept.encoder == "libopus" and kept.source.channels > 2:
        filters.append(f"aformat=channel_layouts={_LAYOUTS_OF_OPUS}")
    if choice.loudness is not None:
        if measure:
            return (*filters, f"loudnorm=I={choice.loudness:g}:TP={_PEAK:g}:print_format=json")
        filters += _normalised(choice.loudness, measured, kept.source.sample_rate)
    if recipe.speed != 1.0:
        filters += _faster(recipe.speed)
    return tuple(filters)


def _normalised(target: float, measured: Loudness | None, sample_rate: int) -> Iterator[str]:
    """One gain for the whole where its peaks allow that; ``loudnorm`` decides."""
    if measured is not None and not math.isfinite(measured.integrated):  # silence
        return
    known = ""
    if measured is not None:
        # A range of 0 would mean that nothing was measured.
        span = min(20.0, max(7.0, measured.range))  # one gain changes no range; 20 LU is the most that FFmpeg 5.1 takes
        known = (
            f":LRA={span:g}:measured_I={measured.integrated:g}:measured_TP={measured.true_peak:g}"
            f":measured_LRA={max(0.1, measured.range):g}:measured_thresh={measured.threshold:g}"
            f":offset={measured.offset:g}:linear=true"
        )
    yield f"loudnorm=I={target:g}:TP={_PEAK:g}{known}"
    # Where it does more than one gain it works at 192 kHz; FFmpeg 5.1 fails on an aresample behind it.
    yield f"aformat=sample_rates={sample_rate}"


def _faster(speed: float) -> Iterator[str]:
    """``atempo`` blends samples away above 2: it is given no more than that at once."""
    while speed > 2.0:
        yield "atempo=2"
        speed /= 2.0
    yield f"atempo={speed:g}"


def _filtered(recipe: Recipe, kept: KeptStream, place: int, measured: Loudness | None) -> tuple[str, ...]:
    filters = () if kept.copied else sound_filters(recipe, kept, measured)
    return (f"-filter:a:{place}", ",".join(filters)) if filters else ()


def _settings(kept: KeptStream, place: int, spec: EncoderSpec | None) -> Iterator[str]:
    if kept.copied:
        return
    choice = kept.choice if isinstance(kept.choice, SoundChoice) else SoundChoice()
    channels = min(kept.source.channels or 2, choice.downmix.channels if choice.downmix is not None else 99)
    most = _MOST_CHANNELS.get(kept.encoder, channels)
    if channels > most:
        yield from (f"-ac:a:{place}", str(most))
    bitrate = choice.bitrate or sound_bitrate(spec, min(channels, most))
    if bitrate:
        yield from (f"-b:a:{place}", str(bitrate))
    yield from spec.options if spec else ()


def sound_bitrate(spec: EncoderSpec | None, channels: int) -> int:
    """Bits a second for so many channels: in proportion to the spec's, which is for two; 0 leaves it to FFmpeg."""
    if spec is None or not spec.default_bitrate:
        return 0
    return min(spec.default_bitrate * channels // 2, _MOST_BITRATE.get(spec.name, 2**31))
