"""The requests below /files/ as docs and other clients know them: offsets, ranges, versions, refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffx.core.addressing import Address
from ffx.testing.laboratory import TOKEN, LaboratoryService, content
from ffx.transports.websocket import WebSocketTransport
from ffx.transports.websocket.vocabulary import parse_download_range, parse_upload_range, upload_range

DATA = content(1000)


@pytest.fixture
def service() -> LaboratoryService:
    return LaboratoryService()


@pytest.fixture
async def http(service: LaboratoryService) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of another kind, with the right token."""
    listener = await WebSocketTransport().listen(Address("127.0.0.1", 0), service)
    base, headers = f"http://{listener.address.authority}/", {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(base, headers=headers, auto_decompress=False) as session:
        yield session
    await listener.close()


# -- Downloads ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [
        ("bytes=0-", 206, 0, 1000),
        ("bytes=10-", 206, 10, 1000),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=999-999", 206, 999, 1000),
        ("bytes=990-5000", 206, 990, 1000),
        ("bytes=1000-", 416, 0, 0),
        ("bytes=20-10", 416, 0, 0),
        ("bytes=-5", 416, 0, 0),
        ("bytes=0-1,5-6", 416, 0, 0),
        ("bytes=99999999999999999999-", 416, 0, 0),
        ("bytes=\u0661-", 416, 0, 0),
        ("lines=0-", 416, 0, 0),
    ],
)
async def test_a_range_is_exactly_that(
    http: aiohttp.ClientSession,
    service: LaboratoryService,
    tmp_path: Path,
    wanted: str,
    status: int,
    start: int,
    end: int,
) -> None:
    (tmp_path / "file").write_bytes(DATA)
    digest = service.bulk.give("file", tmp_path / "file")
    async with http.get("files/file", headers={"Range": wanted}) as answer:
        assert answer.status == status
        if status == 206:
            assert await answer.read() == DATA[start:end]
            assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/1000"
            assert answer.headers["ETag"] == f'"{digest}"'
        else:
            assert answer.headers["Content-Range"] == "bytes */1000"


