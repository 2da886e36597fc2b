"""FFmpeg run for real: what it says comes back, what goes wrong is one line with evidence, nothing is left running."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import EncodeError
from ffx.media import process as process_module
from ffx.media.command import Command
from ffx.media.complaints import Complaints
from ffx.media.packets import count_packets
from ffx.media.process import crash_name, small_environment
from ffx.media.progress import Progress
from ffx.media.run import RunOutcome, run_command
from tests.media.conftest import Shim
from tests.media.running import CHILD, ENDLESS, FAST, SPEAK, START, STUBBORN
from tests.support import children


def nothing(progress: Progress) -> None:
    pass


async def run(
    ffmpeg: Path,
    directory: Path,
    *passes: tuple[str, ...],
    on_progress: Callable[[Progress], None] = nothing,
    total_frames: int = 0,
    duration: float = 0.0,
) -> RunOutcome:
    return await run_command(
        ffmpeg,
        Command(passes),
        directory=directory,
        total_frames=total_frames,
        duration=duration,
        on_progress=on_progress,
    )


async def failure(ffmpeg: Path, directory: Path, *passes: tuple[str, ...]) -> EncodeError:
    """How a run failed: in one line, with its argv, leaving nothing behind."""
    with pytest.raises(EncodeError) as caught:
        await run(ffmpeg, directory, *passes)
    error = caught.value
    assert "\n" not in str(error)
    assert error.evidence.argv in passes
    assert children() == []
    return error


# -- Runs that go well --------------------------------------------------------------------------------------


async def test_a_run_says_what_ffmpeg_said(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    argv = (*START, "-i", f"file:{clip}", *FAST, "file:out.mkv")
    outcome = await run(ffmpeg, tmp_path, argv, on_progress=told.append, total_frames=234, duration=7.8)
    assert (outcome.frames, outcome.drop, outcome.dup) == (234, 0, 0)
    assert outcome.out_time == pytest.approx(7.8, abs=0.2)
    assert outcome.seconds > 0
    assert told[-1].frame == 234
    assert told[-1].progress == pytest.approx(1.0, abs=0.03)
    assert count_packets(tmp_path / "out.mkv").streams[0].packets == 234


async def test_dropped_and_repeated_frames_are_counted(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    for rate, sign in ((15, -1), (60, 1)):
        argv = (*START, "-i", f"file:{clip}", "-r", str(rate), "-fps_mode", "cfr", *FAST, "file:out.mkv")
        outcome = await run(ffmpeg, tmp_path, argv)
        assert outcome.frames is not None
        assert outcome.frames == pytest.approx(234 + outcome.dup - outcome.drop, abs=2)
        assert (outcome.dup - outcome.drop) * sign > 100


async def test_two_passes_are_one_progress(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    common = (*START, "-stats_period", "0.05", "-i", f"file:{clip}", *FAST, "-b:v", "200k", "-passlogfile", "log")
    first = (*common, "-pass", "1", "-f", "null", "-")
    second = (*common, "-pass", "2", "file:out.mkv")
    outcome = await run(ffmpeg, tmp_path, first, second, on_progress=told.append, duration=7.8)
    shares = [progress.progress for progress in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=0.03)
    assert any(0.3 < share <= 0.4 for share in shares)  # where the first of the two ends
    assert outcome.frames == 234
    assert count_packets(tmp_path / "out.mkv").streams[0].packets == 234


async def test_sound_alone_has_no_frames(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    outcome = await run(ffmpeg, tmp_path, (*START, "-i", f"file:{clip}", "-vn", "-c:a", "copy", "file:out.mka"))
    assert not outcome.frames
    assert outcome.out_time == pytest.approx(7.8, abs=0.3)


async def test_ffmpeg_works_in_the_directory_of_the_job(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    work = tmp_path / "job %d:é"
    work.mkdir()
    await run(ffmpeg, work, (*START, "-i", f"file:{clip}", "-c", "copy", "file:out.mkv"))
    assert [path.name for path in work.iterdir()] == ["out.mkv"]


async def test_ffmpeg_is_told_little_of_the_environment(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FFX_TOKEN", "secret")
    monkeypatch.setenv("FFREPORT", "file=/tmp/report")
    monkeypatch.setenv("LIBVA_DRIVER_NAME", "iHD")
    script = shim("open(out, 'w').write('\\n'.join(os.environ))")
    await run(script, tmp_path, ("out",))
    seen = set((tmp_path / "out").read_text().split())
    assert {"PATH", "LIBVA_DRIVER_NAME"} <= seen
    assert not seen & {"FFX_TOKEN", "FFX_HOME", "FFREPORT"}


def test_the_small_environment() -> None:
    full = {"PATH": "/bin", "SystemRoot": "C:\\Windows", "CUDA_VISIBLE_DEVICES": "1", "RADV_PERFTEST": "video_encode"}
    secrets = {"AWS_SECRET_ACCESS_KEY": "x", "NVIDIA_API_KEY": "x", "http_proxy": "x", "PYTHONPATH": "x"}
    fixed = {"LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"}
    assert small_environment({**full, **secrets}) == {**full, **fixed}


async def test_stdin_is_nothing(shim: Shim, tmp_path: Path) -> None:
    await run(shim("open(out, 'w').write(repr(sys.stdin.read()))"), tmp_path, ("out",))
    assert (tmp_path / "out").read_text() == "''"


# -- Runs that fail -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("-vf", "scale=w=nonsense", *FAST), "Invalid size 'nonsense'"),
        (("-vf", "nosuch", *FAST), "No such filter: 'nosuch'"),
        (("-c:v", "nosuch"), "Unknown encoder 'nosuch'"),
        (("-nosuch", "3", *FAST), "Unrecognized option 'nosuch'."),
        (("-c:v", "libx264", "-preset", "nosuch"), "x264 [error]: invalid preset 'nosuch'"),
        (("-c:v", "libx264", "-crf", "abc"), "Undefined constant or missing '(' in 'abc'"),
        (("-c:v", "h264_nvenc"), "Cannot load libcuda.so.1"),
    ],
)
async def test_the_message_names_the_cause(
    ffmpeg: Path, clip: Path, tmp_path: Path, arguments: tuple[str, ...], cause: str
) -> None:
    error = await failure(ffmpeg, tmp_path, (*START, "-i", f"file:{clip}", *arguments, "file:out.mkv"))
    assert (str(error), error.code) == (f"FFmpeg failed: {cause}", "encode_failed")
    assert error.evidence.exit_status not in (0, None)
    assert any(cause in line for line in error.evidence.stderr_tail)


async def test_a_container_that_does_not_fit(ffmpeg: Path, clip: Path, tmp_path: Path) -> None:
    error = await failure(ffmpeg, tmp_path, (*START, "-i", f"file:{clip}", "-c", "copy", "file:out.webm"))
    assert "Only VP8 or VP9 or AV1" in str(error)


async def test_the_first_pass_that_fails_is_the_last(shim: Shim, tmp_path: Path) -> None:
    script = shim("open('calls', 'a').write(out); sys.exit(3)")
    error = await failure(script, tmp_path, ("one", "-"), ("two", "file:out"))
    assert (error.evidence.exit_status, error.evidence.argv) == (3, ("one", "-"))
    assert str(error) == "FFmpeg failed: it said nothing and exited with status 3"
    assert (tmp_path / "calls").read_text() == "-"


@pytest.mark.parametrize("body", ["pass", "open(out, 'w').close()"])
async def test_success_without_an_output_is_none(shim: Shim, tmp_path: Path, body: str) -> None:
    error = await failure(shim(body), tmp_path, (*START, "file:out.mkv"))
    assert str(error).startswith("FFmpeg ended without an output")
    assert error.evidence.exit_status == 0


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGABRT"])
async def test_a_crash_names_its_signal(shim: Shim, tmp_path: Path, name: str) -> None:
    body = f"print('last words', file=sys.stderr, flush=True); os.kill(os.getpid(), signal.{name})"
    error = await failure(shim(body), tmp_path, ("file:out.mkv",))
    assert (str(error), error.code) == (f"FFmpeg crashed: it was ended by {name}", "crashed")
    assert error.evidence.exit_status == -getattr(signal, name)
    assert error.evidence.stderr_tail == ("last words",)


def test_crashes_have_names_everywhere() -> None:
    assert crash_name(0xC0000005) == "0xC0000005"  # Windows: an access violation
    assert crash_name(-250) == "signal 250"
    assert [crash_name(status) for status in (0, 1, 255)] == ["", "", ""]
    # FFmpeg 7 on Windows: -12 (no memory), -22 (invalid argument), -542398533 (a failure of an external library).
    assert [crash_name(2**32 + status) for status in (-12, -22, -542398533)] == ["", "", ""]


async def test_no_ffmpeg(tmp_path: Path) -> None:
    error = await failure(tmp_path / "ffmpeg", tmp_path, ("file:out.mkv",))
    assert str(error) == f"{tmp_path / 'ffmpeg'} could not be started: No such file or directory"
    assert error.evidence.exit_status is None


async def test_an_ffmpeg_that_is_not_executable(tmp_path: Path) -> None:
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text("hello")
    error = await failure(ffmpeg, tmp_path, ("file:out.mkv",))
    assert str(error) == f"{ffmpeg} could not be started: Permission denied"


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A place for an output that has room for little (root) or for nothing (anybody else)."""
    place = tmp_path / "full"
    place.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place))
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    if not mounted:
        (place / "out").symlink_to("/dev/full")
    yield place / "out"
    if mounted:
        subprocess.run(("umount", str(place)), check=True)


