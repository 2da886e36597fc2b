"""Inputs that need not be sent again: by their digest, after a break, and until the disk is needed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from blake3 import blake3

from ffx.core.messages import (
    ErrorMessage,
    FileChunk,
    FileUploadComplete,
    FileUploadStart,
    JobCancel,
    JobCommitted,
    JobCompleted,
    Ping,
)
from ffx.core.transport import ClientConnection
from ffx.server.inputs import KEPT_FOR, Inputs
from tests.server.conftest import MakeServer, Rig
from tests.server.talk import COPY, SLOW, Talk, one_block

DAY = 86_400.0


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    (tmp_path / "inputs").mkdir()
    return Inputs(lambda: tmp_path / "inputs", keep=DAY)


def film(path: Path, content: bytes = b"film") -> Path:
    path.write_bytes(content)
    return path


def keep(inputs: Inputs, path: Path, *, digest: str = "d", free: int = 10**9) -> None:
    inputs.keep_whole(path, client_id="c", digest=digest, size=path.stat().st_size, free=free)


def take(inputs: Inputs, path: Path, **changes: object) -> bytes | None:
    known = {"client_id": "c", "job_id": "j", "size": 4, "digest": "d", **changes}
    inputs.take(path, **known)  # type: ignore[arg-type]  # the words above
    content = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    return content


def test_a_whole_input_is_found_by_its_digest_for_its_own_client(inputs: Inputs, tmp_path: Path) -> None:
    keep(inputs, film(tmp_path / "first"))
    assert take(inputs, tmp_path / "x", digest="D") == b"film"
    assert take(inputs, tmp_path / "x", job_id="other") == b"film"
    for other in ({"client_id": "other"}, {"digest": "other"}, {"digest": ""}, {"size": 5}):
        assert take(inputs, tmp_path / "x", **other) is None


def test_what_clients_call_things_reaches_no_path(inputs: Inputs, tmp_path: Path) -> None:
    names = {"client_id": "../../x\x00\ud800", "digest": "/etc/passwd"}
    path = film(tmp_path / "film")
    inputs.keep_whole(path, **names, size=4, free=10**9)
    inputs.put_by(path, client_id="../c", job_id="../j", size=4)
    assert len(list((tmp_path / "inputs").iterdir())) == 2
    assert not path.exists()
    inputs.take(path, **names, job_id="j", size=4)
    assert path.read_bytes() == b"film"


def test_a_beginning_is_found_by_its_job_once(inputs: Inputs, tmp_path: Path) -> None:
    inputs.put_by(film(tmp_path / "begun", b"fi"), client_id="c", job_id="j", size=4)
    assert take(inputs, tmp_path / "x", size=5) is None
    assert take(inputs, tmp_path / "x") == b"fi"
    assert take(inputs, tmp_path / "x") is None


def test_an_empty_beginning_is_none(inputs: Inputs, tmp_path: Path) -> None:
    inputs.put_by(film(tmp_path / "begun", b""), client_id="c", job_id="j", size=4)
    inputs.put_by(tmp_path / "missing", client_id="c", job_id="j", size=4)
    assert list((tmp_path / "inputs").iterdir()) == []


def test_what_was_kept_long_enough_goes(inputs: Inputs, tmp_path: Path) -> None:
    used = film(tmp_path / "used")
    keep(inputs, used, digest="used")
    keep(inputs, film(tmp_path / "whole"), digest="whole")
    (tmp_path / "whole").unlink()
    inputs.put_by(film(tmp_path / "begun"), client_id="c", job_id="j", size=4)
    for age, left in ((KEPT_FOR - 60, 3), (KEPT_FOR + 60, 2), (DAY + 60, 1)):
        for path in (tmp_path / "inputs").iterdir():
            os.utime(path, (time.time() - age,) * 2)
        inputs.expire()
        assert len(list((tmp_path / "inputs").iterdir())) == left
    assert take(inputs, tmp_path / "x", digest="used") == b"film", "a job uses it, however long"
    inputs.used(client_id="c", digest="used", size=4)
    used.unlink()
    inputs.expire()
    assert take(inputs, tmp_path / "x", digest="used") == b"film", "for an hour after its last use"


def test_room_is_made_of_what_nobody_uses(inputs: Inputs, tmp_path: Path) -> None:
    keep(inputs, film(tmp_path / "used"), digest="used")
    for age, name in ((50, "old"), (10, "new")):
        keep(inputs, film(tmp_path / name, b"x" * 100), digest=name)
        (tmp_path / name).unlink()
        for path in (tmp_path / "inputs").iterdir():
            if path.stat().st_size == 100 and path.stat().st_mtime > time.time() - 5:
                os.utime(path, (time.time() - age,) * 2)
    inputs.put_by(film(tmp_path / "begun"), client_id="c", job_id="j", size=4)
    inputs.make_room(0)
    assert len(list((tmp_path / "inputs").iterdir())) == 4
    inputs.make_room(100)
    assert take(inputs, tmp_path / "x", digest="old", size=100) is None
    assert take(inputs, tmp_path / "x", digest="new", size=100) is not None
    inputs.make_room(10**9)
    (kept,) = (tmp_path / "inputs").iterdir()
    assert kept.samefile(tmp_path / "used")


def test_unused_inputs_take_a_share_of_the_free_space(inputs: Inputs, tmp_path: Path) -> None:
    for name in ("one", "two"):
        keep(inputs, film(tmp_path / name, b"x" * 100), digest=name)
        (tmp_path / name).unlink()
    keep(inputs, film(tmp_path / "three", b"x" * 100), digest="three", free=4 * 150)
    assert sum(path.stat().st_nlink == 1 for path in (tmp_path / "inputs").iterdir()) == 1


# -- On a server -------------------------------------------------------------------------------------------------


def digest(content: bytes) -> str:
    return blake3(content).hexdigest()


async def start(talk: Talk, job_id: str, content: bytes, *, named: str | None = None) -> FileChunk:
    named = digest(content) if named is None else named
    return await talk.ask_for(FileChunk, FileUploadStart(job_id, 1, len(content), named))


async def test_the_same_source_is_sent_once(rig: Rig, talk: Talk) -> None:
    content = talk.clip.read_bytes()
    await talk.run(talk.job(COPY, job_id="one"))
    await talk.send(JobCommitted("one", 1))
    await rig.server.empty()
    rendition = talk.job(COPY, job_id="two")
    await talk.submit(rendition)
    assert (await start(talk, "two", content)).offset == len(content)
    await talk.upload(rendition)  # not one byte of it
    await talk.next(JobCompleted)
    assert len(rig.kept_inputs()) == 1


async def test_a_source_that_is_in_use_is_shared(rig: Rig, talk: Talk) -> None:
    content = talk.clip.read_bytes()
    await talk.encode(talk.job(SLOW, job_id="one"))
    await talk.submit(talk.job(COPY, job_id="two"))
    assert (await start(talk, "two", content)).offset == len(content)
    await talk.upload(talk.job(COPY, job_id="two"))
    await talk.next(JobCompleted)
    inputs = [folder / "in" / "0" for folder in rig.job_files()]
    assert inputs[0].samefile(inputs[1])


async def test_what_a_stranger_sent_is_not_known(rig: Rig, talk: Talk) -> None:
    await talk.run(talk.job(COPY))
    stranger = await rig.talk("stranger")
    await stranger.submit(stranger.job(COPY))
    assert (await start(stranger, "job", talk.clip.read_bytes())).offset == 0


async def test_an_input_that_was_damaged_on_the_disk_is_sent_again(rig: Rig, talk: Talk) -> None:
    content = talk.clip.read_bytes()
    await talk.run(talk.job(COPY, job_id="one"))
    (kept,) = rig.kept_inputs()
    with kept.open("r+b") as file:
        file.write(bytes([content[0] ^ 1]))
    await talk.submit(talk.job(COPY, job_id="two"))
    assert (await start(talk, "two", content)).offset == len(content)
    complete = FileUploadComplete("two", 1, len(content), digest(content))
    assert (await talk.ask_for(ErrorMessage, complete)).code == "digest_mismatch"
    assert rig.kept_inputs() == []
    await talk.upload(talk.job(COPY, job_id="two"))
    await talk.next(JobCompleted)


async def test_who_lies_about_a_digest_does_not_touch_the_inputs_of_other_jobs(rig: Rig, talk: Talk) -> None:
    content = talk.clip.read_bytes()
    await talk.encode(talk.job(SLOW, job_id="one"))
    await talk.submit(talk.job(COPY, job_id="two"))
    chunk = await start(talk, "two", content)
    lie = FileUploadComplete("two", 1, len(content), digest(b"something else"))
    assert (await talk.ask_for(ErrorMessage, lie)).code == "digest_mismatch"
    assert await talk.connection.uploaded(chunk.resource) == 0
    await talk.connection.upload(chunk.resource, 0, len(content), one_block(b"x" * len(content)))
    assert sorted(digest((folder / "in" / "0").read_bytes()) for folder in rig.job_files()) == sorted(
        (digest(content), digest(b"x" * len(content)))
    )


async def test_an_upload_whose_place_was_given_back_goes_on_at_its_offset(make_server: MakeServer) -> None:
    async with make_server(absence_limit=0.0) as rig:
        talk, other = await rig.talk(), await rig.talk("other")
        content = talk.clip.read_bytes()
        await talk.submit(talk.job(COPY))
        chunk = await start(talk, "job", content)
        await send_some(talk.connection, chunk, content, 1000)
        await talk.connection.close()
        while rig.server.info().waiting_jobs:
            await other.ask(Ping())
        back = await rig.talk()
        await back.submit(back.job(COPY))
        again = await start(back, "job", content)
        assert (again.offset, again.resource != chunk.resource) == (1000, True)
        await back.upload(back.job(COPY))
        await back.next(JobCompleted)


async def test_kept_inputs_give_way_to_a_job(rig: Rig, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    await talk.run(talk.job(COPY, job_id="one"))
    await talk.send(JobCommitted("one", 1))
    await rig.server.empty()
    free = 1_000_000

    def free_space() -> int:
        return free - sum(path.stat().st_size for path in rig.kept_inputs())

    size = talk.clip.stat().st_size
    monkeypatch.setattr(rig.server._spool, "free_space", free_space)
    free = 2 * size
    await talk.submit(talk.job(COPY, job_id="two"))
    assert rig.kept_inputs() == []
    await talk.ask(JobCancel("two", 1))


async def send_some(connection: ClientConnection, chunk: FileChunk, content: bytes, count: int) -> None:
    with pytest.raises(Exception, match="bytes"):
        await connection.upload(chunk.resource, chunk.offset, len(content), one_block(content[:count]))
