"""A farm of real servers: jobs end once, correct, whatever comes and goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import av
import pytest

from ffx.client.connection import Endpoint
from ffx.client.queue.records import JobRecord, Live
from ffx.client.queue.store import JobQueue
from ffx.core.addressing import Address
from ffx.core.errors import ConnectError, FfxError, ProtocolError
from ffx.core.events import JobEvent, Phase
from ffx.core.model import JobState
from tests.client.conftest import TOKEN, TestFarm

SLOW = ("-preset", "ultrafast", "-vf", "realtime=speed=3")
"""An encode of more than two seconds, however fast the machine: still running when a test disturbs it."""


def frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


async def test_a_job_goes_all_the_way(farms: TestFarm, clip: Path) -> None:
    await farms.start("studio")
    job = farms.job(clip, encoder="libx264", preset="ultrafast")
    (outcome,) = await farms.run(farms.farm("studio"), job)
    assert (outcome.state, outcome.server, outcome.encoder) == (JobState.COMPLETED, "studio", "libx264")
    assert (outcome.attempts, outcome.verified, outcome.exit_status) == (1, True, 0)
    assert outcome.result is not None
    output = Path(job.output_file)
    assert outcome.result.frames == frames(output) == 234
    assert outcome.result.file_size == output.stat().st_size
    phases = list(dict.fromkeys(event.phase for event in farms.events))
    assert phases == [Phase.WAITING, Phase.UPLOAD, Phase.ENCODE, Phase.CHECK, Phase.DOWNLOAD, Phase.DONE]


async def test_a_job_goes_to_the_disk_when_a_word_depends_on_it(
    farms: TestFarm, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is sent, before its result gets its name, and when it is done; that its encode began, and that its
    server has heard of its end, can wait for company.
    """
    saved: list[list[JobState]] = []
    save = JobQueue.save

    def watch(queue: JobQueue, *, records: Iterable[JobRecord] = (), live: Sequence[Live] = (), **other: Any) -> None:
        records = list(records)
        if not live:
            saved.append([record.state for record in records])
        save(queue, records=records, live=live, **other)

    monkeypatch.setattr(JobQueue, "save", watch)
    await farms.start("studio")
    (outcome,) = await farms.run(farms.farm("studio"), farms.job(clip, encoder="libx264", preset="ultrafast"))
    assert outcome.state is JobState.COMPLETED
    assert [JobState.QUEUED] in saved
    assert [JobState.COMPLETED] in saved
    assert saved.count([JobState.RUNNING]) in (1, 2)  # with its result; before it when the encode took long enough
    assert len(saved) <= 5


async def test_several_jobs_run_side_by_side_over_all_servers(farms: TestFarm, clip: Path) -> None:
    await farms.start("one", max_jobs=1)
    await farms.start("two", max_jobs=1)
    jobs = [farms.job(clip, f"{number}.mp4", encoder="libx264", preset="ultrafast") for number in range(4)]
    outcomes = await farms.run(farms.farm("one", "two"), *jobs)
    assert [outcome.state for outcome in outcomes] == [JobState.COMPLETED] * 4
    assert {outcome.server for outcome in outcomes} == {"one", "two"}
    assert [frames(Path(job.output_file)) for job in jobs] == [234] * 4


async def test_a_job_moves_when_its_server_goes_away(farms: TestFarm, clip: Path) -> None:
    await farms.start("one")
    await farms.start("two")
    encoding = asyncio.Event()

    def watch(event: JobEvent) -> None:
        farms.events.append(event)
        if event.progress is not None:
            encoding.set()

    slow = farms.job(clip, encoder="libx264", ffmpeg_args=SLOW)
    running = asyncio.create_task(farms.run(farms.farm("one", "two", on_event=watch), slow))
    await encoding.wait()
    first = farms.events[-1].server
    await farms.stop(first)
    (outcome,) = await running
    assert outcome.error == ""
    assert (outcome.state, outcome.attempts) == (JobState.COMPLETED, 2)
    assert {first, outcome.server} == {"one", "two"}
    assert frames(Path(slow.output_file)) == 234


