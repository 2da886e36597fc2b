"""Blocks on their way to a file: what counts after a fault, and that nothing is left running."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from ffx.media import keeping
from ffx.media.keeping import Keeper


def digest_of(content: bytes) -> str:
    return blake3(content).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.touch()
    return path


@given(blocks=st.lists(st.binary(max_size=20)))
def test_blocks_are_the_file_and_its_digest(tmp_path_factory: pytest.TempPathFactory, blocks: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("keeping") / "file"
    path.write_bytes(b"what stood there before, and is longer than a block")

    async def keep_all() -> Keeper:
        keeper = Keeper(path)
        for block in blocks:
            await keeper.keep(block)
        await keeper.sync()
        return keeper

    keeper = asyncio.run(keep_all())
    content = b"".join(blocks)
    assert path.read_bytes()[: keeper.size] == content
    assert keeper.digest.hexdigest() == digest_of(content)


async def test_a_block_larger_than_a_write_is_whole(file: Path) -> None:
    keeper, content = Keeper(file), os.urandom(1_000_001)
    await keeper.keep(content)
    assert file.read_bytes() == content


async def test_what_is_there_already_counts(file: Path) -> None:
    file.write_bytes(b"beginning, torn")
    keeper = Keeper(file, size=10, digest=blake3(b"beginning,"))
    await keeper.keep(b" and the end")
    assert file.read_bytes() == b"beginning, and the end"
    assert keeper.digest.hexdigest() == digest_of(b"beginning, and the end")


async def test_a_block_that_cannot_be_written_does_not_count(file: Path) -> None:
    keeper = Keeper(file)
    await keeper.keep(b"kept")
    away = file.rename(file.with_name("away"))
    with pytest.raises(OSError):
        await keeper.keep(b"lost")
    assert (keeper.size, keeper.digest.hexdigest()) == (4, digest_of(b"kept"))
    away.rename(file)
    await keeper.keep(b" on")
    assert (file.read_bytes(), keeper.digest.hexdigest()) == (b"kept on", digest_of(b"kept on"))


async def test_the_disk_takes_blocks_while_others_come(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going_on = threading.Event()

    def slow(descriptor: int) -> None:
        assert going_on.wait(timeout=30)

    monkeypatch.setattr(keeping, "SYNC_EVERY", 4)
    monkeypatch.setattr(os, "fsync", slow)
    keeper = Keeper(file)
    await keeper.keep(b"1234")
    await keeper.keep(b"567")  # it does not wait for the four before
    going_on.set()
    await keeper.sync()
    assert file.read_bytes() == b"1234567"


@pytest.mark.parametrize("later", ["keep", "sync"])
async def test_a_disk_that_fails_behind_is_told(file: Path, monkeypatch: pytest.MonkeyPatch, later: str) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    monkeypatch.setattr(keeping, "SYNC_EVERY", 4)
    monkeypatch.setattr(os, "fsync", broken)
    keeper = Keeper(file)
    await keeper.keep(b"1234")
    with pytest.raises(OSError, match="the disk is broken"):
        await (keeper.sync() if later == "sync" else keeper.keep(b"5678"))
    assert (keeper.size, keeper.digest.hexdigest()) == (0, digest_of(b""))


async def test_whoever_is_cancelled_waits_for_the_thread(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going_on, begun, ended = threading.Event(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(descriptor: int) -> None:
        loop.call_soon_threadsafe(begun.set)
        assert going_on.wait(timeout=30)
        ended.set()

    monkeypatch.setattr(os, "fsync", slow)
    syncing = asyncio.create_task(Keeper(file).sync())
    await begun.wait()
    syncing.cancel()
    done, _ = await asyncio.wait([syncing], timeout=0.05)
    assert not done
    going_on.set()
    with pytest.raises(asyncio.CancelledError):
        await syncing
    assert ended.is_set()


async def test_release_waits_and_does_not_complain(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    monkeypatch.setattr(keeping, "SYNC_EVERY", 1)
    monkeypatch.setattr(os, "fsync", broken)
    keeper = Keeper(file)
    await keeper.keep(b"1234")
    await keeper.release()
    await keeper.release()
