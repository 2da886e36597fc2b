"""The way of a job, message by message: in order, out of order, ended at every stage, and only by its own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from blake3 import blake3

from ffx.core.errors import TransferError
from ffx.core.identity import Role
from ffx.core.messages import (
    ErrorMessage,
    FileChunk,
    FileDownloadRequest,
    FileDownloadStart,
    FileUploadComplete,
    FileUploadStart,
    JobCancel,
    JobCommitted,
    JobCompleted,
    JobProgressMessage,
    JobReassign,
    JobRejected,
    JobSubmit,
    Message,
    Ping,
)
from ffx.core.model import JobStage, JobState
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, FAST, SLOW, Talk, one_block
from tests.support import children


async def error(talk: Talk, message: Message) -> str:
    return (await talk.ask_for(ErrorMessage, message)).code


def digest(content: bytes) -> str:
    return blake3(content).hexdigest()


async def test_a_job_goes_all_the_way(rig: Rig, talk: Talk) -> None:
    job = talk.job()
    completed = await talk.run(job)
    result = completed.result
    assert (completed.attempt, result.job_id, result.status) == (1, "job", JobState.COMPLETED)
    assert (result.frames, result.output_file, result.server_id) == (234, job.output_file, "server-id")
    assert result.duration > 0
    assert result.average_fps == pytest.approx(234 / result.duration)
    content = await talk.fetch(job)
    assert (len(content), digest(content)) == (result.file_size, result.digest)
    await talk.send(JobCommitted("job", 1))
    await rig.server.empty()
    assert rig.job_files() == []
    assert rig.server.info().completed_jobs == 1


async def test_progress_is_told_on_the_way(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW))
    first = await talk.stage("job", JobStage.ENCODE)
    second = await talk.stage("job", JobStage.ENCODE)
    assert (first.attempt, first.progress.job_id, first.progress.server_id) == (1, "job", "server-id")
    assert first.progress.total_frames == 234
    assert 0 <= first.progress.progress <= second.progress.progress < 1
    assert first.progress.current_frame <= second.progress.current_frame


async def test_a_result_waits_without_a_slot(make_server: MakeServer) -> None:
    async with make_server(max_jobs=1) as rig:
        talk = await rig.talk()
        first, second = talk.job(COPY, job_id="first"), talk.job(COPY, job_id="second")
        await talk.run(first)
        assert rig.server.info().current_jobs == 0
        await talk.run(second)
        assert len(await talk.fetch(first)) > 0
        assert len(await talk.fetch(second)) > 0


# -- Uploads ------------------------------------------------------------------------------------------------


async def test_an_upload_goes_on_where_it_broke_off(talk: Talk) -> None:
    job = talk.job(COPY)
    content = talk.clip.read_bytes()
    await talk.submit(job)
    chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
    assert (chunk.offset, chunk.size) == (0, len(content))

    async def breaks_off() -> AsyncIterator[bytes]:
        yield content[:1000]
        raise TransferError("the way broke", code="interrupted")

    with pytest.raises(TransferError):
        await talk.connection.upload(chunk.resource, 0, len(content), breaks_off())
    assert await talk.connection.uploaded(chunk.resource) == 1000
    again = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
    assert (again.resource, again.offset) == (chunk.resource, 1000)
    await talk.put(again, content)
    await talk.ask_for(FileUploadComplete, FileUploadComplete("job", 1, len(content), digest(content)))
    await talk.next(JobCompleted)


async def test_a_wrong_digest_starts_the_upload_over(rig: Rig, talk: Talk) -> None:
    content = talk.clip.read_bytes()
    await talk.submit(talk.job(COPY))
    chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
    await talk.put(chunk, content[:-1] + b"!")
    assert await error(talk, FileUploadComplete("job", 1, len(content), digest(content))) == "digest_mismatch"
    assert rig.server.info().waiting_jobs == 1
    await talk.upload(talk.job(COPY))
    await talk.next(JobCompleted)


async def test_an_incomplete_upload_is_told(talk: Talk) -> None:
    content = talk.clip.read_bytes()
    complete = FileUploadComplete("job", 1, len(content), digest(content))
    await talk.submit(talk.job(COPY))
    assert await error(talk, complete) == "incomplete"
    chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
    assert await error(talk, complete) == "incomplete"
    with pytest.raises(TransferError):  # the source is shorter than it said
        await talk.connection.upload(chunk.resource, 0, len(content), one_block(content[:50]))
    answer = await talk.ask_for(ErrorMessage, complete)
    assert (answer.code, answer.message) == ("incomplete", f"50 bytes have arrived of {len(content)}")
    assert await error(talk, FileUploadComplete("job", 1, 50, digest(content[:50]))) == "incomplete"


async def test_more_bytes_than_announced_are_refused(rig: Rig, talk: Talk) -> None:
    await talk.submit(talk.job(COPY))
    chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, 10))
    with pytest.raises(TransferError) as caught:
        await rig.server.bulk.receive(chunk.resource, 0, 10, one_block(b"x" * 11))
    assert caught.value.code == "too_large"


async def test_an_upload_keeps_the_size_it_was_announced_with(talk: Talk) -> None:
    await talk.submit(talk.job(COPY))
    await talk.ask_for(FileChunk, FileUploadStart("job", 1, 10))
    assert await error(talk, FileUploadStart("job", 1, 11)) == "source_changed"


async def test_asking_again_during_the_encode_shows_that_all_is_there(talk: Talk) -> None:
    job = talk.job(SLOW)
    await talk.start(job)
    chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, job.file_size))
    assert chunk.offset == job.file_size
    await talk.upload(job)
    assert await error(talk, FileUploadComplete("job", 1, job.file_size, "0" * 64)) == "digest_mismatch"
    await talk.next(JobProgressMessage)


async def test_a_clients_names_reach_no_path(rig: Rig, talk: Talk) -> None:
    await talk.submit(talk.job(COPY, job_id="../../../tmp/evil\x00\n"))
    await talk.ask_for(FileChunk, FileUploadStart("../../../tmp/evil\x00\n", 1, 10))
    (folder,) = rig.job_files()
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == ["in", "in/0", "out"]


# -- Out of order ---------------------------------------------------------------------------------------------


async def test_what_speaks_of_no_job_changes_nothing(rig: Rig, talk: Talk) -> None:
    for message in every_word("job", 1):
        assert await error(talk, message) == "unknown_job"


async def test_what_speaks_of_another_attempt_changes_nothing(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW), attempt=2)
    for attempt in (1, 3, 0, -5):
        for message in every_word("job", attempt):
            assert await error(talk, message) == "unknown_job"
    assert rig.server.info().current_jobs == 1
    await talk.next(JobProgressMessage)


async def test_a_job_belongs_to_its_client(rig: Rig, talk: Talk) -> None:
    await talk.encode(talk.job(SLOW))
    stranger = await rig.talk("stranger", rig.give("stranger", Role.SUBMIT))
    for message in every_word("job", 1):
        assert await error(stranger, message) == "unknown_job"
    await stranger.submit(stranger.job(SLOW))
    await stranger.ask(JobCancel("job", 1))
    assert rig.server.info().current_jobs == 1
    await talk.next(JobProgressMessage)


async def test_there_is_no_result_before_there_is_one(rig: Rig, talk: Talk) -> None:
    await talk.submit(talk.job(SLOW))
    for message in (FileDownloadRequest("job", 1), JobCommitted("job", 1)):
        assert await error(talk, message) == "not_ready"
    await talk.upload(talk.job(SLOW))
    for message in (FileDownloadRequest("job", 1), JobCommitted("job", 1)):
        assert await error(talk, message) == "not_ready"
    await talk.stage("job", JobStage.ENCODE)


def every_word(job_id: str, attempt: int) -> tuple[Message, ...]:
    return (
        FileUploadStart(job_id, attempt, 10),
        FileUploadComplete(job_id, attempt, 10, ""),
        FileDownloadRequest(job_id, attempt),
        JobCommitted(job_id, attempt),
        JobCancel(job_id, attempt),
        JobReassign(job_id, attempt),
    )


# -- Ended by the client --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [JobCancel("job", 1), JobReassign("job", 1, "given to another")])
@pytest.mark.parametrize("stage", ["accepted", "uploading", "uploaded", "encoding", "done"])
async def test_a_job_can_be_ended_at_every_stage(rig: Rig, talk: Talk, stage: str, ending: Message) -> None:
    job = talk.job(COPY if stage == "done" else SLOW)
    await talk.submit(job)
    if stage == "uploading":
        chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, job.file_size))
        with pytest.raises(TransferError):
            await talk.connection.upload(chunk.resource, 0, job.file_size, one_block(b"x" * 1000))
    if stage in ("uploaded", "encoding", "done"):
        await talk.upload(job)
    if stage == "encoding":
        while not (await talk.stage("job", JobStage.ENCODE)).progress.current_frame:
            pass
        assert len(children()) == 1
    if stage == "done":
        await talk.next(JobCompleted)
    assert len(rig.job_files()) == 1
    assert await talk.ask(ending) == ending
    assert children() == []
    assert rig.job_files() == []
    assert rig.server.info().current_jobs == 0
    assert await talk.ask(ending) == ending  # a word that comes twice is the same word
    for message in (FileDownloadRequest("job", 1), FileUploadStart("job", 1, 5)):
        assert await error(talk, message) == "unknown_job"


async def test_an_upload_that_is_under_way_ends_with_its_job(talk: Talk) -> None:
    job = talk.job(SLOW)
    await talk.submit(job)
    chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, job.file_size))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        begun.set()
        await go_on.wait()
        yield b"x" * (job.file_size - 1000)

    uploading = asyncio.create_task(talk.connection.upload(chunk.resource, 0, job.file_size, source()))
    await begun.wait()
    await talk.ask(JobCancel("job", 1))
    go_on.set()
    with pytest.raises(TransferError) as caught:
        await uploading
    assert caught.value.code == "unknown_resource"


async def test_a_committed_job_is_gone(rig: Rig, talk: Talk) -> None:
    job = talk.job(COPY)
    await talk.run(job)
    start = await talk.ask_for(FileDownloadStart, FileDownloadRequest("job", 1))
    await talk.send(JobCommitted("job", 1))
    await rig.server.empty()
    assert rig.job_files() == []
    with pytest.raises(TransferError):
        async for _ in talk.connection.download(start.resource, 0, start.digest):
            pass
    assert await talk.ask(JobCommitted("job", 1)) == JobCommitted("job", 1)  # repeated: understood
    assert await error(talk, FileDownloadRequest("job", 1)) == "unknown_job"
    assert (await talk.ask_for(JobRejected, JobSubmit(job))).code == "duplicate_job"


# -- Ended by the server --------------------------------------------------------------------------------------


async def test_a_server_that_stops_gives_its_jobs_back(make_server: MakeServer) -> None:
    async with make_server() as rig:
        talk = await rig.talk()
        done, running = talk.job(COPY, job_id="done"), talk.job(SLOW, job_id="running")
        await talk.run(done)
        await talk.encode(running)
        await rig.server.stop()
        assert children() == []
        given_back = {(await talk.next(JobReassign)).job_id for _ in range(2)}
        assert given_back == {"done", "running"}
        assert rig.job_files() == []
        await rig.server.empty()


async def test_a_server_is_idle_when_nothing_runs(rig: Rig, talk: Talk) -> None:
    await rig.server.idle()
    await talk.start(talk.job(SLOW))
    waiting = asyncio.create_task(rig.server.idle())
    await talk.ask(Ping())
    assert not waiting.done()
    await talk.ask(JobCancel("job", 1))
    await waiting


async def test_a_server_is_empty_when_every_result_was_fetched(rig: Rig, talk: Talk) -> None:
    await talk.run(talk.job(COPY))
    await rig.server.idle()
    waiting = asyncio.create_task(rig.server.empty())
    await talk.ask(Ping())
    assert not waiting.done()
    await talk.send(JobCommitted("job", 1))
    await waiting


async def test_plugins_may_change_the_command(make_server: MakeServer) -> None:
    seen = []

    def as_comment(job: object, argv: tuple[str, ...]) -> tuple[str, ...]:
        seen.append(job)
        return (*argv[:-1], "-metadata", "comment=a plugin was here", argv[-1])

    async with make_server(modify_command=as_comment) as rig:
        talk = await rig.talk()
        job = talk.job(COPY)
        await talk.run(job)
        assert seen == [job]
        assert b"a plugin was here" in await talk.fetch(job)


async def test_many_jobs_in_a_row_leave_the_slots_as_they_were(rig: Rig, talk: Talk) -> None:
    for number in range(5):
        job = talk.job(COPY if number % 2 else FAST, job_id=f"job {number}")
        await talk.run(job)
        await talk.send(JobCommitted(job.job_id, 1))
    await rig.server.empty()
    assert rig.server.info().completed_jobs == 5
    assert rig.job_files() == []