async def test_a_server_that_returns_gets_its_job_again(farms: TestFarm, clip: Path) -> None:
    await farms.start("one")
    encoding = asyncio.Event()
    job = farms.job(clip, encoder="libx264", ffmpeg_args=SLOW)

    def watch(event: JobEvent) -> None:
        if event.progress is not None:
            encoding.set()

    running = asyncio.create_task(farms.run(farms.farm("one", on_event=watch), job))
    await encoding.wait()
    await farms.stop("one")
    await farms.start("one")
    (outcome,) = await running
    assert outcome.state is JobState.COMPLETED
    assert outcome.attempts >= 2


@pytest.mark.parametrize("fault", [ProtocolError("gibberish"), ConnectError("wrong token", code="unauthorized")])
async def test_a_server_that_returns_as_something_else_is_given_up(
    farms: TestFarm, clip: Path, monkeypatch: pytest.MonkeyPatch, fault: FfxError
) -> None:
    await farms.start("one")
    encoding = asyncio.Event()

    def watch(event: JobEvent) -> None:
        if event.progress is not None:
            encoding.set()

    async def refuse(address: Address, token: str, fingerprint: str = "") -> NoReturn:
        raise fault

    job = farms.job(clip, encoder="libx264", ffmpeg_args=SLOW)
    running = asyncio.create_task(farms.run(farms.farm("one", on_event=watch), job))
    await encoding.wait()
    monkeypatch.setattr(farms.transport, "connect", refuse)
    await farms.stop("one")
    (outcome,) = await running
    assert outcome.exit_status == 3
    assert str(fault) in outcome.error


async def test_interrupting_leaves_the_encode_to_its_server_and_the_next_run_takes_it_up(
    farms: TestFarm, clip: Path
) -> None:
    await farms.start("studio")
    encoding = asyncio.Event()

    def watch(event: JobEvent) -> None:
        if event.progress is not None:
            encoding.set()

    job = farms.job(clip, encoder="libx264", ffmpeg_args=SLOW)
    running = asyncio.create_task(farms.run(farms.farm("studio", on_event=watch), job))
    await encoding.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert farms.servers["studio"].info().current_jobs == 1
    assert not Path(job.output_file).exists()
    (outcome,) = await farms.run(farms.farm("studio"), job)
    assert (outcome.state, outcome.attempts) == (JobState.COMPLETED, 1)
    assert farms.servers["studio"].info().completed_jobs == 1
    assert frames(Path(job.output_file)) == 234


async def test_an_output_that_appears_meanwhile_is_not_replaced(farms: TestFarm, clip: Path) -> None:
    await farms.start("studio")
    job = farms.job(clip, encoder="libx264", preset="ultrafast")
    output = Path(job.output_file)

    def watch(event: JobEvent) -> None:
        if event.phase is Phase.ENCODE:
            output.write_bytes(b"mine")

    (outcome,) = await farms.run(farms.farm("studio", on_event=watch), job)
    assert outcome.state is JobState.FAILED
    assert "--overwrite" in outcome.error
    assert output.read_bytes() == b"mine"


async def test_without_any_server_the_reason_is_told(farms: TestFarm, clip: Path) -> None:
    (outcome,) = await farms.run(farms.farm("nowhere"), farms.job(clip, encoder="libx264"))
    assert (outcome.state, outcome.no_server, outcome.exit_status) == (JobState.FAILED, True, 3)
    assert "nowhere: nobody listens" in outcome.error


async def test_an_encoder_that_no_server_has_is_told_with_alternatives(farms: TestFarm, clip: Path) -> None:
    await farms.start("studio")
    (outcome,) = await farms.run(farms.farm("studio"), farms.job(clip, encoder="hevc_nvenc"))
    assert outcome.exit_status == 3
    assert "studio: it cannot do hevc_nvenc" in outcome.error
    assert "studio can do libx265 instead of hevc_nvenc" in outcome.error


