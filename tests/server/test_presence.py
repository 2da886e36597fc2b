"""Clients that come, go and come back, and what becomes of their jobs meanwhile."""

from __future__ import annotations

from attrs import evolve

from ffx.core.messages import (
    Disconnect,
    ErrorMessage,
    FileChunk,
    FileDownloadRequest,
    FileUploadStart,
    JobCancel,
    JobCompleted,
    JobFailed,
    JobProgressMessage,
    JobReassign,
    Ping,
    Pong,
)
from ffx.core.model import JobStage
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, FAST, SLOW, Talk
from tests.support import children

AWAY = ((COPY, "done"), (SLOW, "encodes"), (COPY, "waits"))


async def test_a_client_that_returns_in_time_finds_its_job(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW))
    await talk.connection.close()
    back = await rig.talk()
    assert (await back.next(JobProgressMessage)).progress.job_id == "job"
    await back.submit(back.job(SLOW))
    await back.upload(back.job(SLOW))
    assert rig.server.info().current_jobs == 1
    assert await back.ask(JobCancel("job", 1)) == JobCancel("job", 1)


async def test_an_upload_goes_on_after_a_return(rig: Rig, talk: Talk) -> None:
    content = talk.clip.read_bytes()
    await talk.submit(talk.job(COPY))
    chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
    await talk.connection.close()
    back = await rig.talk()
    again = await back.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
    assert again.resource == chunk.resource
    await back.upload(back.job(COPY))
    await back.next(JobCompleted)


async def test_who_stays_away_loses_the_place_of_an_upload_and_nothing_else(make_server: MakeServer) -> None:
    async with make_server(absence_limit=0.0, max_jobs=1, max_waiting=2) as rig:
        talk, other = await rig.talk(), await rig.talk("other")
        done, encodes, waits = (talk.job(recipe, job_id=name) for recipe, name in AWAY)
        await talk.run(done)
        await talk.encode(encodes)
        await talk.start(waits)
        await talk.submit(talk.job(COPY, job_id="unsent"))
        await talk.connection.close()
        while rig.server.info().waiting_jobs == 2:
            await other.ask(Ping())
        assert (rig.server.info().current_jobs, rig.server.info().waiting_jobs) == (1, 1)
        back = await rig.talk()
        assert (await back.next(JobCompleted)).result.job_id == "done"
        assert await back.ask(JobCancel("encodes", 1)) == JobCancel("encodes", 1)
        assert (await back.next(JobCompleted)).result.job_id == "waits"
        await back.submit(back.job(COPY, job_id="unsent"))


async def test_what_waits_is_encoded_while_its_client_is_away(make_server: MakeServer) -> None:
    async with make_server(absence_limit=0.0, max_jobs=1) as rig:
        talk, other = await rig.talk(), await rig.talk("other")
        await other.encode(other.job(SLOW))
        await talk.start(talk.job(COPY))
        await talk.connection.close()
        await other.ask(JobCancel("job", 1))
        await rig.server.idle()
        back = await rig.talk()
        await back.next(JobCompleted)


async def test_the_uploads_of_others_stay(make_server: MakeServer) -> None:
    async with make_server(absence_limit=0.0) as rig:
        talk, other = await rig.talk(), await rig.talk("other")
        await other.submit(other.job(SLOW))
        await talk.submit(talk.job(SLOW))
        await talk.send(Disconnect("bye"))
        while rig.server.info().waiting_jobs == 2:
            await other.ask(Ping())
        await other.upload(other.job(SLOW))
        await other.stage("job", JobStage.ENCODE)


async def test_what_became_of_a_job_is_told_at_the_return(rig: Rig, talk: Talk) -> None:
    good = talk.job(COPY, job_id="good")
    bad = talk.job(evolve(FAST, filters=("scale=w=nonsense",)), job_id="bad")
    await talk.start(good)
    await talk.start(bad)
    await talk.connection.close()
    await rig.server.idle()
    back = await rig.talk()
    told = [await back.next(JobCompleted, JobFailed) for _ in range(2)]
    assert {type(word) for word in told} == {JobCompleted, JobFailed}
    assert len(await back.fetch(good)) > 0
    once_more = await rig.talk()  # a failure that was told is done with, a result waits to be committed
    assert (await once_more.next(JobCompleted, JobFailed)) in told
    assert (await once_more.ask_for(ErrorMessage, FileDownloadRequest("bad", 1))).code == "unknown_job"


async def test_the_newest_connection_is_spoken_to(rig: Rig, talk: Talk) -> None:
    newest = await rig.talk()
    await talk.start(talk.job(SLOW))
    assert (await newest.next(JobProgressMessage)).progress.job_id == "job"
    await talk.connection.close()
    await newest.next(JobProgressMessage)
    assert await newest.ask(Ping("x")) == Pong("x")


async def test_when_the_newest_connection_ends_the_one_before_is_spoken_to(rig: Rig, talk: Talk) -> None:
    newest = await rig.talk()
    await talk.start(talk.job(COPY))
    await newest.next(JobCompleted)  # as far as the server knows; it may never have arrived
    await newest.connection.close()
    assert (await talk.next(JobCompleted)).result.job_id == "job"
    await talk.start(talk.job(SLOW, job_id="later"))
    await talk.stage("later", JobStage.ENCODE)


async def test_who_left_for_good_hears_nothing_of_a_stop(make_server: MakeServer) -> None:
    async with make_server() as rig:
        talk, stays = await rig.talk(), await rig.talk("stays")
        await talk.encode(talk.job(SLOW))
        await talk.connection.close()
        await stays.start(stays.job(SLOW))
        await rig.server.stop()
        assert (await stays.next(JobReassign)).job_id == "job"
        assert (await stays.next(Disconnect)).reason
        assert children() == []
