"""Honest jobs on a server that 1,000 idle, 100 slow and 20 hostile connections are held to, and what memory it takes.

Whoever attacks has the token: nothing else would be worth the name. The hostile ones do all they can without a pause,
on the same two cores; so the time of the jobs is printed with a generous limit, and the memory with a firm one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp
import psutil

from benchmarks.harness import CLIP, Figure, Place, place, report, seconds
from ffx.core.addressing import Address, parse_address
from ffx.core.messages import CapabilityRequest, Envelope, FileUploadStart, Hello, JobSubmit, Message
from ffx.core.model import JobConfiguration
from ffx.core.recipe import Recipe
from ffx.core.wire import encode

IDLE, SLOW, HOSTILE = 1000, 100, 20
JOBS = 10
OPTIONS = ("--encoder", "libx264", "--preset", "ultrafast")
MEMORY_LIMIT = 300.0
"""MB of the server while it is attacked."""
SLOWER_LIMIT = 10.0
"""Times that the jobs may take longer than in peace."""
RECIPE = Recipe(encoder="libx264", container="mp4")


def main() -> None:
    with place() as here, here.serving("--max-jobs", "2") as (text, pid):
        clips = [_clip(here, number) for number in range(JOBS)]
        token = (Path(here.environment["FFX_HOME"]) / "state" / "token").read_text(encoding="ascii").strip()
        peace = seconds(lambda: _submit(here, text, clips))
        attacked, memory = asyncio.run(_under_attack(here, Attacked(parse_address(text), token), text, pid, clips))
        report(
            Figure("memory of the attacked server", memory, MEMORY_LIMIT, " MB"),
            Figure(
                f"{JOBS} honest jobs beside {IDLE} idle, {SLOW} slow and {HOSTILE} hostile connections",
                attacked / peace,
                SLOWER_LIMIT,
                "x",
                f"{attacked:.1f} s, in peace {peace:.1f} s",
            ),
        )


def _clip(here: Place, number: int) -> Path:
    options = ("-vf", "scale=176:144", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", "-t", "4")
    return here.make(f"clip-{number:02}.mp4", "-ss", f"{number / 10}", "-i", str(CLIP), *options)


def _submit(here: Place, address: str, clips: list[Path]) -> None:
    here.ffx("submit", *clips, "--out-dir", "out", "--server", address, *OPTIONS, "--overwrite", "--json")
    assert len(list((here.folder / "out").iterdir())) == JOBS


async def _under_attack(here: Place, target: Attacked, text: str, pid: int, clips: list[Path]) -> tuple[float, float]:
    """Seconds that the jobs take, and the most memory that the server was seen to take (MB)."""
    process, most = psutil.Process(pid), 0.0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, process.memory_info().rss / 1e6)
            await asyncio.sleep(0.2)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(target.idle(number)) for number in range(IDLE)]
        tasks += [group.create_task(_again(way)) for way in itertools.islice(_cycle(target.slow_ways()), SLOW)]
        tasks += [group.create_task(_again(way)) for way in itertools.islice(_cycle(target.hostile_ways()), HOSTILE)]
        tasks.append(group.create_task(watch()))
        await target.everybody_is_there()
        taken = await asyncio.to_thread(lambda: seconds(lambda: _submit(here, text, clips)))
        for task in tasks:
            task.cancel()
    return taken, most


Way = Callable[[], Awaitable[None]]


def _cycle(ways: tuple[Way, ...]) -> Iterator[Way]:
    return itertools.cycle(ways)


async def _again(way: Way) -> None:
    """Do it for ever; being hung up on is what an attacker lives with."""
    while True:
        with contextlib.suppress(OSError, aiohttp.ClientError, asyncio.IncompleteReadError):
            await way()
        await asyncio.sleep(0)


class Attacked:
    """A server as those who attack it see it."""

    def __init__(self, address: Address, token: str) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"}
        self._there = 0
        self._all_there = asyncio.Event()
        self._numbers = itertools.count()

    async def everybody_is_there(self) -> None:
        """Wait until every idle connection stands."""
        await self._all_there.wait()

    # -- Idle ---------------------------------------------------------------------------------------------------

    async def idle(self, number: int) -> None:
        """Say hello, and nothing more."""
        await asyncio.sleep(number / 500)
        async with self._conversation(f"idle-{number}") as socket:
            self._there += 1
            if self._there == IDLE:
                self._all_there.set()
            async for _ in socket:
                pass

    # -- Slow ---------------------------------------------------------------------------------------------------

    def slow_ways(self) -> tuple[Way, ...]:
        return (self._trickled_headers, self._never_reads, self._trickled_upload)

    async def _trickled_headers(self) -> None:
        async with self._socket() as (_, writer):
            for byte in self._request("GET", "/ws"):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)

    async def _trickled_upload(self) -> None:
        async with self._socket() as (_, writer):
            writer.write(
                self._request("PUT", "/files/none", "Content-Range: bytes 0-999999/1000000", "Content-Length: 1000000")
            )
            for _ in range(1_000_000):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(1)

    async def _never_reads(self) -> None:
        async with self._conversation(f"deaf-{next(self._numbers)}") as socket:
            while True:
                await socket.send_str(encode(Envelope(CapabilityRequest())))
                await asyncio.sleep(0.5)

    # -- Hostile ------------------------------------------------------------------------------------------------

    def hostile_ways(self) -> tuple[Way, ...]:
        return (
            self._garbage,
            self._wrong_tokens,
            self._long_messages,
            self._deep_messages,
            self._submits,
            self._foreign_jobs,
        )

    async def _garbage(self) -> None:
        async with self._socket() as (reader, writer):
            writer.write(os.urandom(65_536))
            await writer.drain()
            await reader.read()

    async def _wrong_tokens(self) -> None:
        async with self._socket() as (reader, writer):
            writer.write(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer guess\r\n\r\n")
            await writer.drain()
            await reader.read()

    async def _long_messages(self) -> None:
        await self._say("long", "x" * (4 * 1024 * 1024 + 1))

    async def _deep_messages(self) -> None:
        await self._say("deep", "[" * 200_000)

    async def _submits(self) -> None:
        job = JobConfiguration("job", "in.mp4", "out.mp4", RECIPE, file_size=1 << 40)
        await self._say("busy", *(encode(Envelope(JobSubmit(job))) for _ in range(2000)))

    async def _foreign_jobs(self) -> None:
        words: list[Message] = [FileUploadStart(f"job-{number}", 1, 1 << 62) for number in range(2000)]
        await self._say("nosy", *(encode(Envelope(word)) for word in words), json.dumps({"type": "x" * 1_000_000}))

    async def _say(self, name: str, *texts: str) -> None:
        async with self._conversation(f"{name}-{next(self._numbers)}") as socket:
            for text in texts:
                await socket.send_str(text)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await socket.receive()

    # -- Ways in ------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _conversation(self, client_id: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse[bool]]:
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            session.ws_connect(f"http://{self._address.authority}/ws", protocols=("ffx",), max_msg_size=0) as socket,
        ):
            await socket.send_str(encode(Envelope(Hello(client_id))))
            await socket.receive()
            yield socket

    @contextlib.asynccontextmanager
    async def _socket(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(self._address.host, self._address.port)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    def _request(self, method: str, path: str, *headers: str) -> bytes:
        lines = (
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            *(f"{k}: {v}" for k, v in self._headers.items()),
            *headers,
        )
        return "\r\n".join((*lines, "", "")).encode()


if __name__ == "__main__":
    main()
