"""A server that is restarted under its id: what it had finished, what had arrived, and what has ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import evolve
from blake3 import blake3

from ffx.core.messages import (
    ErrorMessage,
    FileChunk,
    FileDownloadRequest,
    FileUploadComplete,
    FileUploadStart,
    JobCancel,
    JobCommitted,
    JobCompleted,
    JobFailed,
    JobReassign,
    JobRejected,
    JobSubmit,
    Ping,
)
from ffx.core.model import JobStage
from ffx.server.manifest import MANIFEST
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, FAST, SLOW, Talk, one_block
from tests.support import children

BROKEN = evolve(FAST, filters=("scale=w=nonsense",))


async def test_a_result_outlives_a_kill(make_server: MakeServer, tmp_path: Path) -> None:
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        completed = await talk.run(talk.job(COPY))
        content = await talk.fetch(talk.job(COPY))
        left = rig.snapshot(tmp_path / "left")
    async with make_server(durable=True, temp_dir=left) as rig:
        back = await rig.talk()
        assert await back.next(JobCompleted) == completed
        await back.submit(back.job(COPY))
        assert await back.fetch(back.job(COPY)) == content
        await back.send(JobCommitted("job", 1))
        await rig.server.empty()
        assert rig.job_files() == []
    assert list(left.iterdir()) == []


async def test_a_stop_keeps_results_and_nothing_else(make_server: MakeServer, tmp_path: Path) -> None:
    place = tmp_path / "place"
    async with make_server(durable=True, temp_dir=place, max_jobs=1) as rig:
        talk = await rig.talk()
        completed = await talk.run(talk.job(COPY, job_id="done"))
        await talk.encode(talk.job(SLOW, job_id="encodes"))
        await talk.start(talk.job(SLOW, job_id="waits"))
        await rig.server.stop()
        assert {(await talk.next(JobReassign)).job_id for _ in range(2)} == {"encodes", "waits"}
        assert children() == []
    (folder,) = place.glob("*/jobs/*")
    assert list(place.glob("*/inputs/*")) == []
    async with make_server(durable=True, temp_dir=place) as rig:
        back = await rig.talk()
        assert await back.next(JobCompleted) == completed
        await back.send(JobCommitted("done", 1))
        await rig.server.empty()
    assert not folder.exists()
    assert list(place.iterdir()) == []


async def test_a_result_that_is_not_whole_is_not_offered(make_server: MakeServer, tmp_path: Path) -> None:
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        await talk.run(talk.job(COPY))
        left = rig.snapshot(tmp_path / "left")
    (output,) = left.glob("*/jobs/*/out/*")
    output.write_bytes(output.read_bytes()[:-1])
    async with make_server(durable=True, temp_dir=left) as rig:
        back = await rig.talk()
        assert (await back.ask_for(ErrorMessage, FileDownloadRequest("job", 1))).code == "unknown_job"
        assert rig.job_files() == []
        await back.run(back.job(COPY))  # and the same attempt may be done again


async def test_an_encode_dies_with_its_server_and_its_input_stays(make_server: MakeServer, tmp_path: Path) -> None:
    async with make_server(durable=True, max_jobs=1) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW, job_id="encodes"))
        await talk.start(talk.job(SLOW, job_id="waits"))
        left = rig.snapshot(tmp_path / "left")
    async with make_server(durable=True, temp_dir=left) as rig:
        assert rig.server.info().waiting_jobs == rig.server.info().current_jobs == 0
        assert rig.job_files() == []
        back = await rig.talk()
        size = back.clip.stat().st_size
        for name in ("encodes", "waits"):
            job = back.job(SLOW, job_id=name)
            assert (await back.ask_for(ErrorMessage, FileDownloadRequest(name, 1))).code == "unknown_job"
            await back.submit(job)
            assert (await back.ask_for(FileChunk, FileUploadStart(name, 1, size))).offset == size
            await back.upload(job)
            await back.stage(name, JobStage.ENCODE)


async def test_an_upload_goes_on_after_a_kill(make_server: MakeServer, tmp_path: Path) -> None:
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        content = talk.clip.read_bytes()
        await talk.submit(talk.job(COPY))
        chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
        with pytest.raises(Exception, match="bytes"):
            await talk.connection.upload(chunk.resource, 0, len(content), one_block(content[:5000]))
        left = rig.snapshot(tmp_path / "left")
    async with make_server(durable=True, temp_dir=left) as rig:
        back = await rig.talk()
        await back.submit(back.job(COPY))
        chunk = await back.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
        assert chunk.offset == 5000
        await back.upload(back.job(COPY))
        await back.next(JobCompleted)


async def test_a_beginning_that_is_damaged_is_sent_anew(make_server: MakeServer, tmp_path: Path) -> None:
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW))
        left = rig.snapshot(tmp_path / "left")
    for path in left.glob("*/jobs/*/in/0"):
        path.write_bytes(bytes(path.stat().st_size))  # power was lost before the disk had it
    async with make_server(durable=True, temp_dir=left) as rig:
        back = await rig.talk()
        await back.submit(back.job(COPY))
        content = back.clip.read_bytes()
        chunk = await back.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
        assert chunk.offset == len(content)
        complete = FileUploadComplete("job", 1, len(content), blake3(content).hexdigest())
        assert (await back.ask_for(ErrorMessage, complete)).code == "digest_mismatch"
        await back.upload(back.job(COPY))
        await back.next(JobCompleted)


async def test_a_failure_that_nobody_heard_is_told_after_the_restart(make_server: MakeServer, tmp_path: Path) -> None:
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        await talk.start(talk.job(BROKEN))
        await talk.connection.close()
        other = await rig.talk("other")
        await rig.server.idle()
        while not list(rig.temp_dir.glob(f"*/jobs/*/{MANIFEST}")):
            await other.ask(Ping())
        left = rig.snapshot(tmp_path / "left")
    async with make_server(durable=True, temp_dir=left) as rig:
        back = await rig.talk()
        failed = await back.next(JobFailed)
        assert (failed.job_id, failed.code) == ("job", "encode_failed")
        await rig.server.empty()
    assert list(left.iterdir()) == []


async def test_ended_attempts_are_remembered(make_server: MakeServer, tmp_path: Path) -> None:
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        await talk.submit(talk.job(job_id="cancelled"))
        await talk.ask(JobCancel("cancelled", 1))
        await talk.start(talk.job(BROKEN, job_id="failed"))
        failed = await talk.next(JobFailed)
        await rig.server.empty()
        left = await ended(rig, tmp_path, ("cancelled", "failed"))
    async with make_server(durable=True, temp_dir=left) as rig:
        back = await rig.talk()
        assert await back.ask(JobCancel("cancelled", 1)) == JobCancel("cancelled", 1)
        answer = await back.ask_for(JobRejected, JobSubmit(back.job(job_id="cancelled")))
        assert answer.code == "duplicate_job"
        await back.submit(back.job(BROKEN, job_id="failed"))  # its client did not get the word
        repeated = await back.next(JobFailed)
        assert (repeated.job_id, repeated.code, repeated.message) == ("failed", failed.code, failed.message)
        assert rig.job_files() == []


async def ended(rig: Rig, tmp_path: Path, names: Sequence[str]) -> Path:
    """A snapshot in which the ends of these jobs are noted."""
    (journal,) = rig.temp_dir.glob("*/ended.jsonl")
    talk: Talk = await rig.talk("onlooker")
    while not all(f'"{name}"' in journal.read_text() for name in names):
        await talk.ask(Ping())
    return rig.snapshot(tmp_path / "left")


@pytest.mark.parametrize("damage", ["", "{", '{"client_id": 5}', "[]"])
async def test_a_manifest_that_cannot_be_read_is_no_job(make_server: MakeServer, tmp_path: Path, damage: str) -> None:
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        await talk.run(talk.job(COPY))
        left = rig.snapshot(tmp_path / "left")
    (manifest,) = left.glob(f"*/jobs/*/{MANIFEST}")
    manifest.write_text(damage)
    async with make_server(durable=True, temp_dir=left) as rig:
        assert rig.job_files() == []
        back = await rig.talk()
        await back.run(back.job(COPY))


async def test_results_are_kept_for_their_time(make_server: MakeServer, tmp_path: Path) -> None:
    async with make_server(durable=True) as rig:
        talk = await rig.talk()
        await talk.run(talk.job(COPY))
        left = rig.snapshot(tmp_path / "left")
        await rig.server._jobs.expire(lambda client_id: False)
        assert len(rig.job_files()) == 1
    async with make_server(durable=True, temp_dir=left, keep_results=0.0) as rig:
        assert rig.job_files() == []


async def test_who_is_here_keeps_its_results(make_server: MakeServer) -> None:
    async with make_server(keep_results=0.0) as rig:
        talk = await rig.talk()
        await talk.run(talk.job(COPY))
        await rig.server._jobs.expire(rig.server._clients.is_here)
        assert len(rig.job_files()) == 1
        other = await rig.talk("other")
        await talk.connection.close()
        while rig.server._clients.is_here("local/client"):
            await other.ask(Ping())
        await rig.server._jobs.expire(rig.server._clients.is_here)
        assert rig.job_files() == []


async def test_a_server_that_does_not_come_back_leaves_nothing(make_server: MakeServer) -> None:
    async with make_server() as rig:
        talk = await rig.talk()
        await talk.run(talk.job(COPY))
        assert list(rig.temp_dir.glob(f"*/jobs/*/{MANIFEST}")) == []
