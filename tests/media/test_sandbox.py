"""Hostile command lines, with no check before them: inside the sandbox they do no harm, outside each of them does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
from attrs import frozen

from ffx.core.errors import EncodeError
from ffx.core.model import SandboxLevel
from ffx.core.recipe import Recipe
from ffx.media.control import RunControl
from ffx.media.decoding import verify_decodable
from ffx.media.limits import GROWTH, LEAST_FILE, LEAST_MEMORY, Limits, job_limits
from ffx.media.process import end_process, start_process
from ffx.media.sandbox import UNCONFINED, Confinement, Sandbox
from tests.media.ground import Ground, prepared_ground, run
from tests.media.running import ENDLESS, FAST, START, until
from tests.sandboxes import full_sandbox, linux_only
from tests.support import children

pytestmark = linux_only


@pytest.fixture
async def sandbox(ffmpeg: Path) -> Sandbox:
    return await full_sandbox(ffmpeg)


# -- What would do harm -----------------------------------------------------------------------------------------


@pytest.fixture
def ground(tmp_path: Path, clip: Path) -> Iterator[Ground]:
    with prepared_ground(tmp_path, clip) as made:
        yield made


@frozen
class Case:
    """A command line, with ``{names}`` of the ground, that does harm where nothing holds it."""

    name: str
    harm: str
    """``reads`` (a file that it may not: it succeeds), ``leaks`` (the secret), ``writes`` or ``connects``."""
    argv: tuple[str, ...]


IN = ("-t", "1", "-i", "file:in/0")
OUT = (*FAST, "-t", "0.5", "file:out/0.mkv")
RAW = ("-f", "rawvideo", "-pixel_format", "gray", "-video_size", "4x1")
COPY = ("-c", "copy", "-f", "rawvideo", "file:out/0.raw")
MKV, SOUND = "file:out/0.mkv", "file:out/0.mka"
X264 = ("-an", "-c:v", "libx264")
GRAPH = ("-filter_complex",)
A_TYPE = ("-metadata:s:t", "mimetype=x/y")
CASES = (
    Case("another job's file as input", "reads", ("-i", "{other}/0.mp4", *OUT)),
    Case("another job's file through a filter", "reads", (*IN, *GRAPH, "movie={other}/0.mp4[b];[0:v][b]overlay", *OUT)),
    Case("another job's sound", "reads", (*IN, *GRAPH, "amovie={other}/0.mp4[a]", "-map", "[a]", SOUND)),
    Case("a list that names another job's file", "reads", ("-f", "concat", "-safe", "0", "-i", "file:in/list", *OUT)),
    Case("two files as one", "reads", ("-i", "concat:{other}/0.mp4|file:in/0", *OUT)),
    Case("a part of a file", "reads", ("-i", "subfile,,start,0,end,0,,:{other}/0.mp4", *OUT)),
    Case("what another process was told", "reads", (*RAW, "-i", "/proc/{pid}/cmdline", *COPY)),
    Case("the passwords of the system", "reads", (*RAW, "-i", "/etc/passwd", *COPY)),
    Case("any file as raw pictures", "leaks", (*RAW, "-i", "{secret}", *COPY)),
    Case("any file attached", "leaks", (*IN, "-attach", "{secret}", *A_TYPE, "-c", "copy", MKV)),
    Case("the server's own notes", "leaks", (*RAW, "-i", "file:manifest.json", *COPY)),
    Case("a filter that prints into a file", "writes", (*IN, "-vf", "metadata=print:file={target}", *OUT)),
    Case("x264 that dumps its pictures", "writes", (*IN, *X264, "-x264-params", "dump-yuv={target}", MKV)),
    Case("statistics", "writes", (*IN, "-vstats_file", "{target}", *OUT)),
    Case("the log of a first pass", "writes", (*IN, *X264, "-pass", "1", "-passlogfile", "{target}", MKV)),
    Case("a second output", "writes", (*IN, "-c", "copy", "-f", "matroska", "{target}", *OUT)),
    Case("an output behind a muxer", "writes", (*IN, "-c", "copy", "-map", "0", "-f", "tee", "[f=matroska]{target}")),
    Case("pieces", "writes", (*IN, "-c", "copy", "-f", "segment", "{target}%d.mkv")),
    Case("pictures", "writes", (*IN, "-f", "image2", "{target}%d.png")),
    Case("its own input", "writes", ("-f", "lavfi", "-i", "testsrc2=duration=0.2", "-f", "matroska", "file:in/0")),
    Case("the server's notes", "writes", (*IN, "-c", "copy", "-f", "matroska", "file:manifest.json")),
    Case("an address as input", "connects", ("-rw_timeout", "200000", "-i", "http://127.0.0.1:{port}/", *OUT)),
    Case("an address in a filter", "connects", (*IN, "-vf", "movie=tcp\\\\://127.0.0.1\\\\:{port}{soon}", *OUT)),
    Case("an address as output", "connects", (*IN, "-c", "copy", "-f", "mpegts", "tcp://127.0.0.1:{port}{soon}")),
    Case("progress told to an address", "connects", (*IN, "-progress", "tcp://127.0.0.1:{port}{soon}", *OUT)),
)  # fmt: skip


async def harm_done(ground: Ground, ffmpeg: Path, case: Case, confinement: Confinement) -> set[str]:
    names = {name: str(getattr(ground, name)) for name in ("other", "secret", "target", "port")}
    argv = [word.format(**names, pid=os.getpid(), soon="?timeout=200000") for word in case.argv]
    before = ground.outside()
    try:
        async with asyncio.timeout(30):
            outcome = await run(ffmpeg, ground.job, *argv, confinement=confinement)
        words, done = "\n".join(outcome.complaints), {"reads"}
    except EncodeError as error:
        words, done = "\n".join((str(error), *error.evidence.stderr_tail)), set()
    assert children() == []
    if ground.leaked(words):
        done.add("leaks")
    if ground.outside() != before:
        done.add("writes")
    if ground.was_called():
        done.add("connects")
    return done


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_inside_it_does_no_harm(ground: Ground, ffmpeg: Path, sandbox: Sandbox, case: Case) -> None:
    confinement = Confinement(sandbox, readable=("in",), writable=("out",))
    harm = await harm_done(ground, ffmpeg, case, confinement)
    assert case.harm not in harm
    assert not harm & {"leaks", "writes", "connects"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_outside_it_does(ground: Ground, ffmpeg: Path, case: Case) -> None:
    assert case.harm in await harm_done(ground, ffmpeg, case, UNCONFINED)


async def test_only_what_a_job_needs_is_there(ffmpeg: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    for name in ("in", "out", "hidden"):
        (tmp_path / name).mkdir()
    confinement = Confinement(sandbox, readable=("in",), writable=("out",), devices=("/dev/null", "/dev/nothing"))
    script = "ls / /job /etc /dev /home /root /tmp; touch /job/out/made; touch /x /job/x /job/in/x /usr/x; id -u; env"
    process = await start_process(("sh", "-c", script), directory=tmp_path, confinement=confinement)
    out, err = await process.communicate()
    listed = out.decode().split()
    assert "hidden" not in listed
    assert "passwd" not in listed
    assert {"in", "out", "alternatives"} <= set(listed)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["made"]
    for place in ("/x", "/job/x", "/job/in/x", "/usr/x"):
        assert f"touch: cannot touch '{place}': Read-only file system" in err.decode()
    assert "HOME=/tmp" in listed
    assert f"'{Path.home()}'" not in out.decode()


# -- How it ends ------------------------------------------------------------------------------------------------


@pytest.fixture
async def confinement(sandbox: Sandbox) -> AsyncIterator[Confinement]:
    yield Confinement(sandbox, writable=(".",))


def encoder_inside() -> psutil.Process:
    return next(child for child in children() if child.name().startswith("ffmpeg"))


async def test_cancelling_ends_all_of_it(ffmpeg: Path, confinement: Confinement, tmp_path: Path) -> None:
    task = asyncio.create_task(run(ffmpeg, tmp_path, *ENDLESS[len(START) :], confinement=confinement))
    await until((tmp_path / "out.mkv").exists)
    assert len(children()) >= 3  # bubblewrap, the first process inside, FFmpeg
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == []


async def test_a_pause_reaches_into_it(ffmpeg: Path, confinement: Confinement, tmp_path: Path) -> None:
    control = RunControl()
    task = asyncio.create_task(run(ffmpeg, tmp_path, *ENDLESS[len(START) :], confinement=confinement, control=control))
    await until((tmp_path / "out.mkv").exists)
    control.pause()
    await until(lambda: {child.status() for child in children()} == {psutil.STATUS_STOPPED})
    encoder = encoder_inside()
    used = encoder.cpu_times()
    await asyncio.sleep(0.3)
    assert encoder.cpu_times() == used
    control.resume()
    await until(lambda: all(child.status() != psutil.STATUS_STOPPED for child in children()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == []


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
async def test_a_crash_inside_keeps_its_name(ffmpeg: Path, confinement: Confinement, tmp_path: Path, name: str) -> None:
    task = asyncio.create_task(run(ffmpeg, tmp_path, *ENDLESS[len(START) :], confinement=confinement))
    await until((tmp_path / "out.mkv").exists)
    encoder_inside().send_signal(signal.Signals[name])
    with pytest.raises(EncodeError, match=f"FFmpeg crashed: it was ended by {name}") as caught:
        await task
    assert (caught.value.code, caught.value.evidence.exit_status) == ("crashed", -signal.Signals[name])


@pytest.mark.parametrize("level", [SandboxLevel.FULL, SandboxLevel.LIMITS])
async def test_it_dies_with_a_killed_server(
    ffmpeg: Path, sandbox: Sandbox, tmp_path: Path, level: SandboxLevel
) -> None:
    program = (
        "import asyncio, json, sys; from pathlib import Path; from ffx.media.run import run_command\n"
        "from ffx.core.model import SandboxLevel; from ffx.media.command import Command\n"
        "from ffx.media.sandbox import Confinement, Sandbox\n"
        "level, *walls = json.loads(sys.argv[3])\n"
        "confinement = Confinement(Sandbox(SandboxLevel(level), walls=tuple(walls)), writable=('.',))\n"
        "asyncio.run(run_command(Path(sys.argv[1]), Command((tuple(sys.argv[4:]),)), directory=Path(sys.argv[2]),"
        " total_frames=0, duration=0, on_progress=lambda progress: print('on', flush=True), confinement=confinement))"
    )
    import json

    walls = sandbox.walls if level is SandboxLevel.FULL else ()
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(ffmpeg), str(tmp_path), json.dumps([level.value, *walls]), *ENDLESS),
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    await server.stdout.readline()
    family = psutil.Process(server.pid).children(recursive=True)
    assert any("ffmpeg" in member.name() for member in family)
    server.kill()
    await server.communicate()
    assert (await asyncio.to_thread(psutil.wait_procs, family, 10))[1] == []


# -- Limits -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=[SandboxLevel.FULL, SandboxLevel.LIMITS])
async def limited(request: pytest.FixtureRequest, sandbox: Sandbox) -> Sandbox:
    """Both sandboxes have them."""
    return sandbox if request.param is SandboxLevel.FULL else Sandbox(SandboxLevel.LIMITS)


async def test_a_file_that_grows_too_large_ends_it(ffmpeg: Path, limited: Sandbox, tmp_path: Path, clip: Path) -> None:
    (tmp_path / "0").hardlink_to(clip)
    confinement = Confinement(limited, Limits(largest_file=64 * 1024), writable=(".",))
    with pytest.raises(EncodeError, match="FFmpeg wrote a larger file than this server allows") as caught:
        await run(ffmpeg, tmp_path, "-i", "file:0", *FAST, "file:out.mkv", confinement=confinement)
    assert caught.value.code == "output_too_large"
    assert (tmp_path / "out.mkv").stat().st_size <= 64 * 1024


async def test_a_filter_that_keeps_every_picture_runs_out_of_memory(
    ffmpeg: Path, limited: Sandbox, tmp_path: Path
) -> None:
    source = ("-f", "lavfi", "-i", "testsrc2=size=1920x1080:duration=60", "-vf", "reverse")
    confinement = Confinement(limited, Limits(memory=512 * 1024**2), writable=(".",))
    with pytest.raises(EncodeError) as caught:
        await run(ffmpeg, tmp_path, *source, *FAST, "file:out.mkv", confinement=confinement)
    assert caught.value.code == "out_of_memory"


async def test_what_is_limited(limited: Sandbox, tmp_path: Path) -> None:
    confinement = Confinement(limited, Limits(2**30, 2**31, 5000), writable=(".",))
    process = await start_process(("cat", "/proc/self/limits"), directory=tmp_path, confinement=confinement)
    out, _ = await process.communicate()
    await end_process(process)
    found = {line[:26].strip(): line[26:].split()[:2] for line in out.decode().splitlines()}
    assert found["Max core file size"] == ["0", "0"]
    assert found["Max file size"] == [str(2**30)] * 2
    assert found["Max data size"] == [str(2**31)] * 2
    assert found["Max processes"] == ["5000", "5000"]


def test_the_limits_of_a_job_are_wide() -> None:
    assert job_limits(0).largest_file == LEAST_FILE
    assert job_limits(10**9).largest_file == LEAST_FILE + GROWTH * 10**9
    assert job_limits(0).memory >= LEAST_MEMORY


# -- Without -----------------------------------------------------------------------------------------------------


def test_nothing_is_added_where_there_is_no_sandbox() -> None:
    assert UNCONFINED.command(("ffmpeg", "-version"), Path("/job")) == ("ffmpeg", "-version")


@pytest.mark.parametrize(("level", "status", "ended"), [
    (SandboxLevel.FULL, 139, -11), (SandboxLevel.FULL, 153, -25), (SandboxLevel.FULL, 228, 228),
    (SandboxLevel.FULL, 1, 1), (SandboxLevel.FULL, 0, 0), (SandboxLevel.FULL, -9, -9), (SandboxLevel.FULL, 130, 130),
    (SandboxLevel.LIMITS, 139, 139), (SandboxLevel.NONE, 139, 139),
])  # fmt: skip
def test_how_it_ended(level: SandboxLevel, status: int, ended: int) -> None:
    assert Sandbox(level).exit_status(status) == ended


async def test_a_full_decode_sees_the_output_and_nothing_else(
    ffmpeg: Path, sandbox: Sandbox, tmp_path: Path, clip: Path
) -> None:
    (tmp_path / "0.mp4").hardlink_to(clip)
    assert await verify_decodable(ffmpeg, tmp_path / "0.mp4", Recipe(encoder="libx264"), sandbox=sandbox) == 234
