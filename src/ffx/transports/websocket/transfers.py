"""The connecting side's bulk bytes over HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import aiohttp
from aiohttp import ClientResponse, ClientTimeout
from yarl import URL

from ffx.core.errors import TransferError
from ffx.core.text import one_line
from ffx.transports.blocks import BLOCK_BYTES, check_range, check_resource, exactly, gathered
from ffx.transports.websocket.intake import Intake, can_take_over
from ffx.transports.websocket.limits import Limits
from ffx.transports.websocket.vocabulary import CODE, FILES_PATH, STATUS_OF_CODE, UPLOAD_OFFSET, upload_range

READ_BUFFER = 2 * BLOCK_BYTES
"""Bytes that wait for whoever reads a download before the server has to."""
_LONGEST_REASON = 300
"""Characters of a server's own words that are passed on."""
_DIGEST = re.compile(r"[0-9A-Za-z_+/=:.-]{1,200}")


class Transfers:
    """Uploads and downloads of one client; any number of them at the same time."""

    def __init__(self, session: aiohttp.ClientSession, server: URL, peer: str, limits: Limits) -> None:
        self._session = session
        self._server = server
        self._peer = peer
        self._limits = limits

    async def upload(self, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]) -> int:
        check_range(offset, total)
        headers = {"Content-Range": upload_range(offset, total), "Content-Length": str(total - offset)}
        async with aclosing(exactly(blocks, total - offset)) as checked:
            body = Body(checked, self._limits)
            try:
                async with body.watched(), self._session.put(self._url(resource), data=body, headers=headers) as answer:
                    return await self._offset(answer)
            except (aiohttp.ClientError, OSError) as error:
                raise body.fault or self._interrupted(error) from None
            finally:
                await body.released()

    async def uploaded(self, resource: str) -> int:
        try:
            async with self._session.head(self._url(resource), timeout=self._idle) as answer:
                return await self._offset(answer)
        except (aiohttp.ClientError, OSError) as error:
            raise self._interrupted(error) from None

    async def download(self, resource: str, offset: int, digest: str) -> AsyncIterator[bytes]:
        if not _DIGEST.fullmatch(digest):
            raise TransferError(f"{self._peer} named a digest that is none", code="digest_mismatch")
        headers = {"If-Match": f'"{digest}"'}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        try:
            async with self._session.get(self._url(resource), headers=headers, timeout=self._idle) as answer:
                if answer.status == 416 and answer.headers.get("Content-Range") == f"bytes */{offset}":
                    return  # all of it is here already
                await self._check_download(answer, offset)
                async with aclosing(self._body(answer)) as blocks:
                    async for block in blocks:
                        yield block
        except (aiohttp.ClientError, OSError) as error:
            raise self._interrupted(error) from None

    @property
    def _idle(self) -> ClientTimeout:
        return ClientTimeout(total=None, sock_read=self._limits.idle)

    def _url(self, resource: str) -> URL:
        check_resource(resource)
        if self._session.closed:
            raise TransferError(f"the connection to {self._peer} is closed", code="interrupted")
        return self._server / FILES_PATH.strip("/") / resource

    def _body(self, answer: ClientResponse) -> AsyncGenerator[bytes, None]:
        transport, size = answer.connection.transport if answer.connection else None, answer.content_length
        if transport is not None and size is not None and can_take_over(transport, answer.content, size):
            return Intake(transport, answer.content, size, self._limits.idle).blocks(self._interrupted)
        return gathered(lambda: self._read(answer))

    async def _read(self, answer: ClientResponse) -> bytes:
        try:
            return await answer.content.readany()
        except (aiohttp.ClientError, OSError, RuntimeError) as error:  # the last one: closed on this side
            raise self._interrupted(error) from None

    async def _offset(self, answer: ClientResponse) -> int:
        offset = answer.headers.get(UPLOAD_OFFSET, "")
        if answer.status in (200, 204) and re.fullmatch(r"[0-9]{1,18}", offset):
            return int(offset)
        raise await self._refused(answer)

    async def _check_download(self, answer: ClientResponse, offset: int) -> None:
        whole = answer.status == 200 and not offset
        rest = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
        if answer.status == 416:
            raise TransferError(f"{self._peer}: the file ends before byte {offset}", code="wrong_offset")
        if not (whole or rest):
            raise await self._refused(answer)

    async def _refused(self, answer: ClientResponse) -> TransferError:
        text = (await answer.content.read(_LONGEST_REASON)).decode(errors="replace")
        code = answer.headers.get(CODE, "")
        if code not in STATUS_OF_CODE:
            return TransferError(
                f"{self._peer} gave an answer that makes no sense: {answer.status}", code="interrupted"
            )
        return TransferError(f"{self._peer}: {one_line(text) or code.replace('_', ' ')}", code=code)

    def _interrupted(self, error: Exception) -> TransferError:
        if isinstance(error, TimeoutError):
            return TransferError(f"{self._peer} moved no byte for {self._limits.idle:g} seconds", code="interrupted")
        return TransferError(f"the connection to {self._peer} broke during the transfer", code="interrupted")


class Body:
    """What aiohttp sends: blocks, with an eye on whether they move and on whose fault an end is.

    aiohttp pulls from a task of its own, which it may leave behind; ``released`` waits until it has let go.
    """

    def __init__(self, blocks: AsyncIterator[bytes], limits: Limits) -> None:
        self.fault: Exception | None = None
        """What the source of the blocks raised."""
        self._blocks = blocks
        self._limits = limits
        self._watch: asyncio.Timeout | None = None
        self._pulling = asyncio.Lock()

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Raises TimeoutError when the server takes nothing, or does not answer at the end."""
        async with asyncio.timeout(self._limits.idle) as self._watch:
            try:
                yield
            finally:
                self._watch = None

    async def released(self) -> None:
        self._watch = None
        async with self._pulling:
            pass

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> memoryview:
        async with self._pulling:
            self._allow(None)  # the source may take its time
            try:
                block = await anext(self._blocks)
            except StopAsyncIteration:
                self._allow(self._limits.answer)
                raise
            except Exception as error:
                self.fault = error
                raise
            self._allow(self._limits.for_sending(len(block)))
            return memoryview(block)  # asyncio keeps the rest of what the socket did not take: of a view without a copy

    def _allow(self, seconds: float | None) -> None:
        if self._watch is None or self._watch.expired():
            raise ConnectionResetError("the upload is over")
        self._watch.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)
