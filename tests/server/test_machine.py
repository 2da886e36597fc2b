"""Facts of the machine, and the marks by which a changed driver is seen."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil
import pytest

from ffx.server.machine import LoadMeter, driver_marks, free_disk_gb, read_machine, usable_cores


def test_this_machine() -> None:
    facts = read_machine()
    assert facts.hostname == socket.gethostname()
    assert facts.os.split()[0] == os.uname().sysname
    assert facts.cpu_cores == len(os.sched_getaffinity(0))
    assert facts.memory_gb == pytest.approx(psutil.virtual_memory().total / 1e9, abs=0.01)


def test_cores_where_affinity_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert usable_cores() == os.cpu_count()


def test_free_disk_of_a_folder_that_is_not_made_yet(tmp_path: Path) -> None:
    free = free_disk_gb(tmp_path / "not/yet")
    assert free == pytest.approx(psutil.disk_usage(str(tmp_path)).free / 1e9, rel=0.1)
    assert free > 0


def test_the_load_is_that_since_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    now, percents = [0.0], iter([0.0, 40.0, 250.0])  # the first only sets the counters
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: next(percents))
    meter = LoadMeter(clock=lambda: now[0])
    assert meter.load() == 0.0
    now[0] = 1.0
    assert meter.load() == 0.4
    now[0] = 1.2
    assert meter.load() == 0.4  # too soon to say another thing
    now[0] = 2.0
    assert meter.load() == 1.0


def test_driver_marks(tmp_path: Path) -> None:
    seen = [driver_marks(tmp_path)]

    def changes(path: str, text: str = "") -> None:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        marks = driver_marks(tmp_path)
        assert marks not in seen, path
        assert driver_marks(tmp_path) == marks
        seen.append(marks)

    changes("sys/module/nvidia/version", "535.261.03\n")
    changes("sys/module/nvidia/version", "550.163.01\n")
    changes("dev/dri/renderD128")
    changes("sys/class/drm/renderD128/device/vendor", "0x8086\n")
    changes("usr/lib/x86_64-linux-gnu/libcuda.so.1", "one")
    changes("usr/lib/x86_64-linux-gnu/libcuda.so.1", "another")
    changes("usr/lib/x86_64-linux-gnu/dri/iHD_drv_video.so")
    (tmp_path / "dev/dri/renderD128").unlink()
    assert driver_marks(tmp_path) not in seen
