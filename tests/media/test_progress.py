"""Progress: reports read from any bytes, and estimates that go one way and converge."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.media.progress import PASS_WEIGHTS, Progress, ProgressEstimator, ProgressReader, Report

# As FFmpeg 5.1 prints it, and 9 almost so.
BLOCK = b"""frame=117
fps=58.20
stream_0_0_q=23.0
bitrate= 210.4kbits/s
total_size=102436
out_time_us=3894667
out_time_ms=3894667
out_time=00:00:03.894667
dup_frames=2
drop_frames=1
speed=1.94x
progress=continue
"""


def read(data: bytes) -> list[Report]:
    return ProgressReader().feed(data)


def test_a_block_is_a_report() -> None:
    (report,) = read(BLOCK)
    assert report == Report(frame=117, out_time=3.894667, bitrate=210_400.0, total_size=102436, drop=1, dup=2)
    (last,) = read(BLOCK.replace(b"continue", b"end"))
    assert last.end


def test_windows_line_ends_mean_the_same() -> None:
    assert read(BLOCK.replace(b"\n", b"\r\n")) == read(BLOCK)


@given(st.lists(st.integers(0, 3 * len(BLOCK)), max_size=20))
def test_where_the_pipe_cuts_does_not_matter(cuts: list[int]) -> None:
    data = BLOCK * 3
    reader = ProgressReader()
    places = [0, *sorted(cuts), len(data)]
    reports = [report for a, b in itertools.pairwise(places) for report in reader.feed(data[a:b])]
    assert reports == read(BLOCK) * 3


@pytest.mark.parametrize(
    "text",
    [
        "frame=N/A\nout_time=N/A\nout_time_us=N/A\nbitrate=N/A\ntotal_size=N/A\n",
        "frame=-1\nout_time=-577014:32:22.77\nout_time_us=-9223372036854775808\nbitrate=-1.0kbits/s\ntotal_size=-1\n",
        "frame=\nout_time=\nbitrate=\n",
        "frame=1e9\nout_time=1:2\nbitrate=nan\ntotal_size=inf\n",
        "",
    ],
)
def test_what_says_nothing_means_nothing(text: str) -> None:
    assert read(f"{text}progress=continue\n".encode()) == [Report()]


def test_a_negative_time_is_not_made_up_for_by_another_field() -> None:
    (report,) = read(b"out_time_us=-1000\nout_time=-00:00:00.001000\nprogress=continue\n")
    assert report.out_time is None


def test_microseconds_serve_where_the_time_is_missing() -> None:
    assert read(b"out_time_us=1500000\nprogress=end\n") == [Report(out_time=1.5, end=True)]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_are_survived(blocks: list[bytes]) -> None:
    reader = ProgressReader()
    for block in blocks:
        for report in reader.feed(block):
            assert isinstance(report, Report)
    assert reader.feed(b"\nprogress=end\n" + BLOCK)[-1] == read(BLOCK)[0]


VALUES = st.one_of(
    st.sampled_from(["N/A", "-1", "0", "00:00:01.5", "-00:00:01.5", "99999999:00:00", "1x", "1.5kbits/s", "é", "=="]),
    st.integers(-(10**30), 10**30).map(str),
    st.floats().map(str),
    st.text(max_size=40),
)


@given(st.dictionaries(st.sampled_from(["frame", "out_time", "out_time_us", "bitrate", "total_size"]), VALUES))
def test_numbers_that_come_out_are_sound(values: dict[str, str]) -> None:
    lines = [f"{key}={value}" for key, value in values.items()]
    for report in read("\n".join([*lines, "progress=continue\n"]).encode("utf-8", "replace")):
        for number in (report.frame, report.out_time, report.bitrate, report.total_size, report.drop, report.dup):
            assert number is None or 0 <= number <= 10**21  # 18 digits, of kilobits at the most


def test_a_line_without_end_is_not_kept() -> None:
    reader = ProgressReader()
    for _ in range(1000):
        assert reader.feed(b"x" * 10_000) == []
    assert len(reader._rest) <= ProgressReader.MAX_LINE
    assert reader.feed(b"\n" + BLOCK) == read(BLOCK)


def test_a_block_without_end_is_not_kept() -> None:
    reader = ProgressReader()
    reader.feed(b"".join(b"key%d=value\n" % number for number in range(100_000)))
    assert len(reader._values) <= 256


# -- Estimates ----------------------------------------------------------------------------------------------


REPORTS = st.lists(
    st.builds(
        Report,
        frame=st.none() | st.integers(0, 10**12),
        out_time=st.none() | st.floats(0, 10**9),
        bitrate=st.none() | st.floats(0, 10**12),
        drop=st.integers(0, 10**9),
        dup=st.integers(0, 10**9),
        end=st.booleans(),
    ),
    max_size=20,
)


@given(
    duration=st.floats(0, 10**6),
    total_frames=st.integers(0, 10**9),
    passes=st.lists(REPORTS, min_size=1, max_size=3),
    steps=st.lists(st.just(0.0) | st.floats(1e-9, 1000), min_size=1),
)
def test_progress_never_goes_back_nor_beyond_its_end(
    duration: float, total_frames: int, passes: list[list[Report]], steps: list[float]
) -> None:
    estimator = ProgressEstimator(duration, total_frames, len(passes), 0.0)
    now, told = 0.0, [Progress()]
    for number, reports in enumerate(passes):
        estimator.begin_pass(number, now)
        for place, report in enumerate(reports):
            now += steps[place % len(steps)]  # sometimes no time at all
            told.append(estimator.update(report, now))
    shares = [progress.progress for progress in told]
    assert shares == sorted(shares)
    assert 0 <= shares[-1] <= 1
    for progress in told:
        assert progress.fps >= 0
        assert progress.speed >= 0
        assert progress.frame >= 0
        assert progress.eta is None or progress.eta >= 0


def test_two_passes_share_one_progress() -> None:
    first, second = PASS_WEIGHTS
    assert first + second == pytest.approx(1)
    estimator = ProgressEstimator(duration=10, total_frames=250, passes=2, started=0)
    estimator.begin_pass(0, 0)
    assert estimator.update(Report(frame=125, out_time=5), 1).progress == pytest.approx(first / 2)
    assert estimator.update(Report(frame=250, out_time=10, end=True), 2).progress == pytest.approx(first)
    estimator.begin_pass(1, 2)
    assert estimator.current.frame == 0
    assert estimator.update(Report(frame=125, out_time=5), 4).progress == pytest.approx(first + second / 2)
    assert estimator.update(Report(frame=250, out_time=10, end=True), 6).progress == pytest.approx(1)


def test_a_first_pass_without_times_goes_by_its_frames() -> None:
    estimator = ProgressEstimator(duration=10, total_frames=250, passes=1, started=0)
    assert estimator.update(Report(frame=125), 1).progress == pytest.approx(0.5)


def test_an_unknown_length_stays_at_nothing_until_the_end() -> None:
    estimator = ProgressEstimator(duration=0, total_frames=0, passes=1, started=0)
    progress = estimator.update(Report(frame=125, out_time=5), 1)
    assert (progress.progress, progress.frame, progress.fps, progress.speed) == (0, 125, 125, 5)
    assert estimator.update(Report(frame=130, out_time=5.2, end=True), 2).progress == 1


def steady(estimator: ProgressEstimator, fps: float, start: float, seconds: float) -> Progress:
    """Feed two reports a second of an encode that runs at ``fps``; the media has 25 frames a second."""
    begin = estimator.current.frame
    for tick in range(1, int(seconds * 2) + 1):
        frame = begin + int(tick / 2 * fps)
        estimator.update(Report(frame=frame, out_time=frame / 25), start + tick / 2)
    return estimator.current


def test_rates_and_time_left_are_right_at_a_steady_pace() -> None:
    estimator = ProgressEstimator(duration=400, total_frames=10_000, passes=1, started=0)
    progress = steady(estimator, fps=100, start=0, seconds=50)
    assert progress.fps == pytest.approx(100)
    assert progress.speed == pytest.approx(4)
    assert progress.eta == pytest.approx(50)


def test_rates_and_time_left_follow_a_change_of_pace() -> None:
    estimator = ProgressEstimator(duration=400, total_frames=10_000, passes=1, started=0)
    steady(estimator, fps=200, start=0, seconds=20)
    progress = steady(estimator, fps=50, start=20, seconds=20)
    assert progress.fps == pytest.approx(50, rel=0.1)
    assert progress.eta == pytest.approx((10_000 - 5_000) / 50, rel=0.1)


def test_the_time_left_of_two_passes_is_about_both() -> None:
    estimator = ProgressEstimator(duration=400, total_frames=10_000, passes=2, started=0)
    progress = steady(estimator, fps=100, start=0, seconds=50)  # half of the first pass
    assert progress.eta == pytest.approx(50 / (PASS_WEIGHTS[0] / 2) - 50, rel=0.02)
