"""The listening side's bulk bytes: uploads by Content-Range, downloads by Range and If-Match."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing, suppress
from typing import BinaryIO

from aiohttp import web

from ffx.core.errors import TransferError
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

    def __init__(self, store: BulkStore, limits: Limits) -> None:
        self._store = store
        self._limits = limits

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
            return _offset_answer(204, await self._store.receive(resource, offset, total, blocks))
        intake = Intake(transport, content, total - offset, self._limits.idle)
        try:
            async with aclosing(intake.blocks(self._interrupted)) as blocks:
                answer = _offset_answer(204, await self._store.receive(resource, offset, total, blocks))
        finally:
            intake.end()
        answer.force_close()
        if intake.is_complete:
            content.feed_eof()  # to aiohttp, which did not see the body; it would wait for the rest
            transport.pause_reading()
        return answer

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
        file = await asyncio.to_thread(_open, stored)
        try:
            return await self._send(request, stored, file)
        finally:
            file.close()

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
            await self._send_bytes(request, file, start, end)
            await response.write_eof()
        except (ConnectionError, TimeoutError):
            # The client left, takes nothing any more, or the file shrank: an answer that breaks off says it best.
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _send_bytes(self, request: web.BaseRequest, file: BinaryIO, start: int, end: int) -> None:
        """Let the system copy the file into the socket, piece by piece: a piece is what a time limit can watch."""
        loop = asyncio.get_running_loop()
        while start < end:
            if request.transport is None:
                raise ConnectionResetError
            piece = min(BLOCK_BYTES, end - start)
            async with asyncio.timeout(self._limits.for_sending(piece)):
                sent = await loop.sendfile(request.transport, file, start, piece)
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


def _open(stored: StoredFile) -> BinaryIO:
    try:
        file = stored.path.open("rb")
    except OSError:
        raise TransferError("the file is no longer there", code="unknown_resource") from None
    if os.fstat(file.fileno()).st_size != stored.size:
        file.close()
        raise TransferError("the file is another version by now", code="digest_mismatch")
    return file
