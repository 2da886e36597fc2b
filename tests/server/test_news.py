"""What clients are told unasked: everything that changed, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

import pytest

from ffx.core.messages import CapabilityUpdate, JobCancel, Message, Ping
from ffx.core.model import ServerInfo, ServerStatus
from ffx.server.clients import Clients
from ffx.server.news import News
from tests.server.conftest import Rig
from tests.server.talk import SLOW, Talk


async def test_slots_are_told_to_everybody(rig: Rig, talk: Talk) -> None:
    onlooker = await rig.talk("onlooker")
    await talk.submit(talk.job(SLOW))
    assert (await onlooker.next(CapabilityUpdate)).server.waiting_jobs == 1
    await talk.upload(talk.job(SLOW))
    told = (await onlooker.next(CapabilityUpdate)).server
    while told.current_jobs == 0:
        told = (await onlooker.next(CapabilityUpdate)).server
    assert (told.current_jobs, told.waiting_jobs) == (1, 0)
    await talk.ask(JobCancel("job", 1))
    assert (await onlooker.next(CapabilityUpdate)).server.current_jobs == 0


async def test_the_last_slot_makes_a_server_busy(rig: Rig, talk: Talk) -> None:
    onlooker = await rig.talk("onlooker")
    for name in ("one", "two"):
        await talk.start(talk.job(SLOW, job_id=name))
    while (await onlooker.next(CapabilityUpdate)).server.status is not ServerStatus.BUSY:
        pass


async def test_new_knowledge_reaches_every_client(rig: Rig, talk: Talk) -> None:
    onlooker = await rig.talk("onlooker")
    rig.server.capabilities_changed()
    for one in (talk, onlooker):
        assert (await one.next(CapabilityUpdate)).server.capabilities.supports("libx264")


async def test_a_drain_is_told_at_once(rig: Rig, talk: Talk) -> None:
    await rig.server.drain()
    await talk.ask(Ping())
    assert (await talk.next(CapabilityUpdate)).server.status is ServerStatus.MAINTENANCE


class Listeners(Clients):
    """Everybody who is told."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def tell_all(self, message: Message, replacing: Hashable | None = None) -> None:
        assert isinstance(message, CapabilityUpdate)
        self.told.append(message.server.current_jobs)


async def test_a_slot_that_is_freed_and_taken_again_is_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ffx.server.news.SETTLING", 0.0)
    running = 0
    listeners = Listeners()
    news = News(listeners, lambda: ServerInfo("id", "name", current_jobs=running))
    telling = asyncio.create_task(news.tell_slots())

    async def change(*states: int) -> None:
        nonlocal running
        for running in states:  # noqa: B007 - what the server says of itself
            news.slots_changed()
        for _ in range(10):
            await asyncio.sleep(0)

    await change(1)
    await change(0, 1)
    await change(2, 1, 0, 1)
    assert listeners.told == [1]
    await change(2)
    assert listeners.told == [1, 2]
    news.welcomed()  # somebody came while another number held
    await change(1, 2)
    assert listeners.told == [1, 2, 2]
    telling.cancel()
    await asyncio.wait([telling])
