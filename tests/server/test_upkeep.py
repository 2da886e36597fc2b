"""What a server does while nobody asks."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from ffx.core.messages import CapabilityUpdate, JobCancel, Ping
from ffx.core.model import ServerCapabilities
from ffx.server.background import Background
from ffx.server.capabilities import CapabilityService
from ffx.server.spool import OWNER, PREFIX, Spool
from ffx.server.upkeep import clean_up, watch_load
from tests.server.conftest import MakeServer
from tests.server.talk import SLOW


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> Any:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_load_that_moved_is_told_once(capabilities: CapabilityService, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = iter([0.05, 0.5, 0.45, 0.52, 0.1])
    now = capabilities.snapshot()
    seen: list[float] = []
    told: list[float] = []
    over = asyncio.Event()
    state = evolve(now, current_load=0.0)

    async def look() -> None:
        nonlocal state
        load = next(loads, None)
        if load is None:
            over.set()
            await asyncio.Event().wait()
        else:
            seen.append(load)
            state = evolve(now, current_load=load)

    def snapshot() -> ServerCapabilities:
        return state

    monkeypatch.setattr(capabilities, "refresh_load", look)
    monkeypatch.setattr(capabilities, "snapshot", snapshot)
    async with running(watch_load(capabilities, lambda: told.append(state.current_load), period=0.0)):
        await over.wait()
    assert seen == [0.05, 0.5, 0.45, 0.52, 0.1]
    assert told == [0.5, 0.1]


async def test_leftovers_are_removed_and_life_is_shown_every_time(tmp_path: Path) -> None:
    spool = Watched(tmp_path)
    spool.open()
    for name in ("one", "two"):
        left = tmp_path / f"{PREFIX}{name}"
        left.mkdir()
        for path in (left, spool.path / OWNER):
            os.utime(path, (0, 0))
        async with running(clean_up(spool, spool.expire, period=0.0)):
            await spool.round()
        assert not left.exists()
        assert (spool.path / OWNER).stat().st_mtime > 0


async def test_upkeep_goes_on_after_a_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Watched(tmp_path)
    spool.open()
    (spool.path / OWNER).unlink()
    async with running(clean_up(spool, spool.expire, period=0.0)):
        await spool.round()
        await spool.round()
    assert caplog.text.count("No such file") >= 2


class Watched(Spool):
    """Tells when the upkeep has been round."""

    def __init__(self, temp_dir: Path) -> None:
        super().__init__(temp_dir, "id")
        self._been_round = asyncio.Event()
        self.expired = 0

    def show_life(self) -> None:
        try:
            super().show_life()
        finally:
            self._been_round.set()

    async def expire(self) -> None:
        self.expired += 1

    async def round(self) -> None:
        self._been_round.clear()
        await self._been_round.wait()


async def test_the_background_outlives_a_fault_and_leaves_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()
    ended = asyncio.Event()

    async def broken() -> None:
        raise RuntimeError("a bug")

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    failing = background.start(broken(), "broken")
    endless_task = background.start(endless(), "endless")
    await failing
    assert "broken failed" in caplog.text
    assert not endless_task.done()
    never_begun = background.start(endless(), "never begun")
    await background.stop()
    assert ended.is_set()
    assert never_begun.cancelled()
    await background.stop()


async def test_background_detection_waits_while_a_job_runs(
    make_server: MakeServer, capabilities: CapabilityService, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []
    go_on = asyncio.Queue[None]()

    async def complete(idle: Any) -> None:
        while True:
            await go_on.get()
            await idle()
            rounds.append(server_jobs())
            go_on.task_done()

    monkeypatch.setattr(capabilities, "complete", complete)
    async with make_server() as rig:

        def server_jobs() -> int:
            return rig.server.info().current_jobs

        talk = await rig.talk()
        go_on.put_nowait(None)
        await go_on.join()
        await talk.start(talk.job(SLOW))
        go_on.put_nowait(None)
        while (await talk.next(CapabilityUpdate)).server.current_jobs == 0:
            pass
        assert rounds == [0]
        await talk.ask(JobCancel("job", 1))
        await go_on.join()
        assert rounds == [0, 0]
        await talk.submit(talk.job(), attempt=2)
        go_on.put_nowait(None)
        await talk.ask(Ping())
    assert rounds == [0, 0]  # nothing new is begun by a server that stops
