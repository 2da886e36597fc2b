"""Job folders on disk, who owns them, and whose leftovers may be removed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from ffx.core.errors import ConfigurationError
from ffx.server.spool import LEFTOVER_AGE, LOCK, OWNER, PREFIX, Spool

DAY = 86_400.0


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path, "id")
    spool.open()
    return spool


def leftover(place: Path, name: str, *, keep: float, age: float) -> Path:
    folder = place / f"{PREFIX}{name}"
    (folder / "jobs" / "job" / "in").mkdir(parents=True)
    (folder / "jobs" / "job" / "in" / "0").write_bytes(b"film")
    (folder / OWNER).write_text(json.dumps({"keep": keep}))
    then = time.time() - age
    os.utime(folder / OWNER, (then, then))
    return folder


def test_a_spool_is_private_and_goes_with_all_it_holds(tmp_path: Path, spool: Spool) -> None:
    assert spool.path == tmp_path / "ffx-server-id"
    assert os.name == "nt" or stat.S_IMODE(spool.path.stat().st_mode) == 0o700
    folder = spool.job_folder(".mp4")
    folder.input.write_bytes(b"x")
    (spool.inputs / "kept").write_bytes(b"x")
    spool.close()
    assert list(tmp_path.iterdir()) == []
    spool.close()  # twice is fine


def test_what_is_kept_is_there_in_the_next_life(tmp_path: Path, spool: Spool) -> None:
    folder = spool.job_folder(".mp4")
    folder.output.write_bytes(b"result")
    (spool.inputs / "kept").write_bytes(b"x")
    spool.close(keep=True)
    again = Spool(tmp_path, "id", keep=DAY)
    again.open()
    assert folder.output.read_bytes() == b"result"
    assert list(again.inputs.iterdir()) == []


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
        Spool(tmp_path / "file", "id").open()


def test_one_process_at_a_time_is_a_server(tmp_path: Path, spool: Spool) -> None:
    with pytest.raises(ConfigurationError, match=r"ffx-server-id is in use: a server of the same name and port runs"):
        Spool(tmp_path, "id").open()
    Spool(tmp_path, "other").open()
    spool.close()
    Spool(tmp_path, "id").open()


def test_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from ffx.server.spool import Spool\n"
        "spool = Spool(pathlib.Path(sys.argv[1]), 'id', keep=1.0); spool.open(); print('open', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"open\n"
    try:
        with pytest.raises(ConfigurationError):
            Spool(tmp_path, "id").open()
    finally:
        holder.kill()
        holder.communicate()
    Spool(tmp_path, "id").open()


@pytest.mark.skipif(os.name == "nt", reason="there the folder for temporary files is each user's own")
def test_a_folder_that_somebody_else_prepared_is_not_used(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (tmp_path / f"{PREFIX}linked").symlink_to(elsewhere)
    (tmp_path / f"{PREFIX}open").mkdir()
    (tmp_path / f"{PREFIX}open").chmod(0o777)
    for name in ("linked", "open"):
        with pytest.raises(ConfigurationError, match=f"ffx-server-{name} in it is another user's"):
            Spool(tmp_path, name).open()
    assert list(elsewhere.iterdir()) == []


def test_what_a_dead_server_left_is_removed_when_it_is_old(tmp_path: Path, spool: Spool) -> None:
    old = leftover(tmp_path, "old", keep=LEFTOVER_AGE, age=LEFTOVER_AGE + 60)
    young = leftover(tmp_path, "young", keep=LEFTOVER_AGE, age=LEFTOVER_AGE - 60)
    assert spool.remove_leftovers() == [old]
    assert not old.exists()
    assert young.exists()
    assert spool.path.exists()


def test_what_results_may_be_asked_for_is_kept_for_as_long(tmp_path: Path, spool: Spool) -> None:
    comes_back = Spool(tmp_path, "comes back", keep=DAY)
    comes_back.open()
    comes_back.close(keep=True)
    for age, removed in ((LEFTOVER_AGE + 60, []), (DAY + 60, [comes_back.path])):
        then = time.time() - age
        os.utime(comes_back.path / OWNER, (then, then))
        assert spool.remove_leftovers() == removed


def test_the_spool_of_a_live_server_is_never_touched(tmp_path: Path, spool: Spool) -> None:
    alive = leftover(tmp_path, "alive", keep=0.0, age=LEFTOVER_AGE * 10)
    with FileLock(alive / LOCK):
        assert spool.remove_leftovers() == []
        assert (alive / "jobs").exists()
    assert spool.remove_leftovers() == [alive]


@pytest.mark.parametrize("text", ["", "[]", '{"keep": "x"}', '{"pid": 5}', "\x00"])
def test_an_unreadable_owner_is_judged_by_its_age(tmp_path: Path, spool: Spool, text: str) -> None:
    folder = leftover(tmp_path, "odd", keep=0.0, age=0)
    (folder / OWNER).write_text(text)
    assert spool.remove_leftovers() == []
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
