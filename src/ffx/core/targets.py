"""How close to its source a picture is to come: a measure of likeness, and what it may cost."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen


class Metric(StrEnum):
    """A measure of how much alike two pictures look."""

    VMAF = "vmaf"  # 0 to 100; https://github.com/Netflix/vmaf
    SSIM = "ssim"  # of the luma, 0 to 1
    XPSNR = "xpsnr"  # of the luma, decibels


HIGHEST: Mapping[Metric, float] = {Metric.VMAF: 100.0, Metric.SSIM: 1.0, Metric.XPSNR: 100.0}
"""The most that each can say, or, of XPSNR, that anybody wants."""


@frozen
class Target:
    """A likeness that the encoder's quality is searched for, on pieces of the source, before the encode."""

    metric: Metric = Metric.VMAF
    """Where a server's FFmpeg lacks it, another one takes its place, at about the same likeness."""
    value: float | None = field(default=None)
    """What is wanted, by the metric's own scale; None: nothing is searched for, only measured and told."""
    max_size: int | None = field(default=None)
    """Bytes of the output; what would be larger is a failure, told before the encode where it can be foreseen."""
    max_ratio: float | None = field(default=None)
    """The same as a share of the input's size."""

    @value.validator
    def _possible_value(self, attribute: object, value: float | None) -> None:
        highest = HIGHEST[self.metric]
        if value is not None and not 0 < value <= highest:
            raise ValueError(f"{self.metric.value} is more than 0 and at most {highest:g}, not {value:g}")

    @max_size.validator
    def _possible_size(self, attribute: object, value: int | None) -> None:
        if value is not None and value < 1:
            raise ValueError(f"a largest size is a number of bytes above 0, not {value}")

    @max_ratio.validator
    def _possible_ratio(self, attribute: object, value: float | None) -> None:
        if value is not None and not 0 < value <= 100:
            raise ValueError(f"a largest share of the input's size is more than 0 and at most 100, not {value:g}")

    def largest(self, input_size: int) -> float | None:
        """Bytes that the output of an input of so many may have; None: any number."""
        shares = (self.max_size, None if self.max_ratio is None else self.max_ratio * input_size)
        return min((share for share in shares if share is not None), default=None)


@frozen
class Likeness:
    """What was measured of a picture against its source."""

    metric: Metric
    score: float
    """By the metric's own scale, the mean over all frames that were compared."""
    quality: float | None = None
    """On the encoder's own scale, where it was searched for."""

    def __str__(self) -> str:
        """For a line of a report: ``vmaf 95.1 with quality 27.5``."""
        found = f" with quality {self.quality:g}" if self.quality is not None else ""
        return f"{self.metric.value} {self.score:.3g}{found}"
