"""The connecting side: the greeting, and bulk bytes over connections of their own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError, TransferError
from ffx.core.text import one_line
from ffx.core.transport import ClientConnection
from ffx_example_transport.bulk import Transfer, check_request
from ffx_example_transport.connection import TcpConnection
from ffx_example_transport.frames import Frames

LONGEST_REASON = 300
"""Characters of a server's own words that are passed on."""
CODES = frozenset(
    ("unknown_resource", "wrong_offset", "too_large", "incomplete", "digest_mismatch", "disk_full", "interrupted")
)


async def connect(address: Address, token: str) -> ClientConnection:
    """Open a conversation. Raises ConnectError."""
    frames = await _dial(address)
    try:
        await frames.write_object({"wants": "conversation", "token": token})
        answer = await frames.read_object()
    except (OSError, EOFError, ValueError):
        frames.cut()
        raise ConnectError(f"{address} answers, but is not an ffx server: check the port", code="not_ffx") from None
    except BaseException:
        frames.cut()
        raise
    if answer.get("error") == "unauthorized":
        frames.cut()
        raise ConnectError(f"{address} refused the token", code="unauthorized")
    if "error" in answer:
        frames.cut()
        raise ConnectError(f"{address} answers, but is not an ffx server: check the port", code="not_ffx")
    return TcpClient(frames, address, token)


async def _dial(address: Address) -> Frames:
    try:
        return Frames(*await asyncio.open_connection(address.host, address.port))
    except ConnectionRefusedError:
        raise ConnectError(f"{address} refused the connection: start a server there", code="refused") from None
    except socket.gaierror:
        raise ConnectError(f"{address}: no machine of that name is known", code="unreachable") from None
    except TimeoutError:
        raise ConnectError(f"{address} does not answer", code="timeout") from None
    except OSError as error:
        raise ConnectError(f"{address} cannot be reached: {error.strerror or error}", code="unreachable") from None


class TcpClient(TcpConnection, ClientConnection):
    """A client's end."""

    def __init__(self, frames: Frames, address: Address, token: str) -> None:
        super().__init__(frames)
        self._address = address
        self._token = token
        self._transfers: set[Frames] = set()

    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        check_request(resource, offset, total)
        async with self._transfer("upload", resource=resource, offset=offset, total=total) as transfer:
            # The server may refuse at any moment, so its answer is awaited while the blocks are sent.
            sending = asyncio.create_task(_send(transfer, blocks, total - offset))
            answer = asyncio.create_task(transfer.hear(waiting=True))
            try:
                await asyncio.wait({sending, answer}, return_when=asyncio.FIRST_COMPLETED)
                if not answer.done():
                    _raise_source_fault(sending)
                return self._number(await answer, "received")
            finally:
                sending.cancel()
                answer.cancel()
                await asyncio.gather(sending, answer, return_exceptions=True)

    async def uploaded(self, resource: str) -> int:
        check_request(resource)
        async with self._transfer("received", resource=resource) as transfer:
            return self._number(await transfer.hear(), "received")

    async def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        check_request(resource, offset)
        async with self._transfer("download", resource=resource, offset=offset, digest=digest) as transfer:
            size = self._number(await transfer.hear(), "size")
            async with aclosing(transfer.receive(size)) as blocks:
                async for block in blocks:
                    yield block

    async def close(self) -> None:
        for frames in self._transfers:
            frames.cut()
        await super().close()

    @asynccontextmanager
    async def _transfer(self, wants: str, **details: object) -> AsyncIterator[Transfer]:
        if self._closed:
            raise TransferError(f"the connection to {self.peer} is closed", code="interrupted")
        try:
            frames = await _dial(self._address)
        except ConnectError as error:
            raise TransferError(str(error), code="interrupted") from None
        self._transfers.add(frames)
        try:
            transfer = Transfer(frames)
            await transfer.say({"wants": wants, "token": self._token, **details})
            yield transfer
        finally:
            self._transfers.discard(frames)
            frames.cut()

    def _number(self, answer: dict[str, Any], name: str) -> int:
        number, code = answer.get(name), answer.get("error")
        if code in CODES:
            words = one_line(str(answer.get("message", "")))[:LONGEST_REASON]
            raise TransferError(f"{self.peer}: {words or code}", code=code)
        if not isinstance(number, int) or number < 0:
            raise TransferError(f"{self.peer} gave an answer that makes no sense", code="interrupted")
        return number


async def _send(transfer: Transfer, blocks: AsyncIterable[bytes], size: int) -> None:
    source = aiter(blocks)
    try:
        async for block in source:
            if len(block) > size:
                raise TransferError("the source has more than was announced", code="source_changed")
            size -= len(block)
            await transfer.send(block)
    finally:
        if isinstance(source, AsyncGenerator):  # whoever wrote it may hold a file open in it
            await source.aclose()
    if size:
        raise TransferError(f"the source ended {size} bytes early", code="source_changed")


def _raise_source_fault(sending: asyncio.Task[None]) -> None:
    """Raise what the source of the blocks did; when the way broke, the server's last word says why."""
    error = sending.exception()
    if error is not None and not (isinstance(error, TransferError) and error.code == "interrupted"):
        raise error
