"""The real thing: a WebSocket on a real port, a real clip, and the same frames as FFmpeg alone makes."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from ffx.core.addressing import Address
from ffx.core.messages import JobCommitted
from ffx.transports.websocket import WebSocketTransport
from tests.server.conftest import TOKEN, MakeServer
from tests.server.talk import FAST, Talk


def frame_digests(ffmpeg: Path, film: Path) -> str:
    """A line a decoded frame, with its time and digest."""
    argv = ("-v", "error", "-i", f"file:{film}", "-map", "0:v", "-f", "framemd5", "-")
    return subprocess.run((str(ffmpeg), *argv), capture_output=True, check=True, text=True).stdout


async def test_over_a_websocket_the_frames_are_those_of_ffmpeg_alone(
    make_server: MakeServer, clip: Path, ffmpeg9: Path, tmp_path: Path
) -> None:
    alone, farmed = tmp_path / "alone.mp4", tmp_path / "farmed.mp4"
    argv = ("-v", "error", "-i", str(clip), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy", str(alone))
    await asyncio.to_thread(subprocess.run, (str(ffmpeg9), *argv), check=True)
    async with make_server() as rig:
        transport = WebSocketTransport()
        listener = await transport.listen(Address("127.0.0.1", 0), rig.server)
        rig.server.listening_at(listener.address)
        connection = await transport.connect(listener.address, TOKEN)
        talk = Talk(connection, clip)
        welcome = await talk.hello()
        assert (welcome.server.ip, welcome.server.port) == ("127.0.0.1", listener.address.port)
        job = talk.job(FAST)
        completed = await talk.run(job)
        farmed.write_bytes(await talk.fetch(job))
        await talk.send(JobCommitted("job", 1))
        await rig.server.empty()
        await connection.close()
        await listener.close()
    assert completed.result.frames == 234
    assert frame_digests(ffmpeg9, farmed) == frame_digests(ffmpeg9, alone)
