"""A paused encode stands still and keeps its slot; a paused job that waits is passed over; both end at once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from ffx.core.messages import JobCancel, JobCompleted, JobPause, JobProgressMessage
from ffx.core.model import JobStage
from tests.media.running import until
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, SLOW, Talk
from tests.server.test_work import shim
from tests.support import children


def states() -> set[str]:
    return {child.status() for child in children()}


async def test_pausing_suspends_ffmpeg_and_keeps_the_slot(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW))
    assert await talk.ask(JobPause("job", 1)) == JobPause("job", 1)
    await until(lambda: states() == {psutil.STATUS_STOPPED})  # a process that computes stops at its next chance
    assert rig.server.info().current_jobs == 1
    while not (await talk.stage("job", JobStage.ENCODE)).paused:
        pass
    assert await talk.ask(JobPause("job", 1)) == JobPause("job", 1), "a word that comes twice is the same word"
    assert await talk.ask(JobPause("job", 1, paused=False)) == JobPause("job", 1, paused=False)
    await until(lambda: psutil.STATUS_STOPPED not in states())
    before = (await talk.stage("job", JobStage.ENCODE)).progress.current_frame
    while (await talk.stage("job", JobStage.ENCODE)).progress.current_frame <= before:
        pass


async def test_a_paused_job_that_waits_is_passed_over(make_server: MakeServer) -> None:
    async with make_server(max_jobs=1, max_waiting=2) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW, job_id="encodes"))
        for name in ("paused", "next"):
            await talk.submit(talk.job(COPY, job_id=name))
        await talk.ask(JobPause("paused", 1))  # even before its input is there
        for name in ("paused", "next"):
            await talk.upload(talk.job(COPY, job_id=name))
        assert (await talk.stage("paused", JobStage.WAITING)).paused
        await talk.ask(JobCancel("encodes", 1))
        assert (await talk.next(JobCompleted)).result.job_id == "next"
        assert (rig.server.info().current_jobs, rig.server.info().waiting_jobs) == (0, 1)
        await talk.ask(JobPause("paused", 1, paused=False))
        assert (await talk.next(JobCompleted)).result.job_id == "paused"


async def test_what_is_done_is_not_paused(rig: Rig, talk: Talk) -> None:
    await talk.run(talk.job(COPY))
    assert await talk.ask(JobPause("job", 1)) == JobPause("job", 1)
    back = await rig.talk()
    await back.next(JobCompleted)
    assert len(await back.fetch(back.job(COPY))) > 0


async def test_a_pause_outlives_the_connection(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW))
    await talk.ask(JobPause("job", 1))
    await talk.connection.close()
    back = await rig.talk()
    assert (await back.next(JobProgressMessage)).paused


IGNORES = (
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('frame=1\\nprogress=continue', flush=True)\n"
    "while True: signal.pause()"
)


@pytest.mark.parametrize("state", ["runs", "paused", "stopped", "ignores SIGTERM"])
async def test_a_cancel_frees_the_slot_within_two_seconds(
    rig: Rig, talk: Talk, tmp_path: Path, ffmpeg9: Path, state: str
) -> None:
    if state == "ignores SIGTERM":
        rig.capabilities.ffmpeg = shim(tmp_path, ffmpeg9, IGNORES)
    await talk.encode(talk.job(SLOW))
    if state == "paused":
        await talk.ask(JobPause("job", 1))
    if state == "stopped":
        for child in children():
            child.suspend()
    began = time.monotonic()
    assert await talk.ask(JobCancel("job", 1)) == JobCancel("job", 1)
    assert time.monotonic() - began < 2
    assert rig.server.info().current_jobs == 0
    assert (children(), rig.job_files()) == ([], [])


async def test_a_paused_job_can_be_ended_by_a_stop(make_server: MakeServer) -> None:
    async with make_server() as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW))
        await talk.ask(JobPause("job", 1))
        async with asyncio.timeout(5):
            await rig.server.stop()
        assert children() == []
