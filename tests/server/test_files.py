"""The store of bulk bytes: what it takes, what it refuses, and what is left after a fault."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.errors import TransferError
from ffx.core.transport import StoredFile
from ffx.server.files import BLOCK_SIZE, FileStore


async def blocks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def broken_after(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise TransferError("the way broke", code="interrupted")


async def refused(store: FileStore, resource: str, offset: int, total: int, *parts: bytes) -> str:
    with pytest.raises(TransferError) as caught:
        await store.receive(resource, offset, total, blocks(*parts))
    return caught.value.code


async def test_bytes_in_small_and_large_blocks_arrive_whole_and_hashed(tmp_path: Path) -> None:
    store = FileStore()
    parts = [b"a" * 3, b"b" * (BLOCK_SIZE + 1), b"", b"c" * 65536] * 3
    content = b"".join(parts)
    resource = store.expect(tmp_path / "0", len(content))
    assert await store.received(resource) == 0
    assert await store.receive(resource, 0, len(content), blocks(*parts)) == len(content)
    assert (tmp_path / "0").read_bytes() == content
    assert await store.digest(resource) == blake3(content).hexdigest()


async def test_an_empty_file_arrives(tmp_path: Path) -> None:
    store = FileStore()
    resource = store.expect(tmp_path / "0", 0)
    assert await store.receive(resource, 0, 0, blocks()) == 0
    assert (tmp_path / "0").read_bytes() == b""
    assert await store.digest(resource) == blake3(b"").hexdigest()


async def test_resources_cannot_be_guessed_from_one_another(tmp_path: Path) -> None:
    store = FileStore()
    names = {store.expect(tmp_path / str(number), 1) for number in range(50)}
    assert len(names) == 50
    assert all(len(name) >= 32 for name in names)


@pytest.mark.parametrize(
    ("offset", "total", "code"),
    [
        (1, 10, "wrong_offset"),
        (-1, 10, "wrong_offset"),
        (2**63, 10, "wrong_offset"),
        (0, 11, "too_large"),
        (0, 9, "source_changed"),
    ],
)
async def test_what_was_not_agreed_is_refused(tmp_path: Path, offset: int, total: int, code: str) -> None:
    store = FileStore()
    resource = store.expect(tmp_path / "0", 10)
    assert await refused(store, resource, offset, total, b"x" * 10) == code
    assert await store.received(resource) == 0
    assert (tmp_path / "0").read_bytes() == b""


async def test_more_than_announced_is_refused_and_the_rest_kept(tmp_path: Path) -> None:
    store = FileStore()
    resource = store.expect(tmp_path / "0", 10)
    assert await refused(store, resource, 0, 10, b"x" * 8, b"y" * 3) == "too_large"
    assert await store.received(resource) == 8
    assert await store.receive(resource, 8, 10, blocks(b"zz")) == 10
    assert (tmp_path / "0").read_bytes() == b"x" * 8 + b"zz"


async def test_more_than_announced_is_noticed_while_a_block_is_being_written(tmp_path: Path) -> None:
    store = FileStore()
    total = 2 * BLOCK_SIZE
    resource = store.expect(tmp_path / "0", total)
    assert await refused(store, resource, 0, total, *[b"x" * BLOCK_SIZE] * 3) == "too_large"
    assert (tmp_path / "0").stat().st_size == total


async def test_an_unknown_resource_is_refused(tmp_path: Path) -> None:
    store = FileStore()
    for attempt in (store.received("x"), store.receive("x", 0, 1, blocks(b"x")), store.offer("x"), store.digest("x")):
        with pytest.raises(TransferError) as caught:
            await attempt
        assert caught.value.code == "unknown_resource"


async def test_what_arrived_before_a_fault_is_kept(tmp_path: Path) -> None:
    store = FileStore()
    content = bytes(range(256)) * 8192
    cut = BLOCK_SIZE + 12345
    resource = store.expect(tmp_path / "0", len(content))
    with pytest.raises(TransferError):
        await store.receive(resource, 0, len(content), broken_after(content[:1000], content[1000:cut]))
    assert await store.received(resource) == cut
    assert await store.receive(resource, cut, len(content), blocks(content[cut:])) == len(content)
    assert await store.digest(resource) == blake3(content).hexdigest()
    assert (tmp_path / "0").read_bytes() == content


async def test_what_arrived_before_a_cancellation_is_kept(tmp_path: Path) -> None:
    store = FileStore()
    given_all = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield b"x" * 100
        given_all.set()
        await asyncio.Event().wait()

    resource = store.expect(tmp_path / "0", 200)
    receiving = asyncio.create_task(store.receive(resource, 0, 200, stalling()))
    await given_all.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert await store.received(resource) == 100
    assert (tmp_path / "0").read_bytes() == b"x" * 100


async def test_the_newest_connection_goes_on_and_the_one_before_ends(tmp_path: Path) -> None:
    store = FileStore()
    stalled = asyncio.Event()
    go_on = asyncio.Event()

    async def half_open() -> AsyncIterator[bytes]:
        yield b"o" * BLOCK_SIZE
        yield b"o" * 10
        stalled.set()
        await go_on.wait()
        yield b"o" * BLOCK_SIZE

    total = 2 * BLOCK_SIZE
    resource = store.expect(tmp_path / "0", total)
    first = asyncio.create_task(store.receive(resource, 0, total, half_open()))
    await stalled.wait()
    offset = await store.received(resource)
    assert offset == BLOCK_SIZE
    assert await refused(store, resource, 0, total, b"late") == "wrong_offset"
    assert await store.receive(resource, offset, total, blocks(b"n" * BLOCK_SIZE)) == total
    go_on.set()
    with pytest.raises(TransferError) as caught:
        await first
    assert caught.value.code == "interrupted"
    assert (tmp_path / "0").read_bytes() == b"o" * BLOCK_SIZE + b"n" * BLOCK_SIZE


async def test_starting_over_forgets_the_bytes_and_their_digest(tmp_path: Path) -> None:
    store = FileStore()
    resource = store.expect(tmp_path / "0", 4)
    await store.receive(resource, 0, 4, blocks(b"bad!"))
    await store.start_over(resource)
    assert await store.received(resource) == 0
    await store.receive(resource, 0, 4, blocks(b"good"))
    assert await store.digest(resource) == blake3(b"good").hexdigest()
    assert (tmp_path / "0").read_bytes() == b"good"


async def test_after_a_withdrawal_nothing_is_written(tmp_path: Path) -> None:
    store = FileStore()
    waiting, withdrawn = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        waiting.set()
        await withdrawn.wait()
        yield b"x"

    resource = store.expect(tmp_path / "0", 2)
    receiving = asyncio.create_task(store.receive(resource, 0, 2, slow()))
    await waiting.wait()
    await store.withdraw(resource)
    (tmp_path / "0").unlink()
    withdrawn.set()
    with pytest.raises(TransferError) as caught:
        await receiving
    assert caught.value.code == "unknown_resource"
    assert not (tmp_path / "0").exists()


class FullDisk:
    """An open file on a disk that takes half of a write and then no more."""

    def __init__(self, file: object) -> None:
        self._file = file
        self._taken = False

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()  # type: ignore[attr-defined]  # an open file, whatever its class

    def seek(self, place: int) -> None:
        self._file.seek(place)  # type: ignore[attr-defined]

    def write(self, data: memoryview) -> int:
        if self._taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._taken = True
        return int(self._file.write(data[: len(data) // 2]))  # type: ignore[attr-defined]


async def test_a_full_disk_is_told_and_the_upload_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore()
    content = b"0123456789" * 100
    resource = store.expect(tmp_path / "0", len(content))
    await store.receive(resource, 0, len(content), blocks(content[:300]))
    real_open = Path.open
    with monkeypatch.context() as full:
        full.setattr(Path, "open", lambda *a, **k: FullDisk(real_open(*a, **k)))
        assert await refused(store, resource, 300, len(content), content[300:]) == "disk_full"
    assert await store.received(resource) == 300
    assert await store.receive(resource, 300, len(content), blocks(content[300:])) == len(content)
    assert (tmp_path / "0").read_bytes() == content
    assert await store.digest(resource) == blake3(content).hexdigest()


async def test_an_offered_file_is_found_until_it_is_withdrawn(tmp_path: Path) -> None:
    store = FileStore()
    file = StoredFile(tmp_path / "out", 3, "digest")
    resource = store.offer_file(file)
    assert await store.offer(resource) == file
    await store.withdraw(resource)
    with pytest.raises(TransferError):
        await store.offer(resource)


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=8))
def test_any_series_of_breaks_gives_the_same_file(pieces: Sequence[tuple[int, bool]]) -> None:
    async def play() -> None:
        with tempfile.TemporaryDirectory() as folder:
            content = bytes(range(200))
            store = FileStore()
            path = Path(folder) / "0"
            resource = store.expect(path, len(content))
            for length, breaks in pieces:
                offset = await store.received(resource)
                part = content[offset : offset + length]
                try:
                    await store.receive(resource, offset, 200, broken_after(part) if breaks else blocks(part))
                except TransferError:
                    assert breaks
                assert await store.received(resource) == offset + len(part)
            offset = await store.received(resource)
            await store.receive(resource, offset, 200, blocks(content[offset:]))
            assert path.read_bytes() == content
            assert await store.digest(resource) == blake3(content).hexdigest()

    asyncio.run(play())
