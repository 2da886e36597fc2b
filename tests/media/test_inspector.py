"""Files examined in another process: the same is found, and a file that brings its reader down is a bad file alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from ffx.core.errors import FfxError, ProbeError
from ffx.core.model import SandboxLevel
from ffx.media import inspector as inspector_module
from ffx.media import inspector_start
from ffx.media.inspection import read_examination
from ffx.media.inspector import Inspector
from ffx.media.inspector_process import FILMS
from ffx.media.inspector_start import examine_apart
from ffx.media.limits import Limits
from ffx.media.probe import examine
from ffx.media.process import start_process
from ffx.media.sandbox import Confinement, Sandbox
from tests.media.jobs import make
from tests.media.running import until
from tests.sandboxes import full_sandbox
from tests.support import all_children

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="open files are handed over on Unix; the way of Windows is tested there"
)

LEVELS = [SandboxLevel.NONE, SandboxLevel.LIMITS] + ([SandboxLevel.FULL] if sys.platform == "linux" else [])


@pytest.fixture(params=LEVELS)
async def inspector(request: pytest.FixtureRequest, ffmpeg9: Path) -> AsyncIterator[Inspector]:
    level: SandboxLevel = request.param
    made = Inspector(await full_sandbox(ffmpeg9) if level is SandboxLevel.FULL else Sandbox(level))
    yield made
    await made.close()
    assert all_children() == []


Examine = Callable[[Path], Awaitable[object]]


@pytest.fixture(params=["handed over", "apart"])
def examined(request: pytest.FixtureRequest, inspector: Inspector) -> Examine:
    """Either way of having a file examined."""

    async def apart(path: Path) -> object:
        return read_examination(await examine_apart(path, FILMS, 60), path, path.stat().st_size)

    return inspector.examine if request.param == "handed over" else apart


def readers() -> list[psutil.Process]:
    """The processes that each read one file: below the one that waits for files."""
    try:
        python = [child for child in all_children() if "python" in child.name()]
        return [child for child in python if child.ppid() in {other.pid for other in python}]
    except psutil.NoSuchProcess:  # one of them ended meanwhile
        return readers()


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that takes long to read, and no room: four gigabytes of silence."""
    file = tmp_path / "silence.wav"
    size = 2**32 - 2**16
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", size
    )
    with file.open("wb") as stream:
        stream.write(header)
        stream.truncate(size)
    return file


# -- What is found ----------------------------------------------------------------------------------------------


async def test_the_same_is_found(
    examined: Examine, clip: Path, bunny: Path, rich_matroska: Path, rich_mp4: Path, ffmpeg9: Path, tmp_path: Path
) -> None:
    picture, sound = tmp_path / "a:picture.png", tmp_path / "sound"
    make(ffmpeg9, "-i", f"file:{clip}", "-frames:v", "1", "-update", "1", f"file:{picture}")
    make(ffmpeg9, "-i", f"file:{clip}", "-vn", "-f", "adts", f"file:{sound}")
    for path in (clip, bunny, rich_matroska, rich_mp4, picture, sound):
        assert await examined(path) == examine(path)


