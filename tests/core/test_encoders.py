"""Quality scales and what is equivalent between encoders."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.encoders import ALIKE_SHARES, EncoderSpec, QualityScale, equivalent_preset, equivalent_quality
from ffx.core.errors import RecipeError

CRF = QualityScale(("-crf", "{value}"), best=0, worst=51, default=23)
LAME = QualityScale(("-q:a", "{value}"), best=0, worst=9, default=4)
MORE_IS_BETTER = QualityScale(("-q:v", "{value}"), best=100, worst=1, default=60)

X264 = EncoderSpec("libx264", "h264", quality=CRF, presets=("ultrafast", "fast", "medium", "slow", "veryslow"))
NVENC = EncoderSpec("h264_nvenc", "h264", quality=evolve(CRF, default=28), presets=("p1", "p4", "p7"))
PLAIN = EncoderSpec("mpeg4", "mpeg4")


@st.composite
def scales(draw: st.DrawFn) -> QualityScale:
    ends = draw(st.lists(st.integers(-100, 300), min_size=2, max_size=2, unique=True))
    default = draw(st.integers(min(ends), max(ends)))
    scale = QualityScale(("-q", "{value}"), best=ends[0], worst=ends[1], default=default)
    inner = range(min(ends) + 1, max(ends))
    if len(inner) < 2 * len(ALIKE_SHARES) or draw(st.booleans()):
        return scale
    points = draw(st.lists(st.sampled_from(inner), min_size=5, max_size=5, unique=True).map(sorted))
    values = points if ends[0] > ends[1] else points[::-1]  # from the worst to the best, as shares go
    return evolve(scale, default=values.pop(2), alike=tuple(values))


@given(scales(), st.floats(0, 1))
def test_a_share_is_a_value_of_the_scale(scale: QualityScale, share: float) -> None:
    value = scale.from_share(share)
    assert scale.low <= value <= scale.high
    assert value == int(value)


@given(scales(), st.floats(0, 1), st.floats(0, 1))
def test_a_better_share_is_never_a_worse_value(scale: QualityScale, one: float, other: float) -> None:
    worse, better = sorted((one, other))
    sign = 1 if scale.best > scale.worst else -1
    assert sign * scale.from_share(better) >= sign * scale.from_share(worse)


@given(scales(), st.data())
def test_a_better_value_is_never_a_worse_share(scale: QualityScale, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(int(scale.low), int(scale.high)), min_size=2, max_size=2))
    worse, better = sorted(values, reverse=scale.best < scale.worst)
    assert 0 <= scale.to_share(worse) <= scale.to_share(better) <= 1


@given(scales())
def test_the_anchors_come_back(scale: QualityScale) -> None:
    for value in (scale.best, scale.default, scale.worst):
        assert scale.from_share(scale.to_share(value)) == value
    assert scale.to_share(scale.default) in ((0.5,) if scale.best != scale.default != scale.worst else (0, 0.5, 1))


@given(scales(), st.data())
def test_every_whole_value_comes_back(scale: QualityScale, data: st.DataObject) -> None:
    value = data.draw(st.integers(int(scale.low), int(scale.high)))
    assert scale.from_share(scale.to_share(value)) == value


def test_render_fills_in_the_value() -> None:
    scale = QualityScale(("-rc", "vbr", "-cq", "{value}", "-b:v", "0"), best=0, worst=51, default=23)
    assert scale.render(26.0) == ("-rc", "vbr", "-cq", "26", "-b:v", "0")
    assert scale.render(26.5)[3] == "26.5"


@pytest.mark.parametrize("value", [-1, 52, float("nan"), float("inf")])
def test_a_value_outside_the_scale_is_refused(value: float) -> None:
    with pytest.raises(RecipeError, match="outside 0 to 51"):
        CRF.render(value)
    with pytest.raises(RecipeError, match=r"impossible for libx264: its scale runs from 0 \(best\) to 51 \(worst\)"):
        X264.check_quality(value)


def test_an_encoder_without_a_scale_says_what_to_do() -> None:
    with pytest.raises(RecipeError, match="mpeg4 has no constant-quality setting: give it a bitrate"):
        PLAIN.check_quality(5)


def test_an_unknown_preset_lists_the_known_ones() -> None:
    X264.check_preset("fast")
    with pytest.raises(RecipeError, match="libx264 has no preset 'p4'; it has: ultrafast, fast, medium, slow"):
        X264.check_preset("p4")
    with pytest.raises(RecipeError, match="mpeg4 has no preset 'fast'; it has: none"):
        PLAIN.check_preset("fast")


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (23, 28), (51, 51), (12, 15), (37, 40)])
def test_equivalent_quality_goes_by_the_anchors(value: float, expected: float) -> None:
    assert equivalent_quality(value, X264, NVENC) == expected


def test_equivalent_quality_turns_round_where_more_is_better() -> None:
    target = EncoderSpec("h264_videotoolbox", "h264", quality=MORE_IS_BETTER)
    assert [equivalent_quality(value, X264, target) for value in (0, 23, 51)] == [100, 60, 1]


def test_equivalent_quality_on_the_same_scale_keeps_the_fraction() -> None:
    assert equivalent_quality(22.5, X264, evolve(X264, name="libx265")) == 22.5


def test_no_equivalent_quality_without_two_scales() -> None:
    assert equivalent_quality(23, X264, PLAIN) is None
    assert equivalent_quality(23, PLAIN, X264) is None


@pytest.mark.parametrize(
    ("preset", "expected"), [("ultrafast", "p1"), ("medium", "p4"), ("veryslow", "p7"), ("p4", "p4"), ("odd", "")]
)
def test_equivalent_preset_keeps_the_place(preset: str, expected: str) -> None:
    assert equivalent_preset(preset, X264, NVENC) == expected


def test_no_equivalent_preset_where_there_are_none() -> None:
    assert equivalent_preset("fast", X264, PLAIN) == ""
