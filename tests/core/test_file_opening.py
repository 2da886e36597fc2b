from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from ffx.core.file_opening import opened_by_thread


async def test_a_file_is_open_in_the_block_and_closed_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"picture")
    async with opened_by_thread(lambda: path.open("rb")) as file:
        assert file.read() == b"picture"
    assert file.closed


async def test_what_fails_to_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with opened_by_thread(lambda: (tmp_path / "none").open("rb")):
            raise AssertionError("there is no such file")


async def test_a_cancellation_while_it_opens_leaves_nothing_open(tmp_path: Path) -> None:
    path, opened = tmp_path / "slow disk", list[BinaryIO]()
    begun, closed = asyncio.Event(), asyncio.Event()
    os.mkfifo(path)
    loop = asyncio.get_running_loop()

    def open_slowly() -> BinaryIO:
        """A pipe opens when somebody opens its other end."""
        loop.call_soon_threadsafe(begun.set)
        opened.append(path.open("rb"))
        return opened[0]

    async def read() -> None:
        async with opened_by_thread(open_slowly):
            raise AssertionError("it was cancelled before it was open")

    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    with await asyncio.to_thread(path.open, "wb", 0) as other_end:
        loop.add_reader(other_end, closed.set)  # a pipe that nobody can read any more
        async with asyncio.timeout(10):
            await closed.wait()
        loop.remove_reader(other_end)
        with pytest.raises(BrokenPipeError):
            other_end.write(b"picture")
    assert opened[0].closed
