"""Transfers: whole files, resumed files, and files that are not what was announced."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path

import pytest
from attrs import define
from blake3 import blake3

from ffx.client.transfers import BLOCK, download_file, upload_file
from ffx.core.errors import NoRoomError, TransferError
from ffx.core.messages import Envelope
from ffx.core.transport import ClientConnection


@define
class Disk(ClientConnection):
    """The far end of a transfer as a piece of memory; what travels over real sockets is tested with the transports."""

    content: bytes = b""
    peer: str = "disk"
    touch_while_sending: Path | None = None

    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        assert offset == len(self.content)
        async for block in blocks:
            assert 0 < len(block) <= BLOCK
            self.content += block
            if self.touch_while_sending is not None:
                os.utime(self.touch_while_sending, (1, 1))
        return len(self.content)

    async def uploaded(self, resource: str) -> int:
        return len(self.content)

    async def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        for start in range(offset, len(self.content), BLOCK):
            yield self.content[start : start + BLOCK]

    async def send(self, envelope: Envelope) -> None:
        raise AssertionError("a transfer sends no message")

    async def receive(self) -> Envelope:
        raise AssertionError("a transfer reads no message")

    async def close(self) -> None: ...


def digest_of(content: bytes) -> str:
    return blake3(content).hexdigest()


CONTENT = os.urandom(2 * BLOCK + 12345)


@pytest.mark.parametrize("there", [0, 1, BLOCK, len(CONTENT)])
async def test_an_upload_goes_on_from_what_the_server_has(tmp_path: Path, there: int) -> None:
    source = tmp_path / "film.mkv"
    source.write_bytes(CONTENT)
    far, heard = Disk(CONTENT[:there]), [there]
    digest = await upload_file(far, "r", source, offset=there, size=len(CONTENT), on_bytes=heard.append)
    assert far.content == CONTENT
    assert digest == digest_of(CONTENT)
    assert heard == sorted(heard) and heard[-1] == len(CONTENT)


async def test_a_source_that_changes_is_told(tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    source.write_bytes(CONTENT)
    with pytest.raises(TransferError) as caught:
        far = Disk(touch_while_sending=source)
        await upload_file(far, "r", source, offset=0, size=len(CONTENT), on_bytes=lambda done: None)
    assert caught.value.code == "source_changed"


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1])
async def test_a_source_of_another_size_is_not_sent(tmp_path: Path, size: int) -> None:
    source = tmp_path / "film.mkv"
    source.write_bytes(CONTENT)
    far = Disk()
    with pytest.raises(TransferError) as caught:
        await upload_file(far, "r", source, offset=0, size=size, on_bytes=lambda done: None)
    assert caught.value.code == "source_changed"
    assert far.content == b""


async def test_a_source_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="cannot be read"):
        await upload_file(Disk(), "r", tmp_path / "none", offset=0, size=1, on_bytes=lambda done: None)


@pytest.mark.parametrize("there", [0, 1, BLOCK, len(CONTENT)])
async def test_a_download_goes_on_from_what_is_there(tmp_path: Path, there: int) -> None:
    part = tmp_path / "film.part"
    part.write_bytes(CONTENT[:there])
    await download_file(
        Disk(CONTENT), "r", part, size=len(CONTENT), digest=digest_of(CONTENT), on_bytes=lambda done: None
    )
    assert part.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "sent",
    [CONTENT[:-1], CONTENT + b"x", CONTENT[:-1] + b"x", b""],
    ids=["short", "long", "flipped", "empty"],
)
async def test_bytes_that_are_not_those_announced_are_discarded(tmp_path: Path, sent: bytes) -> None:
    part = tmp_path / "film.part"
    with pytest.raises(TransferError) as caught:
        await download_file(
            Disk(sent), "r", part, size=len(CONTENT), digest=digest_of(CONTENT), on_bytes=lambda done: None
        )
    assert caught.value.code == "digest_mismatch"
    assert not part.exists()


async def test_a_download_larger_than_the_disk_is_refused_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(NoRoomError, match="make room there"):
        await download_file(
            Disk(CONTENT), "r", tmp_path / "part", size=2**62, digest=digest_of(CONTENT), on_bytes=lambda done: None
        )
