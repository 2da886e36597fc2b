"""The listening side's bulk bytes: uploads by Content-Range, downloads by Range and If-Match."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing, suppress
from typing import BinaryIO

from aiohttp import web

from ffx.core.errors import TransferError
from ffx.core.file_opening import opened_by_thread
from ffx.core.transport import BulkStore, StoredFile
from ffx.transports.blocks import BLOCK_BYTES, check_resource, gathered
from ffx.transports.websocket.intake import Intake, can_take_over
from ffx.transports.websocket.limits import Limits
from ffx.transports.websocket.vocabulary import (
    CODE,
    FILES_PATH,
    SERVER_MARK,
    STATUS_OF_CODE,
    UPLOAD_OFFSET,
    parse_download_range,
    parse_upload_range,
)

READ_BUFFER = 2 * BLOCK_BYTES
"""Bytes that wait for a store before the peer has to: a block being written and the next one."""


class FileRequests:
    """Answers requests below ``/files/``; whoever asks was let in already."""

    def __init__(
        self, store: BulkStore, limits: Limits, *, is_admitted: Callable[[web.BaseRequest], bool] = lambda _: True
    ) -> None:
        """``is_admitted`` is asked again with every block: a token may be revoked while a film travels."""
        self._store = store
        self._limits = limits
        self._is_admitted = is_admitted

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        resource = request.path.removeprefix(FILES_PATH)
        try:
            check_resource(resource)
            if request.method == "HEAD":
                return _offset_answer(200, await self._store.received(resource))
            if request.method == "PUT":
                return await self._upload(request, resource)
            if request.method == "GET":
                return await self._download(request, resource)
        except TransferError as error:
            return await self._failure(resource, error)
        return refuse(405, "a file is asked for with HEAD, PUT or GET")

    async def _upload(self, request: web.BaseRequest, resource: str) -> web.StreamResponse:
        announced = parse_upload_range(request.headers.get("Content-Range", ""))
        if announced is None or request.content_length != announced[1] - announced[0]:
            return refuse(400, "an upload names all that is left of its file in Content-Range and Content-Length")
        offset, total = announced
        transport, content = request.transport, request.content
        if transport is None or not can_take_over(transport, content, request.content_length):
            blocks = gathered(lambda: self._read(request))
            return _offset_answer(204, await self._receive(request, resource, offset, total, blocks))
        intake = Intake(transport, content, total - offset, self._limits.idle)
        try:
            async with aclosing(intake.blocks(self._interrupted)) as blocks:
                answer = _offset_answer(204, await self._receive(request, resource, offset, total, blocks))
        finally:
            intake.end()
        answer.force_close()
        if intake.is_complete:
            content.feed_eof()  # to aiohttp, which did not see the body; it would wait for the rest
            transport.pause_reading()
        return answer

    async def _receive(
        self, request: web.BaseRequest, resource: str, offset: int, total: int, blocks: AsyncIterable[bytes]
    ) -> int:
        async def admitted() -> AsyncGenerator[bytes, None]:
            async for block in blocks:
                if not self._is_admitted(request):
                    raise TransferError("the token is no longer good", code="interrupted")
                yield block

        async with aclosing(admitted()) as checked:
            return await self._store.receive(resource, offset, total, checked)

    async def _read(self, request: web.BaseRequest) -> bytes:
        try:
            async with asyncio.timeout(self._limits.idle):
                return await request.content.readany()
        except (OSError, web.RequestPayloadError) as error:
            raise self._interrupted(error) from None

    def _interrupted(self, error: Exception) -> TransferError:
        if isinstance(error, TimeoutError):
            return TransferError(f"no byte came for {self._limits.idle:g} seconds", code="interrupted")
        return TransferError("the client went away during its upload", code="interrupted")

    async def _download(self, request: web.BaseRequest, resource: str) -> web.StreamResponse:
        stored = await self._store.offer(resource)
        wanted = request.headers.get("If-Match", "*")
        if wanted not in ("*", f'"{stored.digest}"'):
            raise TransferError("the file is another version by now", code="digest_mismatch")
        async with opened_by_thread(lambda: _open(stored)) as file:
            return await self._send(request, stored, file)

    async def _send(self, request: web.BaseRequest, stored: StoredFile, file: BinaryIO) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Server": SERVER_MARK, "ETag": f'"{stored.digest}"'})
        response.content_type = "application/octet-stream"
        start, end = 0, stored.size
        if "Range" in request.headers:
            found = parse_download_range(request.headers["Range"], stored.size)
            if found is None:
                outside = refuse(416, f"the file has {stored.size} bytes")
                outside.headers["Content-Range"] = f"bytes */{stored.size}"
                return outside
            start, end = found
            response.set_status(206)
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{stored.size}"
        response.content_length = end - start
        try:
            await response.prepare(request)
            await self._send_bytes(request, response, file, start, end)
            await response.write_eof()
        except (ConnectionError, TimeoutError):
            # The client left, takes nothing any more, or the file shrank: an answer that breaks off says it best.
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _send_bytes(
        self, request: web.BaseRequest, response: web.StreamResponse, file: BinaryIO, start: int, end: int
    ) -> None:
        """Send the file piece by piece: a piece is what a time limit can watch."""
        while start < end:
            if request.transport is None or not self._is_admitted(request):
                raise ConnectionResetError
            piece = min(BLOCK_BYTES, end - start)
            async with asyncio.timeout(self._limits.for_sending(piece)):
                sent = await _send_piece(request.transport, response, file, start, piece)
            if not sent:
                raise ConnectionAbortedError
            start += sent

    async def _failure(self, resource: str, error: TransferError) -> web.StreamResponse:
        response = refuse(STATUS_OF_CODE.get(error.code, 400), str(error))
        response.headers[CODE] = error.code
        if error.code == "wrong_offset":
            with suppress(TransferError):  # forgotten meanwhile: then there is no right offset to name
                response.headers[UPLOAD_OFFSET] = str(await self._store.received(resource))
        return response


def refuse(status: int, message: str) -> web.Response:
    """An answer that says why not, in one line."""
    return web.Response(status=status, text=message + "\n", headers={"Server": SERVER_MARK})


def _offset_answer(status: int, offset: int) -> web.Response:
    return web.Response(status=status, headers={"Server": SERVER_MARK, UPLOAD_OFFSET: str(offset)})


async def _send_piece(
    transport: asyncio.Transport, response: web.StreamResponse, file: BinaryIO, start: int, size: int
) -> int:
    """Send some bytes of a file; returns how many there were. The system copies them into the socket, unless they are
    to be encrypted first.
    """
    if transport.get_extra_info("sslcontext") is None:
        return await asyncio.get_running_loop().sendfile(transport, file, start, size)
    piece = await asyncio.to_thread(_read_at, file, start, size)
    await response.write(piece)
    return len(piece)


def _read_at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


def _open(stored: StoredFile) -> BinaryIO:
    try:
        file = stored.path.open("rb")
    except OSError:
        raise TransferError("the file is no longer there", code="unknown_resource") from None
    if os.fstat(file.fileno()).st_size != stored.size:
        file.close()
        raise TransferError("the file is another version by now", code="digest_mismatch")
    return file