@pytest.mark.parametrize("container", ["matroska", "mp4", "mpegts"])
@pytest.mark.parametrize("seconds", ["8", "0.75"])  # of the shorter the last bytes alone fail: FFmpeg 5.1 exits with 0
async def test_a_full_disk(
    ffmpeg: Path, clip: Path, tmp_path: Path, full_disk: Path, container: str, seconds: str
) -> None:
    argv = (*START, "-i", f"file:{clip}", "-t", seconds, "-c", "copy", "-f", container, f"file:{full_disk}")
    error = await failure(ffmpeg, tmp_path, argv)
    assert (str(error), error.code) == ("the disk is full where FFmpeg writes", "disk_full")
    assert any("No space left on device" in line for line in error.evidence.stderr_tail)


async def test_a_full_disk_that_ffmpeg_calls_a_success(shim: Shim, tmp_path: Path) -> None:
    said = "av_interleaved_write_frame(): No space left on device"
    body = f"open(out, 'w').write('x'); print({said!r}, file=sys.stderr); print('more\\n' * 10000, file=sys.stderr)"
    error = await failure(shim(body), tmp_path, ("file:out.mkv",))
    assert (error.code, error.evidence.exit_status) == ("disk_full", 0)


# -- Floods -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "flood",
    [
        "b'the same complaint again\\n' * 2600, 3200",
        "b'x' * 65536, 3200",
        "b'\\r\\n' * 32768, 400",
        "b'no line\\r' * 8192, 400",
    ],
)
async def test_a_flood_on_stderr_takes_no_memory_and_little_time(shim: Shim, tmp_path: Path, flood: str) -> None:
    script = shim(
        f"os.write(2, b'the cause\\n'); block, n = {flood}\nfor _ in range(n): os.write(2, block)\nsys.exit(1)"
    )
    tracemalloc.start()
    began = time.process_time()
    try:
        error = await failure(script, tmp_path, ("file:out.mkv",))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000  # of up to 200 MB
    assert time.process_time() - began < 20
    assert str(error) == "FFmpeg failed: the cause"
    assert len(error.evidence.stderr_tail) <= 60
    assert max(map(len, error.evidence.stderr_tail)) <= 500


