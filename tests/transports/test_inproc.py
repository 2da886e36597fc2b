"""What only the in-process transport can be asked: whose names are found where, and how it holds a sender back."""

from __future__ import annotations

import asyncio
import math

import pytest

from ffx.core.addressing import Address
from ffx.core.errors import ConnectError, ConnectionClosed
from ffx.core.messages import Envelope, Ping, Pong
from ffx.core.pluginhost import PluginHost
from ffx.core.transport import Connection
from ffx.testing.laboratory import TOKEN, LaboratoryService
from ffx.transports.inproc import ROOM, InprocTransport
from ffx.transports.websocket import WebSocketTransport

HERE = Address("here", scheme="inproc")


def host() -> PluginHost:
    host = PluginHost()
    host.load_entry_points()
    return host


async def test_every_plugin_host_has_listeners_of_its_own() -> None:
    one, other = host().transports()["inproc"], host().transports()["inproc"]
    listener = await one.listen(HERE, LaboratoryService())
    with pytest.raises(ConnectError) as caught:
        await other.connect(HERE, TOKEN)
    assert caught.value.code == "refused"
    assert str(caught.value) == "nobody listens at inproc://here in this process"
    await (await one.connect(HERE, TOKEN)).close()
    await listener.close()


async def test_closing_twice_leaves_the_next_listener_alone() -> None:
    transport = InprocTransport()
    first = await transport.listen(HERE, LaboratoryService())
    await first.close()
    second = await transport.listen(HERE, LaboratoryService())
    await first.close()
    client = await transport.connect(HERE, TOKEN)
    await client.send(Envelope(Ping("second")))
    assert (await client.receive()).message == Ping("second")
    await client.close()
    await second.close()


async def test_a_sender_waits_for_room_and_gives_up_when_there_is_none() -> None:
    listening = asyncio.Event()

    async def deaf(connection: Connection) -> None:
        await listening.wait()

    transport = InprocTransport(send_limit=0.1)
    listener = await transport.listen(HERE, LaboratoryService(deaf))
    client = await transport.connect(HERE, TOKEN)
    for _ in range(ROOM):
        await client.send(Envelope(Ping()))
    with pytest.raises(ConnectionClosed, match=r"inproc://here took no message for 0\.1 seconds"):
        await client.send(Envelope(Ping()))
    with pytest.raises(ConnectionClosed):
        await client.receive()
    listening.set()
    await listener.close()


@pytest.mark.parametrize("scheme", ["inproc", "ws"])
async def test_what_cannot_be_written_as_json_is_refused_by_both(scheme: str) -> None:
    """The in-process transport is no way around the wire, so a mistake shows in a test on one machine too."""
    transport = InprocTransport() if scheme == "inproc" else WebSocketTransport()
    listener = await transport.listen(HERE if scheme == "inproc" else Address("127.0.0.1", 0), LaboratoryService())
    client = await transport.connect(listener.address, TOKEN)
    for envelope in (Envelope(Pong(), timestamp=math.nan), Envelope(Ping(object()))):  # type: ignore[arg-type] # on purpose
        with pytest.raises((TypeError, ValueError)):
            await client.send(envelope)
    await client.send(Envelope(Ping("alive")))
    assert (await client.receive()).message == Ping("alive")
    await client.close()
    await listener.close()
