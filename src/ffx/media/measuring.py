"""How much alike two pictures look, as FFmpeg's filters measure it: the arguments, and what is read from its words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from ffx.core.errors import EncodeError
from ffx.core.model import Evidence
from ffx.core.targets import HIGHEST, Metric
from ffx.media.inputs import reporting
from ffx.media.timing import Version

FILTERS: Mapping[Metric, str] = {Metric.VMAF: "libvmaf", Metric.XPSNR: "xpsnr", Metric.SSIM: "ssim"}
"""FFmpeg's filter for each, the one that judges best first. A build can lack the first two."""
_SAID: Mapping[Metric, re.Pattern[str]] = {
    Metric.VMAF: re.compile(r"VMAF score: *([0-9.]+)"),
    Metric.XPSNR: re.compile(r"XPSNR +y: *([0-9.]+|inf)"),
    Metric.SSIM: re.compile(r"SSIM Y: *([0-9.]+)"),
}
_SAME_LIKENESS: Mapping[Metric, tuple[float, ...]] = {
    Metric.VMAF: (40.0, 60.0, 70.0, 80.0, 85.0, 90.0, 93.0, 100.0),
    Metric.SSIM: (0.801, 0.880, 0.914, 0.944, 0.957, 0.970, 0.979, 1.0),
    Metric.XPSNR: (23.0, 26.6, 28.5, 30.9, 32.3, 34.3, 36.0, 50.0),
}
"""Scores that stand for about the same likeness: means over four clips, encoded with x264, x265, SVT-AV1 and VP9. One
film differs from another: an SSIM of 0.970 was seen with a VMAF of 85 and of 95.
"""


def metric_here(wanted: Metric, filters: Iterable[str]) -> Metric:
    """The metric to measure with, by an FFmpeg's filters: the one wanted, else the best that there is.

    Raises:
        EncodeError: there is none.
    """
    there = frozenset(filters)
    for metric in (wanted, *FILTERS):
        if FILTERS[metric] in there:
            return metric
    raise EncodeError(
        "this FFmpeg can measure no likeness: it was built without libvmaf, xpsnr and ssim",
        evidence=Evidence(),
        code="target_missed",
    )


def same_likeness(value: float, metric: Metric, other: Metric) -> float:
    """About the score of another metric that stands for the same likeness."""
    if metric is other:
        return value
    source, target = (0.0, *_SAME_LIKENESS[metric]), (0.0, *_SAME_LIKENESS[other])
    place = max(1, min(len(source) - 1, bisect_left(source, value)))
    share = (value - source[place - 1]) / (source[place] - source[place - 1])
    return min(HIGHEST[other], target[place - 1] + (target[place] - target[place - 1]) * share)


def measuring_words(
    metric: Metric, picture: str, reference: str, *, ten_bit: bool, threads: int, version: Version
) -> tuple[str, ...]:
    """FFmpeg's arguments to compare the films of two Matroska files, frame by frame.

    Frames are paired by their numbers: containers round times, by less than a frame, but to either side.
    """
    form = f"settb=1/25,setpts=N,format={'yuv420p10le' if ten_bit else 'yuv420p'}"
    options = f"=n_threads={threads}" if metric is Metric.VMAF else ""
    graph = f"[0:v:0]{form}[picture];[1:v:0]{form}[reference];[picture][reference]{FILTERS[metric]}{options}"
    words = ("info" if word == "warning" else word for word in reporting(version))  # where filters say the score
    inputs = (
        word
        for name in (picture, reference)
        for word in ("-protocol_whitelist", "file", "-format_whitelist", "matroska,webm", "-i", f"file:{name}")
    )
    return (*words, *inputs, "-filter_complex", graph, "-an", "-f", "null", "-")


def score_said(metric: Metric, lines: Sequence[str]) -> float:
    """The score among FFmpeg's words.

    Raises:
        EncodeError: it is not among them.
    """
    found = [match[1] for line in lines if (match := _SAID[metric].search(line))]
    if not found:
        raise EncodeError(f"FFmpeg did not say the {metric.value}", evidence=Evidence(stderr_tail=tuple(lines)))
    return min(HIGHEST[metric], float(found[-1]))
