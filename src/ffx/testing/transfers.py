"""The promises of ``ClientConnection`` and ``BulkStore`` about bulk bytes, as tests."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing

from ffx.core.errors import TransferError
from ffx.core.messages import Envelope, Ping
from ffx.core.transport import ClientConnection
from ffx.testing.laboratory import BLOCK, content, in_blocks
from ffx.testing.suite import Scene, TransportSuite, check, on_a_loop

IMPOSSIBLE_RESOURCES = (
    "",
    ".",
    "..",
    "../secret",
    "a/b",
    "a\\b",
    "a b",
    "\u00e9",
    "x" * 65,
    "name\n",
    "%2e%2e",
    "a?b#c",
)
"""What no server gives; none of it may reach a store."""


async def expect_fault(work: Awaitable[object], code: str, promise: str) -> None:
    """The work raises a TransferError of that code."""
    try:
        await work
    except TransferError as error:
        check(error.code == code, f"{promise}: TransferError {code}, not {error.code} ({error})")
        check("\n" not in str(error), "an error is one line for a person")
        return
    raise AssertionError(f"{promise}: TransferError {code}, but nothing was raised")


async def fetch(client: ClientConnection, resource: str, offset: int, digest: str) -> bytes:
    """A whole download."""
    return b"".join([block async for block in client.download(resource, offset, digest)])


class TransferConformance(TransportSuite):
    """Bulk bytes arrive as they are, from any offset; what arrived before a fault is kept; nothing waits for them."""

    # -- Uploads ------------------------------------------------------------------------------------------

    @on_a_loop
    async def test_uploads_of_every_size(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            for size in (0, 1, 65_537, BLOCK - 1, BLOCK, 5 * BLOCK + 3):
                data, resource = content(size), f"size-{size}"
                scene.service.bulk.expect(resource, size)
                received = await client.upload(resource, 0, size, in_blocks(data, 100_000))
                check(received == size, f"upload returns how many bytes the server has: {size}, not {received}")
                check(bytes(scene.service.bulk.uploads[resource]) == data, f"{size} bytes arrive as they were sent")
                check(await client.uploaded(resource) == size, "uploaded says how many bytes the server has")

    @on_a_loop
    async def test_an_upload_goes_on_from_an_offset(self) -> None:
        data, there = content(3 * BLOCK), BLOCK + 17
        async with self.scene() as scene:
            client = await scene.connect()
            scene.service.bulk.expect("file", len(data), beginning=data[:there])
            check(await client.uploaded("file") == there, "the server is the authority on what is there")
            await client.upload("file", there, len(data), in_blocks(data[there:]))
            check(bytes(scene.service.bulk.uploads["file"]) == data, "an upload goes on from its offset")
            check(
                await client.upload("file", len(data), len(data), in_blocks(b"")) == len(data),
                "an upload of which everything is there returns at once",
            )

    @on_a_loop
    async def test_an_upload_from_a_wrong_offset_is_refused(self) -> None:
        data = content(4 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            scene.service.bulk.expect("file", len(data), beginning=data[:BLOCK])
            for offset in (0, BLOCK - 1, BLOCK + 1, len(data)):
                upload = client.upload("file", offset, len(data), in_blocks(data[offset:]))
                await expect_fault(upload, "wrong_offset", f"an upload from {offset}")
            for offset in (-1, len(data) + 1):
                upload = client.upload("file", offset, len(data), in_blocks(b""))
                await expect_fault(upload, "wrong_offset", f"an upload from {offset}")
            check(bytes(scene.service.bulk.uploads["file"]) == data[:BLOCK], "what is there is left alone")

    @on_a_loop
    async def test_refusals_of_the_store_reach_the_client(self) -> None:
        data = content(24 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            scene.service.bulk.expect("small", 1000)
            await expect_fault(client.upload("small", 0, len(data), in_blocks(data)), "too_large", "too much")
            scene.service.bulk.expect("file", len(data))
            scene.service.bulk.fault = TransferError("the disk is full", code="disk_full")
            await expect_fault(client.upload("file", 0, len(data), in_blocks(data)), "disk_full", "a full disk")
            scene.service.bulk.fault = None
            await _resume(client, "file", data)
            check(bytes(scene.service.bulk.uploads["file"]) == data, "and afterwards the upload goes on")

    @on_a_loop
    async def test_unknown_resources_are_refused(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            for resource in ("unknown", *IMPOSSIBLE_RESOURCES):
                name = f"the resource {resource!r}"
                await expect_fault(client.uploaded(resource), "unknown_resource", name)
                await expect_fault(client.upload(resource, 0, 1, in_blocks(b"x")), "unknown_resource", name)
                await expect_fault(fetch(client, resource, 0, "0" * 64), "unknown_resource", name)
            check(set(scene.service.bulk.asked) == {"unknown"}, "a store is not asked for what cannot be a resource")

    @on_a_loop
    async def test_a_source_that_lies_about_its_size_is_told(self) -> None:
        data = content(2 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            for resource, sent in (("short", data[:-1]), ("long", data + b"x")):
                scene.service.bulk.expect(resource, len(data))
                upload = client.upload(resource, 0, len(data), in_blocks(sent))
                await expect_fault(upload, "source_changed", f"a source that is too {resource}")
                received = await client.uploaded(resource)
                there = bytes(scene.service.bulk.uploads[resource])
                check(received == len(there) and data.startswith(there), "what arrived is the beginning")

    @on_a_loop
    async def test_a_source_that_fails_keeps_what_arrived(self) -> None:
        data = content(12 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            scene.service.bulk.expect("file", len(data))

            async def breaking() -> AsyncIterator[bytes]:
                async for block in in_blocks(data[: 8 * BLOCK]):
                    yield block
                await scene.service.bulk.arrived("file", 1)
                raise ZeroDivisionError("the source of the conformance suite fails on purpose")

            try:
                await client.upload("file", 0, len(data), breaking())
            except ZeroDivisionError:
                pass
            else:
                raise AssertionError("what a source raises reaches whoever uploads")
            await _check_resumes(scene, client, data)

    @on_a_loop
    async def test_a_cancelled_upload_keeps_what_arrived(self) -> None:
        data = content(12 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            scene.service.bulk.expect("file", len(data))
            closed = asyncio.Event()

            async def endless() -> AsyncIterator[bytes]:
                try:
                    async for block in in_blocks(data[: 8 * BLOCK]):
                        yield block
                    await asyncio.Event().wait()
                finally:
                    closed.set()

            upload = asyncio.create_task(client.upload("file", 0, len(data), endless()))
            await scene.service.bulk.arrived("file", 1)
            upload.cancel()
            await asyncio.wait([upload])
            check(upload.cancelled(), "an upload can be cancelled")
            check(closed.is_set(), "a source is closed when its upload has ended")
            await _ping(client)
            await _check_resumes(scene, client, data)

    @on_a_loop
    async def test_a_close_interrupts_uploads(self) -> None:
        data = content(16 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            scene.service.bulk.expect("file", len(data))
            upload = asyncio.create_task(client.upload("file", 0, len(data), _stalling(data[: 8 * BLOCK])))
            await scene.service.bulk.arrived("file", 1)
            await client.close()
            await expect_fault(upload, "interrupted", "an upload whose client closes")
            await expect_fault(
                client.upload("file", 0, len(data), in_blocks(data)), "interrupted", "an upload on a closed connection"
            )
            await expect_fault(client.uploaded("file"), "interrupted", "uploaded on a closed connection")
            await _check_resumes(scene, await scene.connect(), data)

    @on_a_loop
    async def test_a_listener_that_closes_ends_uploads(self) -> None:
        data = content(16 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            scene.service.bulk.expect("file", len(data))
            upload = asyncio.create_task(client.upload("file", 0, len(data), _stalling(data[: 8 * BLOCK])))
            await scene.service.bulk.arrived("file", 1)
            await scene.listener.close()
            await expect_fault(upload, "interrupted", "an upload whose listener closes")
            check(scene.service.bulk.receiving == 0, "a listener that closed has left its store")

    # -- Downloads ----------------------------------------------------------------------------------------

    @on_a_loop
    async def test_downloads_from_every_offset(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            for size in (0, 1, 65_537, 3 * BLOCK + 3):
                data = content(size)
                digest = scene.give(f"size-{size}", data)
                for offset in sorted({0, min(1, size), size // 2, max(0, size - 1), size}):
                    got = await fetch(client, f"size-{size}", offset, digest)
                    check(got == data[offset:], f"a download of {size} bytes from {offset} is exactly the rest")

    @on_a_loop
    async def test_downloads_that_cannot_be(self) -> None:
        async with self.scene() as scene:
            client = await scene.connect()
            data = content(1000)
            digest = scene.give("file", data)
            other = hashlib.sha256(b"another version").hexdigest()
            await expect_fault(fetch(client, "file", 0, other), "digest_mismatch", "a download of another version")
            await expect_fault(fetch(client, "file", 10, other), "digest_mismatch", "its resumption")
            await expect_fault(fetch(client, "file", 1001, digest), "wrong_offset", "a download from beyond the end")
            check(await fetch(client, "file", 0, digest) == data, "and the right one works still")

    @on_a_loop
    async def test_a_download_is_broken_off_and_resumed(self) -> None:
        data = content(20 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            digest = scene.give("file", data)
            got = b""
            async with aclosing(client.download("file", 0, digest)) as blocks:  # type: ignore[type-var] # a generator
                async for block in blocks:
                    got += block
                    if len(got) > 4 * BLOCK:
                        break
            check(data.startswith(got), "the beginning arrives first")
            await _ping(client)
            got += await fetch(client, "file", len(got), digest)
            check(got == data, "a download goes on from its offset")

    @on_a_loop
    async def test_a_close_interrupts_downloads(self) -> None:
        data = content(32 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            digest = scene.give("file", data)

            async def read_and_close() -> None:
                async for _ in client.download("file", 0, digest):
                    await client.close()

            await expect_fault(read_and_close(), "interrupted", "a download whose client closes")
            await expect_fault(fetch(client, "file", 0, digest), "interrupted", "a download on a closed connection")
            nothing = scene.give("empty", b"")
            await expect_fault(fetch(client, "empty", 0, nothing), "interrupted", "a download on a closed connection")

    @on_a_loop
    async def test_a_file_that_changed_is_not_sent(self) -> None:
        data = content(8 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            for resource in ("gone", "shrunk"):
                digest = scene.give(resource, data)
                path = scene.folder / resource
                if resource == "gone":
                    path.unlink()
                else:
                    path.write_bytes(data[: 5 * BLOCK])
                try:
                    await fetch(client, resource, 0, digest)
                except TransferError as error:
                    check("\n" not in str(error), "an error is one line for a person")
                else:
                    raise AssertionError(f"a file that is {resource} is a TransferError")
            await _ping(client)

    # -- Large and many -----------------------------------------------------------------------------------

    @on_a_loop
    async def test_a_large_file_there_and_back(self) -> None:
        data = content(64 * BLOCK)
        async with self.scene() as scene:
            client = await scene.connect()
            scene.service.bulk.expect("there", len(data))
            await client.upload("there", 0, len(data), in_blocks(data))
            check(scene.service.bulk.uploads["there"] == data, "64 MiB arrive as they were sent")
            digest = scene.give("back", data)
            seen = hashlib.sha256()
            async for block in client.download("back", 0, digest):
                seen.update(block)
            check(seen.hexdigest() == digest, "64 MiB come back as they are")

    @on_a_loop
    async def test_messages_do_not_wait_for_transfers(self) -> None:
        """Every transfer is stuck in the middle, as full as its way gets; the messages go through all the same."""
        count = 4
        data = [content(16 * BLOCK, seed=number) for number in range(count)]
        async with self.scene() as scene:
            client = await scene.connect()
            digests = [scene.give(f"down-{number}", data[number]) for number in range(count)]
            for number in range(count):
                scene.service.bulk.expect(f"up-{number}", len(data[number]))
            scene.service.bulk.open.clear()
            reading = asyncio.Event()
            begun = asyncio.Semaphore(0)

            async def upload(number: int) -> None:
                async def source() -> AsyncIterator[bytes]:
                    begun.release()
                    async for block in in_blocks(data[number]):
                        yield block

                await client.upload(f"up-{number}", 0, len(data[number]), source())

            async def download(number: int) -> None:
                got = bytearray()
                async for block in client.download(f"down-{number}", 0, digests[number]):
                    if not got:
                        begun.release()
                        await reading.wait()
                    got += block
                check(got == data[number], "downloads side by side arrive as they are")

            async with asyncio.TaskGroup() as tasks:
                for number in range(count):
                    tasks.create_task(upload(number))
                    tasks.create_task(download(number))
                for _ in range(2 * count):
                    await begun.acquire()
                for _ in range(20):
                    await _ping(client)
                scene.service.bulk.open.set()
                reading.set()
            for number in range(count):
                check(scene.service.bulk.uploads[f"up-{number}"] == data[number], "uploads side by side arrive whole")


async def _ping(client: ClientConnection) -> None:
    await client.send(Envelope(Ping("quick")))
    check((await client.receive()).message == Ping("quick"), "a message goes through beside transfers")


async def _stalling(data: bytes) -> AsyncIterator[bytes]:
    """Some blocks, and then nothing for ever."""
    async for block in in_blocks(data):
        yield block
    await asyncio.Event().wait()


async def _resume(client: ClientConnection, resource: str, data: bytes) -> int:
    there = await client.uploaded(resource)
    await client.upload(resource, there, len(data), in_blocks(data[there:]))
    return there


async def _check_resumes(scene: Scene, client: ClientConnection, data: bytes) -> None:
    there = await _resume(client, "file", data)
    check(0 < there < len(data), f"what arrived before a fault is kept: {there} of {len(data)} bytes")
    check(bytes(scene.service.bulk.uploads["file"]) == data, "a resumed upload is the whole file")