async def test_a_version_is_named_by_its_digest(
    http: aiohttp.ClientSession, service: LaboratoryService, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(DATA)
    digest = service.bulk.give("file", tmp_path / "file")
    for wanted, status in ((f'"{digest}"', 200), ("*", 200), (f'"{digest[:-1]}"', 412), (digest, 412), ("", 412)):
        async with http.get("files/file", headers={"If-Match": wanted}) as answer:
            assert answer.status == status, wanted
            if status == 412:
                assert answer.headers["Ffx-Code"] == "digest_mismatch"


async def test_a_file_that_is_another_by_now_is_not_sent(
    http: aiohttp.ClientSession, service: LaboratoryService, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(DATA)
    service.bulk.give("file", file)
    file.write_bytes(DATA[:-1])
    async with http.get("files/file") as answer:
        assert answer.status == 412
    file.unlink()
    async with http.get("files/file") as answer:
        assert (answer.status, answer.headers["Ffx-Code"]) == (404, "unknown_resource")
        assert str(tmp_path) not in await answer.text()


# -- Uploads ------------------------------------------------------------------------------------------------


async def test_an_upload_in_two_pieces(http: aiohttp.ClientSession, service: LaboratoryService) -> None:
    service.bulk.expect("file", 1000, beginning=DATA[:400])
    async with http.head("files/file") as answer:
        assert (answer.status, answer.headers["Upload-Offset"]) == (200, "400")
    async with http.put("files/file", data=DATA[400:], headers={"Content-Range": "bytes 400-999/1000"}) as answer:
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, "1000")
    assert service.bulk.uploads["file"] == DATA


async def test_a_wrong_start_is_told_the_right_one(http: aiohttp.ClientSession, service: LaboratoryService) -> None:
    service.bulk.expect("file", 1000, beginning=DATA[:400])
    async with http.put("files/file", data=DATA, headers={"Content-Range": "bytes 0-999/1000"}) as answer:
        assert (answer.status, answer.headers["Upload-Offset"]) == (409, "400")
        assert answer.headers["Ffx-Code"] == "wrong_offset"
    assert service.bulk.uploads["file"] == DATA[:400]


@pytest.mark.parametrize(
    "content_range",
    [
        None,
        "",
        "bytes 0-999/*",
        "bytes 0-998/1000",
        "bytes 0-999/999",
        "bytes 0-1000/1000",
        "bytes 1-999/1000",
        "bytes -1-999/1000",
        "bytes 999-0/1000",
        "bytes */1000",
        "bytes 0-999/1000 ",
        "bytes 0-99999999999999999999/100000000000000000000",
        "bytes \u0660-999/1000",
    ],
)
async def test_an_upload_says_exactly_what_it_brings(
    http: aiohttp.ClientSession, service: LaboratoryService, content_range: str | None
) -> None:
    service.bulk.expect("file", 1000)
    headers = {} if content_range is None else {"Content-Range": content_range}
    async with http.put("files/file", data=DATA, headers=headers) as answer:
        stripped = content_range is not None and content_range.endswith(" ")  # HTTP takes blanks off a value's end
        assert answer.status == (204 if stripped else 400)
    assert service.bulk.uploads["file"] == (DATA if stripped else b"")


async def test_an_upload_without_a_length_is_refused(http: aiohttp.ClientSession, service: LaboratoryService) -> None:
    service.bulk.expect("file", 1000)

    async def chunks() -> AsyncIterator[bytes]:
        yield DATA

    async with http.put("files/file", data=chunks(), headers={"Content-Range": "bytes 0-999/1000"}) as answer:
        assert answer.status == 400
    assert service.bulk.uploads["file"] == b""


async def test_a_compressed_upload_is_kept_as_it_came(http: aiohttp.ClientSession, service: LaboratoryService) -> None:
    """Unpacked, a few bytes could fill the disk."""
    service.bulk.expect("file", 1000)
    headers = {"Content-Range": "bytes 0-999/1000", "Content-Encoding": "gzip"}
    async with http.put("files/file", data=DATA, headers=headers) as answer:
        assert answer.status == 204
    assert service.bulk.uploads["file"] == DATA


async def test_everything_else_is_refused_in_a_line(http: aiohttp.ClientSession, service: LaboratoryService) -> None:
    service.bulk.expect("file", 1000)
    for method, path, status in (
        ("POST", "files/file", 405),
        ("DELETE", "files/file", 405),
        ("GET", "", 404),
        ("GET", "files", 404),
        ("GET", "files/", 404),
        ("GET", "files/..%2Fsecret", 404),
        ("GET", "files/file/more", 404),
        ("GET", "ws", 400),
        ("POST", "ws", 400),
    ):
        async with http.request(method, path) as answer:
            assert answer.status == status, (method, path)
            text = await answer.text()
            assert text.endswith("\n") and text.count("\n") == 1
            assert answer.headers["Server"] == "ffx"


# -- Ranges as text -----------------------------------------------------------------------------------------

SIZES = st.integers(0, 10**18 - 1)


@given(SIZES, SIZES)
def test_an_upload_range_says_what_was_said(first: int, second: int) -> None:
    offset, total = sorted((first, second))
    assert parse_upload_range(upload_range(offset, total)) == (offset, total)


@given(st.text() | st.from_regex(r"bytes[ =][0-9*-]{0,30}/?[0-9*]{0,25}", fullmatch=True), SIZES)
def test_no_text_breaks_the_parsers(text: str, size: int) -> None:
    upload = parse_upload_range(text)
    assert upload is None or 0 <= upload[0] <= upload[1]
    download = parse_download_range(text, size)
    assert download is None or 0 <= download[0] < download[1] <= size
