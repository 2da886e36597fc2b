"""Upload and download on loopback against a plain socket copy to the same disk.

Every copy runs between two processes and ends when its bytes are on the disk (fsync). The plain copy is what Python
does with nothing in between: ``sendall`` of blocks of 1 MiB on one side, ``recv_into`` and ``write`` on the other. The
real ones are those of ``ffx submit`` and ``ffx serve``, which also hash every byte on both sides: how they compare to
a plain copy that does this too is told beside.

Disks and page caches have moods that last for seconds: so nothing is left to write when a copy begins, each round
begins with another of the copies, and what counts is how a copy compares to the plain one of its own round: the median
of that over the rounds, with the lowest and the highest.

Sizes for a quick look: ``python -m benchmarks.transfer 128 3`` (MiB, rounds).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from blake3 import blake3

from benchmarks.harness import ROOT, seconds
from ffx.client.transfers import download_file, upload_file
from ffx.core.addressing import Address
from ffx.core.errors import ConnectionClosed
from ffx.core.identity import Identity, Role
from ffx.core.messages import Envelope, Ping, Pong
from ffx.core.transport import ClientConnection, Connection, Service, StoredFile
from ffx.media.digest import file_digest
from ffx.server.files import FileStore
from ffx.transports.websocket import WebSocketTransport

BLOCK = 1024 * 1024
MEBIBYTES = 512
ROUNDS = 8
LIMIT = 0.8
TOKEN = "benchmark"


# -- The plain copy -----------------------------------------------------------------------------------------


def receive_plainly(target: Path, *, hashing: bool) -> None:
    """Take copies for ever; each is written to ``target``, synced, and acknowledged by one byte."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        buffer = memoryview(bytearray(BLOCK))
        while True:
            peer, _ = server.accept()
            target.unlink(missing_ok=True)
            with peer, target.open("wb", buffering=0) as file:
                digest = blake3()
                while received := peer.recv_into(buffer):
                    file.write(buffer[:received])
                    if hashing:
                        digest.update(buffer[:received])
                os.fsync(file.fileno())
                peer.sendall(b"k")


def send_plainly(port: int, source: Path, *, hashing: bool = False) -> None:
    digest = blake3()
    with socket.create_connection(("127.0.0.1", port)) as peer, source.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            peer.sendall(block)
            if hashing:
                digest.update(block)
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(1) == b"k"


# -- The real ones ------------------------------------------------------------------------------------------


class StoreService(Service):
    """A server's store behind a real listener; a conversation asks for resources and does nothing else."""

    bulk: FileStore

    def __init__(self, target: Path, offered: StoredFile) -> None:
        self.bulk = FileStore()
        self._target = target
        self._offered = offered

    def authenticate(self, token: str) -> Identity | None:
        return Identity("benchmark", Role.SUBMIT) if token == TOKEN else None

    async def converse(self, connection: Connection, identity: Identity) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                envelope = await connection.receive()
                uploads = envelope.message == Ping("upload")
                await connection.send(envelope.reply(Pong(self._expect() if uploads else self._offer())))

    def _expect(self) -> str:
        self._target.unlink(missing_ok=True)
        return self.bulk.expect(self._target, self._offered.size)

    def _offer(self) -> str:
        return self.bulk.offer_file(self._offered)


def stored(path: Path) -> StoredFile:
    return StoredFile(path, path.stat().st_size, file_digest(path))


async def serve(target: Path, offered: StoredFile) -> None:
    service = StoreService(target, offered)
    listener = await WebSocketTransport().listen(Address("127.0.0.1", 0), service)
    print(listener.address.port, flush=True)
    await asyncio.Event().wait()


async def resource(client: ClientConnection, direction: str) -> str:
    await client.send(Envelope(Ping(direction)))
    answer = (await client.receive()).message
    assert isinstance(answer, Pong)
    return answer.data


async def upload(client: ClientConnection, source: Path, size: int, digest: str) -> None:
    name = await resource(client, "upload")
    assert digest == await upload_file(client, name, source, offset=0, size=size, on_bytes=lambda done: None)


async def download(client: ClientConnection, target: Path, size: int, digest: str) -> None:
    await asyncio.to_thread(target.unlink, missing_ok=True)
    name = await resource(client, "download")
    await download_file(client, name, target, size=size, digest=digest, on_bytes=lambda done: None)


# -- Measuring ----------------------------------------------------------------------------------------------


Round = dict[str, float]
"""Seconds of one turn of each copy, by its name."""


@contextlib.contextmanager
def other_process(*arguments: object) -> Iterator[int]:
    """Another process of this script; yields the port that it listens at."""
    command = [sys.executable, "-m", "benchmarks.transfer", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def measure(folder: Path, size: int, rounds: int) -> list[Round]:
    source, target = folder / "source", folder / "target"
    with source.open("wb") as file:
        for _ in range(size // BLOCK):
            file.write(os.urandom(BLOCK))
        os.fsync(file.fileno())
    digest = file_digest(source)
    with (
        other_process("plain", target) as plain_port,
        other_process("hashing", target) as hashing_port,
        other_process("serve", target, source) as port,
        asyncio.Runner() as runner,
    ):
        client = runner.run(WebSocketTransport().connect(Address("127.0.0.1", port), TOKEN))

        def taken(work: Callable[[], Awaitable[None]]) -> float:
            async def run() -> None:
                await work()

            return seconds(lambda: runner.run(run()))

        copies = {
            "plain": lambda: seconds(lambda: send_plainly(plain_port, source)),
            "hashing": lambda: seconds(lambda: send_plainly(hashing_port, source, hashing=True)),
            "upload": lambda: taken(lambda: upload(client, source, size, digest)),
            "download": lambda: taken(lambda: download(client, target, size, digest)),
        }
        names = deque(copies)

        def one_round() -> Round:
            names.rotate()
            return {name: alone(copies[name], target) for name in names}

        one_round()  # caches warm up
        done = [one_round() for _ in range(rounds)]
        runner.run(client.close())
    return done


def alone(copy: Callable[[], float], target: Path) -> float:
    """What a copy takes when the disk has nothing else to do."""
    target.unlink(missing_ok=True)
    os.sync()
    return copy()


def main(size: int, rounds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="ffx-benchmark-") as folder:
        done = measure(Path(folder), size, rounds)
    held = True
    for name in ("upload", "download"):
        ratios = sorted(one["plain"] / one[name] for one in done)
        ratio = statistics.median(ratios)
        hashing = statistics.median(one["hashing"] / one[name] for one in done)
        speed, plain = (size / 1e6 / statistics.median(one[which] for one in done) for which in (name, "plain"))
        held = held and ratio >= LIMIT
        verdict = "ok" if ratio >= LIMIT else "TOO LITTLE"
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f} in {len(done)} rounds"
        details = f"{speed:.0f} and {plain:.0f} MB/s; {hashing:.2f}x of a plain copy that hashes"
        print(f"{name}: {ratio:.2f}x of a plain socket copy (limit {LIMIT}) {verdict}; {spread}, {details}", flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["plain" | "hashing" as mode, target]:
            receive_plainly(Path(target), hashing=mode == "hashing")
        case ["serve", target, offered]:
            asyncio.run(serve(Path(target), stored(Path(offered))))
        case [mebibytes, rounds]:
            sys.exit(main(int(mebibytes) * BLOCK, int(rounds)))
        case _:
            sys.exit(main(MEBIBYTES * BLOCK, ROUNDS))
