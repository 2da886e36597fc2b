"""The handler of uploads and downloads by ranges, over a real socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from attrs import frozen
from hypothesis import strategies as st

from ffx.core.addressing import Address
from ffx.testing.laboratory import TOKEN, LaboratoryService, content
from ffx.transports.websocket import WebSocketTransport
from tests.fuzz.mutations import damaged
from tests.fuzz.target import Target

SIZE = 300
DATA = content(SIZE)
RANGES = ("bytes 0-299/300", "bytes 0-99/300", "bytes 100-299/300", "bytes */300", "bytes=0-", "bytes=10-19")
STATUSES = {200, 204, 206, 400, 404, 405, 408, 409, 411, 412, 413, 416}


@frozen
class Request:
    """What a client may send, well-formed as HTTP: other things end at aiohttp's parser."""

    method: str
    name: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> bytes:
        lines = [f"{self.method} /files/{self.name} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {TOKEN}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode() + self.body


def _printable(text: str) -> str:
    """As a header may hold it."""
    return "".join(character for character in text if character.isascii() and character.isprintable())[:4000]


HEADERS = st.tuples(
    st.sampled_from(["Content-Range", "Range", "If-Match", "If-Range", "Upload-Offset", "Expect", "Content-Encoding"]),
    (damaged(RANGES) | st.sampled_from(['"*"', "*", "gzip", "100-continue"])).map(_printable),
)
BODIES = st.integers(0, SIZE).flatmap(lambda start: st.integers(start, SIZE).map(lambda end: DATA[start:end]))
REQUESTS = st.builds(
    Request,
    st.sampled_from(["PUT", "PUT", "PUT", "GET", "HEAD", "POST", "DELETE"]),
    st.sampled_from(["file", "file", "file", "other", "..%2f..%2fetc%2fpasswd", "file/../file", "%00"]),
    st.lists(HEADERS, max_size=3).map(tuple),
    BODIES | st.binary(max_size=400),
)


def check(requests: Sequence[Request]) -> None:
    """Each is answered with a status of ours; never more is kept than was announced; the next client is served."""
    asyncio.run(_check(requests))


async def _check(requests: Sequence[Request]) -> None:
    service, faults = LaboratoryService(), _Faults()
    service.bulk.expect("file", SIZE)
    listener = await WebSocketTransport().listen(Address("127.0.0.1", 0), service)
    logging.getLogger("ffx.transports").addHandler(faults)
    try:
        for request in requests:
            assert await _status(listener.address, request) in STATUSES, request
            assert len(service.bulk.uploads["file"]) <= SIZE
        assert await _status(listener.address, Request("HEAD", "file", (), b"")) == 200
        assert not faults.records, faults.records
    finally:
        logging.getLogger("ffx.transports").removeHandler(faults)
        await listener.close()


async def _status(address: Address, request: Request) -> int:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(request.text)
        async with asyncio.timeout(20):
            line = await reader.readline()
        return int(line.split()[1])
    finally:
        writer.transport.abort()


class _Faults(logging.Handler):
    """What was logged as a fault of our own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record.getMessage())


TARGET = Target("uploads", st.lists(REQUESTS, min_size=1, max_size=4), check)