async def test_a_wrong_token_is_told_and_the_others_do_the_job(farms: TestFarm, clip: Path) -> None:
    await farms.start("studio")
    await farms.start("locked")
    locked = Endpoint("locked", Address("locked", scheme="inproc"), "wrong")
    farm = farms.farm(locked, "studio")
    survey = await farm.survey([])
    assert "refused the token" in survey.unreachable["locked"]
    (outcome,) = await farms.run(farm, farms.job(clip, encoder="libx264", preset="ultrafast"))
    assert (outcome.state, outcome.server) == (JobState.COMPLETED, "studio")


def local_server(farms: TestFarm) -> Callable[[], contextlib.AbstractAsyncContextManager[Endpoint]]:
    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Endpoint]:
        await farms.start("here")
        try:
            yield Endpoint("here", Address("here", scheme="inproc"), TOKEN)
        finally:
            await farms.stop("here")

    return start


@pytest.mark.parametrize("mode", ["auto", "only"])
async def test_the_embedded_server_helps_out(farms: TestFarm, clip: Path, mode: str) -> None:
    farm = farms.farm("nowhere", local=local_server(farms))
    (outcome,) = await farms.run(farm, farms.job(clip, encoder="libx264", preset="ultrafast"), local=mode)
    assert (outcome.state, outcome.server) == (JobState.COMPLETED, "here")


async def test_the_embedded_server_is_not_started_when_it_must_not_be(farms: TestFarm, clip: Path) -> None:
    farm = farms.farm("nowhere", local=local_server(farms))
    (outcome,) = await farms.run(farm, farms.job(clip, encoder="libx264"), local="never")
    assert outcome.exit_status == 3
    assert farms.servers == {}


async def test_the_embedded_server_rests_while_another_can(farms: TestFarm, clip: Path) -> None:
    await farms.start("studio")
    farm = farms.farm("studio", local=local_server(farms))
    (outcome,) = await farms.run(farm, farms.job(clip, encoder="libx264", preset="ultrafast"))
    assert outcome.server == "studio"
    assert "here" not in farms.servers


async def test_a_survey_ranks_and_sends_nothing(farms: TestFarm, clip: Path) -> None:
    await farms.start("studio")
    job = farms.job(clip, encoder="libx265")
    survey = await farms.farm("studio", "nowhere").survey([job])
    assert [info.name for info in survey.servers] == ["studio"]
    assert set(survey.unreachable) == {"nowhere"}
    (match,) = survey.rankings[job.job_id].matches
    assert match.compatible and match.encoder == "libx265"
    assert not survey.local
    assert farms.left_behind() == []


async def test_a_truncated_input_fails_once_with_its_reason(farms: TestFarm, clip: Path, tmp_path: Path) -> None:
    await farms.start("one")
    await farms.start("two")
    whole = tmp_path / "whole.mkv"
    with av.open(str(clip)) as source, av.open(str(whole), "w") as target:
        video = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                target.mux(packet)
    half = tmp_path / "half.mkv"
    content = whole.read_bytes()
    half.write_bytes(content[: len(content) // 2])
    (outcome,) = await farms.run(farms.farm("one", "two"), farms.job(half, encoder="libx264", preset="ultrafast"))
    assert (outcome.state, outcome.attempts) == (JobState.FAILED, 1)
    assert "truncated" in outcome.error
    assert not (tmp_path / "out.mp4").exists()


async def test_two_addresses_of_one_server_count_once(farms: TestFarm, clip: Path) -> None:
    await farms.start("studio", max_jobs=1)
    listener = await farms.transport.listen(Address("other-name", scheme="inproc"), farms.servers["studio"])
    farm = farms.farm("studio", "other-name")
    survey = await farm.survey([])
    assert len(survey.servers) == 1
    assert "connected already" in str(survey.unreachable)
    jobs = [farms.job(clip, f"{number}.mp4", encoder="libx264", preset="ultrafast") for number in range(2)]
    outcomes = await farms.run(farm, *jobs)
    await listener.close()
    assert [outcome.state for outcome in outcomes] == [JobState.COMPLETED] * 2
    assert [outcome.attempts for outcome in outcomes] == [1, 1]
