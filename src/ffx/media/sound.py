"""The arguments of the sound: copied where the container takes it, else encoded with a bitrate for its channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ffx.core.encoders import EncoderSpec
from ffx.core.recipe import Recipe
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


def sound_arguments(recipe: Recipe, kept: tuple[KeptStream, ...], specs: Mapping[str, EncoderSpec]) -> tuple[str, ...]:
    """The arguments for the sound streams of an output, in its order."""
    if kept and all(stream.copied for stream in kept):
        return ("-c:a", "copy")
    return tuple(
        word
        for place, stream in enumerate(kept)
        for word in (f"-c:a:{place}", stream.encoder, *_settings(recipe, stream, place, specs.get(stream.encoder)))
    )


def _settings(recipe: Recipe, kept: KeptStream, place: int, spec: EncoderSpec | None) -> Iterator[str]:
    if kept.copied:
        return
    channels = kept.source.channels or 2
    most = _MOST_CHANNELS.get(kept.encoder, channels)
    if channels > most:
        yield from (f"-ac:a:{place}", str(most))
    bitrate = recipe.audio_bitrate or sound_bitrate(spec, min(channels, most))
    if bitrate:
        yield from (f"-b:a:{place}", str(bitrate))
    yield from spec.options if spec else ()


def sound_bitrate(spec: EncoderSpec | None, channels: int) -> int:
    """Bits a second for so many channels: in proportion to the spec's, which is for two; 0 leaves it to FFmpeg."""
    if spec is None or not spec.default_bitrate:
        return 0
    return min(spec.default_bitrate * channels // 2, _MOST_BITRATE.get(spec.name, 2**31))
