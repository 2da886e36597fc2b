"""One process works a queue; its lock ends with it, however it ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from ffx.client.queue.holder import Holder
from ffx.client.queue.lock import QueueLock
from ffx.core.errors import QueueError

HOLD = """
import subprocess, sys
from pathlib import Path
from ffx.client.queue.lock import QueueLock
lock = QueueLock(Path(sys.argv[1]))
assert lock.acquire()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
input()
"""


def test_one_has_it_at_a_time(file: Path) -> None:
    first, second = QueueLock(file), QueueLock(file)
    assert first.acquire()
    assert first.acquire()  # it has it already
    assert not second.acquire()
    assert (first.is_held, second.is_held) == (True, False)
    assert second.holder() == Holder(os.getpid(), socket.gethostname())
    assert str(second.holder()) == f"process {os.getpid()}"
    second.release()  # is nothing to it
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()
    assert second.holder() is None


def test_without_it_nothing_is_begun(file: Path) -> None:
    with (
        QueueLock(file) as held,
        pytest.raises(QueueError, match=rf"queue\.db: the queue is being worked by process {os.getpid()}"),
        QueueLock(file),
    ):
        pass
    assert not held.is_held


def test_it_may_be_released_by_another_thread(file: Path) -> None:
    lock = QueueLock(file)
    assert lock.acquire()
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join()
    assert QueueLock(file).acquire()


def test_it_dies_with_its_holder_and_not_with_the_holder_s_children(file: Path) -> None:
    lock = QueueLock(file)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            child = psutil.Process(int(holder.stdout.readline()))
            assert not lock.acquire()
            named = lock.holder()
            assert named is not None
            assert named.pid == holder.pid
        finally:
            holder.kill()
            holder.wait()
        try:
            assert lock.acquire()
            assert child.is_running()
        finally:
            child.kill()
    lock.release()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "host": "a"}', '{"pid": 1}'])
def test_a_note_that_cannot_be_read_names_nobody(file: Path, text: str) -> None:
    lock = QueueLock(file)
    assert lock.acquire()
    file.with_name("queue.db.holder").write_text(text)
    assert QueueLock(file).holder() is None
    with pytest.raises(QueueError, match="worked by another process"), QueueLock(file):
        pass


def test_another_machine_is_named() -> None:
    assert str(Holder(7, "elsewhere.example")) == "process 7 on elsewhere.example"


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(QueueError, match="ffx keeps the lock of its queue there"):
        QueueLock(tmp_path / "state" / "queue.db").acquire()
