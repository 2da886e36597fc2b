"""Who is given a slot, and when."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.messages import JobCancel, JobCompleted, JobProgressMessage, Ping
from ffx.core.model import JobConfiguration, JobStage
from ffx.server.job import Job
from ffx.server.slots import Slots
from ffx.server.spool import JobFolder
from tests.server.conftest import MakeServer
from tests.server.talk import COPY, FAST, SLOW


def job(name: str, priority: int = 5) -> Job:
    return Job("client", JobConfiguration(name, "in", "out", COPY, priority=priority), 1, JobFolder(Path("nowhere")))


class House:
    """Slots, and jobs that hold them until they are let go."""

    def __init__(self, count: int) -> None:
        self.begun: list[str] = []
        self.slots = Slots(count, lambda job: self.begun.append(job.job_id), lambda: None)
        self._working: dict[str, asyncio.Task[None]] = {}
        self._done: dict[str, asyncio.Event] = {}

    def ready(self, *jobs: Job) -> None:
        for each in jobs:
            self._done[each.job_id] = asyncio.Event()
            self._working[each.job_id] = asyncio.create_task(self._work(each))

    async def finish(self, name: str) -> None:
        self._done[name].set()
        await self._working.pop(name)

    async def cancel(self, name: str) -> None:
        task = self._working.pop(name)
        task.cancel()
        await asyncio.wait([task])

    async def close(self) -> None:
        for name in tuple(self._working):
            await self.cancel(name)

    async def _work(self, job: Job) -> None:
        async with self.slots.turn(job):
            assert job.stage is JobStage.ENCODE
            await self._done[job.job_id].wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House(1)
    yield house
    await house.close()
    assert house.slots.taken == 0


async def test_who_was_ready_first_is_next(house: House) -> None:
    house.ready(job("a"), job("b"), job("c"))
    await settle()
    assert house.begun == ["a"]
    await house.finish("a")
    await house.finish("b")
    await settle()
    assert house.begun == ["a", "b", "c"]


async def test_a_higher_priority_goes_first(house: House) -> None:
    house.ready(job("a"), job("low", 1), job("b"), job("high", 9), job("high too", 9))
    await settle()
    for name in ("a", "high", "high too", "b"):
        await house.finish(name)
        await settle()
    assert house.begun == ["a", "high", "high too", "b", "low"]


async def test_a_slot_is_handed_over_in_the_moment_it_is_given_back(house: House) -> None:
    first, second = job("first"), job("second")
    house.ready(first, second)
    await settle()
    await house.finish("first")
    assert (house.begun, house.slots.taken) == (["first", "second"], 1)
    assert second.stage is JobStage.ENCODE


async def test_who_is_paused_is_passed_over_until_it_goes_on(house: House) -> None:
    paused = job("paused", 9)
    paused.control.pause()
    house.ready(paused, job("b"))
    await settle()
    assert house.begun == ["b"]
    await house.finish("b")
    await settle()
    assert house.begun == ["b"]
    paused.control.resume()
    house.slots.fill()
    assert house.begun == ["b", "paused"]


async def test_who_is_cancelled_takes_nothing_along(house: House) -> None:
    house.ready(job("a"), job("b"), job("c"))
    await settle()
    await house.cancel("b")
    await house.cancel("a")
    await settle()
    assert house.begun == ["a", "c"]


async def test_who_is_cancelled_in_the_moment_of_its_turn_gives_it_on(house: House) -> None:
    house.ready(job("a"), job("b"), job("c"))
    await settle()
    finishing = asyncio.create_task(house.finish("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert house.begun == ["a", "b"]
    await house.cancel("b")  # it has the slot and has not run since
    await finishing
    await settle()
    assert house.begun == ["a", "b", "c"]


@frozen
class Step:
    name: int
    act: str


steps = st.builds(Step, st.integers(0, 5), st.sampled_from(["ready", "finish", "cancel", "pause", "go on"]))


@given(count=st.integers(1, 3), series=st.lists(steps, max_size=40))
def test_no_slot_is_lost_or_given_twice(count: int, series: Sequence[Step]) -> None:
    async def play() -> None:
        house = House(count)
        here: dict[int, Job] = {}
        for step in series:
            if step.act == "ready" and step.name not in here:
                here[step.name] = job(str(step.name), 1 + step.name)
                house.ready(here[step.name])
            elif step.name in here:
                each = here[step.name]
                if step.act == "cancel" or (step.act == "finish" and each.stage is JobStage.ENCODE):
                    await (house.cancel if step.act == "cancel" else house.finish)(each.job_id)
                    del here[step.name]
                (each.control.pause if step.act == "pause" else each.control.resume)()
                house.slots.fill()
            await settle()
            encoding = [each for each in here.values() if each.stage is JobStage.ENCODE]
            able = [each for each in here.values() if each.stage is not JobStage.ENCODE and not each.paused]
            assert len(encoding) == house.slots.taken <= count
            assert len(encoding) == count or not able, "a slot is free and somebody could have it"
        await house.close()
        assert house.slots.taken == 0

    asyncio.run(play())


# -- On a server -------------------------------------------------------------------------------------------------


async def test_every_stage_is_told(make_server: MakeServer) -> None:
    async with make_server(max_jobs=1) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW, job_id="first"))
        second = talk.job(FAST, job_id="second")
        await talk.start(second)
        waiting = await talk.stage("second", *JobStage)
        assert (waiting.stage, waiting.progress.progress) == (JobStage.WAITING, 0.0)
        await talk.ask(JobCancel("first", 1))
        encoding = await talk.stage("second", *JobStage)
        assert (encoding.stage, encoding.progress.progress, encoding.attempt) == (JobStage.ENCODE, 0.0, 1)
        checked = await talk.stage("second", JobStage.CHECK)
        assert checked.progress.progress == 1.0
        await talk.next(JobCompleted)


async def test_the_next_job_begins_before_the_one_before_it_is_checked(
    make_server: MakeServer, may_check: threading.Event
) -> None:
    async with make_server(max_jobs=1) as rig:
        talk = await rig.talk()
        first, second = talk.job(COPY, job_id="first"), talk.job(SLOW, job_id="second")
        await talk.start(first)
        await talk.stage("first", JobStage.ENCODE)  # else the second, whose input may be looked at sooner, is before it
        await talk.start(second)
        stages = {"first": JobStage.ENCODE, "second": JobStage.WAITING}
        while stages != {"first": JobStage.CHECK, "second": JobStage.ENCODE}:  # told in either order
            word = await talk.next(JobProgressMessage)
            stages[word.progress.job_id] = word.stage
        assert rig.server.info().current_jobs == 1
        may_check.set()
        assert (await talk.next(JobCompleted)).result.job_id == "first"


async def test_a_more_urgent_job_is_encoded_first(make_server: MakeServer) -> None:
    async with make_server(max_jobs=1, max_waiting=3) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW, job_id="encodes"))
        for name, priority in (("normal", 5), ("urgent", 9)):
            await talk.start(evolve(talk.job(COPY, job_id=name), priority=priority))
            await talk.stage(name, JobStage.WAITING)
        while len(rig.server._jobs.course.slots._ready) < 2:  # their inputs are looked at first
            await talk.ask(Ping())
        await talk.ask(JobCancel("encodes", 1))
        assert [(await talk.next(JobCompleted)).result.job_id for _ in range(2)] == ["urgent", "normal"]


@pytest.fixture
def may_check(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Results are checked once it is set."""
    from ffx.server import work

    event = threading.Event()
    put_on_disk = work._on_disk

    def held(output: Path) -> str:
        assert event.wait(60)
        return put_on_disk(output)

    monkeypatch.setattr(work, "_on_disk", held)
    yield event
    event.set()
