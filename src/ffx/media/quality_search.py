"""The search for the quality that makes a picture come as close to its source as is wanted: which value is tried next,
and which is the best of those that were. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from ffx.core.encoders import QualityScale
from ffx.core.errors import EncodeError
from ffx.core.model import Evidence
from ffx.core.targets import HIGHEST, Metric

MOST_PROBES = 5
"""Tries of one search; what an earlier one measured does not count."""
SHORT_OF: Mapping[Metric, float] = {Metric.VMAF: 0.25, Metric.SSIM: 0.0005, Metric.XPSNR: 0.05}
"""How far below what is wanted is good enough: less than anybody sees, and than samples err."""
BEYOND: Mapping[Metric, float] = {Metric.VMAF: 0.5, Metric.SSIM: 0.001, Metric.XPSNR: 0.1}
"""How far above it a search ends: what is above costs bytes."""
_USUAL_FALL: Mapping[Metric, float] = {Metric.VMAF: 5.0, Metric.SSIM: 5.0, Metric.XPSNR: 30.0}
"""How much a score, made even, falls from the best end of a scale to the worst, about the same for x264, x265, SVT-AV1
and VP9: what the second try goes by.
"""
_FURTHER = 1.3
"""How much further than a slope says a try goes that wants to get to the other side."""
_ALIKE = 0.9999
"""A share of the highest score from which on there is nothing to be gained."""
_NEAR = 2
"""Of two sizes: one is so many times the other at the most."""
_SHORTFALL_COUNTS = 3
"""How many times as bad as being above it is to be below what is wanted."""


@frozen
class Probe:
    """One value that was tried."""

    value: float
    """On the encoder's scale."""
    score: float
    size: int = 0
    """Bytes of the pieces that it made."""


@frozen
class QualitySearch:
    """One search on one scale. More quality is taken to give a higher score, as it does but for noise."""

    scale: QualityScale
    metric: Metric
    wanted: float

    def next_value(self, probes: Sequence[Probe]) -> float | None:
        """The value to try after these; None: there is nothing better to be found."""
        if any(self._is_good(probe) for probe in probes):
            return None
        above = self._nearest(probe for probe in probes if probe.score >= self.wanted)
        below = self._nearest(probe for probe in probes if probe.score < self.wanted)
        if above is None and below is None:
            return self.scale.nearest(self.scale.default)
        if above is not None and below is not None:
            return self._between(probes, above, below)
        return self._beyond(probes, above or below)

    def best(self, probes: Sequence[Probe]) -> Probe:
        """The one of these to encode with.

        Raises:
            EncodeError: even the best quality of the encoder falls short of what is wanted (code ``target_missed``).
        """
        best = min(probes, key=lambda probe: (self._badness(probe), abs(probe.value - self.scale.worst)))
        if best.value == self.scale.best and best.score < self.wanted - BEYOND[self.metric]:
            raise EncodeError(
                f"{self.metric.value} {self.wanted:g} cannot be reached: the best quality of this encoder, "
                f"{best.value:g}, comes to {best.score:.4g}",
                evidence=Evidence(),
                code="target_missed",
            )
        return best

    def score_at(self, probes: Sequence[Probe], size: float) -> float | None:
        """About the score of pieces that have so many bytes, by the two probes that are nearest in size: a score moves
        evenly with the logarithm of the size. None: there are no two, or none that is near enough to be asked.
        """
        if not any(size <= probe.size <= _NEAR * size or probe.size <= size for probe in probes):
            return None
        nearest = sorted(probes, key=lambda probe: abs(math.log(probe.size / size)))[:2]
        if len({probe.size for probe in nearest}) < 2:
            return None
        one, other = nearest
        share = math.log(size / one.size) / math.log(other.size / one.size)
        even = self._even(one.score) + (self._even(other.score) - self._even(one.score)) * share
        return even if self.metric is Metric.XPSNR else HIGHEST[self.metric] / (1 + math.exp(-even))

    # -- Steps of a search --------------------------------------------------------------------------------------

    def _is_good(self, probe: Probe) -> bool:
        return -SHORT_OF[self.metric] <= probe.score - self.wanted <= BEYOND[self.metric]

    def _badness(self, probe: Probe) -> float:
        over = probe.score - self.wanted
        return over if over >= -SHORT_OF[self.metric] else -over * _SHORTFALL_COUNTS

    def _nearest(self, probes: Iterable[Probe]) -> Probe | None:
        return min(probes, key=lambda probe: abs(probe.score - self.wanted), default=None)

    def _between(self, probes: Sequence[Probe], above: Probe, below: Probe) -> float | None:
        """Where a curve through the three nearest has what is wanted, else a straight line between the two on either
        side; at least a step from both.
        """
        low, high = sorted((above.value, below.value))
        if high - low <= self.scale.step:
            return None
        nearest = sorted(probes, key=lambda probe: abs(probe.score - self.wanted))[:3]
        value = self._crossing(nearest)
        if not low < value < high:
            value = self._crossing([above, below])
        value = min(max(self.scale.nearest(value), low + self.scale.step), high - self.scale.step)
        return None if value in {probe.value for probe in probes} else value

    def _crossing(self, probes: Sequence[Probe]) -> float:
        """The value that would have what is wanted, by Lagrange's polynomial through some probes, taken as values by
        their scores.
        """
        wanted, scores = self._even(self.wanted), [self._even(probe.score) for probe in probes]
        if len(set(scores)) < len(scores):
            return math.nan
        return sum(
            probe.value * math.prod((wanted - other) / (own - other) for other in scores if other != own)
            for probe, own in zip(probes, scores, strict=True)
        )

    def _beyond(self, probes: Sequence[Probe], nearest: Probe | None) -> float | None:
        """Where all tries lie on one side: on by their slope, or, after the first, by a usual one; a little too far
        rather than not far enough, so that the next one lies between.
        """
        assert nearest is not None
        score = self._even(nearest.score)
        missing = self._even(self.wanted) - score
        slope = _USUAL_FALL[self.metric] * self._better / (self.scale.high - self.scale.low)
        if len(probes) > 1:
            other = next(probe for probe in probes if probe is not nearest)
            seen = (score - self._even(other.score)) / (nearest.value - other.value)
            slope = seen / _FURTHER if seen * self._better > 0 else slope
        value = self.scale.nearest(nearest.value + missing / slope)
        if value == nearest.value:
            value = self.scale.nearest(value + math.copysign(self.scale.step, missing / slope))
        return None if value in {probe.value for probe in probes} else value

    @property
    def _better(self) -> int:
        """The direction of more quality on the scale."""
        return 1 if self.scale.best > self.scale.worst else -1

    def _even(self, score: float) -> float:
        """A score on a scale on which an encoder's quality moves it evenly: the more alike two pictures are, the less
        is left to be gained. Decibels are such a scale already.
        """
        if self.metric is Metric.XPSNR:
            return score
        share = min(_ALIKE, max(1 - _ALIKE, score / HIGHEST[self.metric]))
        return math.log(share / (1 - share))
