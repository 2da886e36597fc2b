"""How a job encodes: the recipe. A value without paths or devices; the server turns it into an argv."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen


class QualityMode(StrEnum):
    """What ``quality_value`` means."""

    CRF = "crf"  # the encoder's own constant-quality scale, whatever its knob is called
    BITRATE = "bitrate"  # bits a second
    QUALITY = "quality"  # 0 (worst) to 100 (best), the same on every encoder


class ArgumentPolicy(StrEnum):
    """Which FFmpeg arguments and filters of others a machine runs, or sends."""

    NONE = "none"
    CHECKED = "checked"  # what is on the lists, bounded and written anew
    ANY = "any"  # whatever FFmpeg takes


@frozen
class Recipe:
    """How a job encodes its input.

    What a field leaves empty is kept as the source has it, as far as the container can hold it.
    """

    encoder: str = ""
    """FFmpeg's name of the video encoder; ``copy`` keeps the packets; empty: the best one for ``codec``."""
    codec: str = ""
    """The codec wanted when no encoder is named, such as ``hevc``."""
    preset: str = ""
    """The encoder's own speed preset; empty: its default."""
    quality_mode: QualityMode | None = None
    """None: the encoder's default quality."""
    quality_value: float | None = None
    two_pass: bool = False
    """Only with a bitrate."""
    pixel_format: str = ""
    """Empty: 8 or 10 bit as the source."""
    filters: tuple[str, ...] = ()
    """FFmpeg video filters in order, each ``name=options``."""
    audio_encoder: str = ""
    """``copy``, an audio encoder, ``none``, or empty: copied when the container takes it, else encoded well."""
    audio_bitrate: int | None = None
    """Bits a second; None: the encoder's default for the channels."""
    container: str = ""
    """FFmpeg's name of the muxer, such as ``mp4`` or ``matroska``."""
    ffmpeg_args: tuple[str, ...] = field(default=())
    """Extra FFmpeg output arguments; they come last and win."""