@pytest.mark.parametrize("content", [
    b"", b"\0", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n", b"no film\n" * 1000,
], ids=["empty", "one byte", "playlist", "list", "text"])  # fmt: skip
async def test_what_is_no_media_is_told_in_the_same_words(examined: Examine, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(ProbeError) as here:
        examine(path)
    with pytest.raises(ProbeError) as there:
        await examined(path)
    assert str(there.value) == str(here.value)


async def test_half_a_file(examined: Examine, rich_matroska: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.mkv"
    half.write_bytes(rich_matroska.read_bytes()[: rich_matroska.stat().st_size // 2])
    assert await examined(half) == examine(half)


async def test_what_is_no_file(inspector: Inspector, clip: Path, tmp_path: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(clip)
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, Path("/dev/zero")):
        with pytest.raises(ProbeError, match=f"{path}: is not a regular file"):
            await inspector.examine(path)
    for path in (link, tmp_path / "nothing"):
        with pytest.raises(ProbeError, match=f"{path}: "):
            await inspector.examine(path)


async def test_many_at_a_time(inspector: Inspector, clip: Path, bunny: Path) -> None:
    paths = [clip, bunny] * 10
    found = await asyncio.gather(*map(inspector.examine, paths))
    assert found == [examine(path) for path in paths]


# -- Readers and owners -----------------------------------------------------------------------------------------


async def test_the_files_of_one_owner_share_a_reader_and_those_of_two_never(
    inspector: Inspector, clip: Path, bunny: Path
) -> None:
    assert await inspector.examine(clip, owner="one") == examine(clip)
    (first,) = readers()
    assert await inspector.examine(bunny, owner="one") == examine(bunny)
    assert readers() == [first]
    assert await inspector.examine(clip, owner="other") == examine(clip)
    assert len(readers()) == 2
    assert await inspector.examine(bunny, owner="one") == examine(bunny)
    assert len(readers()) == 2


async def test_a_bad_file_before_does_not_matter(inspector: Inspector, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no film")
    for _ in range(3):
        with pytest.raises(ProbeError):
            await inspector.examine(tmp_path / "text", owner="one")
        assert await inspector.examine(clip, owner="one") == examine(clip)
    assert len(readers()) == 1


async def test_a_reader_that_died_while_it_waited_is_no_fault_of_the_next_file(
    inspector: Inspector, clip: Path
) -> None:
    await inspector.examine(clip)
    (idle,) = readers()
    idle.kill()
    await until(lambda: readers() == [])
    assert await inspector.examine(clip) == examine(clip)


async def test_a_reader_does_not_wait_for_ever(
    inspector: Inspector, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector_module, "READER_KEPT", 0.05)
    await inspector.examine(clip)
    await until(lambda: readers() == [])
    assert await inspector.examine(clip) == examine(clip)


# -- What goes wrong --------------------------------------------------------------------------------------------


async def test_a_file_that_brings_its_reader_down_is_a_bad_file_and_no_other_suffers(
    inspector: Inspector, endless: Path, clip: Path
) -> None:
    other = asyncio.create_task(inspector.examine(endless))
    await until(lambda: len(readers()) == 1)
    (spared,) = readers()
    reading = asyncio.create_task(inspector.examine(endless))
    await until(lambda: len(readers()) == 2)
    next(reader for reader in readers() if reader != spared).send_signal(signal.SIGSEGV)
    with pytest.raises(ProbeError) as caught:
        await reading
    assert str(caught.value) == f"{endless}: it brought its reader down (SIGSEGV): it is damaged, or made to do harm"
    assert await inspector.examine(clip) == examine(clip)
    assert spared in readers()
    other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await other
    await until(lambda: spared not in readers())  # who wants no answer any more has no reader


async def test_a_reader_that_used_its_time(inspector: Inspector, endless: Path) -> None:
    reading = asyncio.create_task(inspector.examine(endless))
    await until(lambda: len(readers()) == 1)
    readers()[0].send_signal(signal.SIGXCPU)
    with pytest.raises(ProbeError, match="reading it took too long and was ended"):
        await reading


async def test_a_file_that_takes_too_long(
    inspector: Inspector, endless: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await inspector.examine(clip)
    monkeypatch.setattr(inspector_module, "TIME_LIMIT", 0.3)
    monkeypatch.setattr(inspector_module, "TIME_SHARE", 10**15)
    with pytest.raises(ProbeError, match="reading it took too long and was ended"):
        await inspector.examine(endless)
    await until(lambda: readers() == [])


async def test_the_process_itself_may_be_ended_at_any_time(inspector: Inspector, clip: Path) -> None:
    expected = examine(clip)
    assert await inspector.examine(clip) == expected
    before = all_children()
    for child in before:
        with contextlib.suppress(psutil.NoSuchProcess):  # it went with its parent
            child.kill()
    assert await inspector.examine(clip) == expected
    await until(lambda: not set(before) & set(all_children()))


async def test_closing_gives_up_what_is_read(inspector: Inspector, endless: Path) -> None:
    reading = asyncio.create_task(inspector.examine(endless))
    await until(lambda: len(readers()) == 1)
    reading.cancel()
    await inspector.close()
    assert all_children() == []


async def test_who_is_cancelled_while_it_starts_is_not_missed(inspector: Inspector, clip: Path) -> None:
    first = asyncio.create_task(inspector.examine(clip))
    second = asyncio.create_task(inspector.examine(clip))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == examine(clip)


async def test_closing_while_it_starts(inspector: Inspector, clip: Path) -> None:
    first = asyncio.create_task(inspector.examine(clip))
    await until(lambda: all_children() != [])
    await inspector.close()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert all_children() == []


# -- What it sees -----------------------------------------------------------------------------------------------

if sys.platform == "linux":

    async def test_inside_there_is_python_and_nothing_of_others(ffmpeg9: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").touch()
        confinement = Confinement(
            await full_sandbox(ffmpeg9), Limits(largest_file=0), places=inspector_start._places_of_python()
        )
        program = "import os, sys; print([name for name in sys.argv[1:] if os.path.exists(name)], os.listdir('/job'))"
        argv = (sys.executable, "-c", program, str(tmp_path), str(Path.cwd() / "tests"), "/etc/passwd", "/usr/bin/env")
        process = await start_process(argv, directory=tmp_path, confinement=confinement)
        out, err = await process.communicate()
        assert out.decode().strip() == "['/usr/bin/env'] []", err

    async def test_where_python_does_not_run_inside_it_runs_outside(
        ffmpeg9: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(inspector_start, "_places_of_python", lambda: ())
        required = await full_sandbox(ffmpeg9)
        strict = Inspector(required)
        with pytest.raises(FfxError, match="files cannot be examined on this server: bwrap: execvp"):
            await strict.examine(clip)
        await strict.close()
        lenient = Inspector(Sandbox(SandboxLevel.FULL, walls=required.walls))
        assert await lenient.examine(clip) == examine(clip)
        assert "what comes is read outside of the sandbox" in caplog.text
        await lenient.close()
        assert all_children() == []
