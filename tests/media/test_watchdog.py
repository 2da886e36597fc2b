"""The watchdog: what does nothing is found, what works is left alone however slow it is."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import EncodeError
from ffx.media.watchdog import IDLE_SHARE, Signs, Watchdog, longest_output, until_stuck
from tests.media.conftest import Shim
from tests.media.running import ENDLESS, FAST, PICTURE, START, Running, are_stopped
from tests.support import children

# -- The decision -------------------------------------------------------------------------------------------

SIGNS = st.builds(
    Signs,
    frames=st.none() | st.integers(0, 3),
    out_time=st.none() | st.sampled_from([0.0, 0.04, 0.08]),
    written=st.tuples(st.integers(0, 2), st.integers(0, 2)),
)


@given(st.lists(st.tuples(SIGNS, st.floats(0, 30)), max_size=60))
def test_nothing_is_stuck_before_its_time_and_everything_is_after_it(looks: list[tuple[Signs, float]]) -> None:
    watchdog = Watchdog(120.0)
    now, changed, last = 0.0, 0.0, None
    for signs, step in looks:
        now += step
        if signs != last:
            changed = now
        last = signs
        stuck = watchdog.see(signs, now)
        assert watchdog.idle <= now - changed + 1e-6
        assert stuck == (watchdog.idle >= 120)
    for _ in range(26):
        now += watchdog.period
        stuck = watchdog.see(last or Signs(), now)
    assert stuck


@pytest.mark.parametrize(
    "life",
    [
        lambda n: Signs(frames=n),
        lambda n: Signs(out_time=n / 25),
        lambda n: Signs(written=(n, 0)),
        lambda n: Signs(written=(1000, n)),  # an output that is written anew, as for its index at the beginning
        lambda n: Signs(cpu_seconds=n * 110 * 2 * IDLE_SHARE),
    ],
)
def test_each_sign_of_life_counts(life: object) -> None:
    assert callable(life)
    watchdog = Watchdog(120.0)
    for look in range(0, 3600, 5):
        assert not watchdog.see(life(look // 110), look)
    assert not any(watchdog.see(life(99), now) for now in range(3600, 3720, 5))
    assert watchdog.see(life(99), 3725)


def test_reporting_is_no_work() -> None:
    # As FFmpeg 9 does it four times a second while it hangs: a clock tick of CPU time every 20 seconds.
    watchdog = Watchdog(120.0)
    stuck = [watchdog.see(Signs(cpu_seconds=now // 20 * 0.01), now) for now in range(0, 181, 5)]
    assert stuck.index(True) * 5 <= 125


def test_children_that_end_take_their_share_of_the_sum_along() -> None:
    watchdog = Watchdog(120.0)
    for look in range(100):  # of ten seconds each, with a child that used three of them and was not waited for
        assert not watchdog.see(Signs(cpu_seconds=3.0 if look % 2 else 0.0), look * 10)


def test_a_time_without_a_look_is_not_held_against_it() -> None:
    watchdog = Watchdog(120.0)
    assert not watchdog.see(Signs(), 0)
    assert not watchdog.see(Signs(), 10_000)  # this process was stopped, or the machine slept
    assert watchdog.idle <= 10


def test_a_clock_that_stands_still_is_a_pause() -> None:
    watchdog = Watchdog(120.0)
    assert not any(watchdog.see(Signs(), 7.0) for _ in range(1000))
    assert watchdog.idle == 0


async def test_watching_ends_when_it_is_stuck() -> None:
    async with asyncio.timeout(20):
        await until_stuck(Signs, asyncio.get_running_loop().time, 0.3)


def test_an_endless_output_is_far_longer_than_its_input() -> None:
    assert longest_output(0.04) == pytest.approx(60.08)
    assert longest_output(7200) == 14_460


# -- FFmpeg that does nothing -------------------------------------------------------------------------------


async def found(running: Running, code: str) -> EncodeError:
    """How it was ended, leaving nothing behind."""
    with pytest.raises(EncodeError) as caught:
        await running.ends()
    assert caught.value.code == code
    assert "\n" not in str(caught.value)
    assert caught.value.evidence.argv == running.passes[0]
    assert children() == []
    return caught.value


async def test_an_ffmpeg_that_somebody_stopped_is_found(ffmpeg: Path, tmp_path: Path) -> None:
    running = Running(ffmpeg, tmp_path, ENDLESS, stall_limit=1.0)
    await running.speaks()
    os.kill(children()[0].pid, signal.SIGSTOP)
    await are_stopped()
    error = await found(running, "stuck")
    frame = running.told[-1].frame
    assert str(error) == f"FFmpeg was stuck at frame {frame} and was ended: no frame, no byte, no CPU time for 1 s"
    assert error.evidence.exit_status is None  # it did not end by itself


@pytest.mark.parametrize("side", ["input", "output"])
async def test_an_ffmpeg_that_hangs_on_a_pipe_is_found(ffmpeg: Path, clip: Path, tmp_path: Path, side: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR)  # somebody holds the other end, and does nothing
    source = ("-f", "matroska", "-i", "file:pipe") if side == "input" else ("-stream_loop", "-1", "-i", f"file:{clip}")
    output = ("-f", "matroska", "file:pipe") if side == "output" else ("file:out.mkv",)
    try:
        running = Running(ffmpeg, tmp_path, (*START, "-stats_period", "0.1", *source, *FAST, *output), stall_limit=1.0)
        await found(running, "stuck")
    finally:
        os.close(end)


@pytest.mark.parametrize(
    "body",
    [
        "print('waiting for the driver', file=sys.stderr, flush=True); time.sleep(600)",
        # Says again and again that nothing happens.
        "print('waiting for the driver', file=sys.stderr, flush=True)\n"
        "while True: print('frame=1\\nprogress=continue', flush=True); time.sleep(0.2)",
        # Goes on without its pipes.
        "print('waiting for the driver', file=sys.stderr, flush=True); os.close(1); os.close(2); time.sleep(600)",
        # Has ended, and left a child that holds them.
        "print('waiting for the driver', file=sys.stderr, flush=True)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])",
    ],
)
async def test_a_sleeper_is_found(shim: Shim, tmp_path: Path, body: str) -> None:
    error = await found(Running(shim(body), tmp_path, ("file:out.mkv",), stall_limit=1.0), "stuck")
    assert str(error).startswith("FFmpeg was stuck")
    assert error.evidence.stderr_tail == ("waiting for the driver",)


async def test_the_second_pass_is_watched_too(shim: Shim, tmp_path: Path) -> None:
    script = shim("if out == 'two': time.sleep(600)\nopen(out, 'w').write('x')")
    with pytest.raises(EncodeError) as caught:
        await Running(script, tmp_path, ("one",), ("two",), stall_limit=1.0).ends()
    assert (caught.value.code, caught.value.evidence.argv) == ("stuck", ("two",))


# -- FFmpeg that works --------------------------------------------------------------------------------------


async def test_few_frames_are_frames(ffmpeg: Path, tmp_path: Path) -> None:
    slow = ("-vf", "realtime=speed=0.05", "-c:v", "mpeg4", "-frames:v", "7")  # one frame in 0.8 s
    running = Running(ffmpeg, tmp_path, (*START, *PICTURE, *slow, "file:out.mkv"), stall_limit=2.0)
    outcome = await running.ends()
    assert outcome.frames == 7
    assert outcome.seconds > 4


async def test_a_frame_may_take_longer_than_the_limit(ffmpeg: Path, tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25")
    slow = ("-frames:v", "1", "-vf", "nlmeans=s=30:r=45", "-c:v", "mpeg4")
    running = Running(ffmpeg, tmp_path, (*START, *picture, *slow, "file:out.mkv"), stall_limit=0.5)
    outcome = await running.ends()
    assert outcome.seconds > 1
    assert {progress.frame for progress in running.told} <= {0, 1}


async def test_a_wrapper_may_wait_while_its_child_works(ffmpeg: Path, shim: Shim, tmp_path: Path) -> None:
    work = "import time; end = time.process_time() + 2\nwhile time.process_time() < end: pass"
    script = shim(f"subprocess.run([sys.executable, '-c', {work!r}]); open(out, 'w').write('x')")
    assert (await Running(script, tmp_path, ("file:out",), stall_limit=0.5).ends()).seconds > 1.5


async def test_a_pause_is_no_stall(ffmpeg: Path, tmp_path: Path) -> None:
    running = Running(ffmpeg, tmp_path, ENDLESS, stall_limit=0.6)
    await running.speaks()
    running.control.pause()
    await asyncio.sleep(1.5)
    assert not running.task.done()
    running.control.resume()
    await running.speaks()
    await running.cancel()


# -- FFmpeg without an end ----------------------------------------------------------------------------------


async def test_an_output_without_end_is_ended(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    argv = (*START, "-stats_period", "0.1", "-stream_loop", "-1", "-i", f"file:{clip}", "-c", "copy", "file:out.mkv")
    error = await found(Running(ffmpeg, tmp_path, argv, longest=longest_output(7.8)), "endless")
    assert str(error).startswith("FFmpeg found no end and was ended: it wrote ")


async def test_an_output_that_is_just_long_is_not(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    argv = (*START, "-stream_loop", "7", "-i", f"file:{clip}", "-c", "copy", "file:out.mkv")
    outcome = await Running(ffmpeg, tmp_path, argv, longest=longest_output(7.8)).ends()
    assert outcome.out_time == pytest.approx(8 * 7.8, abs=1)
