"""What is known of an encoder beforehand: its codec, quality knob, presets and pixel formats.

A spec is knowledge, not a promise: whether the encoder works on a machine is decided by a trial.
"""

from __future__ import annotations

from itertools import pairwise

from attrs import field, frozen

from ffx.core.errors import RecipeError
from ffx.core.model import EncoderType

ALIKE_SHARES = (0.3, 0.4, 0.6, 0.7)
"""Of quality; on libx264's scale CRF 34, 29, 18 and 14."""


@frozen
class QualityScale:
    """The constant-quality knob of an encoder.

    ``options`` hold the place ``{value}``, such as ``("-rc", "vbr", "-cq", "{value}", "-b:v", "0")``. ``best``
    and ``worst`` are the ends of the scale as the encoder counts (``best`` is larger where more is better);
    ``default`` is the value that looks alike on every encoder and anchors the translation between them.
    """

    options: tuple[str, ...]
    best: float
    worst: float
    default: float
    step: float = 1.0
    """The least change that the encoder knows; searches go by it."""
    alike: tuple[float, ...] = ()
    """The values for ``ALIKE_SHARES``, where it was measured which look alike; empty: the scale is straight on either
    side of the default.
    """

    @property
    def low(self) -> float:
        return min(self.best, self.worst)

    @property
    def high(self) -> float:
        return max(self.best, self.worst)

    def nearest(self, value: float) -> float:
        """The value of the scale that is nearest to another, by its steps."""
        return min(self.high, max(self.low, round(value / self.step) * self.step))

    def render(self, value: float) -> tuple[str, ...]:
        """The options for a value on this scale.

        Raises:
            RecipeError: the value is outside the scale.
        """
        if not self.low <= value <= self.high:
            raise RecipeError(f"quality {value:g} is outside {self.low:g} to {self.high:g}")
        return tuple(option.replace("{value}", f"{value:g}") for option in self.options)

    def to_share(self, value: float) -> float:
        """A value as a share of quality: 0 the worst, 0.5 the default, 1 the best."""
        for (share, here), (following, there) in pairwise(self._points):
            if here <= value <= there or there <= value <= here:
                return share + (following - share) * (value - here) / (there - here) if there != here else share
        return 1.0 if self.is_better(value, self.default) else 0.0

    def from_share(self, share: float) -> float:
        """The value for a share of quality (0 to 1), rounded to a whole step of the scale."""
        value = self.best
        for (low, here), (high, there) in pairwise(self._points):
            if low <= share <= high:
                value = here + (there - here) * (share - low) / (high - low)
                break
        return float(min(self.high, max(self.low, round(value))))

    @property
    def _points(self) -> tuple[tuple[float, float], ...]:
        """Shares and their values, straight lines between which are the scale."""
        alike = zip(ALIKE_SHARES, self.alike, strict=True) if self.alike else ()
        return ((0.0, self.worst), *sorted([(0.5, self.default), *alike]), (1.0, self.best))

    def is_better(self, value: float, other: float) -> bool:
        """Whether one value means more quality than another."""
        return value > other if self.best > self.worst else value < other


@frozen
class EncoderSpec:
    """What is known of one FFmpeg encoder."""

    name: str
    codec: str
    kind: str = "video"
    """``video`` or ``audio``."""
    encoder_type: EncoderType = EncoderType.SOFTWARE
    quality: QualityScale | None = None
    """None: it has no constant-quality knob; a bitrate is then the only way."""
    presets: tuple[str, ...] = ()
    """Fastest first."""
    preset_option: str = "-preset"
    tunes: tuple[str, ...] = ()
    """What ``-tune`` takes."""
    default_preset: str = ""
    """Empty: FFmpeg's own."""
    pixel_formats: tuple[str, ...] = ("yuv420p",)
    """8-bit input formats that a trial uses and a command may ask for; the first is the default."""
    ten_bit_pixel_format: str = ""
    """Empty: no 10-bit mode is known."""
    options: tuple[str, ...] = ()
    """Always given with this encoder, such as ``("-row-mt", "1")``."""
    alternatives: tuple[str, ...] = ()
    """Encoders to offer instead, best first."""
    preference: float = 0.5
    """How gladly the scheduler uses it, 0 to 1."""
    default_bitrate: int = field(default=0)
    """Bits a second an audio encoder gets for two channels; 0: FFmpeg's own."""
    two_pass: bool = False
    """Whether ``-pass 1`` and ``-pass 2`` are understood."""
    common: bool = False
    """Tried before a server says that it is ready; the others follow in the background."""

    def check_quality(self, value: float) -> None:
        """Raises RecipeError, naming the encoder and its scale, when the value cannot be."""
        if self.quality is None:
            raise RecipeError(f"{self.name} has no constant-quality setting: give it a bitrate")
        if not self.quality.low <= value <= self.quality.high:
            raise RecipeError(
                f"quality {value:g} is impossible for {self.name}: its scale runs from "
                f"{self.quality.best:g} (best) to {self.quality.worst:g} (worst)"
            )

    def check_preset(self, preset: str) -> None:
        """Raises RecipeError, listing the presets, when the encoder has no such preset."""
        if preset not in self.presets:
            known = ", ".join(self.presets) or "none"
            raise RecipeError(f"{self.name} has no preset {preset!r}; it has: {known}")


def equivalent_quality(value: float, source: EncoderSpec, target: EncoderSpec) -> float | None:
    """The value on the target's scale that stays close to one on the source's; None where either has none."""
    if source.quality is None or target.quality is None:
        return None
    if source.quality == target.quality:
        return value
    return target.quality.from_share(source.quality.to_share(value))


def equivalent_preset(preset: str, source: EncoderSpec, target: EncoderSpec) -> str:
    """The target's preset at the same place between fastest and slowest; empty where either has none."""
    if preset in target.presets:
        return preset
    if preset not in source.presets or not target.presets:
        return ""
    place = source.presets.index(preset) / max(1, len(source.presets) - 1)
    return target.presets[round(place * (len(target.presets) - 1))]
