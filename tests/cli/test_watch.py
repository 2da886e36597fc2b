"""``ffx watch``: what appears in a folder is encoded once it is complete, once, and across restarts."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ffx.cli.finding import Input
from ffx.cli.watched import Memory, Settling, State, state_of
from ffx.core.errors import ConfigurationError
from tests.cli.conftest import Ffx

OPTIONS = ("--out-dir", "out", "--settle", "0.5", "--encoder", "libx264", "--preset", "ultrafast", "--local", "only")


def test_a_file_is_complete_when_it_has_not_changed_for_a_while(tmp_path: Path) -> None:
    file, settling = tmp_path / "a.mkv", Settling(5.0)
    inputs = [Input(file)]
    assert settling.complete(inputs, 0.0) == ()
    file.write_bytes(b"")
    assert settling.complete(inputs, 1.0) == ()
    assert settling.complete(inputs, 9.0) == (), "an empty one never is"
    file.write_bytes(b"x")
    assert settling.complete(inputs, 10.0) == ()
    assert settling.complete(inputs, 14.9) == ()
    file.write_bytes(b"xy")
    assert settling.complete(inputs, 15.0) == (), "it grew"
    state = state_of(file)
    assert state is not None
    assert settling.complete(inputs, 20.0) == ((Input(file), state),)


def test_what_was_dealt_with_is_remembered_by_content(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state", tmp_path / "in", tmp_path / "out")
    file = tmp_path / "in" / "a.mkv"
    memory.add([(file, State(5, 7))])
    again = Memory(tmp_path / "state", tmp_path / "in", tmp_path / "out")
    assert again.has(file, State(5, 7))
    assert not again.has(file, State(5, 8))
    assert not Memory(tmp_path / "state", tmp_path / "in", tmp_path / "elsewhere").has(file, State(5, 7))


def test_a_damaged_memory_is_told(tmp_path: Path) -> None:
    Memory(tmp_path, tmp_path, tmp_path).add([])
    (file,) = tmp_path.glob("*.json")
    for text in ("{", "[]"):
        file.write_text(text)
        with pytest.raises(ConfigurationError, match="is damaged"):
            Memory(tmp_path, tmp_path, tmp_path)


def until(look: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not look():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def test_what_appears_is_encoded_once_and_across_restarts(ffx: Ffx, clip: Path) -> None:
    folder, out = ffx.folder / "films", ffx.folder / "out"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(clip, folder / "one.mp4")
    (folder / ".hidden.mp4").write_bytes(b"x")
    process = ffx.start("watch", "films", "--recursive", *OPTIONS)
    until((out / "one.mp4").exists, process)
    half = clip.read_bytes()[: clip.stat().st_size // 2]
    (folder / "deep" / "two.mp4").write_bytes(half)
    shutil.copy(clip, folder / "deep" / "two.mp4.part")
    (folder / "deep" / "two.mp4.part").replace(folder / "deep" / "two.mp4")
    until((out / "deep" / "two.mp4").exists, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[0] == "ffx: watching films; stop with Ctrl-C"
    assert "Traceback" not in err
    (out / "one.mp4").unlink()
    process = ffx.start("watch", "films", "--recursive", *OPTIONS)
    shutil.copy(clip, folder / "three.mp4")
    until((out / "three.mp4").exists, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert not (out / "one.mp4").exists(), "it was done before"
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == ["three.mp4", "two.mp4"]


def test_a_folder_that_is_not_there(ffx: Ffx) -> None:
    answer = ffx.inside("watch", "nowhere", "--out-dir", "out")
    assert answer.returncode == 2
    assert answer.stderr == "ffx: nowhere: there is no such folder to watch\n"