async def test_a_flood_on_stdout_takes_no_memory(shim: Shim, tmp_path: Path) -> None:
    script = shim("block = b'x' * 100000\nfor _ in range(300): os.write(1, block)\nopen(out, 'w').write('x')")
    tracemalloc.start()
    try:
        await run(script, tmp_path, ("file:out.mkv",))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


LINES = st.lists(st.text("ab ", min_size=1, max_size=8).filter(lambda line: line == line.strip()), max_size=90)


@given(LINES, st.sampled_from(["\n", "\r", "\r\n", "\n\n\n"]), st.lists(st.integers(0, 400), max_size=8))
def test_where_the_pipe_cuts_complaints_does_not_matter(lines: list[str], end: str, cuts: list[int]) -> None:
    data = end.join(lines).encode()
    complaints = Complaints()
    for first, last in itertools.pairwise([0, *sorted(cuts), len(data)]):
        complaints.feed(data[first:last])
    complaints.close()
    assert complaints.lines == (*lines[:20], *lines[20:][-40:])


@pytest.mark.parametrize("cut", range(1, 24))
def test_a_full_disk_is_heard_in_pieces_too(cut: int) -> None:
    said = b"\n" * 50 + b"No space left on device\n"
    complaints = Complaints()
    complaints.feed(b"line\n" * 100 + said[: 50 + cut])
    complaints.feed(said[50 + cut :] + b"line\n" * 100)
    assert complaints.disk_full


def test_complaints_keep_the_beginning_and_the_end() -> None:
    complaints = Complaints()
    for number in range(1000):
        complaints.feed(f"line {number}\r\n".encode())
    complaints.feed(b"no line end")
    complaints.close()
    assert complaints.lines[:20] == tuple(f"line {number}" for number in range(20))
    assert complaints.lines[-2:] == ("line 999", "no line end")
    assert len(complaints.lines) == 60


