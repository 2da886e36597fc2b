"""The search for a quality, on curves as encoders have them: each try is new, few are enough, the best one is taken."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ffx.core.encoders import QualityScale
from ffx.core.errors import EncodeError
from ffx.core.targets import HIGHEST, Metric
from ffx.media.quality_search import BEYOND, MOST_PROBES, SHORT_OF, Probe, QualitySearch

X265 = QualityScale((), best=0, worst=51, default=28, step=0.25)
SVT = QualityScale((), best=1, worst=63, default=35)
THEORA = QualityScale((), best=10, worst=0, default=6, step=0.25)


def searched(search: QualitySearch, score_of: Callable[[float], float]) -> list[Probe]:
    probes: list[Probe] = []
    while len(probes) < MOST_PROBES and (value := search.next_value(probes)) is not None:
        assert search.scale.low <= value <= search.scale.high
        assert value not in {probe.value for probe in probes}
        probes.append(Probe(value, score_of(value)))
    return probes


def curve(
    scale: QualityScale, middle: float, steepness: float, metric: Metric = Metric.VMAF
) -> Callable[[float], float]:
    """An S as VMAF and SSIM draw it; ``middle`` is the share of the scale, from its best end, that scores half."""

    def score(value: float) -> float:
        share = abs(value - scale.best) / (scale.high - scale.low)
        return HIGHEST[metric] / (1 + math.exp((share - middle) * steepness))

    return score


@given(
    scale=st.sampled_from([X265, THEORA]),
    metric=st.sampled_from([Metric.VMAF, Metric.SSIM]),
    middle=st.floats(0.6, 1.0),
    steepness=st.floats(5, 12),
    wanted=st.floats(0.7, 0.97),
)
def test_a_fine_scale_comes_as_close_as_is_wanted(
    scale: QualityScale, metric: Metric, middle: float, steepness: float, wanted: float
) -> None:
    score = curve(scale, middle, steepness, metric)
    target = wanted * HIGHEST[metric]
    assume(score(scale.worst) < target < score(scale.best))
    search = QualitySearch(scale, metric, target)
    best = search.best(searched(search, score))
    step = abs(score(best.value) - score(best.value + (scale.step if best.value < scale.high else -scale.step)))
    assert -max(SHORT_OF[metric], step) <= best.score - target <= max(BEYOND[metric], step)


@given(middle=st.floats(0.4, 1.2), steepness=st.floats(3, 20), wanted=st.floats(20, 99))
def test_a_coarse_scale_gives_the_value_next_to_what_is_wanted(middle: float, steepness: float, wanted: float) -> None:
    score = curve(SVT, middle, steepness)
    assume(score(SVT.worst) < wanted < score(SVT.best))
    search = QualitySearch(SVT, Metric.VMAF, wanted)
    probes = searched(search, score)
    best = search.best(probes)
    if len(probes) < MOST_PROBES:
        assert score(best.value + 2) < wanted < score(max(1, best.value - 2)) or abs(best.score - wanted) < 0.6


@given(scores=st.lists(st.floats(0, 100), min_size=MOST_PROBES, max_size=MOST_PROBES), wanted=st.floats(1, 100))
def test_whatever_is_measured_it_ends(scores: list[float], wanted: float) -> None:
    given = iter(scores)
    search = QualitySearch(X265, Metric.VMAF, wanted)
    probes = searched(search, lambda value: next(given))
    try:
        assert search.best(probes) in probes
    except EncodeError as error:
        assert error.code == "target_missed"


def test_what_even_the_best_quality_does_not_reach_is_told() -> None:
    search = QualitySearch(SVT, Metric.VMAF, 97)
    probes = searched(search, lambda value: 90 - value / 10)
    with pytest.raises(EncodeError, match=r"vmaf 97 cannot be reached: .* quality of this encoder, 1, comes to 89.9"):
        search.best(probes)


def test_a_source_that_is_always_good_enough_takes_the_worst_quality() -> None:
    search = QualitySearch(SVT, Metric.VMAF, 80)
    assert search.best(searched(search, lambda value: 99.0)).value == SVT.worst


def test_what_is_just_short_is_better_than_what_is_far_beyond() -> None:
    search = QualitySearch(SVT, Metric.VMAF, 90)
    probes = [Probe(30, 95), Probe(34, 89.8), Probe(40, 80)]
    assert search.next_value(probes) is None
    assert search.best(probes).value == 34


def test_what_a_size_is_enough_for() -> None:
    search = QualitySearch(SVT, Metric.VMAF, 95)
    probes = [Probe(20, 96, 2000), Probe(40, 80, 1000)]
    assert search.score_at(probes, 1000) == pytest.approx(80)
    assert search.score_at(probes, 2000) == pytest.approx(96)
    between, below = search.score_at(probes, 1400), search.score_at(probes, 800)
    assert between is not None
    assert below is not None
    assert below < 80 < between < 96
    assert search.score_at(probes[:1], 1400) is None
    assert search.score_at(probes, 400) is None
