"""What a hostile server may answer to transfers: each becomes one plain line, and nothing of it is believed."""

from __future__ import annotations

import pytest
from aiohttp import web

from ffx.core.addressing import Address
from ffx.core.errors import TransferError
from ffx.testing.laboratory import TOKEN, content, in_blocks
from ffx.transports.websocket import WebSocketTransport

HTML = "<!doctype html><html><body>A router's front page</body></html>"


class Hostile:
    """An ffx server as far as the conversation goes; what it answers to transfers is anything."""

    def __init__(self, answer: web.Response) -> None:
        self._answer = answer
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != "/ws":
            return self._answer
        websocket: web.WebSocketResponse[bool] = web.WebSocketResponse(protocols=["ffx"])
        await websocket.prepare(request)
        async for _ in websocket:
            pass
        return websocket

    async def __aenter__(self) -> Address:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return Address("127.0.0.1", self._runner.addresses[0][1])

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (web.Response(status=200), "interrupted"),
        (web.Response(status=200, headers={"Upload-Offset": "-1"}), "interrupted"),
        (web.Response(status=204, headers={"Upload-Offset": "9" * 5000}), "interrupted"),
        (web.Response(status=200, text=HTML, content_type="text/html"), "interrupted"),
        (web.Response(status=302, headers={"Location": "http://127.0.0.1:9/files/abc"}), "interrupted"),
        (web.Response(status=500, text="x" * 100_000), "interrupted"),
        (web.Response(status=400, headers={"Ffx-Code": "made_up"}), "interrupted"),
        (
            web.Response(status=409, headers={"Ffx-Code": "wrong_offset"}, text="\x1b[2J\nprogress=end " * 1000),
            "wrong_offset",
        ),
    ],
)
async def test_nonsense_for_a_transfer_is_one_plain_line(answer: web.Response, code: str) -> None:
    data = content(1000)
    async with Hostile(answer) as address:
        client = await WebSocketTransport().connect(address, TOKEN)
        with pytest.raises(TransferError) as upload:
            await client.upload("abc", 0, len(data), in_blocks(data))
        await client.close()
    assert upload.value.code == code
    text = str(upload.value)
    assert text.isprintable() and len(text) < 500 and address.authority in text


async def test_a_download_that_starts_elsewhere_is_refused() -> None:
    answer = web.Response(status=206, body=b"x" * 10, headers={"Content-Range": "bytes 0-9/20"})
    async with Hostile(answer) as address:
        client = await WebSocketTransport().connect(address, TOKEN)
        with pytest.raises(TransferError) as caught:
            _ = [block async for block in client.download("abc", 10, "0" * 64)]
        await client.close()
    assert caught.value.code == "interrupted"


async def test_a_compressed_answer_is_not_unpacked() -> None:
    """A bomb of a few bytes would become gigabytes."""
    answer = web.Response(status=200, body=b"\x1f\x8b not really", headers={"Content-Encoding": "gzip"})
    async with Hostile(answer) as address:
        client = await WebSocketTransport().connect(address, TOKEN)
        got = b"".join([block async for block in client.download("abc", 0, "0" * 64)])
        await client.close()
    assert got == b"\x1f\x8b not really"
