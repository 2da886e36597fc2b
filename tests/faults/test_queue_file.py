"""The queue's file is locked, damaged, or wanted by two: it is never taken for an empty one, and no job is lost."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ffx.core.model import JobState
from tests.faults.harness import FAST, Client, Ground, Run, Server, paced, until

JOBS = 8


def one_line(run: Run) -> str:
    """What it said on stderr, which must be one line, before it ended with another status than 0."""
    assert run.wait() == 1, run.out
    (line,) = run.err.splitlines()
    return line


def test_locked_for_a_moment_it_is_waited_for(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(4))
    studio.encoding()
    with contextlib.closing(sqlite3.connect(client.queue_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        until(lambda: not studio.ffmpegs(), "the end of the encode")
    run.ends_well()


def test_locked_for_good_the_run_says_so_and_the_next_one_goes_on(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    run = client.submit(ground.source(), options=paced(4))
    studio.encoding()
    with contextlib.closing(sqlite3.connect(client.queue_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "another process has held the queue" in one_line(run)
    client.work().ends_well()
    assert len(studio.encodes()) == 1


def cut_off(file: Path) -> None:
    """The last third is gone, as after a copy that broke."""
    with file.open("rb+") as stream:
        stream.truncate(file.stat().st_size * 2 // 3)


def flip_a_bit(file: Path) -> None:
    """In the name of an input, where SQLite itself sees no harm."""
    content = bytearray(file.read_bytes())
    content[content.index(b"/sources/") + 3] ^= 1
    file.write_bytes(content)


def scribble(file: Path) -> None:
    """Over its head."""
    with file.open("rb+") as stream:
        stream.write(b"not a database any more")


@pytest.mark.parametrize(("damage", "lost"), [(cut_off, range(JOBS + 1)), (flip_a_bit, [1]), (scribble, [0])])
def test_damaged_it_is_refused_and_kept_and_repaired(
    damage: Callable[[Path], None], lost: Sequence[int], ground: Ground
) -> None:
    """What cannot be read is named, and typing the command again brings that back and nothing else twice."""
    (studio,) = ground.started("studio", FFX_MAX_JOBS="4")
    client = ground.client(studio)
    sources = ground.sources(JOBS)
    client.detach(*sources, options=FAST)
    fold_log(client)
    damage(client.queue_file)
    line = one_line(client.work())
    assert "damaged" in line
    assert "ffx queue repair" in line
    (copy,) = client.queue_file.parent.glob("queue.db.damaged-*[0-9]")
    assert copy.read_bytes() == client.queue_file.read_bytes()
    repaired = client.run("queue", "repair")
    saved = len(client.jobs())
    assert JOBS - saved in lost, repaired.stdout
    assert f"{saved} jobs are saved" in repaired.stdout
    assert ("lost: " in repaired.stdout) == (saved < JOBS)
    client.detach(*sources, options=FAST)
    assert len(client.jobs()) == JOBS
    client.work().ends_well(90)
    assert len(studio.encodes()) == JOBS


def fold_log(client: Client) -> None:
    """Bring all that was committed into the file itself."""
    with contextlib.closing(sqlite3.connect(client.queue_file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextlib.contextmanager
def standing_still(studio: Server) -> Iterator[None]:
    """The encode that runs is not over before the block is."""
    (ffmpeg,) = studio.encoding()
    ffmpeg.suspend()
    yield
    ffmpeg.resume()


def test_two_clients_of_one_queue_share_the_work_and_do_nothing_twice(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    first = client.submit(ground.source("one.mp4"), options=paced(4))
    with standing_still(studio):
        second = client.submit(ground.source("two.mp4"), options=FAST)
        second.said("two.mp4: waits in the queue")
    first.ends_well()
    second.ends_well()
    assert "two.mp4: done on studio" in second.out
    assert len(studio.encodes()) == 2


def test_who_looks_on_takes_over_from_one_that_was_killed(ground: Ground) -> None:
    (studio,) = ground.started("studio")
    client = ground.client(studio)
    first = client.submit(ground.source("one.mp4"), options=paced(4))
    with standing_still(studio):
        second = client.submit(ground.source("two.mp4"), options=FAST)
        second.said("two.mp4: waits in the queue")
        first.kill()
    second.ends_well()
    if client.job(1).state is not JobState.COMPLETED:  # the second one stayed for its own job only
        client.work().ends_well()
    assert len(studio.encodes()) == 2
    assert [attempt.attempt for attempt in client.attempts(1)] == [1]
