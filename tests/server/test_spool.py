"""Job folders on disk, and whose leftovers may be removed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ffx.core.errors import ConfigurationError
from ffx.server.spool import LEFTOVER_AGE, OWNER, PREFIX, Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path)
    spool.open()
    return spool


def leftover(place: Path, name: str, *, pid: int, created: float, age: float) -> Path:
    folder = place / f"{PREFIX}{name}"
    (folder / "job" / "in").mkdir(parents=True)
    (folder / "job" / "in" / "0").write_bytes(b"film")
    (folder / OWNER).write_text(json.dumps({"pid": pid, "created": created}))
    then = time.time() - age
    os.utime(folder / OWNER, (then, then))
    return folder


def dead_process() -> tuple[int, float]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    created = psutil.Process(process.pid).create_time()
    process.communicate()
    return process.pid, created


def test_a_spool_is_private_and_goes_with_all_it_holds(tmp_path: Path, spool: Spool) -> None:
    assert spool.path.parent == tmp_path
    assert os.name == "nt" or stat.S_IMODE(spool.path.stat().st_mode) == 0o700
    folder = spool.job_folder(".mp4")
    folder.input.write_bytes(b"x")
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_job_folders_have_names_of_the_servers_own(spool: Spool) -> None:
    one, two = spool.job_folder(".mp4"), spool.job_folder("")
    assert one.path != two.path
    assert (one.input.relative_to(one.path).as_posix(), one.output_name) == ("in/0", "out/0.mp4")
    assert two.output == two.path / "out" / "0"
    one.remove()
    one.remove()
    assert not one.path.exists()
    assert two.path.exists()


def test_a_place_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match=r"temp_dir: .*file.* cannot be used"):
        Spool(tmp_path / "file").open()


def test_what_a_dead_server_left_is_removed_when_it_is_old(tmp_path: Path, spool: Spool) -> None:
    pid, created = dead_process()
    old = leftover(tmp_path, "old", pid=pid, created=created, age=LEFTOVER_AGE + 60)
    young = leftover(tmp_path, "young", pid=pid, created=created, age=LEFTOVER_AGE - 60)
    assert spool.remove_leftovers() == [old]
    assert not old.exists()
    assert young.exists()
    assert spool.path.exists()


def test_the_spool_of_a_live_server_is_never_touched(tmp_path: Path, spool: Spool) -> None:
    me = psutil.Process()
    alive = leftover(tmp_path, "alive", pid=me.pid, created=me.create_time(), age=LEFTOVER_AGE * 10)
    assert spool.remove_leftovers() == []
    assert alive.exists()


def test_a_reused_process_number_does_not_keep_a_leftover(tmp_path: Path, spool: Spool) -> None:
    me = psutil.Process()
    reused = leftover(tmp_path, "reused", pid=me.pid, created=me.create_time() - 5000, age=LEFTOVER_AGE * 10)
    assert spool.remove_leftovers() == [reused]


@pytest.mark.parametrize("text", ["", "[]", '{"pid": "x", "created": 1}', '{"pid": -5, "created": 1}', "\x00"])
def test_an_unreadable_owner_is_nobody(tmp_path: Path, spool: Spool, text: str) -> None:
    folder = leftover(tmp_path, "odd", pid=1, created=1, age=0)
    (folder / OWNER).write_text(text)
    os.utime(folder / OWNER, (0, 0))
    assert spool.remove_leftovers() == [folder]


def test_a_folder_without_an_owner_is_judged_by_its_own_age(tmp_path: Path, spool: Spool) -> None:
    folder = tmp_path / f"{PREFIX}torn"
    folder.mkdir()
    assert spool.remove_leftovers() == []
    os.utime(folder, (0, 0))
    assert spool.remove_leftovers() == [folder]


def test_other_peoples_things_stay(tmp_path: Path, spool: Spool) -> None:
    target = tmp_path / "films"
    target.mkdir()
    (target / "film").write_bytes(b"x")
    (tmp_path / f"{PREFIX}link").symlink_to(target)
    (tmp_path / f"{PREFIX}file").write_bytes(b"x")
    for path in (target, tmp_path / f"{PREFIX}file"):
        os.utime(path, (0, 0))
    assert spool.remove_leftovers() == []
    assert (target / "film").exists()


def test_showing_life_makes_the_owner_young(spool: Spool) -> None:
    os.utime(spool.path / OWNER, (0, 0))
    spool.show_life()
    assert time.time() - (spool.path / OWNER).stat().st_mtime < 60
