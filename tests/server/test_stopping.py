"""How a server comes to an end: drained by a client or for good, in peace, in time, or at once."""

from __future__ import annotations

import asyncio

from ffx.core.messages import (
    CapabilityUpdate,
    JobCancel,
    JobCommitted,
    JobCompleted,
    JobReassign,
    JobRejected,
    JobSubmit,
    ServerDrain,
)
from ffx.core.model import JobStage, ServerStatus
from ffx.core.recipe import Recipe
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, SLOW, Talk
from tests.support import children


async def test_a_client_can_drain_a_server_and_let_it_take_jobs_again(rig: Rig, talk: Talk) -> None:
    await talk.submit(talk.job(COPY, job_id="before"))
    assert await talk.ask(ServerDrain()) == ServerDrain()
    while (await talk.next(CapabilityUpdate)).server.status is not ServerStatus.MAINTENANCE:
        pass
    assert (await talk.ask_for(JobRejected, JobSubmit(talk.job()))).code == "maintenance"
    await talk.upload(talk.job(COPY, job_id="before"))
    await talk.next(JobCompleted)
    assert await talk.ask(ServerDrain(drain=False)) == ServerDrain(drain=False)
    while (await talk.next(CapabilityUpdate)).server.status is ServerStatus.MAINTENANCE:
        pass
    await talk.run(talk.job(COPY))


async def test_a_server_that_finishes_lets_encodes_end_and_results_be_fetched(make_server: MakeServer) -> None:
    async with make_server(max_jobs=1) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(FAST_BUT_LATE, job_id="encodes"))
        await talk.start(talk.job(COPY, job_id="waits"))
        finishing = asyncio.create_task(rig.server.finish(60))
        assert (await talk.next(JobReassign)).job_id == "waits"
        assert (await talk.next(JobCompleted)).result.job_id == "encodes"
        assert not finishing.done()
        assert len(await talk.fetch(talk.job(job_id="encodes"))) > 0
        await talk.send(JobCommitted("encodes", 1))
        await finishing
        assert rig.job_files() == []


async def test_it_takes_nothing_more_whoever_asks(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW, job_id="encodes"))
    finishing = asyncio.create_task(rig.server.finish(60))
    assert await talk.ask(ServerDrain(drain=False)) == ServerDrain(drain=False)
    assert (await talk.ask_for(JobRejected, JobSubmit(talk.job()))).code == "maintenance"
    assert rig.server.info().status is ServerStatus.MAINTENANCE
    await talk.ask(JobCancel("encodes", 1))
    await finishing


async def test_who_is_not_here_is_not_waited_for(rig: Rig, talk: Talk) -> None:
    await talk.run(talk.job(COPY))
    await talk.submit(talk.job(COPY, job_id="unsent"))
    finishing = asyncio.create_task(rig.server.finish(3600))
    await talk.connection.close()
    await finishing


async def test_what_takes_longer_is_handed_back(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW, job_id="encodes"))
    await talk.submit(talk.job(SLOW, job_id="uploads"))
    await rig.server.finish(0.1)
    await rig.server.stop()
    assert {(await talk.next(JobReassign)).job_id for _ in range(2)} == {"encodes", "uploads"}
    assert (children(), rig.job_files()) == ([], [])


async def test_what_arrives_while_it_finishes_begins_no_encode(make_server: MakeServer) -> None:
    async with make_server(max_jobs=2) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW, job_id="encodes"))
        await talk.submit(talk.job(COPY, job_id="uploads"))
        finishing = asyncio.create_task(rig.server.finish(60))
        await talk.upload(talk.job(COPY, job_id="uploads"))
        assert (await talk.stage("uploads", JobStage.WAITING)).stage is JobStage.WAITING
        assert rig.server.info().current_jobs == 1
        await talk.ask(JobCancel("encodes", 1))
        await finishing
        await rig.server.stop()
        assert (await talk.next(JobReassign)).job_id == "uploads"


FAST_BUT_LATE = Recipe(encoder="libx264", preset="ultrafast", container="mp4", filters=("realtime=speed=4",))
"""Takes two seconds."""
