"""An FFmpeg that lies, dies or vanishes: whole jobs through an executable that wraps the real one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ffx.core.errors import EncodeError, VerificationError
from ffx.core.recipe import Recipe
from ffx.media.decoding import verify_decodable
from ffx.media.plan import Request
from tests.media.conftest import Shim
from tests.media.jobs import Done, encode, request_for
from tests.media.running import ENDLESS, Running
from tests.support import children


@pytest.fixture
def job(clip: Path, tmp_path: Path) -> Request:
    (tmp_path / "job").mkdir()
    return request_for(clip, Path("out.mp4"), encoder="libx264", preset="ultrafast")


async def encoded(ffmpeg: Path, job: Request, tmp_path: Path) -> Done:
    try:
        return await encode(ffmpeg, job, tmp_path / "job")
    finally:
        assert children() == []


def wrapped(shim: Shim, ffmpeg: Path, body: str) -> Path:
    """A shim whose ``argv`` runs the real FFmpeg as it was called."""
    return shim(f"argv = [{str(ffmpeg)!r}, *sys.argv[1:]]\n{body}")


async def test_the_wrapped_one_is_as_good_as_the_real_one(
    shim: Shim, ffmpeg: Path, job: Request, tmp_path: Path
) -> None:
    done = await encoded(wrapped(shim, ffmpeg, "sys.exit(subprocess.call(argv))"), job, tmp_path)
    assert done.verified.frames == 234


# -- Exit status 0, and a lie -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ("argv[-1:-1] = ['-t', '4']", r"the output has 1\d\d of the input's 234 frames"),
        # All frames, at another pace.
        ("argv[-1:-1] = ['-vf', 'setpts=0.5*PTS', '-fps_mode', 'passthrough']", r"the output's video lasts 3\.\d s"),
        ("argv[-1:-1] = ['-an']", "the output has 0 audio streams instead of 1"),
    ],
)
async def test_a_short_output(shim: Shim, ffmpeg: Path, job: Request, tmp_path: Path, lie: str, told: str) -> None:
    with pytest.raises(VerificationError, match=told):
        await encoded(wrapped(shim, ffmpeg, f"{lie}\nsys.exit(subprocess.call(argv))"), job, tmp_path)


@pytest.mark.parametrize("share", [0, 0.5, 0.97])
async def test_an_output_that_was_cut_off(shim: Shim, ffmpeg: Path, job: Request, tmp_path: Path, share: float) -> None:
    cut = f"subprocess.check_call(argv); os.truncate(out, int(os.path.getsize(out) * {share}))"
    with pytest.raises((EncodeError, VerificationError)) as caught:
        await encoded(wrapped(shim, ffmpeg, cut), job, tmp_path)
    assert "output" in str(caught.value)


async def test_no_output(shim: Shim, ffmpeg: Path, job: Request, tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="FFmpeg ended without an output"):
        await encoded(wrapped(shim, ffmpeg, "subprocess.check_call(argv); os.remove(out)"), job, tmp_path)


async def test_an_output_of_rubbish(shim: Shim, ffmpeg: Path, job: Request, tmp_path: Path) -> None:
    rubbish = "subprocess.check_call(argv); open(out, 'wb').write(os.urandom(100000))"
    with pytest.raises(VerificationError, match="the output cannot be read"):
        await encoded(wrapped(shim, ffmpeg, rubbish), job, tmp_path)


async def test_an_output_with_a_hole(shim: Shim, ffmpeg: Path, job: Request, tmp_path: Path) -> None:
    hole = (
        "subprocess.check_call(argv)\nwith open(out, 'r+b') as file:\n"
        " file.seek(os.path.getsize(out) // 2); file.write(bytes(3000))"
    )
    done = await encoded(wrapped(shim, ffmpeg, hole), job, tmp_path)
    assert done.verified.frames == 234  # its packets are all there
    with pytest.raises(VerificationError, match="the output is damaged"):
        await verify_decodable(ffmpeg, done.output, Recipe(encoder="libx264"), ffmpeg_version="5.1")


# -- Dead and gone ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL"])
async def test_an_encode_that_is_killed(ffmpeg: Path, tmp_path: Path, name: str) -> None:
    running = Running(ffmpeg, tmp_path, ENDLESS)
    await running.speaks()
    os.kill(children()[0].pid, getattr(signal, name))
    with pytest.raises(EncodeError) as caught:
        await running.ends()
    assert (str(caught.value), caught.value.code) == (f"FFmpeg crashed: it was ended by {name}", "crashed")
    assert children() == []


async def test_an_ffmpeg_that_is_gone_before_the_next_job(
    shim: Shim, ffmpeg: Path, job: Request, tmp_path: Path
) -> None:
    script = wrapped(shim, ffmpeg, "sys.exit(subprocess.call(argv))")
    await encoded(script, job, tmp_path)
    script.unlink()
    for path in (tmp_path / "job").iterdir():
        path.unlink()
    with pytest.raises(EncodeError) as caught:
        await encoded(script, job, tmp_path)
    assert str(caught.value) == f"{script} could not be started: No such file or directory"


async def test_an_ffmpeg_that_is_gone_before_the_second_pass(shim: Shim, tmp_path: Path) -> None:
    script = shim("os.remove(sys.argv[0]); open(out, 'w').write('x')")
    with pytest.raises(EncodeError, match="could not be started: No such file or directory") as caught:
        await Running(script, tmp_path, ("one",), ("two",)).ends()
    assert caught.value.evidence.argv == ("two",)


async def test_an_ffmpeg_whose_interpreter_is_gone(tmp_path: Path) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text("#!/nowhere/to/be/found\n")
    script.chmod(0o755)
    with pytest.raises(EncodeError) as caught:
        await Running(script, tmp_path, ("file:out",)).ends()
    assert "\n" not in str(caught.value)
    assert "No such file or directory" in str(caught.value)


# -- Talkative ----------------------------------------------------------------------------------------------


async def test_an_encode_that_complains_all_the_time_is_an_encode(
    shim: Shim, ffmpeg: Path, job: Request, tmp_path: Path
) -> None:
    flood = "for _ in range(1600): os.write(2, b'[h264 @ 0x1] a complaint of no weight\\n' * 3400)  # 200 MB\n"
    done = await encoded(wrapped(shim, ffmpeg, f"{flood}sys.exit(subprocess.call(argv))"), job, tmp_path)
    assert done.verified.frames == 234
    assert len(done.outcome.complaints) <= 60