# -- Cancelled ----------------------------------------------------------------------------------------------


async def cancel_at_first_progress(ffmpeg: Path, directory: Path, argv: tuple[str, ...], *, times: int = 1) -> None:
    """Start a run, cancel it once it has spoken, and see that it ends with nothing left of it."""
    began = asyncio.Event()
    running = asyncio.create_task(run(ffmpeg, directory, argv, on_progress=lambda progress: began.set()))
    await began.wait()
    assert children()
    running.cancel()
    for _ in range(times - 1):
        await asyncio.sleep(0)
        running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert children() == []


async def test_cancelling_ends_ffmpeg(ffmpeg: Path, tmp_path: Path) -> None:
    await cancel_at_first_progress(ffmpeg, tmp_path, ENDLESS)


async def test_cancelling_again_does_not_hurry_the_end(ffmpeg: Path, tmp_path: Path) -> None:
    await cancel_at_first_progress(ffmpeg, tmp_path, ENDLESS, times=5)


@pytest.mark.parametrize(
    "body",
    [
        f"{STUBBORN}{SPEAK}time.sleep(600)",
        # Keeps its pipes full.
        f"{STUBBORN}{SPEAK}while True: os.write(2, b'again\\n' * 20000)",
        f"{STUBBORN}{SPEAK}while True: os.write(1, b'frame=2\\nprogress=continue\\n' * 5000)",
        # A wrapper whose children hold its pipes, in its group and out of it.
        f"child = subprocess.Popen([sys.executable, '-c', {CHILD!r}]); {SPEAK}child.wait()",
        f"child = subprocess.Popen([sys.executable, '-c', {CHILD!r}], start_new_session=True); {SPEAK}child.wait()",
    ],
)
async def test_cancelling_ends_what_does_not_want_to(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setattr(process_module, "PATIENCE", 0.2)
    await cancel_at_first_progress(shim(body), tmp_path, ("file:out.mkv",))


async def test_a_child_left_behind_ends_with_the_run(shim: Shim, tmp_path: Path) -> None:
    held = tmp_path / "held"  # by the child: a reader waits for as long as it lives
    os.mkfifo(held)
    child = f"import time; held = open({str(held)!r}, 'w'); time.sleep(600)"
    body = (
        f"subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        f"open(out, 'w').write(str(open({str(held)!r})))"
    )
    with os.fdopen(os.open(held, os.O_RDONLY | os.O_NONBLOCK)) as reader:
        await run(shim(body), tmp_path, ("file:out",))
        os.set_blocking(reader.fileno(), True)
        assert reader.read() == ""


async def test_a_listener_that_fails_ends_the_run(ffmpeg: Path, tmp_path: Path) -> None:
    def fail(progress: Progress) -> None:
        raise LookupError("a fault in the listener")

    with pytest.raises(LookupError):
        await run(ffmpeg, tmp_path, ENDLESS, on_progress=fail)
    assert children() == []


async def test_a_flood_behind_a_listener_that_fails_ends_the_run(shim: Shim, tmp_path: Path) -> None:
    def fail(progress: Progress) -> None:
        raise LookupError("a fault in the listener")

    flooding = shim("while True: os.write(1, b'frame=2\\nprogress=continue\\n' * 5000)")
    with pytest.raises(LookupError):
        await run(flooding, tmp_path, ("file:out.mkv",), on_progress=fail)
    assert children() == []


if sys.platform == "linux":  # nowhere else can the kernel be asked for it

    async def test_ffmpeg_dies_with_a_killed_server(ffmpeg: Path, tmp_path: Path) -> None:
        program = (
            "import asyncio, sys; from pathlib import Path; from ffx.media.run import run_command\n"
            "from ffx.media.command import Command\n"
            "asyncio.run(run_command(Path(sys.argv[1]), Command((tuple(sys.argv[3:]),)), directory=Path(sys.argv[2]),"
            " total_frames=0, duration=0, on_progress=lambda progress: print('on', flush=True)))"
        )
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program, str(ffmpeg), str(tmp_path), *ENDLESS), stdout=subprocess.PIPE
        )
        assert server.stdout is not None
        await server.stdout.readline()
        encoders = psutil.Process(server.pid).children(recursive=True)
        assert encoders
        server.kill()
        await server.communicate()
        assert psutil.wait_procs(encoders, timeout=10)[1] == []
