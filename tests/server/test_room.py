"""What jobs must leave free on the disk is left free, at every moment of a job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ffx.core.errors import TransferError
from ffx.core.messages import FileChunk, FileUploadStart, JobCompleted, JobFailed
from ffx.server.spool import Spool
from tests.server.conftest import MakeServer
from tests.server.talk import COPY, SLOW, one_block
from tests.support import children

RESERVE = 1000


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the free space that every spool sees from then on."""

    def has(free: int) -> None:
        monkeypatch.setattr(Spool, "free_space", lambda self: free)

    return has


async def test_an_upload_ends_where_the_reserve_begins(make_server: MakeServer, disk: Callable[[int], None]) -> None:
    async with make_server(disk_reserve=RESERVE) as rig:
        talk = await rig.talk()
        job = talk.job(COPY)
        content = talk.clip.read_bytes()
        await talk.submit(job)
        chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
        disk(RESERVE - 1)
        with pytest.raises(TransferError) as caught:
            await talk.connection.upload(chunk.resource, 0, len(content), one_block(content))
        assert caught.value.code == "disk_full"
        assert "has 999 bytes free and keeps 1000 (its --disk-reserve)" in str(caught.value)
        disk(10**12)
        await talk.upload(job)
        await talk.next(JobCompleted)


async def test_no_encode_begins_without_room(make_server: MakeServer, disk: Callable[[int], None]) -> None:
    async with make_server(disk_reserve=RESERVE, max_jobs=1) as rig:
        talk = await rig.talk()
        job = talk.job(COPY)
        content = talk.clip.read_bytes()
        await talk.submit(job)
        chunk = await talk.ask_for(FileChunk, FileUploadStart("job", 1, len(content)))
        await talk.put(chunk, content)
        disk(RESERVE - 1)
        await talk.upload(job)
        failed = await talk.next(JobFailed)
        assert (failed.code, failed.evidence.server) == ("disk_full", "studio")
        assert "has 999 bytes free and keeps 1000" in failed.message


async def test_of_several_encodes_the_newest_gives_way(make_server: MakeServer, disk: Callable[[int], None]) -> None:
    async with make_server(disk_reserve=RESERVE) as rig:
        talk = await rig.talk()
        for name in ("older", "newer"):
            await talk.encode(talk.job(SLOW, job_id=name))
        await rig.server._jobs.watch_disk()
        assert rig.server.info().current_jobs == 2
        disk(RESERVE - 1)
        await rig.server._jobs.watch_disk()
        disk(10**12)
        failed = await talk.next(JobFailed)
        assert (failed.job_id, failed.code) == ("newer", "disk_full")
        assert rig.server.info().current_jobs == len(children()) == 1
        assert len(rig.job_files()) == 1


async def test_the_disk_is_watched_while_jobs_encode(make_server: MakeServer, disk: Callable[[int], None]) -> None:
    async with make_server(disk_reserve=RESERVE) as rig:
        talk = await rig.talk()
        await talk.encode(talk.job(SLOW))
        disk(0)
        async with asyncio.timeout(10):
            assert (await talk.next(JobFailed)).code == "disk_full"
